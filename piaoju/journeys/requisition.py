"""申领: a unit or a finance department asks for numbers, within its limit; and may take it back until it is allotted."""

from __future__ import annotations

from collections.abc import Callable

from piaoju.identity import rules as identity_rules
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Scope
from piaoju.journeys import stock_facts, stock_limits
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.journeys.stock_places import (
    AskedNumbers,
    department_at_stock,
    ground,
    scope_of_place,
    today,
    unit_at_stock,
)
from piaoju.stock import actions as stock
from piaoju.stock import queries, rules
from piaoju.stock.errors import NotTheSupplier, RequisitionUnknown, UnitWithoutNumbers
from piaoju.stock.types import RequisitionRow


def submit_for_unit(office: Office, actor: OperatorActor, unit_code: str, asked: AskedNumbers, *, trace_id: str = "") -> int:
    """The id of the requisition.

    Raises UnitWithoutNumbers, Refused (ended, suspended, a license run out), RequisitionOverLimit, WriteOffNeeded,
    RequisitionOpen, SheetsInvalid, YearInvalid, PaperCodeInvalid.
    """
    with acting(
        office, actor, Act.SUBMIT_REQUISITION, scope=lambda: _unit_scope(office, unit_code, asked), trace_id=trace_id,
        subject=f"unit:{unit_code} {asked.bill_type_code} {asked.sheets}",
    ) as cursor:  # fmt: skip
        code = asked.code(office)
        unit = unit_at_stock(unit_code, today(office), asked.bill_type_code)
        if asked.bill_type_code not in unit.bill_types:
            raise UnitWithoutNumbers
        unit.refuse_locked()
        allowed = stock_limits.allowed(office, unit.unit_id, code.medium, asked.bill_type_code)
        rules.refuse_requisition(asked.sheets, allowed.sheets, allowed.usage, allowed.policy)
        why = ground(office, actor, asked.reason.strip())
        number = stock.submit_requisition(code, unit.place, unit.department, asked.sheets, why)
        stock_facts.post_requisitioned(cursor, unit, code, asked.sheets, why, requisition_id=number)
    return number


def submit_for_department(
    office: Office, actor: OperatorActor, region_code: str, asked: AskedNumbers, *, trace_id: str = ""
) -> int:
    """The id of the requisition to the department above. Raises NotTheSupplier (the province has none above it)."""
    with acting(
        office, actor, Act.SUBMIT_DEPARTMENT_REQUISITION, trace_id=trace_id,
        scope=lambda: department_at_stock(region_code, today(office), asked.bill_type_code).scope,
        subject=f"region:{region_code} {asked.bill_type_code} {asked.sheets}",
    ):  # fmt: skip
        code = asked.code(office)
        department = department_at_stock(region_code, today(office))
        if department.superior is None:
            raise NotTheSupplier("省级财政没有上级可申领，号码由省级赋码产生。请改用赋码")
        why = ground(office, actor, asked.reason.strip())
        return stock.submit_requisition(code, department.place, department.superior, asked.sheets, why)


def withdraw(office: Office, actor: OperatorActor, requisition_id: int, *, trace_id: str = "") -> None:
    """Take a requisition back before it is allotted. Raises RequisitionUnknown, RequisitionStepOver."""
    with acting(
        office, actor, Act.WITHDRAW_REQUISITION, scope=scope_of_asker(office, requisition_id), trace_id=trace_id,
        subject=f"requisition:{requisition_id}", missing=RequisitionUnknown,
    ):  # fmt: skip
        stock.withdraw(stock.lock_requisition(requisition_id))


def scope_of_asker(office: Office, requisition_id: int) -> Callable[[], Scope]:
    """Where a requisition comes from."""

    def scope() -> Scope:
        found = queries.requisition(requisition_id)
        return scope_of_place(found.holder, today(office), found.code.bill_type_code)

    return scope


def scope_of_supplier(office: Office, requisition_id: int) -> Callable[[], Scope]:
    """Where a requisition is decided: at the finance department that has the numbers."""

    def scope() -> Scope:
        found = queries.requisition(requisition_id)
        return department_at_stock(found.supplier_region_code, today(office), found.code.bill_type_code).scope

    return scope


def refuse_own(requisition: RequisitionRow, actor: OperatorActor) -> None:
    """Whoever asked does not decide, under no account. Raises SamePerson."""
    identity_rules.refuse_same_person(requisition.requested_person_id, actor)


def _unit_scope(office: Office, unit_code: str, asked: AskedNumbers) -> Scope:
    return unit_at_stock(unit_code, today(office), asked.bill_type_code).scope
