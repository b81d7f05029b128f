"""A PDF is proved by drawing it again from the signed XML inside; otherwise it is a copy, unproven."""

from __future__ import annotations

import io
import random
import zlib
from functools import cache

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piaoju.ops.fonts import installed_fonts
from piaoju.standard.bill import Bill
from piaoju.standard.face import layout, specimen_for
from piaoju.standard.face.outputs import pdf
from piaoju.standard.profile import SICHUAN_2026_1
from piaoju.standard.verdict import Report, examine
from piaoju.standard.verdict.printed_copy import shown_address
from tests.standard.verdict import making

PLAY = making.world(demonstration=True)
TRUST = PLAY.trust()
BILL = making.bill(demonstration=True)
XML = making.signed_xml(BILL, PLAY)


def address(host: str = "127.0.0.1:8000", total: str = "128.50") -> str:
    return f"http://{host}" + SICHUAN_2026_1.verification_path.format(
        code="51060126", number="0000012345", check_code="7k2p9x", total=total, date="20260305"
    )


@cache
def printed(xml: bytes = XML, shown: Bill = BILL, qr_text: str = address()) -> bytes:
    face = layout(shown, specimen_for("0601"), installed_fonts(), demonstration=shown.demonstration, qr_text=qr_text)
    return pdf.render(face, xml)


def report_of(content: bytes) -> Report:
    return examine(content, "票据.pdf", TRUST, installed_fonts())


def test_our_own_pdf_is_valid_and_says_that_it_is_a_specimen() -> None:
    report = report_of(printed())
    assert report.failures == () and report.valid and report.kind == "pdf"
    assert report.demonstration and "样票" in report.notices[0]


def test_without_fonts_it_is_a_copy_unproven() -> None:
    report = examine(printed(), "票据.pdf", TRUST, None)
    assert not report.valid
    assert [(check.name, check.outcome) for check in report.failures] == [("版面与数据一致", "unknown")]


def test_a_face_that_shows_another_amount_than_its_xml_is_unproven() -> None:
    forged = making.with_line_amount(BILL, 8_500_00)
    report = report_of(printed(XML, forged))
    assert not report.valid
    assert [check.name for check in report.failures] == ["版面与数据一致"]


@pytest.mark.parametrize(("qr_text", "outcome"), [(address(total="1.00"), "bad"), ("https://evil.example/", "bad")])
def test_a_qr_that_asks_about_something_else_is_named(qr_text: str, outcome: str) -> None:
    report = report_of(printed(qr_text=qr_text))
    assert ("二维码地址", outcome) in [(check.name, check.outcome) for check in report.failures]


def test_a_real_bill_whose_qr_leads_to_an_unknown_site_is_not_valid() -> None:
    real = making.world()
    bill = making.bill()
    content = printed(making.signed_xml(bill, real), bill, address("evil.example"))
    report = examine(content, "票据.pdf", real.trust(), installed_fonts())
    assert [(check.name, check.outcome) for check in report.failures] == [("二维码地址", "unknown")]


def test_a_pdf_without_our_xml_proves_nothing() -> None:
    empty = pikepdf.new()
    empty.add_blank_page()
    stream = io.BytesIO()
    empty.save(stream)
    report = report_of(stream.getvalue())
    assert [(check.name, check.part) for check in report.failures] == [("票据数据", "hidexml")]


def test_a_bomb_inside_is_not_unpacked() -> None:
    with pikepdf.open(io.BytesIO(printed())) as opened:
        packed = zlib.compress(bytes(60 * 1024 * 1024))
        spec = opened.attachments["hidexml"]
        spec.get_file().obj.write(packed, filter=pikepdf.Name.FlateDecode)
        stream = io.BytesIO()
        opened.save(stream)
    report = report_of(stream.getvalue())
    assert not report.valid and "过大" in report.failures[0].detail


@pytest.mark.parametrize("box", [(0, 0, 14_400, 14_400), (0, 0, 3, 3)])
def test_a_page_of_another_size_is_not_drawn_and_stays_unproven(box: tuple[int, ...]) -> None:
    with pikepdf.open(io.BytesIO(printed())) as opened:
        opened.pages[0].MediaBox = pikepdf.Array(box)
        stream = io.BytesIO()
        opened.save(stream)
    assert shown_address(stream.getvalue()) is None
    report = report_of(stream.getvalue())
    assert [(check.name, check.outcome) for check in report.failures] == [("版面与数据一致", "unknown")]


def test_any_flipped_byte_leaves_it_unproven() -> None:
    content = printed()
    draw = random.Random(2)
    for at in draw.sample(range(len(content)), 30):
        changed = bytearray(content)
        changed[at] ^= 1 << draw.randrange(8)
        assert not report_of(bytes(changed)).valid, f"byte {at} went unnoticed"


@settings(max_examples=30, deadline=None)
@given(patch=st.binary(max_size=60), at=st.integers(0, 10**6), cut=st.integers(0, 5_000))
def test_nothing_ever_raises(patch: bytes, at: int, cut: int) -> None:
    content = printed()
    at %= len(content)
    changed = content[:at] + patch + content[at + cut :]
    assert report_of(changed).valid == (changed == content)
