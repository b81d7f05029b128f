"""Signing with key files in this process: for demonstrations, tests and small units."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from piaoju.crypto import sm2
from piaoju.seal.errors import SignatureFaulty
from piaoju.seal.signers.keystore import KeyStore

SPLIT_FROM = 8  # digests; below, handing work to a thread costs more than it saves
SAMPLE_EVERY = 128  # signatures; one of so many is verified before the batch is given out


class SoftwareSigner:
    """A Signer over a folder of encrypted key files; large batches use every core."""

    in_process = True

    def __init__(self, keys_folder: Path, passphrase: bytes, *, threads: int = 0) -> None:
        self._keys = KeyStore(keys_folder, passphrase)
        self._threads = threads or len(os.sched_getaffinity(0))
        self._pool: ThreadPoolExecutor | None = None
        self._pool_process = 0
        self._lock = threading.Lock()
        self._until_sample = SAMPLE_EVERY

    def sign(self, digests: Sequence[bytes], key_ref: str) -> list[bytes]:
        """One DER signature over each e, in order."""
        key = self._keys.open(key_ref)
        if self._threads < 2 or len(digests) < SPLIT_FROM:
            signatures = key.sign_digests(digests)
        else:
            share = -(-len(digests) // self._threads)
            parts = [digests[start : start + share] for start in range(0, len(digests), share)]
            signatures = [one for part in self._workers().map(key.sign_digests, parts) for one in part]
        self._verify_sample(key, digests, signatures)
        return signatures

    def open(self, key_ref: str) -> None:
        """Open a key ahead of its first signature, so that no bill waits for the decryption."""
        self._keys.open(key_ref)

    def _workers(self) -> ThreadPoolExecutor:
        # Threads do not survive a fork: a child makes its own.
        with self._lock:
            if self._pool is None or self._pool_process != os.getpid():
                self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="signer")
                self._pool_process = os.getpid()
            return self._pool

    def _verify_sample(self, key: sm2.PrivateKey, digests: Sequence[bytes], signatures: list[bytes]) -> None:
        with self._lock:
            self._until_sample -= len(digests)
            if self._until_sample > 0 or not digests:
                return
            self._until_sample = SAMPLE_EVERY
        if not sm2.verify_digest(key.public_key, digests[-1], signatures[-1]):
            raise SignatureFaulty()
