"""What issuing writes down and hands out: frozen rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from piaoju.issuing.sequel_values import (
    Printed,
    PrintForm,
    RedLine,
    RedPlan,
    ReversalApplicationRow,
    ReversalState,
    Sequel,
    SequelKind,
    Standing,
)
from piaoju.issuing.window_values import (
    BUSINESS_NUMBER_CHARACTERS_MAX,
    Author,
    Channel,
    DeliveryKey,
    DeliveryRow,
    DeliveryState,
    DeliveryToMake,
    DraftRow,
    DraftState,
    DraftToKeep,
    ReviewRule,
    TemplateRow,
)
from piaoju.kit.values import Value

__all__ = [
    "BUSINESS_NUMBER_CHARACTERS_MAX",
    "Author",
    "BillPlace",
    "Channel",
    "DeliveryKey",
    "DeliveryRow",
    "DeliveryState",
    "DeliveryToMake",
    "DraftRow",
    "DraftState",
    "DraftToKeep",
    "IntentRow",
    "PrintForm",
    "Printed",
    "RecordedBill",
    "RedLine",
    "RedPlan",
    "ReversalApplicationRow",
    "ReversalState",
    "ReviewRule",
    "Sequel",
    "SequelKind",
    "Standing",
    "TemplateRow",
]  # fmt: skip


class RecordedBill(Value, frozen=True):
    """One issued bill, complete: everything its tables hold."""

    unit_id: int
    issued_at: datetime
    bill_code: str
    bill_number: int
    bill_type_code: str
    region_code: str
    check_code: str
    business_number: str
    request_digest: bytes
    payer_type: int
    payer_name: str
    payer_code_index: bytes | None
    private_sealed: bytes | None
    total_fen: int
    pay_mode: str
    payment_code: str
    handler: str
    checker: str
    actor: str
    digest: bytes
    lines: tuple[tuple[str, int, int | None, int], ...]  # item code, quantity_e4, standard_e4, amount_fen
    body: bytes
    reverses: tuple[str, int] | None = None  # of a red bill


class BillPlace(Value, frozen=True):
    """Where a bill's rows are."""

    unit_id: int
    issued_at: datetime
    bill_code: str
    bill_number: int


@dataclass(frozen=True, slots=True)
class IntentRow:
    """待签: a number taken and the bytes to be signed."""

    unit_id: int
    business_number: str
    request_digest: bytes
    bill_code: str
    bill_number: int
    intended_at: datetime
    request_body: bytes
    original: bytes


class BatchRowToKeep(Value, frozen=True):
    """批次行: one bill of a file as it was read. `faults` are those of its rows; a fit one has body and digest."""

    place: int
    chunk: int | None
    state: str
    row_numbers: list[int]
    business_number: str
    amount_fen: int
    faults: list[dict[str, object]] | None
    request_digest: bytes | None
    body: bytes | None


@dataclass(frozen=True, slots=True)
class BatchKept:
    """批次, without its file."""

    id: int
    unit_id: int
    unit_code: str
    file_name: str
    uploaded_at: datetime
    actor: str
    client_id: str
    mode: str
    state: str
    detail: str
    rows_read: int
    rows: int
    bills: int
    counts: Mapping[str, int]
    checked_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    file_swept_at: datetime | None  # since then only what became of the rows is there

    @property
    def ended(self) -> bool:
        return self.state in ("done", "stopped", "failed")


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far issuing a batch has come, in bills; `per_second` over the last seconds."""

    to_issue: int
    issued: int
    unchanged: int
    refused: int
    per_second: float

    @property
    def done(self) -> int:
        return self.issued + self.unchanged + self.refused


@dataclass(frozen=True, slots=True)
class FitRow:
    """One bill of a chunk that waits to be issued."""

    place: int
    business_number: str
    request_digest: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One bill of a batch as it stands: its bill where there is one."""

    place: int
    state: str  # fit (not issued yet), refused, unchanged, issued
    row_numbers: tuple[int, ...]
    business_number: str
    amount_fen: int
    faults: tuple[Mapping[str, Any], ...]
    bill_code: str
    bill_number: int
