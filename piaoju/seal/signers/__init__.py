"""Signing devices: one file each, all behind `crypto.signers.Signer`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from piaoju.crypto.signers import Signer
from piaoju.seal.errors import PassphraseMissing, SoftwareSignerRefused
from piaoju.seal.signers.keystore import write_private
from piaoju.seal.signers.software import SoftwareSigner

PASSPHRASE_VARIABLE = "PIAOJU_KEY_PASSPHRASE"
PERMISSION_VARIABLE = "PIAOJU_ALLOW_SOFTWARE_SIGNER"
THREADS_VARIABLE = "PIAOJU_SIGNER_THREADS"  # of one process; every core unless told
PASSPHRASE_FILE = "passphrase"


def signer_for(keys_folder: Path, environment: Mapping[str, str], *, production: bool) -> Signer:
    """The signer of an installation; a production one refuses software keys unless told."""
    if production and environment.get(PERMISSION_VARIABLE) != "1":
        raise SoftwareSignerRefused()
    threads = environment.get(THREADS_VARIABLE, "")
    return SoftwareSigner(
        keys_folder, passphrase_of(keys_folder, environment, may_create=False), threads=int(threads) if threads.isdigit() else 0
    )


def passphrase_of(keys_folder: Path, environment: Mapping[str, str], *, may_create: bool) -> bytes:
    """The passphrase of the key files: from the environment, else from keys/passphrase.

    A demonstration makes the file at its founding: no question is asked, and the keys are worth nothing.
    """
    given = environment.get(PASSPHRASE_VARIABLE)
    if given:
        return given.encode()
    path = keys_folder / PASSPHRASE_FILE
    if may_create and not path.exists():
        write_private(path, secrets.token_urlsafe(32).encode())
    try:
        content = path.read_bytes().strip()
    except FileNotFoundError:
        content = b""
    if not content:
        raise PassphraseMissing()
    return content
