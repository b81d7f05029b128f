"""One door for every kind of file: look at the bytes, not at the name, and never raise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from piaoju.crypto.certificates import Trust
from piaoju.kit.limits import FILE_BYTES_MAX
from piaoju.standard.verdict.bill_document import examine_document
from piaoju.standard.verdict.layout_file import examine_ofd
from piaoju.standard.verdict.printed_copy import examine_pdf
from piaoju.standard.verdict.report import Findings, Kind, Report

if TYPE_CHECKING:
    from piaoju.standard.face.fonts import FontChain

KIND = "文件类型"
EXAMINER = "查验程序"


def examine(content: bytes, name: str, trust: Trust, fonts: FontChain | None = None) -> Report:
    """The verdict on one file; `valid` only if every byte was accounted for. Never raises."""
    kind = kind_of(content)
    findings = Findings()
    if len(content) > FILE_BYTES_MAX:
        findings.bad(KIND, f"文件超过 {FILE_BYTES_MAX // 1024 // 1024} MB 的上限", name)
        return findings.report(kind)
    try:
        if kind == "xml":
            return examine_document(content, trust, findings)
        if kind == "ofd":
            return examine_ofd(content, trust, findings)
        if kind == "pdf":
            return examine_pdf(content, trust, fonts, findings)
    # The last net: whatever hostile bytes do to a parser, the answer is a verdict and never "valid".
    except Exception as error:  # noqa: BLE001
        findings.unknown(EXAMINER, f"查验没有完成（{type(error).__name__}: {error}），不予认定", name)
        return findings.report(kind)
    findings.bad(KIND, "不是票据 XML、OFD 或 PDF：请核对文件是否完整、是否选对", name)
    return findings.report(kind)


def kind_of(content: bytes) -> Kind:
    """What the first bytes say the file is."""
    if content.startswith(b"PK"):
        return "ofd"
    if content.startswith(b"%PDF-"):
        return "pdf"
    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        return "xml"
    return "unknown"
