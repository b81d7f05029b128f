"""Seven published OFD files get exactly the verdicts that their own project's validator gives them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from piaoju.crypto.certificates import Trust
from piaoju.standard.verdict import Report, examine
from piaoju.standard.verdict.report import Check
from tests.standard.verdict.judge import cut, openssl_verifies

SAMPLES = Path(__file__).parent / "samples"
NOBODY = Trust.parse(b"")
VALUE = "/Doc_0/Signs/Sign_{}/SignedValue.dat"
XML = "/Doc_0/Signs/Sign_{}/Signature.xml"


def report_of(name: str) -> Report:
    return examine((SAMPLES / name).read_bytes(), name, NOBODY)


def outcomes(report: Report, name: str) -> dict[str, str]:
    return {check.part: check.outcome for check in report.checks if check.name == name}


def test_the_five_page_file_holds_in_digests_signature_and_seal_maker() -> None:
    report = report_of("vat-999-5pages-v4seal.ofd")
    assert outcomes(report, "原文摘要") == {XML.format(0): "ok"}
    assert outcomes(report, "签章值") == {VALUE.format(0): "ok"}
    assert outcomes(report, "制章人签名") == {VALUE.format(0): "ok"}
    assert "20 个文件" in next(check.detail for check in report.checks if check.name == "原文摘要")


def test_the_edited_page_box_is_named_and_the_sm2_value_still_holds() -> None:
    report = report_of("vat-sample-broken-digest.ofd")
    assert outcomes(report, "原文摘要") == {"/Doc_0/Document.xml": "bad"}
    assert outcomes(report, "签章值") == {VALUE.format(0): "ok"}
    assert outcomes(report, "制章人签名") == {VALUE.format(0): "ok"}


def test_another_case_of_letters_is_found_and_said() -> None:
    report = report_of("vat-v4seal-path-case-mismatch.ofd")
    assert outcomes(report, "原文摘要") == {XML.format(0): "ok"}
    assert outcomes(report, "签章值") == {VALUE.format(0): "ok"}
    assert outcomes(report, "路径") == {"/Doc_0/Tpls/Tpl_0/Content.xml": "unknown"}


def test_the_file_with_a_separate_seal_holds() -> None:
    report = report_of("ofdrw-sesv4-with-esl.ofd")
    assert outcomes(report, "原文摘要") == {XML.format(0): "ok"}
    assert outcomes(report, "签章值") == {VALUE.format(0): "ok"}
    assert outcomes(report, "制章人签名") == {VALUE.format(0): "ok"}
    assert outcomes(report, "印章副本") == {"/Doc_0/Signs/Sign_0/Seal.esl": "ok"}


def test_of_two_seals_the_first_is_broken_by_the_second_which_holds() -> None:
    report = report_of("ofdrw-two-seals-first-broken.ofd")
    assert outcomes(report, "原文摘要") == {"/Doc_0/Signs/Signatures.xml": "bad", XML.format(1): "ok"}
    assert outcomes(report, "签章值") == {VALUE.format(0): "ok", VALUE.format(1): "ok"}
    assert outcomes(report, "制章人签名") == {VALUE.format(0): "ok", VALUE.format(1): "ok"}


def test_a_bare_signature_has_good_digests_and_is_no_seal() -> None:
    report = report_of("ofdrw-digital-signature-no-seal.ofd")
    assert outcomes(report, "原文摘要") == {XML.format(0): "ok"}
    assert outcomes(report, "签章值") == {VALUE.format(0): "unknown"}
    assert outcomes(report, "签章") == {XML.format(0): "bad"}


def test_the_unsigned_file_is_called_unsigned() -> None:
    report = report_of("ofdrw-helloworld.ofd")
    assert [check.name for check in report.checks if "没有签章" in check.detail] == ["保护范围"]
    assert outcomes(report, "签章值") == {}


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.ofd")), ids=lambda path: path.stem)
def test_no_sample_is_ever_a_valid_bill(path: Path) -> None:
    report = report_of(path.name)
    assert report.kind == "ofd" and not report.valid and report.failures
    assert all(isinstance(check, Check) and check.detail for check in report.failures)


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("vat-999-5pages-v4seal.ofd", 0),
        ("vat-sample-broken-digest.ofd", 0),
        ("vat-v4seal-path-case-mismatch.ofd", 0),
        ("ofdrw-sesv4-with-esl.ofd", 0),
        ("ofdrw-two-seals-first-broken.ofd", 0),
        ("ofdrw-two-seals-first-broken.ofd", 1),
    ],
)
def test_openssl_agrees_on_every_value_of_the_samples(name: str, index: int) -> None:
    with zipfile.ZipFile(SAMPLES / name) as archive:
        values = cut(archive.read(VALUE.format(index)[1:]))
    assert openssl_verifies(values.signer, values.to_sign, values.value)
    assert openssl_verifies(values.maker, values.seal_info, values.maker_value)
    assert not openssl_verifies(values.signer, values.to_sign + b"\0", values.value)
    assert not openssl_verifies(values.maker, values.to_sign, values.maker_value)
