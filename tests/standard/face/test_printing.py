"""Bills on paper: many in one file by outside readers, on a pre-printed form, on a roll; and a file that was cut short."""

from __future__ import annotations

import io
import random
import resource
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
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
from piaoju.standard.face import printing, stationery
from piaoju.standard.face.fields import other_fields
from piaoju.standard.face.fitting import width_of
from piaoju.standard.face.operations import Modules, Text
from piaoju.standard.face.outputs import pdf, png
from piaoju.standard.face.outputs.pdf_merged import MergedPdf, Progress
from piaoju.standard.face.printing import Print
from tests import judges
from tests.standard.face.faces import QR_TEXT, RARE, aux_lines, face_of, fonts, lines, plain_bill

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
CODES = [found.code for found in BILL_TYPES]
NAMES = ("周小燕", f"王{RARE}", "欧阳明日香", "李鑫", "Anna Müller", "陈旭")


def merged(bills: Sequence[Bill], how: Print | None = None) -> bytes:
    body = io.BytesIO()
    writer = MergedPdf(body, io.BytesIO(), fonts())
    for bill in bills:
        put(writer, bill, how or Print())
    writer.finish("合并打印", AT)
    return body.getvalue()


def put(writer: MergedPdf, bill: Bill, how: Print) -> None:
    for face in printing.faces(bill, fonts(), how, qr_text=QR_TEXT):
        writer.add(face)


def sample(number: int) -> Bill:
    """Bill number n of a long file: its type, its payer and its length follow from n."""
    code = CODES[number % len(CODES)]
    name = f"{NAMES[number % len(NAMES)]}{number}"
    return replace(
        plain_bill(code, payer=Payer("person", name), lines=lines(1 + number % 3), aux_lines=aux_lines(30 * (number % 5 == 4))),
        bill_number=1_000 + number, total_fen=100 * number + 1, unit=replace(plain_bill().unit, name=f"第{number % 3}人民医院"),
    )  # fmt: skip


def texts_of(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    return [page.get_textpage().get_text_range() for page in document]


def picture(content: bytes, page: int = 0, dpi: int = 100) -> Image.Image:
    return Image.open(io.BytesIO(png.render(content, dpi, page))).convert("RGB")


def test_every_bill_is_in_the_file_once_in_its_order_as_two_readers_read_it(tmp_path: Path) -> None:
    bills = [sample(number) for number in range(120)]
    content = merged(bills)
    firsts = [text for text in texts_of(content) if "清单 第" not in text]
    assert len(firsts) == len(bills)
    for bill, text in zip(bills, firsts, strict=True):
        assert bill.number_text in text and bill.payer.name in text and money.format_fen(bill.total_fen) in text
    (tmp_path / "many.pdf").write_bytes(content)
    reader = judges.need("pdftotext")
    subprocess.run([reader, "-layout", "-enc", "UTF-8", "many.pdf", "many.txt"], cwd=tmp_path, check=True, timeout=120)
    pages = (tmp_path / "many.txt").read_text("utf-8").split("\f")[:-1]
    assert len(pages) == len(texts_of(content))
    read = [page for page in pages if "清单 第" not in page]
    assert all(bill.payer.name in page and bill.number_text in page for bill, page in zip(bills, read, strict=True))


@pytest.mark.slow
def test_ten_thousand_bills_are_in_one_file_and_random_pages_read_right(tmp_path: Path) -> None:
    """The long form: pages counted, and a hundred of them read, by two programs of others; every font there, memory bounded."""
    count = 10_000
    with (tmp_path / "many.pdf").open("w+b") as body, (tmp_path / "places").open("w+b") as places:
        writer = MergedPdf(body, places, fonts())
        for number in range(count):
            put(writer, sample(number), Print())
        writer.finish("合并打印", AT)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 512 * 1024
    document = pypdfium2.PdfDocument(tmp_path / "many.pdf")
    assert len(document) == writer.pages
    chance = random.Random(4)
    reader = judges.need("pdftotext")
    first_pages = _first_pages(count)
    for number in sorted(chance.sample(range(count), 100)):
        bill, page = sample(number), first_pages[number]
        command = [reader, "-f", str(page + 1), "-l", str(page + 1), "-layout", "-enc", "UTF-8", "many.pdf", "page.txt"]
        subprocess.run(command, cwd=tmp_path, check=True, timeout=120)
        for text in (document[page].get_textpage().get_text_range(), (tmp_path / "page.txt").read_text("utf-8")):
            assert bill.number_text in text and bill.payer.name in text and money.format_fen(bill.total_fen) in text
    fonts_told = subprocess.run([judges.need("pdftotext").replace("pdftotext", "pdffonts"), "many.pdf"], cwd=tmp_path, check=True,
                                capture_output=True, text=True, timeout=120).stdout.splitlines()[2:]  # fmt: skip
    assert fonts_told and all(line.split()[-5:-2] == ["yes", "yes", "yes"] for line in fonts_told)


def _first_pages(count: int) -> list[int]:
    """On which page each bill begins: five kinds of length come again and again."""
    first, at = [], 0
    lengths: dict[tuple[str, int, int], int] = {}
    for number in range(count):
        first.append(at)
        bill = sample(number)
        kind = (bill.bill_type_code, len(bill.lines), len(bill.aux_lines))
        if kind not in lengths:
            lengths[kind] = len(face_of(bill).pages)
        at += lengths[kind]
    return first


def test_fonts_forms_and_seals_are_in_the_file_once() -> None:
    bills = [sample(number) for number in range(120)]
    with pikepdf.open(io.BytesIO(merged(bills))) as opened:
        assert opened.check_pdf_syntax() == []
        things = [thing for thing in opened.objects if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream)]
        fonts_there = [thing for thing in things if thing.get("/Subtype") == "/Type0"]
        assert len(fonts_there) <= len(fonts().files)
        assert all("/FontFile3" in font.DescendantFonts[0].FontDescriptor for font in fonts_there)
        forms = [thing for thing in things if thing.get("/Subtype") == "/Form"]
        # A face for each type and its detail list, three units' seals, one of the finance department.
        assert len(forms) <= 2 * len(CODES) + 3 + 1


def test_a_page_costs_only_what_is_its_own() -> None:
    ten, hundred = (len(merged([sample(number) for number in range(0, count * 5, 5)])) for count in (10, 110))
    assert (hundred - ten) / 100 < 4_000
    assert len(pdf.render(face_of(sample(0)), None)) > 30_000


@pytest.mark.parametrize("cut", [0, 1, 37, 99, 119])
def test_a_file_cut_short_goes_on_to_the_same_bytes(cut: int) -> None:
    bills = [sample(number) for number in range(120)]
    body, places = io.BytesIO(), io.BytesIO()
    writer = MergedPdf(body, places, fonts())
    kept = writer.progress()
    for number, bill in enumerate(bills[: cut + 3]):
        put(writer, bill, Print())
        if number + 1 == cut:
            kept = writer.progress()
    for file, size in ((body, kept.size_bytes), (places, kept.places_bytes)):
        file.truncate(size)
        file.seek(size)
    again = MergedPdf(body, places, fonts(), Progress(**{name: getattr(kept, name) for name in kept.__struct_fields__}))
    for bill in bills[cut:]:
        put(again, bill, Print())
    again.finish("合并打印", AT)
    assert body.getvalue() == merged(bills)


def test_the_page_is_the_bill_s_own_pdf_point_by_point() -> None:
    bills = [sample(number) for number in range(5)]
    content = merged(bills)
    page = 0
    for bill in bills:
        alone = pdf.render(face_of(bill, demonstration=bill.demonstration), None)
        for own in range(len(pypdfium2.PdfDocument(alone))):
            assert picture(content, page).tobytes() == picture(alone, own).tobytes()
            page += 1


def test_on_a_pre_printed_form_only_the_bill_s_own_words_are_printed() -> None:
    bill = plain_bill("0101", aux_lines=aux_lines(3))
    first, second = texts_of(merged([bill], Print("overlay")))
    assert bill.payer.name in first and bill.number_text in first and money.in_words(bill.total_fen) in first
    assert bill.bill_name not in first and "（电子）" not in first  # the form is called otherwise, and says so itself
    assert [label for label in ("票据代码", "交款人：", "金额合计", "收款单位", "项目名称") if label in first] == []
    assert "明细名称" in second  # no form is pre-printed for a list
    points = picture(merged([bill], Print("overlay"))).tobytes()
    assert [at for at in range(0, len(points), 3) if points[at] > points[at + 1] + 80] == []


def test_the_overlay_lies_where_the_whole_face_has_it_and_moves_by_the_shift() -> None:
    bill = plain_bill("0101")
    whole, overlay = _place(merged([bill])), _place(merged([bill], Print("overlay")))
    moved = _place(merged([bill], Print("overlay", shift_right=2_540, shift_down=5_080)))
    assert overlay == pytest.approx(whole, abs=0.1)
    assert (moved[0] - whole[0], whole[1] - moved[1]) == pytest.approx((7.2, 14.4), abs=0.1)


def test_a_bill_of_the_demonstration_says_so_in_every_style() -> None:
    real = replace(plain_bill("0101"), bill_tag="CZ-EI-51")
    for style in printing.STYLES:
        assert "仅供演示" in texts_of(merged([plain_bill("0101")], Print(style)))[0]
        assert "仅供演示" not in texts_of(merged([real], Print(style)))[0]


@pytest.mark.parametrize(("style", "width", "margin"), [("thermal80", 80, 4), ("thermal58", 58, 5)])
@pytest.mark.parametrize("code", ["0101", "0602"])
def test_a_roll_has_every_field_within_its_printable_width(style: str, width: int, margin: int, code: str) -> None:
    bill = plain_bill(code, lines=lines(12), aux_lines=aux_lines(4), payer=Payer("person", "阿" * 60 + RARE))
    content = merged([bill], Print(style))
    (text,) = texts_of(content)
    text = "".join(text.split())
    wanted = [bill.number_text, bill.check_code, bill.payer.name, money.in_words(bill.total_fen), bill.unit.name,
              *(line.item_name for line in bill.lines), *(aux.name for aux in bill.aux_lines),
              *(value for group in other_fields(bill) for _, value, _ in group)]  # fmt: skip
    assert [part for part in wanted if "".join(part.split()) not in text] == []
    shown = picture(content, dpi=203)
    assert shown.width == pytest.approx(width / 25.4 * 203, abs=1)
    edge = round((margin - 0.3) / 25.4 * 203)
    sides = [shown.crop((0, 0, edge, shown.height)), shown.crop((shown.width - edge, 0, shown.width, shown.height))]
    assert all(min(side.convert("L").tobytes()) > 128 for side in sides)
    assert [found.text for found in zxingcpp.read_barcodes(shown)] == [QR_TEXT]


def test_a_bill_longer_than_a_printer_takes_goes_on_on_the_next_page() -> None:
    bill = plain_bill("0602", aux_lines=aux_lines(700))
    text = "".join(texts_of(merged([bill], Print("thermal58"))))
    assert len(texts_of(merged([bill], Print("thermal58")))) > 1
    assert [aux.name for aux in bill.aux_lines if aux.name not in text] == []


def test_a_file_of_no_bills_is_no_file() -> None:
    with pytest.raises(ValueError, match="no pages"):
        MergedPdf(io.BytesIO(), io.BytesIO(), fonts()).finish("空", AT)


def _place(content: bytes) -> tuple[float, float]:
    """Where the payer's name begins on the first page, in points from the lower left."""
    page = pypdfium2.PdfDocument(content)[0].get_textpage()
    at = page.get_text_range().index("周小燕")
    left, bottom, _, _ = page.get_charbox(at)
    return left, bottom


def test_a_preview_before_issue_has_nothing_that_only_issuing_gives_and_says_so_on_every_page() -> None:
    for code in CODES:
        bill = plain_bill(code, lines=lines(3), aux_lines=aux_lines(60))
        face = printing.before_issue(bill, fonts())
        issued = face_of(bill)
        assert len(face.pages) == len(issued.pages) > 1
        assert face.seals == () and len(issued.seals) == 2
        for drawn, page in zip(face.pages, issued.pages, strict=True):
            texts = [one.text for one in drawn.operations if isinstance(one, Text)]
            assert not any(isinstance(one, Modules) for one in drawn.operations)
            assert not {bill.number_text, bill.check_code} & set(texts)
            assert {"开具时取号", "开具时生成"} <= set(texts) and texts[-1].startswith("预览，没有开具")
            # Everything else stands where it will stand on the bill.
            kept = [one for one in page.operations if not isinstance(one, Modules) and one not in drawn.operations]
            assert {one.text for one in kept if isinstance(one, Text)} == {bill.number_text, bill.check_code}


def test_no_title_reaches_into_the_codes_beside_it() -> None:
    for code in CODES:
        bill = plain_bill(code)
        (title,) = [one for one in face_of(bill).pages[0].operations if isinstance(one, Text) and one.text == bill.bill_name]
        assert title.x + width_of(fonts(), title.text, title.size) < stationery.CODES_X
