"""The frozen values that cross this room's door."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from piaoju.kit.values import Value


class Kind(StrEnum):
    """A bill is normal, or red: the reversal of another."""

    NORMAL = "normal"
    RED = "red"


class State(StrEnum):
    """What verification says of a bill."""

    VALID = "valid"
    REVERSED = "reversed"
    NOT_FOUND = "not_found"


class PublishedBillRow(Value, frozen=True):
    """One bill as handed to `actions.publish`; the payer's name is masked there and never stored whole."""

    unit_id: int
    issued_at: dt.datetime
    bill_code: str
    bill_number: int
    check_code: str
    issue_date: dt.date
    total_fen: int  # negative for a red bill
    bill_name: str
    unit_name: str
    region_code: str
    payer_name: str
    payer_is_person: bool
    kind: str  # Kind
    digest: bytes  # SM3 of the signed XML
    demonstration: bool
    reverses_code: str | None = None  # a red bill names the bill it reverses
    reverses_number: int | None = None
    reversal_reason: str = ""


class Question(Value, frozen=True):
    """The five facts a person reads off a bill."""

    bill_code: str
    bill_number: int
    check_code: str
    issue_date: dt.date
    total_fen: int


@dataclass(frozen=True, slots=True)
class RedBill:
    """A reversal of the bill asked about."""

    bill_code: str
    bill_number: int
    check_code: str
    issued_at: dt.datetime
    issue_date: dt.date
    total_fen: int
    reason: str


@dataclass(frozen=True, slots=True)
class Paper:
    """The sheet of paper that a bill is on now."""

    paper_code: str
    paper_number: int


@dataclass(frozen=True, slots=True)
class PublishedBill:
    """All that the public may see of a bill."""

    unit_id: int
    issued_at: dt.datetime
    bill_code: str
    bill_number: int
    check_code: str
    issue_date: dt.date
    total_fen: int
    bill_name: str
    unit_name: str
    region_code: str
    payer_masked: str
    kind: Kind
    digest: bytes
    demonstration: bool
    reversed_by: tuple[RedBill, ...]
    paper: Paper | None = None

    @property
    def left_fen(self) -> int:
        """The amount that is left after every reversal."""
        return self.total_fen + sum(red.total_fen for red in self.reversed_by)


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict, and the bill only when all five facts were right."""

    state: State
    bill: PublishedBill | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a question came from, as keyed digests: no address is ever stored."""

    address: bytes
    network: bytes


@dataclass(frozen=True, slots=True)
class Pressure:
    """How hard the service is being guessed at, this minute."""

    tries: int
    failures: int
    hot: bool
