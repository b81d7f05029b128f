"""The good body, read in one go. Whatever is not plainly good is left to the walker (request_body), which names every fault.

It may only ever give what the walker would give: a body it doubts it does not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from piaoju.kit.limits import AUX_LINES_MAX, LINES_MAX
from piaoju.standard import bill_types, money
from piaoju.standard.request_shape import AuxLineRequest, BillRequest, LineRequest, PayerRequest, is_date

_Text = str | UnsetType | None
_Quantity = str | int


class _Shape(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An object of the body, its fields as they stand."""


class _Payer(_Shape):
    type: Literal["person", "organization"]
    name: str
    code: _Text = UNSET
    phone: _Text = UNSET
    email: _Text = UNSET


class _Line(_Shape):
    item_code: str
    quantity: _Quantity
    yuan: str = msgspec.field(name="amount")
    standard: _Text = UNSET
    remark: _Text = UNSET


class _AuxLine(_Shape):
    name: str
    yuan: str = msgspec.field(name="amount")
    related_item_code: _Text = UNSET
    code: _Text = UNSET
    quantity: _Quantity | UnsetType | None = UNSET
    measure: _Text = UNSET
    standard: _Text = UNSET
    remark: _Text = UNSET


class _Body(_Shape):
    business_number: str
    bill_type: str
    payer: _Payer
    lines: list[_Line]
    handler: str
    checker: str
    aux_lines: list[_AuxLine] | UnsetType | None = UNSET
    pay_mode: _Text = UNSET
    remark: _Text = UNSET
    payment_code: _Text = UNSET
    total: _Text = UNSET
    extension: dict[str, str] | UnsetType | None = UNSET


class _Doubt(Exception):
    """Not plainly good."""


def read(body: bytes) -> BillRequest | None:
    """The request of a body in which nothing is wrong; none where something may be."""
    try:
        return _request(_DECODER.decode(body), body)
    except (msgspec.DecodeError, UnicodeDecodeError, money.AmountInvalid, _Doubt):
        return None


_DECODER = msgspec.json.Decoder(_Body)


def _request(found: _Body, body: bytes) -> BillRequest:
    payer = found.payer
    aux_lines = found.aux_lines or ()
    extension = found.extension or {}
    if not found.lines or len(found.lines) > LINES_MAX or len(aux_lines) > AUX_LINES_MAX:
        raise _Doubt
    _refuse_repeated(found, aux_lines, extension, body)
    return BillRequest(
        business_number=_needed(found.business_number),
        bill_type_code=_needed(found.bill_type),
        payer=PayerRequest(payer.type, _needed(payer.name), _text(payer.code), _text(payer.phone), _text(payer.email)),
        lines=tuple([_line(line) for line in found.lines]),
        handler=_needed(found.handler),
        checker=_needed(found.checker),
        aux_lines=tuple([_aux_line(line) for line in aux_lines]),
        pay_mode=_text(found.pay_mode),
        remark=_text(found.remark),
        payment_code=_text(found.payment_code),
        total_fen=None if found.total is None or found.total is UNSET else money.parse_yuan(found.total),
        extension=_extension(found.bill_type, extension) if extension else {},
    )


def _refuse_repeated(found: _Body, aux_lines: Sequence[_AuxLine], extension: dict[str, str], body: bytes) -> None:
    """The decoder takes the last of a field that stands twice. Each member has one colon, and a text with one is doubtful."""
    members = 6 + 2 + 3 * len(found.lines) + 2 * len(aux_lines) + len(extension)
    optional: list[object] = [
        found.aux_lines, found.pay_mode, found.remark, found.payment_code, found.total, found.extension,
        found.payer.code, found.payer.phone, found.payer.email,
    ]  # fmt: skip
    for line in found.lines:
        optional += (line.standard, line.remark)
    for aux in aux_lines:
        optional += (aux.related_item_code, aux.code, aux.quantity, aux.measure, aux.standard, aux.remark)
    if body.count(b":") != members + len(optional) - optional.count(UNSET):
        raise _Doubt


def _needed(text: str) -> str:
    text = text.strip(" \u3000")
    if not text:
        raise _Doubt
    return text


def _text(text: _Text) -> str:
    return text.strip(" \u3000") if text else ""  # UNSET is false, as null is


def _quantity(value: _Quantity) -> int:
    if isinstance(value, str):
        return money.parse_e4(value)
    if abs(value) >= 10**14:
        raise _Doubt
    return value * 10_000


def _line(line: _Line) -> LineRequest:
    standard = line.standard
    return LineRequest(
        _needed(line.item_code),
        _quantity(line.quantity),
        money.parse_yuan(line.yuan),
        None if standard is None or standard is UNSET else money.parse_e4(standard),
        _text(line.remark),
    )


def _aux_line(line: _AuxLine) -> AuxLineRequest:
    quantity, standard = line.quantity, line.standard
    return AuxLineRequest(
        _needed(line.name),
        money.parse_e4(line.yuan),
        _text(line.related_item_code),
        _text(line.code),
        None if quantity is None or quantity is UNSET else _quantity(quantity),
        _text(line.measure),
        None if standard is None or standard is UNSET else money.parse_e4(standard),
        _text(line.remark),
    )


def _extension(bill_type_code: str, given: dict[str, str]) -> dict[str, str]:
    bill_type = bill_types.bill_type(bill_type_code.strip(" \u3000"))
    found = {}
    for name, value in given.items():
        own = bill_type.extension_field(name) if bill_type else None
        if own is None or own.kind == "integer":
            raise _Doubt
        text = money.format_fen(money.parse_yuan(value)) if own.kind == "amount" else value.strip(" \u3000")
        if own.kind == "date" and text and not is_date(text):
            raise _Doubt
        if text:
            found[name] = text
    return found
