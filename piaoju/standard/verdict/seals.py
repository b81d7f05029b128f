"""The verdict on each electronic seal of an OFD package: digests, seal, signature value, chains.

GB/T 38540-2020 (SES version 4), GB/T 33190-2016 chapter 18.
"""

from __future__ import annotations

from dataclasses import dataclass

from piaoju.crypto import ses, sm3
from piaoju.crypto.certificates import Trust, chain_is_demonstration, check_chain
from piaoju.kit.errors import PiaojuError
from piaoju.standard.verdict.package import ListedSignature, Package, PackageUnreadable
from piaoju.standard.verdict.references import SM2_SM3_NAMES, examine_references
from piaoju.standard.verdict.report import Findings

MAKER_VALUE = "制章人签名"
SEAL_VALIDITY = "印章有效期"
SIGNATURE_VALUE = "签章值"
DESCRIPTION = "签章描述"
SEAL_COPY = "印章副本"
SIGNER_CHAIN = "签章人证书"
MAKER_CHAIN = "制章人证书"


@dataclass(frozen=True, slots=True)
class SealVerdict:
    """One examined seal: what it covers and, when its DER could be read, the seal signature."""

    listed: ListedSignature
    covered: frozenset[str]
    references: tuple[str, ...]
    signed_value_path: str | None
    signature: ses.SealSignature | None
    demonstration: bool


def examine_seal(package: Package, listed: ListedSignature, trust: Trust, findings: Findings) -> SealVerdict:
    """Examine one listed signature and everything it vouches for; faults go to `findings` by part."""
    try:
        described = examine_references(package, listed.path, findings)
    except PackageUnreadable as refusal:
        findings.bad(SIGNATURE_VALUE, refusal.detail, refusal.part)
        return SealVerdict(listed, frozenset(), (), None, None, False)
    signature = None
    path = described.signed_value_path
    if described.method not in SM2_SM3_NAMES:
        findings.unknown(SIGNATURE_VALUE, f"签名算法 {described.method or '（空）'} 不受支持，不予认定", listed.path)
    elif path is None:
        findings.bad(SIGNATURE_VALUE, "没有指明签名值文件", listed.path)
    else:
        signature = _read_signature(package, path, findings)
    if signature is None or path is None:
        return SealVerdict(listed, described.covered, described.references, path, None, False)
    _examine_values(package, listed.path, path, signature, findings)
    if described.seal_path is not None:
        copy = package.parts[described.seal_path]
        faults = [] if copy == signature.seal.der else ["与签名值里的印章不同"]
        findings.judge(SEAL_COPY, faults, described.seal_path)
    _examine_chains(path, signature, trust, findings)
    demonstration = chain_is_demonstration(signature.certificate, trust)
    return SealVerdict(listed, described.covered, described.references, path, signature, demonstration)


def _read_signature(package: Package, path: str, findings: Findings) -> ses.SealSignature | None:
    try:
        return ses.parse_signature(package.parts[path])
    except PiaojuError as refusal:
        # A bare SM2 value, another version of SES, another algorithm: not judged, so never valid.
        findings.unknown(SIGNATURE_VALUE, refusal.detail, path)
        return None


def _examine_values(
    package: Package, xml_path: str, value_path: str, signature: ses.SealSignature, findings: Findings
) -> None:
    seal = signature.seal
    information = seal.information
    of_maker = ses.seal_problems(seal)
    findings.judge(MAKER_VALUE, of_maker, value_path, f"“{information.name}”，{seal.maker.subject_name}")
    in_force = ses.validity_problems(seal, signature.signed_at)
    findings.judge(SEAL_VALIDITY, in_force, value_path, f"至 {information.valid_until:%Y-%m-%d}")
    same = sm3.digest(package.parts[xml_path]) == signature.xml_digest
    findings.judge(DESCRIPTION, [] if same else ["盖章之后被改动：SM3 与签章值中的不符"], xml_path)
    of_both = ses.signature_problems(signature, package.parts[xml_path], xml_path)
    rest = [problem for problem in of_both if problem not in of_maker]
    if signature.timestamp is not None:
        rest.append("带有时间戳，本系统不认定时间戳")
    signed_at = f"{signature.signed_at:%Y-%m-%d %H:%M:%S}Z"
    findings.judge(SIGNATURE_VALUE, rest, value_path, f"{signature.certificate.subject_name}，{signed_at}")


def _examine_chains(path: str, signature: ses.SealSignature, trust: Trust, findings: Findings) -> None:
    for name, certificate in ((SIGNER_CHAIN, signature.certificate), (MAKER_CHAIN, signature.seal.maker)):
        problems = check_chain(certificate, trust, signature.signed_at)
        if trust.authorities:
            findings.judge(name, problems, path, certificate.subject_name)
        else:
            findings.unknown(name, "没有信任的根证书：请用 --trust 指明 trust.pem", path)
