"""What the first version allotted keeps its place and gets a history, so that an old installation has no differences."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection

from piaoju.stock import queries
from piaoju.stock.types import Medium, MovementKind, SegmentState
from tests.journeys.stock_office import differences
from tests.offices import Installed


def test_segments_of_the_first_version_are_in_their_unit_s_hands_with_their_history(installed: Installed) -> None:
    unit_id = installed.unit_id
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM stock_counter")
    call_command("migrate", "stock", "0002", verbosity=0)
    with connection.cursor() as cursor:
        # As the first version left it: segments of units alone, out of nowhere, and their facts.
        cursor.execute("TRUNCATE stock_segment")
        cursor.execute(
            "INSERT INTO stock_segment (unit_id, bill_type_code, bill_code, span, allotted_at, allotted_by) "
            "SELECT unit_id, bill_type_code, bill_code, int8range(bill_number, bill_number + sheets), at, actor "
            "FROM ledger_fact WHERE kind = 2 RETURNING id"
        )
        cursor.execute(
            "INSERT INTO stock_counter (unit_id, segment_id, bill_code, next_number, last_number) "
            "SELECT unit_id, id, bill_code, lower(span), upper(span) - 1 FROM stock_segment"
        )
    call_command("migrate", "stock", verbosity=0)
    (segment, *_) = queries.stock_of(unit_id)
    life = queries.life_of(Medium.ELECTRONIC, segment.bill_code, segment.first_number)
    assert [movement.kind for movement in life.movements] == [MovementKind.OPENED, MovementKind.ALLOTTED]
    assert (life.place.unit_id, life.place.region_code, life.place.state) == (unit_id, "510000", SegmentState.IN_USE)
    assert differences() == []
