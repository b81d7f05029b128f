"""A folder of encrypted key files: `<key_ref>.pem`, mode 600, opened once and kept open."""

from __future__ import annotations

import os
import re
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from piaoju.crypto import keyfile, sm2
from piaoju.seal.errors import KeyMissing, KeyNameInvalid

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")


class KeyStore:
    """SM2 keys of one folder under one passphrase."""

    def __init__(self, folder: Path, passphrase: bytes) -> None:
        self._folder = folder
        self._passphrase = passphrase
        self._open: dict[str, sm2.PrivateKey] = {}
        self._lock = threading.Lock()

    def open(self, key_ref: str) -> sm2.PrivateKey:
        """The key of that name; the slow decryption happens once."""
        key = self._open.get(key_ref)
        if key is not None:
            return key
        with self._lock:
            if key_ref not in self._open:
                try:
                    pem = self._path(key_ref).read_bytes()
                except FileNotFoundError as error:
                    raise KeyMissing(f"找不到私钥 {key_ref}。请从备份恢复 {self._folder} 文件夹。") from error
                self._open[key_ref] = sm2.PrivateKey(keyfile.decrypt(pem, self._passphrase))
            return self._open[key_ref]

    def open_or_create(
        self, key_ref: str, random_bytes: Callable[[int], bytes] = secrets.token_bytes
    ) -> sm2.PrivateKey:
        """The key of that name, made now if there is none; an existing one is never replaced."""
        if not self._path(key_ref).exists():
            secret = sm2.new_secret(random_bytes)
            pem = keyfile.encrypt(secret, self._passphrase, random_bytes(16), random_bytes(16))
            if write_private(self._path(key_ref), pem):
                with self._lock:
                    self._open[key_ref] = sm2.PrivateKey(secret)
        return self.open(key_ref)

    def _path(self, key_ref: str) -> Path:
        if not _NAME.fullmatch(key_ref):
            raise KeyNameInvalid(f"私钥名称“{key_ref}”不合规：只能用字母、数字、点、横线和下划线。")
        return self._folder / f"{key_ref}.pem"


def write_private(path: Path, content: bytes) -> bool:
    """Write a file only its owner may read; False, and nothing written, if it is already there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    passing = _write_passing(path, content, 0o600)
    try:
        os.link(passing, path)  # fails if another was first, unlike a rename
    except FileExistsError:
        return False
    finally:
        passing.unlink()
    sync_folder(path.parent)
    return True


def replace_public(path: Path, content: bytes) -> None:
    """Put a file everyone may read in place, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_passing(path, content, 0o644).replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_passing(path: Path, content: bytes, mode: int) -> Path:
    passing = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return passing
