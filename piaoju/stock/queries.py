"""Where numbers are."""

from __future__ import annotations

from django.db import connection

from piaoju.stock.types import StockRow


def unit_of(bill_code: str, bill_number: int) -> int | None:
    """The id of the unit this number was allotted to, or none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT unit_id FROM stock_segment WHERE bill_code = %s AND span @> %s::bigint", (bill_code, bill_number)
        )
        row = cursor.fetchone()
    return row[0] if row else None


def stock_of(unit_id: int) -> list[StockRow]:
    """Every segment of a unit and what is left of it, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.bill_type_code, s.bill_code, lower(s.span), upper(s.span) - 1, c.next_number,
                   c.last_number - c.next_number + 1
            FROM stock_segment s JOIN stock_counter c ON c.unit_id = s.unit_id AND c.segment_id = s.id
            WHERE s.unit_id = %s ORDER BY s.bill_code, s.id
            """,
            (unit_id,),
        )
        return [StockRow(*row) for row in cursor.fetchall()]
