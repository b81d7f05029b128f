"""A certificate authority that is none of ours, as a province has one: certificates, lists and seals for tests."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from piaoju.crypto import authority, keyfile, ses, sm2
from piaoju.crypto.authority import Subject
from tests.offices import PASSPHRASE

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload

ROOT = Subject("四川省财政证书机构", "四川省财政厅")


def key() -> sm2.PrivateKey:
    return sm2.PrivateKey(sm2.new_secret(os.urandom))


@dataclass(slots=True)
class Authority:
    """One root over certificates, a revocation list and a seal maker."""

    at: datetime
    root: Subject = ROOT
    own: sm2.PrivateKey = field(default_factory=key)
    maker_key: sm2.PrivateKey = field(default_factory=key)
    serials: int = 1000
    revoked: dict[int, datetime] = field(default_factory=dict)
    lists: int = 0

    def certify(
        self, subject: Subject, public_key: bytes, *, is_authority: bool = False,
        not_before: timedelta = timedelta(days=-1), not_after: timedelta = timedelta(days=400),
    ) -> bytes:  # fmt: skip
        self.serials += 1
        return authority.issue_certificate(
            subject, public_key, issuer=self.root, issuer_key=self.own.public_key, serial=self.serials,
            not_before=self.at + not_before, not_after=self.at + not_after, sign=self.own.sign, is_authority=is_authority,
        )  # fmt: skip

    def seal(self, certificate: bytes, seal_id: str, name: str, *, of_person: bool = False) -> bytes:
        """A seal that this certificate may set."""
        maker = self.certify(Subject("四川省财政制章中心", "四川省财政厅"), self.maker_key.public_key)
        information = ses.build_seal_info(
            seal_id=seal_id, name=name, certificates=(certificate,), created_at=self.at,
            valid_from=self.at - timedelta(days=1), valid_until=self.at + timedelta(days=300),
            picture=ses.Picture("ofd", b"a picture", 38, 38), kind=ses.PERSON_SEAL if of_person else ses.UNIT_SEAL,
        )  # fmt: skip
        return ses.assemble_seal(information, maker, self.maker_key.sign(information))

    def publish(self, trust_file: Path) -> None:
        """Write the trust file of an installation that believes this authority, with a fresh list."""
        self.lists += 1
        root = self.certify(self.root, self.own.public_key, is_authority=True)
        listed = authority.issue_crl(
            issuer=self.root, issuer_key=self.own.public_key, number=self.lists, this_update=self.at,
            next_update=self.at + timedelta(days=30), revoked=self.revoked, sign=self.own.sign,
        )  # fmt: skip
        trust_file.write_bytes(keyfile.write_pem("CERTIFICATE", root) + keyfile.write_pem("X509 CRL", listed))


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A certificate, its seal, and how the signing device calls the key."""

    certificate: bytes
    seal: bytes
    key_ref: str

    def files(self, name: str, content: bytes) -> list[FilePayload]:
        """One file as a browser uploads it."""
        return [{"name": name, "mimeType": "application/octet-stream", "buffer": content}]


def keep_key(folder: Path, key_ref: str) -> sm2.PrivateKey:
    """A new key, in the software signer's folder."""
    secret = sm2.new_secret(os.urandom)
    pem = keyfile.encrypt(secret, PASSPHRASE.encode(), os.urandom(16), os.urandom(16), cost=1024)
    (folder / "keys" / f"{key_ref}.pem").write_bytes(pem)
    return sm2.PrivateKey(secret)


def hand_in(folder: Path, holder_code: str, name: str) -> HandedIn:
    """What a unit hands in; its authority is believed by the installation in this folder, whose signer has the key."""
    authority = Authority(datetime.now(UTC).replace(microsecond=0))
    certificate = authority.certify(Subject(name, name, holder_code), keep_key(folder, "school-2026").public_key)
    authority.publish(folder / "trust.pem")
    return HandedIn(certificate, authority.seal(certificate, "S-school", "某小学票据章"), "school-2026")
