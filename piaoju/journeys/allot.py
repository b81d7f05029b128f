"""发放: numbers go from a finance department to a unit, or to the department below it; segments, history and facts at once."""

from __future__ import annotations

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import stock_facts
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.journeys.requisition import refuse_own, scope_of_supplier
from piaoju.journeys.stock_places import AskedNumbers, department_at_stock, ground, today, unit_of_place
from piaoju.stock import actions as stock
from piaoju.stock.errors import NotTheSupplier, RequisitionStepOver, RequisitionUnknown
from piaoju.stock.types import MovementKind, Numbers, Place, RequisitionState


def allot(office: Office, actor: OperatorActor, requisition_id: int, *, trace_id: str = "") -> list[Numbers]:
    """What was approved is given, lowest numbers first. Raises SamePerson, DepartmentStockExhausted, RequisitionStepOver."""
    source = f"requisition:{requisition_id}"
    with acting(
        office, actor, Act.ALLOT_NUMBERS, scope=scope_of_supplier(office, requisition_id), trace_id=trace_id, subject=source,
        missing=RequisitionUnknown,
    ) as cursor:  # fmt: skip
        requisition = stock.lock_requisition(requisition_id)
        refuse_own(requisition, actor)
        if requisition.state != RequisitionState.APPROVED or requisition.approved_sheets is None:
            raise RequisitionStepOver
        why = ground(office, actor, source=source)
        supplier = Place.department(requisition.supplier_level, requisition.supplier_region_code)
        sheets, code = requisition.approved_sheets, requisition.code
        if requisition.holder.unit_id:
            unit = unit_of_place(requisition.holder, today(office))
            unit.refuse_locked()
            parts = stock_facts.give_to_unit(cursor, unit, supplier, code, sheets, why)
        else:
            parts = stock.give(cursor, MovementKind.DISTRIBUTED, code, sheets, supplier, requisition.holder, why)
        stock.fulfil_requisition(requisition, why)
    return parts


def distribute(
    office: Office, actor: OperatorActor, from_region: str, to_region: str, asked: AskedNumbers, *, trace_id: str = ""
) -> list[Numbers]:
    """分发: a department gives to one below it without being asked. Raises NotTheSupplier, DepartmentStockExhausted."""
    with acting(
        office, actor, Act.DISTRIBUTE_NUMBERS, trace_id=trace_id,
        scope=lambda: department_at_stock(from_region, today(office), asked.bill_type_code).scope,
        subject=f"region:{from_region} region:{to_region} {asked.bill_type_code} {asked.sheets}",
    ) as cursor:  # fmt: skip
        code = asked.code(office)
        giver, taker = department_at_stock(from_region, today(office)), department_at_stock(to_region, today(office))
        if taker.superior != giver.place:
            raise NotTheSupplier
        why = ground(office, actor, asked.reason.strip())
        return stock.give(cursor, MovementKind.DISTRIBUTED, code, asked.sheets, giver.place, taker.place, why)
