"""Numbers in the world of the matrix: a segment, a requisition and a disposal of the unit at each place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from piaoju.journeys import stock_facts
from piaoju.journeys.stock_places import today, unit_at_stock
from piaoju.stock import actions as stock
from piaoju.stock import queries
from piaoju.stock.types import DisposalKind, Ground, Numbers

if TYPE_CHECKING:
    from tests.manage.world import World

NOBODY = 2**40  # the person who asked for all of it


def hold_numbers(world: World) -> None:
    """Fill `world.stock`: by kind of thing, then by place; what is missing has a number nobody has."""
    office = world.installed.office
    world.stock = {kind: {"missing": str(2**40)} for kind in ("segment", "requisition", "disposal")}
    for place, code in world.units.items():
        if place == "missing":
            continue
        unit, ground = unit_at_stock(code, today(office)), Ground(office.clock(), "test", remark="矩阵", person_id=NOBODY)
        kind = queries.segments_at(unit.department)[0].code
        with transaction.atomic(), connection.cursor() as cursor:
            (part,) = stock_facts.give_to_unit(cursor, unit, unit.department, kind, 10, ground)
            asked = stock.submit_requisition(kind, unit.place, unit.department, 10, ground)
            last = Numbers(kind, part.last, part.last)
            disposal = stock.submit_disposal(DisposalKind.LOSS, last, unit.place, "", None, ground)
        (segment,) = [row for row in queries.segments_at(unit.place, kind) if row.first_number == part.first]
        world.stock["segment"][place] = str(segment.id)
        world.stock["requisition"][place] = str(asked)
        world.stock["disposal"][place] = str(disposal)
