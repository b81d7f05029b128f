"""What the stock hands across its door."""

from __future__ import annotations

from dataclasses import dataclass
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

    @property
    def left(self) -> int:
        return self.last_number - self.next_number + 1


@dataclass(frozen=True, slots=True)
class StockRow:
    """One segment as the unit sees it."""

    bill_type_code: str
    bill_code: str
    first_number: int
    last_number: int
    next_number: int
    left: int
