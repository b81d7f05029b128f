"""The verdict on an OFD: each byte is covered by a seal, or fixed because the rest leaves no choice."""

from __future__ import annotations

from piaoju.crypto.certificates import Trust
from piaoju.standard.profile import SICHUAN_2026_1
from piaoju.standard.verdict.bill_document import ExaminedDocument, judge_document, summary_of
from piaoju.standard.verdict.canonical import examine_container, examine_listing, examine_order
from piaoju.standard.verdict.container import ContainerUnreadable, Entry, read_container
from piaoju.standard.verdict.coverage import examine_coverage
from piaoju.standard.verdict.face_text import examine_face
from piaoju.standard.verdict.package import Package, PackageUnreadable
from piaoju.standard.verdict.parties import examine_parties
from piaoju.standard.verdict.report import Findings, Report
from piaoju.standard.verdict.seals import SealVerdict, examine_seal

CONTAINER = "容器"
STRUCTURE = "包结构"
PATHS = "路径"
SEALS = "签章"
ATTACHMENT = "票据数据"


def examine_ofd(content: bytes, trust: Trust, findings: Findings) -> Report:
    """The verdict on an OFD file."""
    try:
        entries = read_container(content)
    except ContainerUnreadable as refusal:
        findings.bad(CONTAINER, refusal.detail, refusal.part)
        return findings.report("ofd")
    package = Package.of(entries)
    try:
        return _examine_package(content, entries, package, trust, findings)
    except PackageUnreadable as refusal:
        findings.bad(STRUCTURE, refusal.detail, refusal.part)
        return findings.report("ofd")


def _examine_package(
    content: bytes, entries: tuple[Entry, ...], package: Package, trust: Trust, findings: Findings
) -> Report:
    _examine_structure(package, findings)
    seals = examine_seals(package, trust, findings)
    examine_listing(package, seals, findings)
    examine_order(entries, seals, findings)
    examine_container(content, entries, findings)
    examined = _examine_attachment(package, trust, findings)
    if examined is not None and examined.bill is not None:
        examine_parties(seals, examined.bill, findings)
        examine_face(package, examined.bill, findings)
    bill = None if examined is None else examined.bill
    demonstration = examined is not None and examined.demonstration
    return findings.report("ofd", summary_of(bill), demonstration=demonstration)


def examine_seals(package: Package, trust: Trust, findings: Findings) -> list[SealVerdict]:
    """Examine every listed seal and what they cover together."""
    seals = [examine_seal(package, listed, trust, findings) for listed in package.listed_signatures()]
    for seal in seals:
        if seal.listed.kind != "Seal":
            findings.bad(SEALS, "是不带印章的签名，不是电子签章", seal.listed.path)
    examine_coverage(package, seals, findings)
    return seals


def _examine_structure(package: Package, findings: Findings) -> None:
    document = package.document_path()
    missing = package.follow_document()
    findings.judge(STRUCTURE, (f"{location} 不在包内" for location in missing), document)
    for path, warning in package.warnings.items():
        findings.unknown(PATHS, warning, path)


def _examine_attachment(package: Package, trust: Trust, findings: Findings) -> ExaminedDocument | None:
    """The bill XML inside is examined as if it had come alone."""
    name = SICHUAN_2026_1.ofd_attachment
    path = package.attachment_path(name)
    if path is None:
        findings.bad(ATTACHMENT, f"没有附件 {name}：不是财政电子票据，或票据数据被去掉", "/OFD.xml")
        return None
    inner = Findings()
    examined = judge_document(package.parts[path], trust, inner)
    findings.add(inner.checks, path)
    findings.notices += inner.notices
    return examined
