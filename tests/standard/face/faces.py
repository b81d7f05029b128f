"""Faces to test with, and the readers that judge them."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn
from lxml import etree

from piaoju.standard.bill import AuxLine, Bill, Line
from piaoju.standard.face import Face, FontChain, layout, specimen_for
from tests.standard.bills import bill_of

QR_TEXT = "https://pjcy.example.gov.cn/q?c=51060126&n=0000000007&r=abc123&a=123.45&d=20261231"
OFD = {"ofd": "http://www.ofdspec.org/2016"}
RARE = "㐂䶮龘𬭚㛃"
HANAZONO = Path("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf")


@cache
def fonts() -> FontChain:
    """The chain of an installation without the optional rare font."""
    folder = Path(pylopdf_fonts_zh_cn.__file__).parent
    return FontChain([(folder / name).read_bytes() for name in ("NotoSerifSC-Regular.otf", "NotoSansSC-Regular.otf")])


def face_of(bill: Bill, *, demonstration: bool = False, chain: FontChain | None = None) -> Face:
    specimen = specimen_for(bill.bill_type_code)
    return layout(bill, specimen, chain or fonts(), demonstration=demonstration, qr_text=QR_TEXT)


def lines(count: int, name: str = "诊察费") -> tuple[Line, ...]:
    return tuple(Line(f"10{at:05d}", f"{name}{at}", 100 + at, 10_000, "次", (100 + at) * 100) for at in range(count))


def aux_lines(count: int) -> tuple[AuxLine, ...]:
    return tuple(
        AuxLine(f"明细药品{at}", 10_000 + at, "1", "西药费", f"X{at}", 10_000, "盒", 10_000) for at in range(count)
    )


def plain_bill(code: str = "0602", **changes: object) -> Bill:
    """A bill whose every character our first font has and GBK knows."""
    payer = bill_of(code).payer
    return bill_of(code, **({"payer": type(payer)("person", "周小燕", "510104199001010024")} | changes))


def package_of(ofd: bytes) -> dict[str, bytes]:
    """The files of an OFD, read by Python's own zip reader."""
    with zipfile.ZipFile(io.BytesIO(ofd)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def tagged_texts(ofd: bytes) -> dict[str, str]:
    """Field → the text of the objects that CustomTag names for it; an outline counts as ▢."""
    files = package_of(ofd)
    pages = {
        page.get("ID"): etree.fromstring(files[f"Doc_0/{page.get('BaseLoc')}"])
        for page in etree.fromstring(files["Doc_0/Document.xml"]).iterfind("ofd:Pages/ofd:Page", OFD)
    }
    objects = {
        (page_id, thing.get("ID")): thing
        for page_id, page in pages.items() for thing in page.iterfind(".//ofd:Layer/*", OFD)
    }
    found: dict[str, str] = {}
    for field in etree.fromstring(files["Doc_0/Tags/CustomTag.xml"]).iter():
        references = field.findall("ofd:ObjectRef", OFD)
        if references:
            texts = (objects[reference.get("PageRef"), reference.text] for reference in references)
            found[_path(field)] = "".join(text.findtext("ofd:TextCode", "▢", OFD) for text in texts)
    return found


def _path(field: etree._Element) -> str:
    steps = []
    step: etree._Element | None = field
    while step is not None and step.getparent() is not None:
        name = etree.QName(step).localname
        steps.append(f"{name}[{step.get('Index')}]" if step.get("Index") else name)
        step = step.getparent()
    return "/".join(reversed(steps))
