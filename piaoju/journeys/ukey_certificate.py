"""UKEY 证书: whether a person's certificate is to be believed now: chain, time, usage and revocation list."""

from __future__ import annotations

from piaoju.crypto import certificates
from piaoju.crypto.certificates import Certificate, CertificateUnreadable
from piaoju.identity.errors import UkeyRefused
from piaoju.journeys.office import Office


def in_force(office: Office, content: bytes) -> Certificate:
    """The certificate, its chain and the revocation list good at this moment. Raises UkeyRefused with the reason."""
    try:
        read = Certificate.parse(content)
        trust = certificates.Trust.parse((office.data_folder / "trust.pem").read_bytes())
    except (CertificateUnreadable, FileNotFoundError) as error:
        why = "服务器没有信任文件" if isinstance(error, FileNotFoundError) else "证书读不出来，或不是 SM2 证书"
        raise UkeyRefused(f"UKEY 证书不能采信：{why}。请插好 UKEY 重试，或换发 SM2 证书") from error
    problems = certificates.check_chain(read, trust, office.clock())
    if read.is_authority:
        problems.append("这是证书机构的证书，不是个人证书")
    if certificates.chain_is_demonstration(read, trust) and not office.demonstration:
        problems.append("这是演示证书，正式环境不采信")
    if problems:
        raise UkeyRefused(f"UKEY 证书不能采信：{'；'.join(problems)}。请联系单位票据管理员换发")
    return read
