"""What an issuing window shows before anything is typed: the unit, its items, its templates, the last payer, what may hinder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing import parcel, private, queries
from piaoju.issuing.types import BillPlace, Channel, ReviewRule, TemplateRow
from piaoju.journeys import window_desk
from piaoju.journeys.acting import reading
from piaoju.journeys.office import Office
from piaoju.kit import pinyin
from piaoju.kit.clock import local, local_date
from piaoju.kit.listing import Condition, Whole
from piaoju.registry import queries as registry
from piaoju.registry import rules as registry_rules
from piaoju.registry.errors import UnitUnknown
from piaoju.reporting import queries as reporting
from piaoju.reporting.types import BillsPage, BillsQuestion, Reach
from piaoju.seal import queries as seal
from piaoju.seal.errors import CertificateMissing
from piaoju.standard import money
from piaoju.stock import queries as stock

LAST_BILL_WITHIN = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class WindowUnit:
    """A unit at which a person may issue: its points, and the bill types it issues today."""

    code: str
    name: str
    points: tuple[tuple[str, str], ...]
    bill_type_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WindowItem:
    """A charge item that may be charged today. Standards are texts in yuan; none: no limit on that side."""

    code: str
    name: str
    measure: str
    least: str | None
    most: str | None
    initials: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What a window has: why it cannot issue, numbers, certificate, review, ways to the payer, templates."""

    hindrances: tuple[str, ...]
    numbers: tuple[tuple[str, int, int], ...]  # bill type, next number, how many are left
    certificate_until: datetime | None
    review: ReviewRule | None
    channels: tuple[Channel, ...]
    templates: tuple[TemplateRow, ...]
    last: BillPlace | None
    today_sheets: int  # what this person issued here today
    today_fen: int
    drafts: int


def units(office: Office, actor: OperatorActor) -> list[WindowUnit]:
    """The units at which this person issues, by code."""
    codes = {one.unit_code for one in actor.appointments if one.unit_code and Act.ISSUE_BILL in rights.GRANTS[one.role]}
    on = local_date(office.clock())
    return [_unit(office, actor, code, on) for code in sorted(codes)]


def units_for(actor: OperatorActor, act: Act) -> frozenset[str]:
    """The codes of the units this person does this for."""
    return frozenset(one.unit_code for one in actor.appointments if one.unit_code and act in rights.GRANTS[one.role])


def items(office: Office, actor: OperatorActor, unit_code: str, bill_type_code: str) -> list[WindowItem]:
    """What may be charged today on this bill type, by code. Raises ActNotPermitted, UnitUnknown."""
    reading(actor, Act.ISSUE_BILL, window_desk.scope_of(office, unit_code, bill_type_code), missing=UnitUnknown)
    day = registry_rules.day_of(window_desk.register_of(unit_code), local_date(office.clock()))
    found = []
    for (of_type, code), (item, standard) in sorted(day.charges.items()):
        if of_type == bill_type_code:
            least = _price(standard.minimum_e4) if standard else None
            most = _price(standard.maximum_e4) if standard else None
            found.append(WindowItem(code, item.name, item.measure, least, most, pinyin.initials(item.name)))
    return found


def standing(office: Office, actor: OperatorActor, unit_code: str, point_code: str) -> Standing:
    """Raises ActNotPermitted, UnitUnknown."""
    reading(actor, Act.ISSUE_BILL, window_desk.scope_of(office, unit_code), missing=UnitUnknown)
    register, at = window_desk.register_of(unit_code), office.clock()
    hindrances = [fault.detail for fault in registry_rules.locks(register, local_date(at))]
    until = None
    try:
        until = seal.signing_identity(unit_code, at).valid_until
    except CertificateMissing as missing:
        hindrances.append(missing.detail)
    today = _today(actor, unit_code, at)
    return Standing(
        hindrances=tuple(hindrances),
        numbers=tuple((row.bill_type_code, row.next_number, row.left) for row in stock.stock_of(register.unit_id) if row.left),
        certificate_until=until,
        review=queries.review_rule(register.unit_id),
        channels=tuple(office.senders),
        templates=tuple(queries.templates(register.unit_id, point_code)),
        last=queries.last_bill_of(register.unit_id, actor.name, at - LAST_BILL_WITHIN),
        today_sheets=today.count,
        today_fen=today.sums["total_fen"],
        drafts=queries.drafts_open(actor.operator_id),
    )


def _today(actor: OperatorActor, unit_code: str, at: datetime) -> Whole:
    midnight = local(at).replace(hour=0, minute=0, second=0, microsecond=0)
    mine = BillsQuestion((
        Condition("unit_code", "eq", (unit_code,)), Condition("operator", "eq", (actor.name,)),
        Condition("kind", "eq", ("normal",)), Condition("issued_at", "ge", (midnight,)),
    ))  # fmt: skip
    return reporting.bills(mine, Reach.of_unit(unit_code), BillsPage(limit=1)).whole


def last_payer(office: Office, actor: OperatorActor, unit_code: str) -> dict[str, Any] | None:
    """上一交款人: the payer and the type's own fields of the bill this person issued last here; none if there is none.

    What the person typed some minutes ago is theirs to see; nobody else's bill is looked at.
    """
    reading(actor, Act.ISSUE_BILL, window_desk.scope_of(office, unit_code), missing=UnitUnknown)
    unit_id = window_desk.register_of(unit_code).unit_id
    place = queries.last_bill_of(unit_id, actor.name, office.clock() - LAST_BILL_WITHIN)
    if place is None:
        return None
    answer = answer_of(office, place)
    sealed = queries.private_of(place)
    facts = private.reveal(office.data_key, sealed, place=f"{place.bill_code}-{place.bill_number:010d}") if sealed else {}
    payer = {**answer["payer"], **{name: facts[name] for name in ("phone", "email") if name in facts}}
    return {"bill_type": answer["bill_type"], "payer": payer, "extension": answer["extension"], "checker": answer["checker"]}


def answer_of(office: Office, place: BillPlace) -> dict[str, Any]:
    """A bill as it was answered when it was issued."""
    _, answer = parcel.unpack(
        office.data_key, queries.parcel_of(place), bill_code=place.bill_code, bill_number=place.bill_number,
        text_of_mark=queries.text_of_mark,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(answer)
    return found


def already(actor: OperatorActor, unit_code: str, business_number: str) -> BillPlace | None:
    """The bill that has this business number, for whoever issues here; none where there is none or it is foreign."""
    if unit_code not in units_for(actor, Act.ISSUE_BILL):
        return None
    found = queries.place_of_business_number(window_desk.register_of(unit_code).unit_id, business_number)
    return found[0] if found else None


def _unit(office: Office, actor: OperatorActor, code: str, on: date) -> WindowUnit:
    register = window_desk.register_of(code)
    enabled = sorted(registry_rules.day_of(register, on).bill_types)
    mine = [one for one in enabled if rights.may(actor, Act.ISSUE_BILL, window_desk.scope_of(office, code, one))]
    return WindowUnit(
        code, register.record_on(on).name, tuple(registry.issuing_points(register.unit_id, on)), tuple(mine)
    )


def _price(e4: int | None) -> str | None:
    return None if e4 is None else money.format_price(e4)
