"""A bill as JSON, the fields of the contract: the same bytes from the same bill and state, for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from piaoju.kit.clock import local
from piaoju.standard import bill_types, codes, money, verification_address
from piaoju.standard.bill import AuxLine, Bill, BillKey, Line
from piaoju.standard.profile import SICHUAN_2026_1, Profile
from piaoju.standard.wire import names


@dataclass(frozen=True, slots=True)
class BillState:
    """What happened to a bill since it was issued."""

    reversed: bool = False
    partly_reversed: bool = False
    booked: bool = False
    converted: bool = False

    @property
    def status(self) -> str:
        """One word: reversed over partly_reversed over booked over converted over issued."""
        for word in ("reversed", "partly_reversed", "booked", "converted"):
            if getattr(self, word):
                return word
        return "issued"


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where the log holds the bill: its leaf's index, in a tree of so many leaves."""

    index: int
    size: int


def answer(
    bill: Bill,
    *,
    region_code: str,
    issued_at: datetime,
    digest: bytes,
    state: BillState = BillState(),
    reversed_by: Sequence[BillKey] = (),
    log: LogPlace | None = None,
    profile: Profile = SICHUAN_2026_1,
) -> bytes:
    """The bill as `POST /bills` and `GET /bills/{code}/{number}` answer it."""
    body: dict[str, Any] = {
        "code": bill.bill_code,
        "number": bill.number_text,
        "check_code": bill.check_code,
        "bill_type": bill.bill_type_code,
        "name": bill.bill_name,
        "kind": bill.kind,
        "status": state.status,
        "reversed": state.reversed,
        "partly_reversed": state.partly_reversed,
        "booked": state.booked,
        "converted": state.converted,
        "demonstration": bill.demonstration,
        "unit_code": bill.unit.code,
        "unit_name": bill.unit.name,
        "region_code": region_code,
        "issued_at": local(issued_at).isoformat(timespec="seconds"),
        "total": money.format_fen(bill.total_fen),
        "payer": {"type": bill.payer.kind, "name": bill.payer.name, "code": bill.payer.code},
        "lines": [_line(line) for line in bill.lines],
        "aux_lines": [_aux_line(line) for line in bill.aux_lines],
        "extension": extension(bill),
        "pay_mode": bill.pay_mode,
        "handler": bill.handler,
        "checker": bill.checker,
        "remark": bill.remark,
        "business_number": bill.business_number,
        "payment_code": bill.payment_code,
    }
    if bill.reverses:
        body["reverses"] = _key(bill.reverses)
    body["reversed_by"] = [_key(key) for key in reversed_by]
    body["digest"] = digest.hex()
    if log:
        body["log"] = {"index": log.index, "size": log.size}
    body["links"] = links(bill, profile)
    return _ENCODER.encode(body)


def links(bill: Bill, profile: Profile = SICHUAN_2026_1) -> dict[str, str]:
    """Paths, never hosts: the three files, and the verification that the QR opens."""
    file = f"/api/v1/bills/{bill.bill_code}/{bill.number_text}/file?format="
    return {
        "xml": f"{file}xml",
        "ofd": f"{file}ofd",
        "pdf": f"{file}pdf",
        "verify": verification_address.path(bill, profile),
    }


def extension(bill: Bill) -> dict[str, str]:
    """The type's own fields that hold something, by their JSON names (foreign ones by their element)."""
    known = _extension_names(bill.bill_type_code)
    found = {}
    for element, text in bill.extension:
        if not text or element in _COMMON:
            continue
        own = known.get(element)
        if own and own.kind == "date" and len(text) == 8:
            text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
        found[own.name if own else element] = text
    return found


_ENCODER = msgspec.json.Encoder()
_COMMON = frozenset((names.REVERSES_CODE, names.REVERSES_NUMBER, names.PAYMENT_CODE))
_BY_TYPE = {found.code: {own.xml_name: own for own in found.extension} for found in bill_types.BILL_TYPES}


def _extension_names(bill_type_code: str) -> dict[str, bill_types.ExtensionField]:
    return _BY_TYPE.get(bill_type_code, {})


def _key(key: BillKey) -> dict[str, str]:
    return {"code": key.bill_code, "number": codes.number_text(key.bill_number)}


def _line(line: Line) -> dict[str, str | None]:
    return {
        "item_code": line.item_code,
        "item_name": line.item_name,
        "quantity": None if line.quantity_e4 is None else money.format_quantity(line.quantity_e4),
        "measure": line.measure,
        "standard": None if line.standard_e4 is None else money.format_price(line.standard_e4),
        "amount": money.format_fen(line.amount_fen),
        "remark": line.remark,
    }


def _aux_line(line: AuxLine) -> dict[str, str | None]:
    return {
        "related_item_code": line.related_item_code,
        "related_item_name": line.related_item_name,
        "code": line.code,
        "name": line.name,
        "quantity": None if line.quantity_e4 is None else money.format_quantity(line.quantity_e4),
        "measure": line.measure,
        "standard": None if line.standard_e4 is None else money.format_price(line.standard_e4),
        "amount": money.format_price(line.amount_e4),
        "remark": line.remark,
    }
