"""What goes in and out of the ledger: facts, totals, positions and proofs, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Literal, Protocol

from piaoju.crypto.merkle import Node, Sums
from piaoju.kit.values import Value

Dimension = Literal["unit", "bill_type", "item", "region", "actor", "month", "day", "hour"]
FACT = "fact"  # the source of a leaf that is a fact
DIMENSIONS: tuple[Dimension, ...] = (
    "unit",
    "bill_type",
    "item",
    "region",
    "actor",
    "month",
    "day",
    "hour",
)


class FactKind(IntEnum):
    """What can happen to bills and their numbers; stored as these numbers for ever."""

    requisitioned = 1
    allotted = 2
    issued = 3
    red = 4
    converted = 5
    returned = 6
    voided = 7

    @property
    def label(self) -> str:
        """The 中文 name of the kind."""
        return FACT_KIND_LABELS[self]


FACT_KIND_LABELS = {
    FactKind.requisitioned: "申领",
    FactKind.allotted: "发放",
    FactKind.issued: "开具",
    FactKind.red: "冲红",
    FactKind.converted: "换开",
    FactKind.returned: "退回",
    FactKind.voided: "作废",
}


class Fact(Value, frozen=True):
    """One thing that happened. Never changed; corrected only by another fact."""

    unit_id: int
    at: datetime
    kind: FactKind
    region_code: str
    bill_type_code: str
    bill_code: str
    bill_number: int  # the first number, for facts about a range of numbers
    sheets: int
    amount_fen: int  # negative on a red bill
    items: tuple[tuple[str, int], ...]  # (item code, fen): once per item, adding up to amount_fen
    actor: str
    digest: bytes  # SM3 of the signed XML, or of the decision


class Cursor(Protocol):
    """A Django or psycopg cursor, perhaps in pipeline mode."""

    def execute(self, query: Any, params: Any = None, /) -> Any: ...


class Connection(Protocol):
    """A Django or psycopg connection that commits each statement by itself."""

    def cursor(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Figures:
    """Sheets and fen of one cell of a total; red amounts are positive."""

    requisitioned_sheets: int = 0
    allotted_sheets: int = 0
    issued_sheets: int = 0
    issued_fen: int = 0
    red_sheets: int = 0
    red_fen: int = 0
    converted_sheets: int = 0
    returned_sheets: int = 0
    voided_sheets: int = 0

    def plus(self, other: Figures) -> Figures:
        """Both together."""
        return Figures(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def net_sheets(self) -> int:
        """Normal bills less red bills."""
        return self.issued_sheets - self.red_sheets

    @property
    def net_fen(self) -> int:
        """Issued less reversed."""
        return self.issued_fen - self.red_fen


@dataclass(frozen=True, slots=True)
class TotalsRow:
    """One row of a total: only the dimensions asked for are set."""

    figures: Figures
    unit_id: int | None = None
    bill_type_code: str | None = None
    item_code: str | None = None
    region_code: str | None = None
    actor: str | None = None
    month: datetime | None = None  # the start of the month, in Asia/Shanghai
    day: datetime | None = None  # the start of the day, in Asia/Shanghai
    hour: datetime | None = None  # the start of the hour, in Asia/Shanghai
    labels: tuple[str, ...] = ()  # what the stretches call it, in their order


@dataclass(frozen=True, slots=True)
class Within:
    """Facts of these units and these regions and these bill types; None does not restrict."""

    unit_ids: frozenset[int] | None = None
    region_codes: frozenset[str] | None = None
    bill_types: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """What units, or regions, are called in the rows of a total: a city, an industry. Unnamed ones are called ''."""

    column: Literal["unit_id", "region_code"]
    of: Mapping[int, str] | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A half-open time in which it does not change which facts are meant, and what they are called."""

    period_from: datetime
    period_to: datetime
    every: tuple[tuple[Within, ...], ...] = ()  # of every group at least one holds
    labels: tuple[Labels, ...] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    """Totals of a half-open period: the rows, the same figures over all, and the instant they were true."""

    rows: tuple[TotalsRow, ...]
    sum: Figures
    as_of: datetime
    snapshot: str = ""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed head of the log: its size, root and sums, and the text that was signed with its signature."""

    size: int
    root: Node
    at: datetime
    text: str

    @property
    def sums(self) -> Sums:
        """What all bills of the log add up to."""
        return self.root.sums


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That one event is a leaf of the log at a size."""

    index: int
    size: int
    event: bytes | None  # the canonical event of a fact; other rooms know their own
    leaf: Node
    path: tuple[Node, ...]
    root: Node


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the log of the old size is a beginning of the log of the new size."""

    old_size: int
    new_size: int
    old_root: Node
    new_root: Node
    path: tuple[Node, ...]
