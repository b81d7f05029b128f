"""冲红申请 and prints, written and read. Re-exported by `actions` and `queries`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from piaoju.issuing import reversal_tables as tables
from piaoju.issuing.errors import ReversalOpen, ReversalUnknown
from piaoju.issuing.sequel_values import Printed, ReversalApplicationRow, ReversalState
from piaoju.issuing.types import BillPlace
from piaoju.kit.listing import Asked, Found, Source, find
from piaoju.standard.reversal_request import AskedLine


def add_reversal_application(cursor: Any, row: ReversalApplicationRow) -> int:
    """Keep what is asked, for another person to decide; its id. Raises ReversalOpen where one waits already."""
    cursor.execute(
        """
        INSERT INTO issuing_reversalapplication (unit_id, bill_code, bill_number, bill_type_code, business_number, reason,
            lines, amount_fen, state, asked_at, asked_by, asked_person_id, handler, decided_by, remark, red_code)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'submitted', %s, %s, %s, %s, '', '', '')
        ON CONFLICT (unit_id, bill_code, bill_number) WHERE state = 'submitted' DO NOTHING RETURNING id
        """,
        (
            row.unit_id, row.bill_code, row.bill_number, row.bill_type_code, row.business_number, row.reason,
            json.dumps([[line.number, line.quantity_e4, line.amount_fen] for line in row.lines]), row.amount_fen,
            row.asked_at, row.asked_by, row.asked_person_id, row.handler,
        ),
    )  # fmt: skip
    kept = cursor.fetchone()
    if kept is None:
        raise ReversalOpen
    return int(kept[0])


def lock_reversal_application(application_id: int) -> ReversalApplicationRow:
    """The application, locked until the transaction's end. Raises ReversalUnknown."""
    found = tables.ReversalApplication.objects.select_for_update().filter(pk=application_id).first()
    if found is None:
        raise ReversalUnknown
    return _row(found)


def settle_reversal_application(
    application_id: int, state: ReversalState, *, at: datetime, by: str, person_id: int, remark: str = "",
    red: BillPlace | None = None,
) -> None:  # fmt: skip
    """What became of it, and its red bill."""
    tables.ReversalApplication.objects.filter(pk=application_id).update(
        state=state, decided_at=at, decided_by=by, decided_person_id=person_id, remark=remark,
        red_code=red.bill_code if red else "", red_number=red.bill_number if red else None,
    )  # fmt: skip


def reversal_application(application_id: int) -> ReversalApplicationRow:
    """Raises ReversalUnknown."""
    found = tables.ReversalApplication.objects.filter(pk=application_id).first()
    if found is None:
        raise ReversalUnknown
    return _row(found)


def open_reversal_of(place: BillPlace) -> ReversalApplicationRow | None:
    """The application about this bill that waits for a decision, or none."""
    found = tables.ReversalApplication.objects.filter(
        unit_id=place.unit_id, bill_code=place.bill_code, bill_number=place.bill_number, state=ReversalState.SUBMITTED
    ).first()
    return _row(found) if found else None


def reversal_of_business_number(unit_id: int, business_number: str) -> ReversalApplicationRow | None:
    """The application that asks for the red bill of this business number, settled or not; or none."""
    found = tables.ReversalApplication.objects.filter(unit_id=unit_id, business_number=business_number).first()
    return _row(found) if found else None


@dataclass(frozen=True, slots=True)
class ReversalListRow:
    """An application as a list shows it."""

    id: int
    unit_code: str
    bill_code: str
    bill_number: int
    amount_fen: int
    reason: str
    state: str
    asked_at: datetime
    asked_by: str
    decided_by: str


_APPLICATIONS = Source(
    table="issuing_reversalapplication r JOIN registry_unit u ON u.id = r.unit_id",
    fields={
        "id": "r.id", "unit_code": "u.code", "bill_code": "r.bill_code", "bill_number": "r.bill_number",
        "amount_fen": "r.amount_fen", "reason": "r.reason", "state": "r.state", "asked_at": "r.asked_at",
        "asked_by": "r.asked_by", "decided_by": "r.decided_by",
    },
    key=("id",),
    sums={"amount_fen": "coalesce(sum(r.amount_fen), 0)"},
)  # fmt: skip


def reversal_applications_page(unit_codes: Sequence[str], asked: Asked) -> Found[ReversalListRow]:
    """Applications of these units."""
    with connection.cursor() as cursor:
        return find(
            cursor, _APPLICATIONS, asked, ReversalListRow, scope="u.code = ANY(%s)", scope_values=[sorted(unit_codes)]
        )


def reversals_waiting(unit_codes: Sequence[str], person_id: int) -> int:
    """How many wait at these units for someone who is not who asked."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {_APPLICATIONS.table} WHERE u.code = ANY(%s) AND r.state = 'submitted' "
            "AND r.asked_person_id <> %s",
            (sorted(unit_codes), person_id),
        )
        return int(cursor.fetchone()[0])


def prints_of(place: BillPlace) -> list[Printed]:
    """Every print of a bill, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ordinal, at, form, actor FROM issuing_print WHERE unit_id = %s AND issued_at = %s AND bill_code = %s "
            "AND bill_number = %s ORDER BY ordinal",
            (place.unit_id, place.issued_at, place.bill_code, place.bill_number),
        )
        return [Printed(*row) for row in cursor.fetchall()]


def _row(found: Any) -> ReversalApplicationRow:
    return ReversalApplicationRow(
        found.pk, found.unit_id, found.bill_code, found.bill_number, found.bill_type_code, found.business_number,
        found.reason, tuple([AskedLine(*line) for line in found.lines]), found.amount_fen, ReversalState(found.state),
        found.asked_at, found.asked_by, found.asked_person_id, found.handler, found.decided_at, found.decided_by,
        found.remark, found.red_code, found.red_number,
    )  # fmt: skip
