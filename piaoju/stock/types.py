"""What the stock hands across its door."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class OpenSegment:
    """A locked counter: the numbers still free in one segment. Lives inside one transaction."""

    unit_id: int
    segment_id: int
    bill_code: str
    next_number: int
    last_number: int
    last_used_at: datetime | None
    taken: int = field(default=0, init=False)

    @property
    def left(self) -> int:
        return self.last_number - self.next_number + 1

    def take(self) -> int:
        """The next number, which is now taken."""
        number = self.next_number
        self.next_number += 1
        self.taken += 1
        return number

    @property
    def taken_numbers(self) -> TakenNumbers:
        """What was taken from it so far."""
        first = self.next_number - self.taken
        return TakenNumbers(self.unit_id, self.segment_id, self.bill_code, first, self.next_number - 1)


@dataclass(frozen=True, slots=True)
class TakenNumbers:
    """取号: the numbers [first, last] of one segment that a connection has taken and not yet used."""

    unit_id: int
    segment_id: int
    bill_code: str
    first_number: int
    last_number: int

    @property
    def numbers(self) -> range:
        return range(self.first_number, self.last_number + 1)


@dataclass(frozen=True, slots=True)
class StockRow:
    """One segment as the unit sees it."""

    bill_type_code: str
    bill_code: str
    first_number: int
    last_number: int
    next_number: int
    left: int
