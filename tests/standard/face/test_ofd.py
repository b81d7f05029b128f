"""The OFD file: every reference resolves, every printed field is tagged, nothing depends on the day."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from lxml import etree

from piaoju.kit.values import replace
from piaoju.standard import money
from piaoju.standard.bill import Bill, Payer
from piaoju.standard.bill_types import BILL_TYPES
from piaoju.standard.face import FontChain, missing
from piaoju.standard.face.outputs import ofd, package
from tests.standard.face.faces import (
    OFD,
    RARE,
    aux_lines,
    face_of,
    fonts,
    lines,
    package_of,
    plain_bill,
    tagged_texts,
)

CODES = [found.code for found in BILL_TYPES]
XML = "<?xml version='1.0'?><EInvoice>票</EInvoice>".encode()


@pytest.mark.parametrize("code", CODES)
def test_every_id_is_unique_and_within_the_greatest(code: str) -> None:
    files = package_of(ofd.render(face_of(plain_bill(code, lines=lines(40), aux_lines=aux_lines(60))), XML))
    ids = [
        int(found) for name, content in files.items() if name.endswith(".xml") and "/Attachs/" not in name
        for found in re.findall(rb' ID="(\d+)"', content) if "TemplatePage" not in name
    ]
    document = etree.fromstring(files["Doc_0/Document.xml"])
    greatest = int(document.findtext("ofd:CommonData/ofd:MaxUnitID", "", OFD))
    assert len(ids) == len(set(ids)) > 300
    assert max(ids) <= greatest


@pytest.mark.parametrize("code", CODES)
def test_every_file_named_is_there_and_every_file_there_is_named(code: str) -> None:
    files = package_of(ofd.render(face_of(plain_bill(code, lines=lines(30))), XML))
    named = {"OFD.xml", "Doc_0/Document.xml"}
    document = etree.fromstring(files["Doc_0/Document.xml"])
    named |= {f"Doc_0/{place.get('BaseLoc')}" for place in document.iterfind(".//*[@BaseLoc]")}
    for element in ("CommonData/ofd:PublicRes", "CustomTags", "Attachments"):
        named.add(f"Doc_0/{document.findtext(f'ofd:{element}', '', OFD)}")
    for folder, listing in (("Tags", "CustomTags"), ("Attachs", "Attachments")):
        listed = etree.fromstring(files[f"Doc_0/{folder}/{listing}.xml"])
        named |= {f"Doc_0/{folder}/{place.text}" for place in listed.iterfind(".//ofd:FileLoc", OFD)}
    assert named == set(files)
    for name, content in files.items():
        for used in etree.fromstring(content).iterfind(".//ofd:Template", OFD):
            assert document.find(f".//ofd:TemplatePage[@ID='{used.get('TemplateID')}']", OFD) is not None, name


@pytest.mark.parametrize("code", CODES)
def test_every_tag_shows_exactly_the_text_of_the_bill(code: str) -> None:
    bill = plain_bill(code, lines=lines(25), aux_lines=aux_lines(30), supervisor_remark="财政备注", pay_mode="4",
                      business_number="B1")
    assert tagged_texts(ofd.render(face_of(bill), XML)) == _expected(bill)


@pytest.mark.parametrize("code", ["0101", "0602"])
def test_a_text_too_long_for_its_place_is_printed_whole_on_the_notes_page(code: str) -> None:
    name, remark = "很长的单位名称" * 28, "备注说明文字" * 80
    bill = plain_bill(code, payer=Payer("organization", name), remark=remark)
    found = tagged_texts(ofd.render(face_of(bill), XML))
    assert (found["PayerPartyName"], found["Remark"]) == (name, remark)


@pytest.mark.parametrize("field", ["item_name", "remark"])
def test_no_two_texts_of_a_long_line_stand_on_each_other(field: str) -> None:
    rows = [replace(item, **{field: "长名称项目文字" * 28}) for item in lines(4)]
    face = face_of(plain_bill("0101", lines=tuple(rows)))
    for page in face.pages:
        texts = [found for found in page.operations if hasattr(found, "text")]
        for first, second in pairwise(sorted(texts, key=lambda found: (found.x, found.y))):
            if first.x == second.x:
                assert second.y - first.y >= first.size, (first.text, second.text)


def test_texts_keep_inside_their_columns() -> None:
    long = "特殊检查治疗材料及一次性卫生耗材综合服务费"
    face = face_of(plain_bill("0602", lines=lines(18, long), aux_lines=aux_lines(50)))
    for page in face.pages:
        for found in page.operations:
            if hasattr(found, "text"):
                width = face.fonts.shape(found.text).width * found.size // 1000
                assert found.x >= 12_000 and found.x + width <= 229_010, found.text


@pytest.mark.parametrize(("details", "pages"), [(0, 1), (1, 2), (22, 2), (23, 3), (30, 3), (200, 11), (5_000, 229)])
def test_details_take_as_many_list_pages_as_they_need(details: int, pages: int) -> None:
    bill = plain_bill("0602", lines=lines(3), aux_lines=aux_lines(details))
    assert len(face_of(bill).pages) == pages


def test_list_pages_say_which_page_of_how_many() -> None:
    face = face_of(plain_bill("0602", lines=lines(3), aux_lines=aux_lines(50)))
    said = [found.text for page in face.pages for found in page.operations if "清单 第" in getattr(found, "text", "")]
    assert said == ["清单 第 1 页 / 共 3 页", "清单 第 2 页 / 共 3 页", "清单 第 3 页 / 共 3 页"]


def test_the_face_says_how_many_lines_are_on_the_list() -> None:
    face = face_of(plain_bill("0101", lines=lines(40)))
    said = [found.text for found in face.pages[0].operations if "见清单" in getattr(found, "text", "")]
    assert said == ["以下 29 项见清单（共 40 项）"]


def test_rare_characters_are_drawn_as_outlines_and_the_rest_stays_text() -> None:
    name = f"李{RARE}明"
    written = ofd.render(face_of(plain_bill("0101", payer=Payer("person", name))), XML)
    assert tagged_texts(written)["PayerPartyName"] == "李▢▢龘▢▢明"  # GBK has 龘
    pages = "".join(content.decode() for file, content in package_of(written).items() if file.endswith("Content.xml"))
    assert set(RARE) & set(pages) == {"龘"}


def test_a_character_in_no_font_is_reported_missing() -> None:
    bill = plain_bill("0101", payer=Payer("person", f"赵𠮷{RARE}"))
    assert missing(bill, fonts()) == {"𠮷"}
    assert missing(plain_bill("0101", handler="开\u0001"), fonts()) == {"\u0001"}
    assert missing(plain_bill("0602", aux_lines=aux_lines(2)), fonts()) == set()


def test_the_same_bill_gives_the_same_bytes_also_with_fonts_opened_anew() -> None:
    bill = plain_bill("0602", aux_lines=aux_lines(3), payer=Payer("person", RARE))
    anew = FontChain([file.content for file in fonts().files])
    assert ofd.render(face_of(bill), XML) == ofd.render(face_of(bill, chain=anew), XML)
    assert fonts().digest == anew.digest != FontChain([fonts().files[1].content]).digest


def test_the_xml_is_attached_byte_for_byte() -> None:
    assert package_of(ofd.render(face_of(plain_bill()), XML))["Doc_0/Attachs/einvoice.xml"] == XML
    assert not any("Attachs" in name for name in package_of(ofd.render(face_of(plain_bill()), None)))


def test_a_demonstration_bill_says_so_and_a_real_one_does_not() -> None:
    shown = {
        demonstration: package_of(ofd.render(face_of(plain_bill(), demonstration=demonstration), XML))
        for demonstration in (True, False)
    }
    assert "样票 · 仅供演示" in shown[True]["Doc_0/Tpls/Tpl_0/Content.xml"].decode()
    assert not any("样票".encode() in content for content in shown[False].values())


def test_a_container_is_read_only_as_it_was_packed() -> None:
    written = ofd.render(face_of(plain_bill()), XML)
    assert package.pack_contents(package.unpack(written)) == written
    for at in (0, 10, len(written) // 2, len(written) - 30, len(written) - 1):
        changed = bytearray(written)
        changed[at] ^= 1
        with pytest.raises(ValueError, match=r"making|inflated|head"):
            package.unpack(bytes(changed))
    with pytest.raises(ValueError, match="own making"):
        package.unpack(written + b"\0")


def test_an_ordinary_bill_stays_within_the_size_budget() -> None:
    xml = b"<ItemName>\xe8\xaf\x8a</ItemName>" * 200
    assert len(ofd.render(face_of(plain_bill("0101", lines=lines(10), aux_lines=())), xml)) < 12 * 1024


def _expected(bill: Bill) -> dict[str, str]:
    """What the tags must say, straight from the bill."""
    found = {
        "EInvoiceName": bill.bill_name, "EInvoiceCode": bill.bill_code, "EInvoiceNumber": "0000000007",
        "RandomNumber": bill.check_code, "IssueDate": "2026-12-31", "PayerPartyName": bill.payer.name,
        "PayerPartyCode": "510104********0024", "TotalAmount": "123.45", "BizCode": "B1", "PayMode": "终端支付",
        "TotalAmountInWords": money.in_words(12345), "RecName": "收款人", "RecAcct": "5100 0001",
        "RecOpBk": "工商银行", "Remark": bill.remark, "SupervisorRemark": "财政备注",
        "InvoicingPartyName": bill.unit.name, "Checker": "李四", "HandlingPerson": "张三",
    }
    for element, text in bill.extension:
        if text:
            date = element.endswith("Date") and len(text) == 8
            found[f"MainExt/{element}"] = f"{text[:4]}-{text[4:6]}-{text[6:]}" if date else text
    medical = bill.bill_type_code.startswith("06")
    for number, item in enumerate(bill.lines, start=1):
        row = {"ItemName": item.item_name, "ItemAmount": money.format_fen(item.amount_fen)}
        if medical and number <= 18:
            row |= {"ItemQuantityAndUnit": "1/次"}
        else:
            row |= {"ItemCode": item.item_code, "ItemUnit": "次", "ItemQuantity": "1",
                    "ItemStd": money.format_price(100 * item.amount_fen)}
        found |= {f"Item[{number}]/{name}": text for name, text in row.items()}
    for number, aux in enumerate(bill.aux_lines, start=1):
        row = {"AuxItemRelatedName": "西药费", "AuxItemCode": aux.code, "AuxItemName": aux.name, "AuxItemUnit": "盒",
               "AuxItemQuantity": "1", "AuxItemStd": "1.00", "AuxItemAmount": money.format_price(aux.amount_e4)}
        found |= {f"AuxItem[{number}]/{name}": text for name, text in row.items()}
    return found
