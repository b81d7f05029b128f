"""Bills in the world of the matrix: one of the unit at each place, and an application for its reversal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from piaoju.issuing import parcel
from piaoju.issuing.models import ReversalApplication
from piaoju.journeys import bill_now, fetch_file
from piaoju.journeys.issue import Issued
from piaoju.registry import queries as registry
from piaoju.standard import codes
from tests.offices import body, line

if TYPE_CHECKING:
    from tests.manage.world import World

NOBODY = 2**40  # the person who asked for all of it


def hold_bills(world: World) -> None:
    """Fill `world.bills` and `world.reversals`, by place. Where a unit may not issue, its bill is a copy under its number."""
    installed, office = world.installed, world.installed.office
    (outcome,) = installed.issue(body("MATRIX", lines=[line("10.00")]))
    assert isinstance(outcome, Issued), outcome
    made = msgspec.json.decode(outcome.answer)
    source = bill_now.place(installed.unit_id, made["code"], int(made["number"]))
    xml = fetch_file.xml_of(office, source)
    for place, unit_code in world.units.items():
        if place == "missing":
            world.bills[place], world.reversals[place] = [made["code"], "9999999999"], str(2**40)
            continue
        unit_id = registry.unit_id_of(unit_code)
        segment = world.stock["segment"][place]
        number = installed.count("SELECT lower(span) FROM stock_segment WHERE id = %s", segment)
        code = str(installed.count("SELECT bill_code::int FROM stock_segment WHERE id = %s", segment))
        content = parcel.pack(office.data_key, os.urandom(12), xml, b"{}", bill_code=code, bill_number=number)
        key = (unit_id, source.issued_at, code, number)
        installed.run(
            "INSERT INTO issuing_bill_number (unit_id, issued_at, bill_code, bill_number) VALUES (%s, %s, %s, %s)", *key
        )
        installed.run(
            "INSERT INTO issuing_bill_document (unit_id, issued_at, bill_code, bill_number, body) VALUES (%s, %s, %s, %s, %s)",
            *key, content,
        )
        asked = ReversalApplication.objects.create(
            unit_id=unit_id, bill_code=code, bill_number=number, bill_type_code=code[2:6], business_number=f"M-{place}",
            reason="矩阵", lines=[], amount_fen=1, asked_at=source.issued_at, asked_by="test", asked_person_id=NOBODY,
            handler="甲",
        )  # fmt: skip
        world.bills[place], world.reversals[place] = [code, codes.number_text(number)], str(asked.pk)
