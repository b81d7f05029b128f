"""Whose keys sign: what drafting writes into a bill and signing uses."""

from __future__ import annotations

from dataclasses import dataclass

from piaoju.issuing.parcel import Text
from piaoju.seal.types import SigningIdentity


@dataclass(frozen=True, slots=True)
class Identities:
    """Whose keys sign a unit's bills."""

    unit: SigningIdentity
    supervisor: SigningIdentity
    texts: tuple[Text, ...]  # their certificates as they stand in a bill, kept once for all bills
