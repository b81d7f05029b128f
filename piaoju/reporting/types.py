"""What the query layer hands across its door."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SavedViewRow:
    """A view a person saved: its number, its name, the query part of the address."""

    number: int
    name: str
    query: str
