"""An independent judge of seals: asn1crypto's generic reader cuts the values out, the openssl command verifies."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from asn1crypto import core

MUST_JUDGE = os.environ.get("CI") == "true" or os.geteuid() == 0


@dataclass(frozen=True)
class SealValues:
    """What a SES_Signature (v4) holds, as exact slices of its DER."""

    to_sign: bytes
    signer: bytes
    value: bytes
    seal_info: bytes
    maker: bytes
    maker_value: bytes
    data_hash: bytes


def cut(signed_value: bytes) -> SealValues:
    """The signed parts of a SignedValue.dat, by position (GB/T 38540)."""
    outer = core.Sequence.load(signed_value)
    to_sign, signer, value = outer[0], outer[1], outer[3]
    seal = to_sign[1]
    return SealValues(
        to_sign=to_sign.dump(),
        signer=signer.native,
        value=value.contents[1:],
        seal_info=seal[0].dump(),
        maker=seal[1].native,
        maker_value=seal[3].contents[1:],
        data_hash=to_sign[3].contents[1:],
    )


def openssl_verifies(certificate: bytes, message: bytes, value: bytes) -> bool:
    """Whether the openssl command accepts an SM2 value over SM3(Z‖message) with the standard id."""
    openssl = shutil.which("openssl")
    if openssl is None:
        if MUST_JUDGE:
            pytest.fail("openssl 命令不在本机：独立的验签者缺席")
        pytest.skip("openssl 命令不在本机")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in (("c.der", certificate), ("m", message), ("s", value)):
            (folder / file).write_bytes(content)
        read = [openssl, "x509", "-inform", "DER", "-in", "c.der", "-noout", "-pubkey"]
        key = subprocess.run(read, cwd=folder, capture_output=True, check=True).stdout
        (folder / "p.pem").write_bytes(key)
        verdict = subprocess.run(
            [openssl, "pkeyutl", "-verify", "-pubin", "-inkey", "p.pem", "-rawin", "-digest", "sm3",
             "-in", "m", "-sigfile", "s", "-pkeyopt", "distid:1234567812345678"],
            cwd=folder, capture_output=True, check=False,
        )  # fmt: skip
    return verdict.returncode == 0 and b"Verified Successfully" in verdict.stdout
