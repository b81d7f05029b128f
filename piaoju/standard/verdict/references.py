"""The references of one Signature.xml: which parts it protects and whether their SM3 digests hold.

GB/T 33190-2016, 18.2.2 and 18.2.3.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from lxml import etree

from piaoju.crypto import sm3
from piaoju.standard.verdict.package import NAMESPACE, Package, PackageUnreadable, first_text
from piaoju.standard.verdict.report import Findings

DIGESTS = "原文摘要"
SM3_NAMES = frozenset({"1.2.156.10197.1.401", "SM3", "sm3"})  # some writers put the name instead of the OID
SM2_SM3_NAMES = frozenset({"1.2.156.10197.1.501", "SM2", "SM3withSM2", "sm2"})


@dataclass(frozen=True, slots=True)
class SignatureDescription:
    """What one Signature.xml says of itself."""

    path: str
    method: str
    signed_value_path: str | None
    seal_path: str | None
    covered: frozenset[str]
    references: tuple[str, ...]


def examine_references(package: Package, path: str, findings: Findings) -> SignatureDescription:
    """Compare every reference with the part it names; each differing or missing part is named."""
    root = package.xml(path)
    covered: set[str] = set()
    named: list[str] = []
    holders = list(root.iter(NAMESPACE + "References"))
    if len(holders) != 1:
        findings.bad(DIGESTS, "Signature.xml 应有且只有一个 References", path)
    for holder in holders:
        _examine_holder(package, path, holder, covered, named, findings)
    return SignatureDescription(
        path=path,
        method=first_text(root, "SignatureMethod") or "",
        signed_value_path=_locate(package, path, first_text(root, "SignedValue")),
        seal_path=_locate(package, path, _seal_location(root)),
        covered=frozenset(covered),
        references=tuple(named),
    )


def _examine_holder(
    package: Package, path: str, holder: etree._Element, covered: set[str], named: list[str], findings: Findings
) -> None:
    method = holder.get("CheckMethod", "")
    if method not in SM3_NAMES:
        findings.unknown(DIGESTS, f"摘要算法 {method or '（空）'} 不是 SM3，不予认定", path)
        return
    faults = 0
    for reference in holder.iter(NAMESPACE + "Reference"):
        location = reference.get("FileRef", "")
        found = package.find(location, path)
        if found is None:
            findings.bad(DIGESTS, "被签名的文件不在包内", location)
            faults += 1
            continue
        named.append(found)
        if sm3.digest(package.parts[found]) == _value(first_text(reference, "CheckValue")):
            covered.add(found)
        else:
            findings.bad(DIGESTS, f"内容在签名之后被改动：SM3 与 {path} 中的不符", found)
            faults += 1
    if not named and not faults:
        findings.bad(DIGESTS, "签名没有保护任何文件", path)
    elif not faults:
        findings.ok(DIGESTS, f"{len(named)} 个文件的 SM3 全部相符", path)


def _value(text: str | None) -> bytes | None:
    try:
        return base64.b64decode(text or "", validate=True)
    except (binascii.Error, ValueError):
        return None


def _seal_location(root: etree._Element) -> str | None:
    for seal in root.iter(NAMESPACE + "Seal"):
        return first_text(seal, "BaseLoc")
    return None


def _locate(package: Package, path: str, location: str | None) -> str | None:
    if location is None:
        return None
    found = package.find(location, path)
    if found is None:
        raise PackageUnreadable(f"指向的 {location} 不在包内", path)
    return found
