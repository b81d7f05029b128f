"""后续事项: what happens to a bill after it was issued, as frozen values."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from piaoju.kit.values import Value
from piaoju.standard.reversal_request import AskedLine


class SequelKind(models.TextChoices):
    """What can happen to a bill after it was issued."""

    REVERSED = "reversed", "冲红"
    CONVERTED = "converted", "换开纸质票"
    PAPER_VOIDED = "paper_voided", "纸票作废"


class ReversalState(models.TextChoices):
    """Where an application for a reversal stands."""

    SUBMITTED = "submitted", "待审批"
    APPROVED = "approved", "已冲红"
    REFUSED = "refused", "未批准"
    WITHDRAWN = "withdrawn", "已撤回"


class ReversalApplicationRow(Value, frozen=True):
    """冲红申请, with its two persons."""

    id: int
    unit_id: int
    bill_code: str
    bill_number: int
    bill_type_code: str
    business_number: str
    reason: str
    lines: tuple[AskedLine, ...]
    amount_fen: int
    state: ReversalState
    asked_at: datetime
    asked_by: str
    asked_person_id: int
    handler: str
    decided_at: datetime | None
    decided_by: str
    remark: str
    red_code: str
    red_number: int | None


class PrintForm(models.TextChoices):
    """What was printed."""

    FACE = "face", "票面"
    OVERPRINT = "overprint", "套打"
    RECEIPT = "receipt", "小票"


class Printed(Value, frozen=True):
    """One print of a bill: the first, or a reprint."""

    ordinal: int
    at: datetime
    form: str  # PrintForm
    actor: str


class Sequel(Value, frozen=True):
    """后续事项: one thing that happened to a bill after it was issued, and how the bill stood then."""

    unit_id: int
    bill_code: str
    bill_number: int
    ordinal: int  # 1, 2, 3 … without a gap: two who decide on the same story write the same number, and one is refused
    issued_at: datetime  # of the bill itself
    kind: str  # SequelKind
    at: datetime
    reversed_fen: int  # by this one
    left_fen: int
    on_paper: bool
    lines: tuple[tuple[int, int, int], ...]  # (line of the bill, fen, quantity_e4 or 0 where only money was reversed)
    red_code: str | None
    red_number: int | None
    paper_code: str | None
    paper_number: int | None
    reason: str
    actor: str


class RedLine(Value, frozen=True):
    """What is reversed of one line; positive here, negative on the red bill."""

    number: int
    amount_fen: int
    quantity_e4: int | None
    standard_e4: int | None


class RedPlan(Value, frozen=True):
    """What one reversal takes from a bill, and what it leaves."""

    ordinal: int
    lines: tuple[RedLine, ...]
    total_fen: int
    left_fen: int
    is_whole: bool  # nothing was reversed before, and nothing is left


class Standing(Value, frozen=True):
    """How a bill stands: the one place where its facts become words."""

    total_fen: int
    left_fen: int
    on_paper: bool
    sequels: tuple[Sequel, ...] = ()

    @property
    def is_reversed(self) -> bool:
        return bool(self.red_bills) and self.left_fen == 0

    @property
    def is_partly_reversed(self) -> bool:
        return bool(self.red_bills) and self.left_fen > 0

    @property
    def red_bills(self) -> tuple[Sequel, ...]:
        """The reversals, in order."""
        return tuple([one for one in self.sequels if one.kind == SequelKind.REVERSED])

    @property
    def red_keys(self) -> tuple[tuple[str, int], ...]:
        """Code and number of each red bill."""
        return tuple([(one.red_code, one.red_number) for one in self.red_bills if one.red_code and one.red_number])
