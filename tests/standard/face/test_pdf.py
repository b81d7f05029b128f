"""The PDF and the PNG: independent readers find every text, the QR code and the XML in them."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from piaoju.kit.values import replace
from piaoju.standard import money
from piaoju.standard.bill import Bill, Payer
from piaoju.standard.bill_types import BILL_TYPES
from piaoju.standard.face import FontChain
from piaoju.standard.face.fields import other_fields, payer_code_shown
from piaoju.standard.face.outputs import pdf, png
from tests import judges
from tests.standard.face.faces import HANAZONO, QR_TEXT, RARE, aux_lines, face_of, fonts, lines, plain_bill

CODES = [found.code for found in BILL_TYPES]
XML = "<?xml version='1.0'?><EInvoice>票</EInvoice>".encode()


@pytest.mark.parametrize("code", CODES)
def test_poppler_finds_every_field(code: str, tmp_path: Path) -> None:
    bill = _full(code)
    (tmp_path / "bill.pdf").write_bytes(pdf.render(face_of(bill, demonstration=True), XML))
    text = _poppler(tmp_path)
    assert [part for part in _texts(bill) if part not in text] == []
    assert "样票" in text


def test_pdfium_finds_every_field() -> None:
    bill = _full("0602")
    text = _pdfium(bill)
    assert [part for part in _texts(bill) if part not in text] == []


def test_rare_characters_come_out_of_the_pdf_as_they_went_in(tmp_path: Path) -> None:
    (tmp_path / "bill.pdf").write_bytes(pdf.render(face_of(plain_bill("0101", payer=Payer("person", RARE))), XML))
    assert RARE in _poppler(tmp_path)


@pytest.mark.parametrize("character", RARE)
def test_each_rare_character_leaves_its_own_ink(character: str) -> None:
    """Not the empty box of a missing glyph: each picture differs from that of every other character."""
    assert _ink(character) != _ink("口")
    assert _ink(character) > 60


def test_a_font_with_truetype_outlines_serves_what_the_first_lacks(tmp_path: Path) -> None:
    if not HANAZONO.exists():
        pytest.skip("缺少 fonts-hanazono（可选的生僻字字体）：apt install fonts-hanazono")
    chain = FontChain([file.content for file in fonts().files] + [HANAZONO.read_bytes()])
    bill = plain_bill("0101", payer=Payer("person", "赵𠮷"))
    (tmp_path / "bill.pdf").write_bytes(pdf.render(face_of(bill, chain=chain), XML))
    assert "赵𠮷" in _poppler(tmp_path)


def test_every_font_is_embedded_as_a_subset_with_a_way_back_to_unicode() -> None:
    with pikepdf.open(io.BytesIO(pdf.render(face_of(_full("0602")), XML))) as opened:
        seen = 0
        for thing in opened.objects:
            if isinstance(thing, pikepdf.Dictionary) and thing.get("/Subtype") == "/Type0":
                seen += 1
                assert "/ToUnicode" in thing and thing.Encoding == "/Identity-H"
                assert "/FontFile3" in thing.DescendantFonts[0].FontDescriptor
                assert len(thing.DescendantFonts[0].FontDescriptor.FontFile3.read_bytes()) < 200_000
        assert seen >= 2


def test_the_xml_is_inside_as_the_document_s_own_file() -> None:
    with pikepdf.open(io.BytesIO(pdf.render(face_of(plain_bill()), XML))) as opened:
        assert opened.attachments["hidexml"].get_file().read_bytes() == XML
        assert opened.Root.AF[0].AFRelationship == "/Data"
        assert opened.docinfo["/Title"] == plain_bill().bill_name
        assert opened.check_pdf_syntax() == []
    with pikepdf.open(io.BytesIO(pdf.render(face_of(plain_bill()), None))) as opened:
        assert not opened.attachments


def test_the_same_bill_gives_the_same_bytes_also_with_fonts_opened_anew() -> None:
    bill = _full("0602")
    anew = FontChain([file.content for file in fonts().files])
    assert pdf.render(face_of(bill), XML) == pdf.render(face_of(bill, chain=anew), XML)
    assert pdf.render(face_of(replace(bill, handler="王五")), XML) != pdf.render(face_of(bill), XML)


@pytest.mark.parametrize("dpi", [100, 150, 300])
@pytest.mark.parametrize("demonstration", [False, True])
def test_the_qr_code_reads_back_from_the_picture(dpi: int, demonstration: bool) -> None:
    written = pdf.render(face_of(plain_bill(), demonstration=demonstration), XML)
    picture = Image.open(io.BytesIO(png.render(written, dpi)))
    assert picture.size == pytest.approx((241 / 25.4 * dpi, 127 / 25.4 * dpi), abs=1)
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [QR_TEXT]


def test_both_seals_are_drawn_red_at_their_places() -> None:
    with_seals = _red_share(plain_bill("0101"))
    # The rings alone are less: name, star and words must be there.
    assert with_seals[0] > 0.1 and with_seals[1] > 0.11
    bare = plain_bill("0101")
    nameless = replace(bare.unit_seal, name="")
    bare = replace(bare, unit_seal=nameless, supervision_seal=nameless)
    assert max(_red_share(bare)) == 0


def test_a_red_bill_is_marked_in_words_and_in_red() -> None:
    bill = plain_bill("0101", total_fen=-12345)
    text = _pdfium(bill)
    assert "红 字" in text and "-123.45" in text and money.in_words(-12345) in text
    assert "红 字" not in _pdfium(plain_bill("0101"))


def _full(code: str) -> Bill:
    return plain_bill(code, lines=lines(30), aux_lines=aux_lines(40), supervisor_remark="财政备注", pay_mode="4",
                      business_number="B1")


def _texts(bill: Bill) -> list[str]:
    texts = [
        bill.bill_name, bill.bill_code, bill.number_text, bill.check_code, "2026-12-31", bill.payer.name,
        payer_code_shown(bill.payer), money.in_words(bill.total_fen), money.format_fen(bill.total_fen), bill.unit.name,
        bill.handler, bill.checker, *(text for group in other_fields(bill) for _, text, _ in group),
    ]
    for item in bill.lines:
        texts += (item.item_name, money.format_fen(item.amount_fen))
    for aux in bill.aux_lines:
        texts += (aux.code, aux.name, money.format_price(aux.amount_e4))
    return texts


def _pdfium(bill: Bill) -> str:
    document = pypdfium2.PdfDocument(pdf.render(face_of(bill), XML))
    return "".join(page.get_textpage().get_text_range() for page in document)


def _poppler(folder: Path) -> str:
    reader = judges.need("pdftotext")
    subprocess.run([reader, "-layout", "-enc", "UTF-8", "bill.pdf", "bill.txt"], cwd=folder, check=True, timeout=60)
    return (folder / "bill.txt").read_text("utf-8")


def _picture(bill: Bill, dpi: int = 200) -> Image.Image:
    return Image.open(io.BytesIO(png.render(pdf.render(face_of(bill), None), dpi))).convert("RGB")


def _ink(character: str) -> int:
    """How many dark points a payer of this one name leaves."""
    picture = _picture(plain_bill("0101", payer=Payer("person", character)), 300)
    scale = 300 / 25.4
    place = picture.crop((round(24 * scale), round(28 * scale), round(32 * scale), round(33 * scale)))
    return sum(1 for value in place.convert("L").tobytes() if value < 128)


def _red_share(bill: Bill) -> list[float]:
    """The share of red points within the box of each seal."""
    picture, scale = _picture(bill), 200 / 25.4
    shares = []
    for left, top, width, height in ((46, 88.4, 38, 38), (105.5, 6.8, 30, 20)):
        box = picture.crop(tuple(round(side * scale) for side in (left, top, left + width, top + height)))
        points = box.tobytes()
        red = sum(1 for at in range(0, len(points), 3) if points[at] > points[at + 1] + 80 and points[at] > 120)
        shares.append(red / (len(points) / 3))
    return shares
