"""What the query layer is asked and what it hands out: frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from piaoju.kit.listing import Condition, Position, Value
from piaoju.ledger.types import Figures

BillStatus = Literal["issued", "partly_reversed", "reversed", "converted", "booked"]
STATUS_LABELS: Mapping[str, str] = {
    "issued": "已开具", "partly_reversed": "部分冲红", "reversed": "已冲红", "converted": "已换开", "booked": "已入账",
}  # fmt: skip
KIND_LABELS: Mapping[str, str] = {"normal": "正常票", "red": "红票"}
# Who asked for the bill: a person in a page (window, file or reversal alike), a client, or a command of the installation.
CHANNEL_LABELS: Mapping[str, str] = {"operator": "页面", "client": "接口", "command": "命令行"}


@dataclass(frozen=True, slots=True)
class SavedViewRow:
    """A view a person saved: its number, its name, the query part of the address."""

    number: int
    name: str
    query: str


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of all bills: of one unit, or one region with all below, or one governing department's units, or all."""

    unit_code: str = ""
    region_code: str = ""
    governing_code: str = ""
    bill_types: frozenset[str] = frozenset()  # none named: all


@dataclass(frozen=True, slots=True)
class Reach:
    """Which bills somebody may see: those of any of these portions. Nothing, if there is none."""

    portions: tuple[Portion, ...] = ()

    @staticmethod
    def everything() -> Reach:
        return Reach((Portion(),))

    @staticmethod
    def of_unit(unit_code: str) -> Reach:
        return Reach((Portion(unit_code=unit_code),))


@dataclass(frozen=True, slots=True)
class BillsQuestion:
    """Which bills are meant: every condition holds, exactly. `fields.FIELDS` says what may be asked."""

    conditions: tuple[Condition, ...] = ()

    def narrowed(self, *more: Condition) -> BillsQuestion:
        return replace(self, conditions=(*self.conditions, *more))

    def values_of(self, field: str, comparison: str = "eq") -> tuple[Value, ...] | None:
        """The values of the first such condition, if there is one."""
        return next((c.values for c in self.conditions if c.field == field and c.comparison == comparison), None)


@dataclass(frozen=True, slots=True)
class SaidOtherwise:
    """A word that could mean something else: what was taken, and what else it may mean."""

    word: str
    taken: tuple[Condition, ...]
    instead: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A line of words as conditions; the words that were not read, each with why; what else a word may mean."""

    conditions: tuple[Condition, ...]
    unread: tuple[tuple[str, str], ...] = ()
    otherwise: tuple[SaidOtherwise, ...] = ()


@dataclass(frozen=True, slots=True)
class BillsPage:
    """Which part of the result, in which order; bills of the same sort value follow by instant and number."""

    sort: Literal["issued_at", "total_fen", "bill_number"] = "issued_at"
    descending: bool = True
    position: Position | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class BillPlaceRow:
    """Where a bill's rows are, and what it is called."""

    unit_id: int
    issued_at: datetime
    bill_code: str
    bill_number: int


@dataclass(frozen=True, slots=True)
class BillRow:
    """One bill as lists show it, with what has happened to it since."""

    unit_id: int
    issued_at: datetime
    bill_code: str
    bill_number: int
    bill_type_code: str
    bill_name: str
    region_code: str
    unit_code: str
    unit_name: str  # as of the day of issue
    check_code: str
    business_number: str
    payment_code: str
    payer_type: int
    payer_name: str
    total_fen: int
    handler: str
    checker: str
    actor: str
    reverses_code: str | None
    reverses_number: int | None
    digest: bytes
    first_item: str  # the name of the first line's item
    lines: int
    red_fen: int  # how much of it was reversed, positive
    converted: bool

    @property
    def kind(self) -> str:
        return "normal" if self.reverses_code is None else "red"

    @property
    def status(self) -> BillStatus:
        """reversed over partly_reversed over converted over issued; a red bill is issued."""
        if self.red_fen:
            return "reversed" if self.red_fen >= self.total_fen else "partly_reversed"
        return "converted" if self.converted else "issued"

    @property
    def channel(self) -> str:
        return self.actor.partition(":")[0]


@dataclass(frozen=True, slots=True)
class PlacesChunk:
    """Some places of a result, in order; `after` is where the next chunk begins, None at the end."""

    places: tuple[BillPlaceRow, ...]
    after: Position | None


@dataclass(frozen=True, slots=True)
class BillsChunk:
    """Some bills of a result, in order; `after` is where the next chunk begins, None at the end."""

    rows: tuple[BillRow, ...]
    after: Position | None


TotalsDimension = Literal[
    "province", "city", "county", "region", "unit", "governing", "industry", "mode", "bill_type", "item", "operator",
    "month", "day", "hour",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class TotalsQuestion:
    """Which facts are added up: those of [period_from, period_to), of everything that is named here; '' does not restrict."""

    period_from: datetime
    period_to: datetime
    by: tuple[TotalsDimension, ...] = ()
    bill_type: str = ""
    item_code: str = ""
    unit_code: str = ""
    region_code: str = ""  # with all below it, as of each day
    governing_code: str = ""
    industry: str = ""
    mode: str = ""


@dataclass(frozen=True, slots=True)
class TotalsLine:
    """One row of a total: a value for each dimension asked for, in their order, and its figures."""

    keys: tuple[str | datetime, ...]
    figures: Figures


@dataclass(frozen=True, slots=True)
class TotalsFound:
    """The rows, the same figures over all, the instant and the snapshot they are true at."""

    rows: tuple[TotalsLine, ...]
    sum: Figures
    as_of: datetime
    snapshot: str


@dataclass(frozen=True, slots=True)
class DownloadRow:
    """A download as its owner sees it. `wanted` is what was asked for, as the maker understands it."""

    id: int
    operator_id: int
    requested_by: str
    requested_at: datetime
    format: str
    title: str
    conditions: str
    wanted: Mapping[str, Any]
    state: str
    bills: int
    bills_done: int
    pages: int
    size_bytes: int
    digest: bytes | None
    started_at: datetime | None
    finished_at: datetime | None
    kept_until: datetime
    failure_code: str
    failure: str


@dataclass(frozen=True, slots=True)
class DownloadListRow:
    """A download as a line of its owner's list."""

    id: int
    requested_at: datetime
    format: str
    title: str
    state: str
    bills: int
    bills_done: int
    size_bytes: int
    finished_at: datetime | None
    kept_until: datetime


@dataclass(frozen=True, slots=True)
class ChosenBill:
    """A bill of a download: its place in the chosen order, from 1, and where its rows are."""

    ordinal: int
    unit_id: int
    issued_at: datetime
    bill_code: str
    bill_number: int
    print_ordinal: int | None = None  # which print of the bill this is, once it was counted


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link to a download's file: whose, until when, whether it was opened and used up."""

    id: int
    download_id: int
    operator_id: int
    made_at: datetime
    valid_until: datetime
    opened_at: datetime | None
    used_at: datetime | None
