"""Which parts of a package the seals vouch for; every part that they do not is named.

The standard allows a seal to cover only some files. We do not: otherwise an attachment could be added, or a
template swapped, and every seal would still hold.
"""

from __future__ import annotations

from collections.abc import Sequence

from piaoju.standard.verdict.package import Package
from piaoju.standard.verdict.report import Findings
from piaoju.standard.verdict.seals import SealVerdict

COVERAGE = "保护范围"


def examine_coverage(package: Package, seals: Sequence[SealVerdict], findings: Findings) -> None:
    """Each seal must cover every part but Signatures.xml and what was added by itself or a later seal."""
    uncovered: dict[str, list[str]] = {}
    for index, seal in enumerate(seals):
        for path in package.parts:
            if path not in seal.covered and path not in added_since(package, seals, index):
                uncovered.setdefault(path, []).append(seal.listed.path)
    for path, by in uncovered.items():
        findings.bad(COVERAGE, f"不在签名的保护范围之内（{'、'.join(by)}），可能是后来加入或改过的", path)
    if not seals:
        findings.bad(COVERAGE, "文件没有签章：任何内容都没有得到证明", "/OFD.xml")
    elif not uncovered:
        findings.ok(COVERAGE, f"{len(package.parts)} 个文件全部受签章保护")


def added_since(package: Package, seals: Sequence[SealVerdict], index: int) -> set[str]:
    """The parts that did not exist, or were not final, when the seal at `index` was put on."""
    listing = package.signatures_path()
    own = {listing} if listing else set()
    for seal in seals[index:]:
        own.add(seal.listed.path)
        if seal.signed_value_path:
            own.add(seal.signed_value_path)
    return own
