"""BillRequest: what a unit asks to be issued, neutral of the door through which it came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from piaoju.crypto import sm3
from piaoju.kit.values import Value
from piaoju.standard.bill import PayerKind


class PayerRequest(Value, frozen=True):
    """交款人 as asked; phone and e-mail serve delivery and never reach the bill."""

    kind: PayerKind
    name: str
    code: str = ""
    phone: str = ""
    email: str = ""


class LineRequest(Value, frozen=True):
    """One charge item as asked: without a standard the amount rules, within the item's range."""

    item_code: str
    quantity_e4: int
    amount_fen: int
    standard_e4: int | None = None
    remark: str = ""


class AuxLineRequest(Value, frozen=True):
    """One auxiliary line (清单) as asked."""

    name: str
    amount_e4: int
    related_item_code: str = ""
    code: str = ""
    quantity_e4: int | None = None
    measure: str = ""
    standard_e4: int | None = None
    remark: str = ""


class BillRequest(Value, frozen=True):
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

    Kept for ever beside the business number. Only what holds something is digested, by name, so that a field
    added to the standard later leaves every digest of today as it is.
    """
    payer = request.payer
    total_fen = request.lines_total_fen if request.total_fen is None else request.total_fen
    content = _present(
        (
            ("business_number", request.business_number),
            ("bill_type", request.bill_type_code),
            ("payer_type", payer.kind),
            ("payer_name", payer.name),
            ("payer_code", payer.code),
            ("payer_phone", payer.phone),
            ("payer_email", payer.email),
            ("lines", [_line(line) for line in request.lines]),
            ("aux_lines", [_aux_line(line) for line in request.aux_lines]),
            ("pay_mode", request.pay_mode),
            ("handler", request.handler),
            ("checker", request.checker),
            ("remark", request.remark),
            ("payment_code", request.payment_code),
            ("total_fen", total_fen),
            ("extension", sorted(pair for pair in request.extension.items() if pair[1])),
        )
    )
    return sm3.digest(_ENCODER.encode(content))


def is_date(text: str) -> bool:
    """Whether a text is a day of the calendar as YYYY-MM-DD."""
    try:
        return len(text) == 10 and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


_ENCODER = msgspec.json.Encoder()


def _present(pairs: tuple[tuple[str, Any], ...]) -> list[tuple[str, Any]]:
    return [pair for pair in pairs if pair[1] is not None and pair[1] != "" and pair[1] != []]


def _line(line: LineRequest) -> list[tuple[str, Any]]:
    return _present(
        (
            ("item_code", line.item_code),
            ("quantity_e4", line.quantity_e4),
            ("standard_e4", line.standard_e4),
            ("amount_fen", line.amount_fen),
            ("remark", line.remark),
        )
    )


def _aux_line(line: AuxLineRequest) -> list[tuple[str, Any]]:
    return _present(
        (
            ("related_item_code", line.related_item_code),
            ("code", line.code),
            ("name", line.name),
            ("quantity_e4", line.quantity_e4),
            ("measure", line.measure),
            ("standard_e4", line.standard_e4),
            ("amount_e4", line.amount_e4),
            ("remark", line.remark),
        )
    )
