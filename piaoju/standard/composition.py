"""From what was asked to the bill that will be signed: one function, no choice left open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from piaoju.kit.clock import local
from piaoju.standard import bill_types, codes
from piaoju.standard.bill import AuxLine, Bill, Line, Payer, SealReference, UnitParty
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
