"""Around the window in the world of the matrix: a draft, a draft to review and a delivery of the unit at each place."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction

from piaoju.issuing import actions as issuing
from piaoju.issuing.types import Author, BillPlace, Channel
from piaoju.journeys import send_bill, window_desk
from piaoju.journeys.window_desk import Sheet

if TYPE_CHECKING:
    from tests.manage.world import World


def keep_sheets(world: World) -> None:
    """Fill `world.drafts`, `world.reviews` and `world.deliveries`, by place; what is missing has a key nobody has."""
    office = world.installed.office
    for number, (place, code) in enumerate(world.units.items(), 1):
        asked_at = office.clock() - timedelta(minutes=1)
        at = int(asked_at.timestamp()) * 1_000_000 + asked_at.microsecond
        world.deliveries[place] = [code, str(at), "51060126", f"{number:010d}", "sms"]
        if place == "missing":
            world.drafts[place] = world.reviews[place] = str(2**40)
            continue
        unit_id = window_desk.register_of(code).unit_id
        writer = world.ids["handler" if place == "own" else f"o.{place}"]
        for kind, shelf, operator_id in (("D", world.drafts, writer), ("R", world.reviews, world.ids[f"o.{place}"])):
            sheet = Sheet(code, {"business_number": f"{kind}-{number}", "bill_type": "0601", "payer": {"name": "矩阵"}})
            author = Author(operator_id, 2**40, "operator:x", "矩阵开票员")
            with transaction.atomic(), connection.cursor() as cursor:
                draft = issuing.keep_draft(cursor, window_desk.draft_of(office, unit_id, author, sheet), office.clock())
                if kind == "R":
                    cursor.execute("UPDATE issuing_draft SET total_fen = 100 WHERE id = %s", [draft])
                    issuing.submit_draft(draft, office.clock())
            shelf[place] = str(draft)
        made = send_bill.delivery_of(
            office, BillPlace(unit_id, asked_at, "51060126", number), Channel.SMS, "13800000221", asked_at, "operator:x"
        )
        with transaction.atomic(), connection.cursor() as cursor:
            issuing.add_deliveries(cursor, [made])
