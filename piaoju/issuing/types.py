"""What issuing writes down and hands out: frozen rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from piaoju.issuing.sequel_values import RedLine, RedPlan, Sequel, SequelKind, Standing
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
    "BUSINESS_NUMBER_CHARACTERS_MAX", "Author", "BillPlace", "Channel", "DeliveryKey", "DeliveryRow", "DeliveryState",
    "DeliveryToMake", "DraftRow", "DraftState", "DraftToKeep", "IntentRow", "RecordedBill", "RedLine", "RedPlan",
    "ReviewRule", "Sequel",
    "SequelKind", "Standing", "TemplateRow",
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
