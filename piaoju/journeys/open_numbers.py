"""赋码: the numbers of a code come into being in the province's stock, the next free ones or those a printer delivered."""

from __future__ import annotations

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.journeys.stock_places import AskedNumbers, department_at_stock, ground, today
from piaoju.stock import actions as stock
from piaoju.stock.errors import NotTheSupplier
from piaoju.stock.types import Numbers


def open_numbers(
    office: Office, actor: OperatorActor, region_code: str, asked: AskedNumbers, *, first: int | None = None, trace_id: str = ""
) -> Numbers:
    """So many numbers, the next free ones, or from `first` on (paper comes with its numbers printed).

    Raises NotTheSupplier unless it is the province, SegmentOverlaps, NumbersTooMany.
    """
    with acting(
        office, actor, Act.OPEN_NUMBERS, trace_id=trace_id,
        scope=lambda: department_at_stock(region_code, today(office), asked.bill_type_code).scope,
        subject=f"region:{region_code} {asked.bill_type_code} {asked.sheets}",
    ) as cursor:  # fmt: skip
        code = asked.code(office)
        department = department_at_stock(region_code, today(office))
        if department.superior is not None:
            raise NotTheSupplier("号码由省级财政赋码，市县向上级申领。请到「申领」页办理")
        why = ground(office, actor, asked.reason.strip())
        if first is None:
            return stock.open_numbers(cursor, code, asked.sheets, department.place, why)
        return stock.open_range(cursor, Numbers(code, first, first + asked.sheets - 1), department.place, why)
