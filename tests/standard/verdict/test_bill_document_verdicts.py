"""A signed bill XML is valid as it is, and invalid, with the part named, as soon as anything about it is not."""

from __future__ import annotations

import random
import re
from base64 import b64decode, b64encode
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piaoju.crypto import signed_data
from piaoju.crypto.certificates import Certificate, Trust
from piaoju.kit.values import replace
from piaoju.standard import bill_xml
from piaoju.standard.verdict import Report, examine
from tests.standard.verdict import making
from tests.standard.verdict.judge import openssl_verifies

REAL = making.world()
TRUST = REAL.trust()
XML = making.signed_xml(making.bill(), REAL)


def report_of(content: bytes, trust: Trust = TRUST) -> Report:
    return examine(content, "票据.xml", trust)


def failing(content: bytes, trust: Trust = TRUST) -> dict[str, str]:
    """The names and details of the checks that fail; the report must not be valid."""
    report = report_of(content, trust)
    assert not report.valid and report.failures
    return {check.name: check.detail for check in report.failures}


def test_a_bill_signed_by_unit_and_finance_is_valid() -> None:
    report = report_of(XML)
    assert report.failures == () and report.valid and report.kind == "xml"
    assert not report.demonstration and report.notices == ()
    assert report.bill is not None
    assert (report.bill.bill_code, report.bill.bill_number, report.bill.total) == ("51060126", "0000012345", "128.50")


def test_any_flipped_byte_anywhere_is_caught_and_its_place_named() -> None:
    draw = random.Random(38540)
    positions = sorted({*draw.sample(range(len(XML)), 400), 0, 1, len(XML) - 1, len(XML) - 2})
    for at in positions:
        for mask in (0x01, 1 << draw.randrange(8)):
            changed = bytearray(XML)
            changed[at] ^= mask
            report = report_of(bytes(changed))
            assert not report.valid, f"byte {at} ^ {mask:#x} went unnoticed"
            assert all(check.detail for check in report.failures)
            assert any(check.part or "行" in check.detail or "编码" in check.detail or "声明" in check.detail
                       for check in report.failures), report.failures


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda xml: xml + b"\n", "XML 规范形式"),
        (lambda xml: xml.replace(b'"1.0" encoding', b'"1.0"  encoding'), "XML 规范形式"),
        (lambda xml: xml.replace(b"<EInvoice>", b"<EInvoice >"), "XML 规范形式"),
        (lambda xml: xml.replace(b"<EInvoice>", b"<EInvoice>\n"), "XML 规范形式"),
        (lambda xml: xml.replace(b"DETACH", b"DETACH "), "XML 规范形式"),
        (lambda xml: xml.replace(b"</EInvoice>", b"<x/></EInvoice>"), "XML 规范形式"),
        (lambda xml: xml.replace(b"<Header>", b"<Header> "), "单位签名"),
        (lambda xml: xml.replace("欧阳".encode(), "欧洲".encode()), "单位签名"),
        (lambda xml: xml.replace(b"</InvoicingPartySignature>", b"</InvoicingPartySignature>\n"), "XML 规范形式"),
    ],
)  # fmt: skip
def test_what_is_not_signed_has_one_form_only(change, name) -> None:
    assert name in failing(change(XML))


def test_a_removed_signature_is_named() -> None:
    without_finance = re.sub(rb"<SupervisorPartySignature>.*</SupervisorPartySignature>", b"", XML)
    assert failing(without_finance) == {"财政签名": "没有这个签名"}
    without_unit = re.sub(rb"<InvoicingPartySignature>.*</InvoicingPartySignature>", b"", XML)
    assert "单位签名" in failing(without_unit)
    without_both = re.sub(rb"<EInvoiceSignature>.*</EInvoiceSignature>", b"", XML)
    assert {"单位签名", "财政签名"} <= failing(without_both).keys()


def test_the_signature_time_must_be_the_signed_one() -> None:
    moved = XML.replace(b"<SignatureTime>20260305101530", b"<SignatureTime>20260305101531", 1)
    assert "SignatureTime" in failing(moved)["单位签名"]


def test_signatures_of_another_bill_do_not_fit() -> None:
    other = making.signed_xml(replace(making.bill(), bill_number=12346), REAL)
    body, _, _ = XML.partition(b"<EInvoiceSignature>")
    _, _, signatures = other.partition(b"<EInvoiceSignature>")
    found = failing(body + b"<EInvoiceSignature>" + signatures)
    assert "摘要不符" in found["单位签名"] and "财政签名" in found


def test_a_unit_cannot_sign_for_another_unit_or_for_finance() -> None:
    assert failing(making.signed_xml(making.bill(), REAL, unit=REAL.stranger)).keys() == {"签名人是开票单位"}
    assert failing(making.signed_xml(making.bill(), REAL, finance=REAL.unit)).keys() == {"签名人是财政部门"}


def test_a_signature_made_on_another_day_is_named() -> None:
    late = making.SIGNED_AT + timedelta(days=1)
    xml = making.sign_original(bill_xml.write_original(making.bill()), REAL, at=late)
    assert failing(xml) == {"签名人是开票单位": "签名日期不是开票日期"}


def test_a_certificate_that_was_revoked_or_not_yet_valid_or_unknown_is_named() -> None:
    serial = Certificate.parse(REAL.unit.certificate).serial
    before = {serial: making.SIGNED_AT - timedelta(hours=1)}
    assert "吊销" in failing(XML, REAL.trust(before))["单位证书"]
    after = {serial: making.SIGNED_AT + timedelta(hours=1)}
    assert report_of(XML, REAL.trust(after)).valid
    early = making.SIGNED_AT - timedelta(days=60)
    xml = making.sign_original(bill_xml.write_original(making.bill()), REAL, at=early)
    assert "生效" in failing(xml)["财政证书"]
    other = making.World(**{**vars(REAL), "root": making.world(True).root, "subject": making.world(True).subject})
    assert {"单位证书", "财政证书"} <= failing(XML, other.trust()).keys()


def test_without_trust_nothing_is_valid() -> None:
    report = report_of(XML, Trust.parse(b""))
    assert not report.valid
    assert {check.outcome for check in report.failures} == {"unknown"}


@pytest.mark.parametrize(
    ("bill", "word"),
    [
        (making.with_line_amount(making.bill(), 950), "不等"),
        (replace(making.bill(), total_fen=12_851), "不等"),
        (replace(making.with_line_amount(making.bill(), 950), total_fen=12_950), "数量乘标准"),
        (replace(making.bill(), specimen_code="5101012601"), "模板代码"),
        (replace(making.bill(), bill_code="51060125", specimen_code="5106012501"), "年度"),
        (replace(making.bill(), supervisor_area_code="320000"), "财政部门编码"),
        (replace(making.bill(), bill_tag="CZ-EI-32"), "票据标签"),
        (replace(making.bill(), bill_name="四川省公益事业捐赠统一票据（电子）"), "票据名称"),
    ],
)  # fmt: skip
def test_a_bill_that_contradicts_itself_is_not_valid_however_well_signed(bill, word) -> None:
    found = failing(making.signed_xml(bill, REAL))
    assert list(found) == ["票面数据一致"] and word in found["票面数据一致"]


def test_a_red_bill_is_valid_with_negative_amounts_and_its_original_named() -> None:
    made = making.bill()
    lines = tuple(replace(line, amount_fen=-line.amount_fen) for line in made.lines)
    extension = (("RelatedInvoiceCode", "51060126"), ("RelatedInvoiceNumber", "0000000007"), ("PayCode", ""))
    red = replace(made, total_fen=-made.total_fen, lines=lines, extension=extension)
    assert report_of(making.signed_xml(red, REAL)).valid
    unnamed = replace(red, extension=made.extension)
    assert "原票" in failing(making.signed_xml(unnamed, REAL))["票面数据一致"]
    positive = replace(made, extension=extension)
    assert "负数" in failing(making.signed_xml(positive, REAL))["票面数据一致"]


def test_a_demonstration_bill_verifies_under_demonstration_trust_and_says_so() -> None:
    play = making.world(demonstration=True)
    report = report_of(making.signed_xml(making.bill(demonstration=True), play), play.trust())
    assert report.valid and report.demonstration and "样票" in report.notices[0]


def test_a_demonstration_bill_never_passes_for_a_real_one() -> None:
    play = making.world(demonstration=True)
    specimen = making.signed_xml(making.bill(demonstration=True), play)
    assert {"单位证书", "财政证书"} <= failing(specimen, TRUST).keys()
    untagged = making.signed_xml(making.bill(), play)
    assert "没有样票标签" in failing(untagged, play.trust())["样票"]
    really_signed = making.signed_xml(making.bill(demonstration=True), REAL)
    assert "永远不是" in failing(really_signed, TRUST)["样票"]


def test_slack_in_base64_and_der_is_refused() -> None:
    value = re.search(rb"<SignatureValue>([^<]*)</SignatureValue>", XML)
    assert value is not None
    der = b64decode(value[1])
    longer = b64encode(der + b"\0")
    assert "单位签名" in failing(XML.replace(value[1], longer, 1))
    spaced = value[1][:10] + b"\n" + value[1][10:]
    assert not report_of(XML.replace(value[1], spaced, 1)).valid


def test_an_extra_certificate_in_a_signature_is_refused() -> None:
    value = re.search(rb"<SignatureValue>([^<]*)</SignatureValue>", XML)
    assert value is not None
    signed = signed_data.parse(b64decode(value[1]))
    stuffed = signed_data.assemble(
        signed.attributes, signed.certificate.der, signed.signature, (REAL.stranger.certificate,)
    )
    assert "证书" in failing(XML.replace(value[1], b64encode(stuffed), 1))["单位签名"]


def test_openssl_agrees_on_both_signatures_of_the_bill() -> None:
    document = bill_xml.read_document(XML)
    for node, message in (
        (document.unit_signature, document.original),
        (document.finance_signature, document.finance_original),
    ):
        assert node is not None
        signed = signed_data.parse(node.value_der)
        assert signed.attributes == signed_data.attributes(message, making.SIGNED_AT)
        assert openssl_verifies(signed.certificate.der, signed.attributes, signed.signature)
        assert not openssl_verifies(signed.certificate.der, signed.attributes + b"\0", signed.signature)


@settings(max_examples=200, deadline=None)
@given(patch=st.binary(max_size=40), at=st.integers(0, 10_000), cut=st.integers(0, 60), raw=st.booleans())
def test_nothing_ever_raises(patch: bytes, at: int, cut: int, raw: bool) -> None:
    at %= len(XML)
    content = patch if raw else XML[:at] + patch + XML[at + cut :]
    report = report_of(content)
    assert report.valid == (content == XML)
