"""证书和印章是否可用: chain, revocation list, validity, whose they are, whether the seal is this certificate's, and whether our
signing device has the key. Each fault with the field it is about.

Sources: GB/T 20518 (certificates), GB/T 38540 第 7 章 (seals), 《财政电子票据管理办法》 (单位印章与单位一致).
"""

from __future__ import annotations

from dataclasses import dataclass

from piaoju.crypto import certificates, ses, sm2, sm3
from piaoju.crypto.certificates import Certificate, Trust
from piaoju.journeys.office import Office
from piaoju.kit.errors import FieldError, Refused
from piaoju.seal.types import Holder, SealKind
from piaoju.standard.verdict.holders import holder_of

CERTIFICATE_BYTES_MAX = 65_536
SEAL_BYTES_MAX = 1_048_576
KEY_REF_MAX = 64
_NO_CERTIFICATE = "文件里没有可读的 SM2 证书，或不止一张。请上传证书机构发的签名证书，不要上传加密证书、RSA 证书或申请文件"
_NO_SEAL = "文件不是 GB/T 38540 第 4 版的印章，或超过 1 MB。请上传制章系统导出的印章文件，不要上传图片"


@dataclass(frozen=True, slots=True)
class Papers:
    """What was handed in, as it was read."""

    certificate: Certificate
    seal: ses.Seal


def read(certificate: bytes, seal: bytes) -> Papers | list[FieldError]:
    """Both files as read (a certificate also as PEM), or what is wrong with them."""
    found = []
    parsed, parsed_seal = None, None
    try:
        blocks = certificates.pem_blocks(certificate, "CERTIFICATE") if b"-----BEGIN" in certificate else [certificate]
        if len(blocks) != 1 or len(certificate) > CERTIFICATE_BYTES_MAX:
            raise certificates.CertificateUnreadable
        parsed = Certificate.parse(blocks[0])
    except certificates.CertificateUnreadable:
        found.append(FieldError("/certificate", "certificate_unreadable", _NO_CERTIFICATE))
    try:
        if len(seal) > SEAL_BYTES_MAX:
            raise ses.SealUnreadable
        parsed_seal = ses.parse_seal(seal)
    except ses.SealUnreadable:
        found.append(FieldError("/seal", "seal_unreadable", _NO_SEAL))
    return Papers(parsed, parsed_seal) if parsed and parsed_seal else found


def faults(office: Office, kind: SealKind, holder: Holder, papers: Papers, key_ref: str) -> list[FieldError]:
    """Why these papers may not sign for this holder now; empty when they may."""
    trust = trusted(office)
    doubts = _doubts(office, papers.certificate, trust)
    found = [FieldError("/certificate", "certificate_not_believed", words) for words in doubts]
    found += _holder_faults(kind, holder, papers.certificate)
    found += _seal_faults(office, papers, trust)
    return found or _key_faults(office, papers.certificate, key_ref)


def trusted(office: Office) -> Trust:
    """Whom this installation believes: DATA/trust.pem; nobody where there is none."""
    try:
        return Trust.parse((office.data_folder / "trust.pem").read_bytes())
    except FileNotFoundError:
        return Trust((), ())


def _doubts(office: Office, certificate: Certificate, trust: Trust) -> list[str]:
    found = certificates.check_chain(certificate, trust, office.clock())
    if certificate.is_authority:
        found.append("这是证书机构的证书，不是签名证书。请上传持有人的签名证书")
    if certificates.chain_is_demonstration(certificate, trust) and not office.demonstration:
        found.append("这是演示证书，正式环境不采信。请向省级财政证书机构申领")
    return found


def _holder_faults(kind: SealKind, holder: Holder, certificate: Certificate) -> list[FieldError]:
    """What 查验 would say of every bill signed under it: the subject's name and serialNumber are the holder's."""
    named = holder_of(certificate)
    faults = []
    if named.code != holder.code:
        detail = f"证书主体的代码是 {named.code or '（没有）'}，持有人的代码是 {holder.code}。请核对，或向证书机构重新申领"
        faults.append(FieldError("/certificate", "certificate_of_another", detail))
    if kind == SealKind.UNIT and named.name != holder.name:
        detail = f"证书主体的名称是“{named.name}”，登记的单位名称是“{holder.name}”。请换发证书，或先更正单位档案"
        faults.append(FieldError("/certificate", "certificate_name_differs", detail))
    return faults


def _seal_faults(office: Office, papers: Papers, trust: Trust) -> list[FieldError]:
    seal, at = papers.seal, office.clock()
    information = seal.information
    words = ses.seal_problems(seal) + ses.validity_problems(seal, at)
    words += [f"制章人：{doubt}" for doubt in certificates.check_chain(seal.maker, trust, information.created_at)]
    if information.kind != ses.UNIT_SEAL:
        words.append("这是个人印章，不是单位印章")
    certificate = papers.certificate
    listed = (*information.certificates, *information.certificate_digests)
    if certificate.der not in listed and sm3.digest(certificate.der) not in listed:
        words.append(f"印章“{information.name}”允许的证书里没有这张证书。请上传为这张证书制作的印章")
    return [FieldError("/seal", "seal_not_believed", text) for text in words]


def _key_faults(office: Office, certificate: Certificate, key_ref: str) -> list[FieldError]:
    """The key is shown to be at hand by signing something random with it."""
    if not key_ref or len(key_ref) > KEY_REF_MAX:
        return [FieldError("/key_ref", "key_missing", f"没有写私钥标识，或超过 {KEY_REF_MAX} 个字。请填写签名设备里的名称")]
    digest = office.random_bytes(32)
    try:
        (signature,) = office.signer.sign([digest], key_ref)
    except Refused as refusal:
        detail = f"签名设备里没有可用的私钥 {key_ref}：{refusal.detail.rstrip('。')}。请先在签名设备里生成，再来登记"
        return [FieldError("/key_ref", "key_missing", detail)]
    if sm2.verify_digest(certificate.public_key, digest, signature):
        return []
    detail = f"私钥 {key_ref} 与证书的公钥不是一对。请核对私钥标识，或用这个私钥重新申领证书"
    return [FieldError("/key_ref", "key_differs", detail)]
