"""BillRequest: what a unit asks to be issued, neutral of the door through which it came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from piaoju.crypto import sm3
from piaoju.kit.values import Value, replace
from piaoju.standard.bill import PayerKind


class PayerRequest(Value, frozen=True, omit_defaults=True):
    """交款人 as asked; phone and e-mail serve delivery and never reach the bill."""

    kind: PayerKind
    name: str
    code: str = ""
    phone: str = ""
    email: str = ""


class LineRequest(Value, frozen=True, omit_defaults=True):
    """One charge item as asked: without a standard the amount rules, within the item's range."""

    item_code: str
    quantity_e4: int
    amount_fen: int
    standard_e4: int | None = None
    remark: str = ""


class AuxLineRequest(Value, frozen=True, omit_defaults=True):
    """One auxiliary line (清单) as asked."""

    name: str
    amount_e4: int
    related_item_code: str = ""
    code: str = ""
    quantity_e4: int | None = None
    measure: str = ""
    standard_e4: int | None = None
    remark: str = ""


class BillRequest(Value, frozen=True, omit_defaults=True):
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
    extension: Mapping[str, str] = {}

    @property
    def lines_total_fen(self) -> int:
        """What the lines add up to."""
        return sum(line.amount_fen for line in self.lines)


def request_digest(request: BillRequest) -> bytes:
    """SM3 of what is asked, however it was written: 12.3 is 12.30, null is absent, a stated total adds nothing.

    Kept for ever beside the business number. Only what holds something is digested, by its name, in the order of names, so
    that a field added to the standard later leaves every digest of today as it is.
    """
    if request.total_fen is not None and request.total_fen == request.lines_total_fen:
        request = replace(request, total_fen=None)
    return sm3.digest(_ENCODER.encode(request))


_ENCODER = msgspec.json.Encoder(order="sorted")


def is_date(text: str) -> bool:
    """Whether a text is a day of the calendar as YYYY-MM-DD."""
    try:
        return len(text) == 10 and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
