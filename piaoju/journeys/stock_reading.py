"""查看号码: what a person may see of stock; foreign is the same answer as missing. Only here a number meets its bill."""

from __future__ import annotations

from dataclasses import dataclass

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing import queries as bills
from piaoju.issuing.types import BillPlace
from piaoju.journeys import scopes
from piaoju.journeys.acting import reading
from piaoju.journeys.office import Office
from piaoju.journeys.stock_places import department_at_stock, scope_of_code, scope_of_place, today
from piaoju.registry import queries as registry
from piaoju.registry.types import FinanceDepartmentPlace, Sight
from piaoju.stock import queries
from piaoju.stock.errors import DisposalUnknown, NumberUnknown, RequisitionUnknown, SegmentUnknown
from piaoju.stock.types import DisposalRow, Level, Medium, NumberLife, Place, RequisitionRow, SegmentRow


@dataclass(frozen=True, slots=True)
class LifeOfNumber:
    """A number's life, and the bill it carries, if it does."""

    life: NumberLife
    bill: BillPlace | None


def sight(office: Office, actor: OperatorActor, act: Act = Act.READ_STOCK) -> Sight:
    """What lists of stock show this person."""
    return scopes.sight(actor, act, today(office))


def segment(office: Office, actor: OperatorActor, segment_id: int, act: Act = Act.READ_STOCK) -> SegmentRow:
    """Raises SegmentUnknown, ActNotPermitted."""
    found = queries.segment(segment_id)
    reading(actor, act, scope_of_code(found.place, found.code, today(office)), missing=SegmentUnknown)
    return found


def requisition(office: Office, actor: OperatorActor, requisition_id: int, act: Act = Act.READ_STOCK) -> RequisitionRow:
    """To be read by whoever asked and whoever decides; for an act of one of them, by that one. Raises RequisitionUnknown."""
    found = queries.requisition(requisition_id)
    supplier = department_at_stock(found.supplier_region_code, today(office), found.code.bill_type_code).scope
    decides = act in (Act.REVIEW_REQUISITION, Act.ALLOT_NUMBERS)
    if decides or rights.may(actor, act, supplier):
        reading(actor, act, supplier, missing=RequisitionUnknown)
    else:
        reading(actor, act, scope_of_code(found.holder, found.code, today(office)), missing=RequisitionUnknown)
    return found


def disposal(office: Office, actor: OperatorActor, disposal_id: int, act: Act = Act.READ_STOCK) -> DisposalRow:
    """Raises DisposalUnknown, ActNotPermitted."""
    found = queries.disposal(disposal_id)
    if act == Act.DECIDE_DISPOSAL:
        scope = department_at_stock(found.holder.region_code, today(office), found.code.bill_type_code).scope
    else:
        scope = scope_of_code(found.holder, found.code, today(office))
    reading(actor, act, scope, missing=DisposalUnknown)
    return found


def life_of_number(office: Office, actor: OperatorActor, medium: Medium, bill_code: str, number: int) -> LifeOfNumber:
    """The whole life of a number, for whoever sees the place it is in. Raises NumberUnknown, ActNotPermitted."""
    life = queries.life_of(medium, bill_code, number)
    reading(actor, Act.READ_STOCK, scope_of_code(life.place, life.code, today(office)), missing=NumberUnknown)
    bill = None
    if life.taken and medium == Medium.ELECTRONIC:
        bill = bills.place_of_number(life.place.unit_id, bill_code, number)
    return LifeOfNumber(life, bill)


def may(office: Office, actor: OperatorActor, act: Act, place: Place) -> bool:
    """Whether a page offers this act on numbers that are here."""
    return rights.may(actor, act, scope_of_place(place, today(office)))


def may_decide(office: Office, actor: OperatorActor, act: Act, region_code: str) -> bool:
    """Whether a page offers this person a decision of this department."""
    return rights.may(actor, act, department_at_stock(region_code, today(office)).scope)


def name_of(office: Office, place: Place) -> str:
    """How people call whoever has numbers."""
    if place.level == Level.NOWHERE:
        return "尚未赋码"
    if place.unit_id:
        return registry.unit_place_of(place.unit_id, today(office)).name
    return department_at_stock(place.region_code, today(office)).name


def own_departments(office: Office, actor: OperatorActor, act: Act) -> list[FinanceDepartmentPlace]:
    """The finance departments this person acts for, by code."""
    regions = {one.region_code for one in actor.appointments if one.region_code and act in rights.GRANTS[one.role]}
    return sorted(registry.finance_departments(regions).values(), key=lambda one: one.region_code)


def departments_below(office: Office, region_code: str) -> list[FinanceDepartmentPlace]:
    """The finance departments that get their numbers from this one."""
    below = registry.finance_departments(registry.region_subtree([region_code], today(office)))
    return [
        one
        for code, one in sorted(below.items())
        if (above := department_at_stock(code, today(office)).superior) is not None and above.region_code == region_code
    ]


def own_units(actor: OperatorActor, act: Act) -> list[str]:
    """The codes of the units this person acts for."""
    return sorted({one.unit_code for one in actor.appointments if one.unit_code and act in rights.GRANTS[one.role]})


def waiting(office: Office, actor: OperatorActor) -> tuple[int, int]:
    """待办: how many requisitions, and how many disposals, wait for a department of this person; those below have people of
    their own. What the person asked for waits for another."""
    own = [one.region_code for one in own_departments(office, actor, Act.REVIEW_REQUISITION)]
    return queries.requisitions_open(own, actor.person_id), queries.disposals_open(own, actor.person_id)
