"""限量: how many sheets a unit may ask for; normally what it used in half a year, counted from the ledger's own facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.journeys.stock_places import policy, today, unit_at_stock
from piaoju.kit.clock import local
from piaoju.ledger import queries as ledger
from piaoju.stock import actions as stock
from piaoju.stock import queries, rules
from piaoju.stock.types import Medium, Usage

_HALF_A_YEAR = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a unit may ask for now, and what that follows from; in sheets."""

    sheets: int
    usage: Usage
    used_half_year: int
    set_limit: int | None
    policy: rules.Policy


def allowed(office: Office, unit_id: int, medium: Medium, bill_type_code: str) -> Allowed:
    """How many sheets of a bill type this unit may requisition now."""
    at = office.clock()
    end = local(at).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    usage = queries.usage(unit_id, medium, bill_type_code)
    if medium == Medium.ELECTRONIC:
        figures = ledger.totals(end - _HALF_A_YEAR, end, unit_ids=[unit_id], bill_type=bill_type_code).sum
        used = figures.issued_sheets + figures.red_sheets
    else:
        used = usage.used  # paper leaves no facts of its own until it is converted
    set_limit = queries.requisition_limit_set(unit_id, medium, bill_type_code, today(office))
    chosen = policy(office.profile)
    return Allowed(rules.requisition_limit(usage, used, set_limit, chosen), usage, used, set_limit, chosen)


def set_limit(
    office: Office, actor: OperatorActor, unit_code: str, medium: Medium, bill_type_code: str, sheets: int | None,
    *, trace_id: str = "",
) -> None:  # fmt: skip
    """From today on this many sheets, or, with none, again what follows from the unit's use. Raises SheetsInvalid."""
    with acting(
        office, actor, Act.SET_REQUISITION_LIMIT, trace_id=trace_id, subject=f"unit:{unit_code} {bill_type_code} {sheets}",
        scope=lambda: unit_at_stock(unit_code, today(office), bill_type_code).scope,
    ):  # fmt: skip
        if sheets:
            rules.refuse_sheets(sheets)
        unit = unit_at_stock(unit_code, today(office))
        stock.set_requisition_limit(unit.unit_id, medium, bill_type_code, sheets, today=today(office), by=actor.name)
