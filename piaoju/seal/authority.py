"""The demonstration certificate authority: everything it issues says 演示 and is never real."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from piaoju.crypto import authority, keyfile, ses, sm2
from piaoju.crypto.authority import Subject
from piaoju.crypto.certificates import (
    DEMONSTRATION_MARK,
    Certificate,
    RevocationList,
    pem_blocks,
)
from piaoju.seal import rules
from piaoju.seal.signers.keystore import KeyStore, replace_public
from piaoju.seal.types import Holder, SealKind

AUTHORITY_REF = "authority"
ORGANIZATION = f"票据{DEMONSTRATION_MARK}（不具法律效力）"
AUTHORITY = Subject(f"财政电子票据{DEMONSTRATION_MARK}根证书", ORGANIZATION)
SERIAL_BYTES = 16


def certify_authority(keys: KeyStore, at: datetime) -> bytes:
    """A self-signed certificate of the authority, over its own lasting key."""
    key = keys.open_or_create(AUTHORITY_REF)
    return _certify(AUTHORITY, key.public_key, key, at, is_authority=True)


def certify(keys: KeyStore, key_ref: str, holder: Holder, at: datetime) -> bytes:
    """A signing certificate for a holder, over the key of that name."""
    subject = Subject(holder.name, ORGANIZATION, holder.code)
    return _certify(subject, keys.open_or_create(key_ref).public_key, keys.open(AUTHORITY_REF), at)


def certify_key(keys: KeyStore, public_key: bytes, holder: Holder, at: datetime) -> bytes:
    """A signing certificate for a holder over a key that is not in our store."""
    return _certify(Subject(holder.name, ORGANIZATION, holder.code), public_key, keys.open(AUTHORITY_REF), at)


def make_seal(
    keys: KeyStore,
    maker_ref: str,
    maker: Certificate,
    holder: Certificate,
    seal_id: str,
    name: str,
    picture: ses.Picture,
    at: datetime,
) -> bytes:
    """A seal for the holder's certificate, signed by the seal maker; it ends with the certificate."""
    information = ses.build_seal_info(
        seal_id=seal_id,
        name=name,
        certificates=(holder.der,),
        created_at=at,
        valid_from=holder.not_before,
        valid_until=holder.not_after,
        picture=picture,
    )
    return ses.assemble_seal(information, maker.der, keys.open(maker_ref).sign(information))


def publish_trust(
    keys: KeyStore,
    trust_file: Path,
    certificates: list[Certificate],
    revoked: Mapping[int, datetime],
    at: datetime,
) -> None:
    """Write trust.pem: the authority's certificates, newest last, and a fresh revocation list."""
    key = keys.open(AUTHORITY_REF)
    newest = authority.issue_crl(
        issuer=AUTHORITY,
        issuer_key=key.public_key,
        number=_list_number(trust_file) + 1,
        this_update=at,
        next_update=at + rules.LIST_LASTS,
        revoked=revoked,
        sign=key.sign,
    )
    blocks = [keyfile.write_pem("CERTIFICATE", one.der) for one in certificates]
    replace_public(trust_file, b"".join([*blocks, keyfile.write_pem("X509 CRL", newest)]))


def current_list(trust_file: Path) -> RevocationList | None:
    """The revocation list of a trust.pem, None if the file is not there."""
    if not trust_file.exists():
        return None
    lists = [RevocationList.parse(content) for content in pem_blocks(trust_file.read_bytes(), "X509 CRL")]
    return max(lists, key=lambda one: one.number, default=None)


def seal_name(kind: SealKind, holder: Holder) -> str:
    """What a seal is called: 单位章 carries the unit's name, 监制章 says what it supervises."""
    return f"{holder.name}财政票据监制章" if kind is SealKind.SUPERVISION else f"{holder.name}电子票据专用章"


def _certify(
    subject: Subject, public_key: bytes, issuer: sm2.PrivateKey, at: datetime, *, is_authority: bool = False
) -> bytes:
    lasts = rules.AUTHORITY_LASTS if is_authority else rules.CERTIFICATE_LASTS
    return authority.issue_certificate(
        subject,
        public_key,
        issuer=AUTHORITY,
        issuer_key=issuer.public_key,
        serial=int.from_bytes(secrets.token_bytes(SERIAL_BYTES), "big") >> 1 | 1,
        not_before=at - rules.CLOCK_SLACK,
        not_after=at + lasts,
        sign=issuer.sign,
        is_authority=is_authority,
    )


def _list_number(trust_file: Path) -> int:
    newest = current_list(trust_file)
    return newest.number if newest else 0
