"""The verdict on an OFD: each byte is covered by a seal, or fixed because the rest leaves no choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from piaoju.crypto.certificates import Trust
from piaoju.standard.profile import SICHUAN_2026_1
from piaoju.standard.verdict.container import ContainerUnreadable, Entry, read_container
from piaoju.standard.verdict.coverage import examine_coverage
from piaoju.standard.verdict.package import Package, PackageUnreadable
from piaoju.standard.verdict.report import Findings, Report
from piaoju.standard.verdict.seals import SealVerdict, examine_seal

if TYPE_CHECKING:
    from piaoju.standard.face.fonts import FontChain

CONTAINER = "容器"
STRUCTURE = "包结构"
PATHS = "路径"
SEALS = "签章"
ATTACHMENT = "票据数据"


def examine_ofd(content: bytes, trust: Trust, fonts: FontChain | None, findings: Findings) -> Report:
    """The verdict on an OFD file."""
    try:
        entries = read_container(content)
    except ContainerUnreadable as refusal:
        findings.bad(CONTAINER, refusal.detail, refusal.part)
        return findings.report("ofd")
    package = Package.of(entries)
    try:
        return _examine_package(content, entries, package, trust, fonts, findings)
    except PackageUnreadable as refusal:
        findings.bad(STRUCTURE, refusal.detail, refusal.part)
        return findings.report("ofd")


def _examine_package(
    content: bytes,
    entries: tuple[Entry, ...],
    package: Package,
    trust: Trust,
    fonts: FontChain | None,
    findings: Findings,
) -> Report:
    _examine_structure(package, findings)
    seals = examine_seals(package, trust, findings)
    return findings.report("ofd")


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
