"""What the stock hands across its door."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import models


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


class Medium(models.TextChoices):
    """What a number is printed on: an electronic bill, or a sheet of paper for conversion (换开)."""

    ELECTRONIC = "electronic", "电子"
    PAPER = "paper", "纸质"


class Level(models.IntegerChoices):
    """The levels that hold numbers. NOWHERE is before a code was opened."""

    NOWHERE = 0, "尚未赋码"
    PROVINCE = 1, "省级财政"
    CITY = 2, "市级财政"
    COUNTY = 3, "县级财政"
    UNIT = 4, "开票单位"


class SegmentState(models.TextChoices):
    """What may be done with the numbers of a segment."""

    NONE = "none", "尚未赋码"
    HELD = "held", "在库"
    IN_USE = "in_use", "已发放"
    LOST = "lost", "已报遗失"
    VOIDED = "voided", "已作废"
    DESTROYED = "destroyed", "已销毁"


class MovementKind(models.TextChoices):
    """How numbers come from one place to another."""

    OPENED = "opened", "赋码"
    DISTRIBUTED = "distributed", "分发"
    ALLOTTED = "allotted", "发放"
    RETURNED = "returned", "退回"
    LOST = "lost", "报失"
    RESTORED = "restored", "找回"
    VOIDED = "voided", "作废"
    DESTROYED = "destroyed", "销毁"


class RequisitionState(models.TextChoices):
    """Where a requisition stands."""

    SUBMITTED = "submitted", "待审核"
    APPROVED = "approved", "待发放"
    REFUSED = "refused", "审核未通过"
    ALLOTTED = "allotted", "已发放"
    WITHDRAWN = "withdrawn", "已撤回"


class DisposalKind(models.TextChoices):
    """Why numbers leave use for ever."""

    VOID = "void", "作废"
    LOSS = "loss", "遗失"
    DESTRUCTION = "destruction", "销毁"


class DisposalState(models.TextChoices):
    """Where a disposal stands."""

    SUBMITTED = "submitted", "待审批"
    APPROVED = "approved", "已批准"
    REFUSED = "refused", "未批准"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number is: who has it, and what may be done with it. A number is in exactly one place."""

    level: Level
    region_code: str  # of the finance department; of the unit's finance department where a unit has the number
    unit_id: int  # 0 where a finance department has the number
    state: SegmentState

    @classmethod
    def department(cls, level: int, region_code: str) -> Place:
        """In stock at a finance department."""
        return cls(Level(level), region_code, 0, SegmentState.HELD)

    @classmethod
    def unit(cls, region_code: str, unit_id: int) -> Place:
        """Allotted to a unit."""
        return cls(Level.UNIT, region_code, unit_id, SegmentState.IN_USE)

    def as_state(self, state: SegmentState) -> Place:
        """The same holder, another state."""
        return Place(self.level, self.region_code, self.unit_id, state)

    @property
    def row(self) -> tuple[int, str, int, str]:
        """As the tables keep it."""
        return int(self.level), self.region_code, self.unit_id, str(self.state)


NOWHERE = Place(Level.NOWHERE, "", 0, SegmentState.NONE)


@dataclass(frozen=True, slots=True)
class Code:
    """One series of numbers: a bill code on one medium."""

    medium: Medium
    bill_type_code: str
    bill_code: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers [first, last] of one code."""

    code: Code
    first: int
    last: int

    @property
    def sheets(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Ground:
    """Why numbers move: when, who, and the paper it rests on ("requisition:12"), with a remark."""

    at: datetime
    by: str
    source: str = ""
    remark: str = ""
    person_id: int = 0  # 0: a job or the installation itself


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """One segment and what is left of it, for lists."""

    id: int
    code: Code
    first_number: int
    last_number: int
    place: Place
    since: datetime
    placed_by: str
    next_number: int | None  # of a unit's segment in use

    @property
    def sheets(self) -> int:
        return self.last_number - self.first_number + 1

    @property
    def left(self) -> int:
        """Sheets that are still free: all of those in stock, the rest of those in use."""
        if self.place.state == SegmentState.HELD:
            return self.sheets
        return 0 if self.next_number is None else self.last_number - self.next_number + 1


@dataclass(frozen=True, slots=True)
class MovementRow:
    """One movement of a range of numbers, as the history keeps it."""

    id: int
    kind: MovementKind
    code: Code
    first_number: int
    last_number: int
    origin: Place
    to: Place
    at: datetime
    by: str
    source: str
    remark: str

    @property
    def sheets(self) -> int:
        return self.last_number - self.first_number + 1


@dataclass(frozen=True, slots=True)
class NumberLife:
    """The whole life of one number: where it is now, every movement it was part of, and how far the unit has come."""

    code: Code
    number: int
    place: Place
    movements: tuple[MovementRow, ...]
    taken: bool  # the unit's counter has passed it: it carries a bill, an intent or a void
    voided_at: datetime | None
    void_reason: str


@dataclass(frozen=True, slots=True)
class RequisitionRow:
    """A requisition with every step it took."""

    id: int
    code: Code
    holder: Place  # who asks: a unit, or a finance department
    supplier_level: Level
    supplier_region_code: str
    sheets: int
    approved_sheets: int | None
    state: RequisitionState
    reason: str
    requested_at: datetime
    requested_by: str
    requested_person_id: int
    reviewed_at: datetime | None
    reviewed_by: str
    review_remark: str
    allotted_at: datetime | None
    allotted_by: str


@dataclass(frozen=True, slots=True)
class DisposalRow:
    """A loss, a void range or a destruction, with its two persons."""

    id: int
    kind: DisposalKind
    code: Code
    first_number: int
    last_number: int
    holder: Place
    state: DisposalState
    reason: str
    notice_medium: str
    notice_on: date | None
    requested_at: datetime
    requested_by: str
    requested_person_id: int
    decided_at: datetime | None
    decided_by: str
    decision_remark: str

    @property
    def sheets(self) -> int:
        return self.last_number - self.first_number + 1


@dataclass(frozen=True, slots=True)
class Usage:
    """What a unit has of one bill type, and what it did with it; in sheets."""

    left: int
    used: int
    unwritten: int  # used and not yet written off


@dataclass(frozen=True, slots=True)
class TopUpRow:
    """A standing arrangement: below the threshold, the finance department allots more by itself."""

    id: int
    unit_id: int
    medium: Medium
    bill_type_code: str
    threshold_sheets: int
    top_up_sheets: int
    valid_from: date
    valid_to: date | None
    set_by: str


@dataclass(frozen=True, slots=True)
class Balance:
    """What went in and out of one holder, and what it has; in sheets. have = came − went."""

    place: Place
    code: Code
    came: int
    went: int
    have: int
