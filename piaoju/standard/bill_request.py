"""BillRequest: what a unit asks to be issued, neutral of the door through which it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from piaoju.standard.bill import PayerKind


@dataclass(frozen=True, slots=True)
class PayerRequest:
    """交款人 as asked; phone and e-mail serve delivery and never reach the bill."""

    kind: PayerKind
    name: str
    code: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class LineRequest:
    """One charge item as asked: without a standard the amount rules, within the item's range."""

    item_code: str
    quantity_e4: int
    amount_fen: int
    standard_e4: int | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class AuxLineRequest:
    """One auxiliary line (清单) as asked."""

    name: str
    amount_e4: int
    related_item_code: str = ""
    code: str = ""
    quantity_e4: int | None = None
    measure: str = ""
    standard_e4: int | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class BillRequest:
    """The body of `POST /bills`, decoded and normalised (texts trimmed, decimals as whole numbers)."""

    business_number: str
    bill_type_code: str
    payer: PayerRequest
    lines: tuple[LineRequest, ...]
    handler: str
    checker: str
    aux_lines: tuple[AuxLineRequest, ...] = ()
    pay_mode: str = ""
    remark: str = ""
    payment_code: str = ""
    total_fen: int | None = None
    extension: Mapping[str, str] = field(default_factory=dict)

    @property
    def lines_total_fen(self) -> int:
        """What the lines add up to."""
        return sum(line.amount_fen for line in self.lines)
