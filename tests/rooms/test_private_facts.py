"""What identifies a payer is readable again by its key, at its place, and by nothing else."""

from __future__ import annotations

import pytest

from piaoju.crypto.envelope import EnvelopeBroken
from piaoju.issuing import private

KEY, NONCE = bytes(range(16)), bytes(12)
FACTS = {"code": "510104198802290001", "phone": "13800000001", "email": "a@b.example"}


def sealed() -> bytes:
    found = private.seal(KEY, NONCE, place="51060126-0000000001", **FACTS)
    assert found is not None
    return found


def test_what_was_sealed_is_revealed_and_stands_nowhere_in_clear() -> None:
    assert private.reveal(KEY, sealed(), place="51060126-0000000001") == FACTS
    assert not any(text.encode() in sealed() for text in FACTS.values())


def test_another_bill_or_another_key_reveals_nothing() -> None:
    for key, place in ((KEY, "51060126-0000000002"), (bytes(16), "51060126-0000000001")):
        with pytest.raises(EnvelopeBroken):
            private.reveal(key, sealed(), place=place)


def test_nothing_to_keep_is_kept_as_nothing() -> None:
    assert private.seal(KEY, NONCE, code="", phone="", email="", place="x") is None
    assert private.index(KEY, "") is None
