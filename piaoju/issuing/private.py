"""What identifies or reaches a payer, kept encrypted beside the bill: ID number, phone, mail.

SM4-GCM for reading back, a keyed blind index for finding by exact ID number (GB/T 39786-2021 level 3).
"""

from __future__ import annotations

import json

from piaoju.crypto import envelope


def seal(key: bytes, nonce: bytes, *, code: str, phone: str, email: str, place: str) -> bytes | None:
    """The private facts as one encrypted value, or none when there are none."""
    facts = {name: text for name, text in (("code", code), ("phone", phone), ("email", email)) if text}
    if not facts:
        return None
    plain = json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()
    return envelope.seal(key, plain, f"payer:{place}".encode(), nonce)


def reveal(key: bytes, sealed: bytes, *, place: str) -> dict[str, str]:
    """The private facts of a bill."""
    facts: dict[str, str] = json.loads(envelope.open(key, sealed, f"payer:{place}".encode()))
    return facts


def index(key: bytes, code: str) -> bytes | None:
    """What an exact search for this ID number or credit code compares; none without a code."""
    return envelope.blind_index(key, code) if code else None
