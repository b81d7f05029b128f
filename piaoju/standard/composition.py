"""From what was asked to the bill that will be signed: one function, no choice left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from piaoju.kit.clock import local
from piaoju.kit.values import replace
from piaoju.standard import bill_json, bill_types, codes, money
from piaoju.standard.bill import AuxLine, Bill, BillKey, Line, Payer, SealReference, UnitParty
from piaoju.standard.check_code import check_code
from piaoju.standard.profile import SICHUAN_2026_1, Profile
from piaoju.standard.request_shape import BillRequest


class ItemNaming(Protocol):
    """What the registry says an item code is called, and in what it is counted."""

    @property
    def name(self) -> str: ...

    @property
    def measure(self) -> str: ...


def compose(
    request: BillRequest,
    *,
    bill_number: int,
    issued_at: datetime,
    unit: UnitParty,
    supervisor_area_code: str,
    items: Mapping[str, ItemNaming],
    unit_seal: SealReference,
    supervision_seal: SealReference,
    secret: bytes,
    demonstration: bool,
    profile: Profile = SICHUAN_2026_1,
) -> Bill:
    """The bill of a validated request under one number, at one instant; its check code made with the secret."""
    bill_type = bill_types.bill_type(request.bill_type_code)
    if bill_type is None:
        raise ValueError(f"not a bill type: {request.bill_type_code!r}")
    at = local(issued_at).replace(microsecond=0)
    code = codes.bill_code(profile.region2, bill_type.code, at.year)
    total_fen, payer = request.lines_total_fen, request.payer
    return Bill(
        bill_tag=profile.tag(demonstration=demonstration),
        version=profile.xml_version,
        bill_name=bill_type.bill_name(profile),
        bill_code=code,
        bill_number=bill_number,
        check_code=check_code(
            secret, code, bill_number, at.date(), total_fen, unit.code, payer.name, profile
        ),
        specimen_code=codes.specimen_code(code, bill_type.specimen_version),
        supervisor_area_code=supervisor_area_code,
        total_fen=total_fen,
        issue_date=at.date(),
        issue_time=at.time(),
        unit=unit,
        payer=Payer(payer.kind, payer.name, payer.code),
        pay_mode=request.pay_mode,
        business_number=request.business_number,
        remark=request.remark,
        handler=request.handler,
        checker=request.checker,
        extension=bill_type.main_ext(request.extension, payment_code=request.payment_code),
        unit_seal=unit_seal,
        supervision_seal=supervision_seal,
        lines=_lines(request, items),
        aux_lines=_aux_lines(request, items),
    )


class Taken(Protocol):
    """What a reversal takes of one line of the original; all positive."""

    @property
    def number(self) -> int: ...

    @property
    def amount_fen(self) -> int: ...

    @property
    def quantity_e4(self) -> int | None: ...

    @property
    def standard_e4(self) -> int | None: ...


def compose_red(
    original: Bill,
    taken: Sequence[Taken],
    *,
    is_whole: bool,
    bill_number: int,
    issued_at: datetime,
    business_number: str,
    remark: str,
    handler: str,
    checker: str,
    unit: UnitParty,
    supervisor_area_code: str,
    unit_seal: SealReference,
    supervision_seal: SealReference,
    secret: bytes,
    demonstration: bool,
    profile: Profile = SICHUAN_2026_1,
) -> Bill:
    """红票: the original's lines negated, under a number and a code of its own, naming the original.

    What says who paid which part, and the auxiliary lines, belong to the whole: a partial reversal leaves them out.
    """
    bill_type = bill_types.bill_type(original.bill_type_code)
    if bill_type is None:
        raise ValueError(f"not a bill type: {original.bill_type_code!r}")
    at = local(issued_at).replace(microsecond=0)
    code = codes.bill_code(profile.region2, bill_type.code, at.year)
    total_fen = -sum(line.amount_fen for line in taken)
    reverses = BillKey(original.bill_code, original.bill_number)
    extension = _red_extension(original, is_whole)
    return Bill(
        bill_tag=profile.tag(demonstration=demonstration), version=profile.xml_version,
        bill_name=bill_type.bill_name(profile), bill_code=code, bill_number=bill_number,
        check_code=check_code(secret, code, bill_number, at.date(), total_fen, unit.code, original.payer.name, profile),
        specimen_code=codes.specimen_code(code, bill_type.specimen_version), supervisor_area_code=supervisor_area_code,
        total_fen=total_fen, issue_date=at.date(), issue_time=at.time(), unit=unit, payer=original.payer,
        pay_mode=original.pay_mode, business_number=business_number, remark=remark, handler=handler, checker=checker,
        extension=bill_type.main_ext(extension, payment_code=original.payment_code, reverses=reverses),
        unit_seal=unit_seal, supervision_seal=supervision_seal,
        lines=tuple([_red_line(original.lines[one.number - 1], one) for one in taken]),
        aux_lines=tuple([_red_aux_line(line) for line in original.aux_lines]) if is_whole else (),
    )  # fmt: skip


def _red_extension(original: Bill, is_whole: bool) -> dict[str, str]:
    bill_type = bill_types.bill_type(original.bill_type_code)
    amounts = {own.name for own in bill_type.extension if own.kind == "amount"} if bill_type else set()
    found = {}
    for name, text in bill_json.extension(original).items():
        if name in amounts:
            text = money.format_fen(-money.parse_yuan(text)) if is_whole else ""
        found[name] = text
    return found


def _red_line(line: Line, taken: Taken) -> Line:
    return Line(
        line.item_code, line.item_name, -taken.amount_fen, -taken.quantity_e4 if taken.quantity_e4 is not None else None,
        line.measure, taken.standard_e4, line.remark, line.detail_name,
    )  # fmt: skip


def _red_aux_line(line: AuxLine) -> AuxLine:
    quantity_e4 = None if line.quantity_e4 is None else -line.quantity_e4
    return replace(line, amount_e4=-line.amount_e4, quantity_e4=quantity_e4)


def _lines(request: BillRequest, items: Mapping[str, ItemNaming]) -> tuple[Line, ...]:
    return tuple(
        [
            Line(
                line.item_code, item.name, line.amount_fen, line.quantity_e4, item.measure, line.standard_e4, line.remark
            )
            for line in request.lines
            for item in (items[line.item_code],)
        ]
    )


def _aux_lines(request: BillRequest, items: Mapping[str, ItemNaming]) -> tuple[AuxLine, ...]:
    return tuple(
        [
            AuxLine(
                name=line.name,
                amount_e4=line.amount_e4,
                related_item_code=line.related_item_code,
                related_item_name=items[line.related_item_code].name if line.related_item_code else "",
                code=line.code,
                quantity_e4=line.quantity_e4,
                measure=line.measure,
                standard_e4=line.standard_e4,
                remark=line.remark,
            )
            for line in request.aux_lines
        ]
    )
