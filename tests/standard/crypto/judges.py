"""Independent judges of SM2 values: gmalg (pure Python) and the openssl command."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import gmalg
import pytest

from piaoju.crypto import authority, keyfile, sm2
from piaoju.crypto.authority import Subject
from piaoju.crypto.certificates import Certificate, Trust
from piaoju.crypto.engine import PUBLIC_PREFIX

ID = "1234567812345678"
AT = datetime(2026, 11, 23, 4, 0, 0, tzinfo=UTC)
ROOT = Subject("演示根证书", "票据演示")


def openssl(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run the openssl command; its absence fails in CI and as root, and skips elsewhere."""
    if shutil.which("openssl") is None:
        if os.environ.get("CI") or os.geteuid() == 0:
            pytest.fail("the openssl command is missing")
        pytest.skip("the openssl command is missing")
    return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, timeout=60, check=False)


def gmalg_accepts(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """What gmalg says of a DER signature over a message."""
    numbers = sm2.read_signature(signature)
    assert numbers is not None
    r, s = (value.to_bytes(32, "big") for value in numbers)
    return bool(gmalg.SM2(pk=public_key, uid=ID.encode()).verify(message, r, s))


def openssl_accepts(public_key: bytes, message: bytes, signature: bytes, user_id: str = ID) -> bool:
    """What the openssl command says of a DER signature over a message."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "key.pem").write_bytes(keyfile.write_pem("PUBLIC KEY", PUBLIC_PREFIX + public_key))
        (folder / "message").write_bytes(message)
        (folder / "signature").write_bytes(signature)
        identity = ["-sigopt", f"distid:{user_id}"] if user_id else []
        done = openssl(
            "dgst",
            "-sm3",
            "-verify",
            "key.pem",
            *identity,
            "-signature",
            "signature",
            "message",
            folder=folder,
        )
        return done.stdout.strip() == b"Verified OK"


def every_judge_accepts(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether gmalg and openssl both accept."""
    return gmalg_accepts(public_key, message, signature) and openssl_accepts(public_key, message, signature)


class SmallAuthority:
    """A certificate authority of a test."""

    def __init__(self) -> None:
        self.key = sm2.PrivateKey.generate()
        self.root = self.certificate(ROOT, self.key.public_key, serial=1, is_authority=True)

    def certificate(
        self,
        subject: Subject,
        public_key: bytes,
        *,
        serial: int,
        is_authority: bool = False,
        lasts: timedelta = timedelta(days=400),
    ) -> bytes:
        return authority.issue_certificate(
            subject,
            public_key,
            issuer=ROOT,
            issuer_key=self.key.public_key,
            serial=serial,
            not_before=AT - timedelta(days=1),
            not_after=AT + lasts,
            sign=self.key.sign,
            is_authority=is_authority,
        )

    def revocations(self, revoked: dict[int, datetime] | None = None, *, number: int = 1) -> bytes:
        return authority.issue_crl(
            issuer=ROOT,
            issuer_key=self.key.public_key,
            number=number,
            this_update=AT,
            next_update=AT + timedelta(days=30),
            revoked=revoked or {},
            sign=self.key.sign,
        )

    def trust(self, revoked: dict[int, datetime] | None = None) -> Trust:
        pem = keyfile.write_pem("CERTIFICATE", self.root) + keyfile.write_pem(
            "X509 CRL", self.revocations(revoked)
        )
        return Trust.parse(pem)


class SmallSigner:
    """A key with its certificate."""

    def __init__(self, issuer: SmallAuthority, name: str = "示例医院", serial: int = 0x80AA) -> None:
        self.key = sm2.PrivateKey.generate()
        self.der = issuer.certificate(Subject(name, "示例"), self.key.public_key, serial=serial)
        self.certificate = Certificate.parse(self.der)
