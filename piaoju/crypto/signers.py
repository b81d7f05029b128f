"""What every signing device looks like from above: digests in, signatures out, always in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Signer(Protocol):
    """Something that holds keys and signs with them; keys never leave it."""

    @property
    def in_process(self) -> bool:
        """True only if nothing leaves this process before the caller's commit."""

    def sign(self, digests: Sequence[bytes], key_ref: str) -> list[bytes]:
        """One DER signature {r, s} over each e = SM3(Z‖M), in order."""
