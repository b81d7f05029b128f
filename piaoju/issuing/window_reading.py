"""Nouns of the issuing window: drafts, templates, the review rule, deliveries. Re-exported by `queries`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from piaoju.issuing import window_tables as tables
from piaoju.issuing.errors import DeliveryUnknown, DraftUnknown, TemplateUnknown
from piaoju.issuing.types import BillPlace
from piaoju.issuing.window_values import (
    Author,
    Channel,
    DeliveryKey,
    DeliveryRow,
    DeliveryState,
    DraftRow,
    DraftState,
    ReviewRule,
    TemplateRow,
)
from piaoju.kit.listing import Asked, Found, Source, find

_DELIVERY = """unit_id, asked_at, bill_code, bill_number, channel, issued_at, destination_sealed, destination_masked, state,
    attempts, next_at"""


def draft(draft_id: int) -> DraftRow:
    """Raises DraftUnknown."""
    found = tables.Draft.objects.filter(pk=draft_id).first()
    if found is None:
        raise DraftUnknown
    return draft_row(found)


def draft_of_business_number(unit_id: int, business_number: str) -> DraftRow | None:
    """The draft that will be the bill of this business number, or none."""
    found = tables.Draft.objects.filter(unit_id=unit_id, business_number=business_number).first()
    return draft_row(found) if found else None


def drafts_open(operator_id: int) -> int:
    """How many drafts an operator has that wait for nobody else."""
    return _count(
        f"SELECT count(*) FROM {_DRAFTS.table} WHERE {_UNISSUED} AND operator_id = %s AND state <> 'submitted'", operator_id
    )


def drafts_to_review(unit_codes: frozenset[str]) -> int:
    """How many drafts of these units wait for a 复核员."""
    sql = f"SELECT count(*) FROM {_DRAFTS.table} WHERE {_UNISSUED} AND state = 'submitted' AND u.code = ANY(%s)"
    return _count(sql, sorted(unit_codes))


def drafts_of_issued(kept_before: datetime, limit: int) -> list[DraftRow]:
    """Drafts left behind by a process that ended between a bill and what follows it."""
    rows = tables.Draft.objects.raw(
        """SELECT d.* FROM issuing_draft d JOIN issuing_business_key k USING (unit_id, business_number)
           WHERE d.kept_at < %s LIMIT %s""",
        (kept_before, limit),
    )
    return [draft_row(row) for row in rows]


def draft_row(row: tables.Draft) -> DraftRow:
    """A row as a value."""
    return DraftRow(
        row.pk, row.unit_id, row.business_number, Author(row.operator_id, row.person_id, row.actor, row.handler),
        row.point_code, row.bill_type_code, row.payer_name, row.total_fen, DraftState(row.state), bytes(row.sealed),
        row.kept_at, row.submitted_at, row.returned_by, row.reason,
    )  # fmt: skip


def templates(unit_id: int, point_code: str) -> list[TemplateRow]:
    """The templates of an issuing point, then those of the whole unit, by name."""
    rows = tables.BillTemplate.objects.filter(unit_id=unit_id, point_code__in={point_code, ""})
    return [template_row(row) for row in rows.order_by("-point_code", "name")]


def template(unit_id: int, template_id: int) -> TemplateRow:
    """Raises TemplateUnknown."""
    found = tables.BillTemplate.objects.filter(pk=template_id, unit_id=unit_id).first()
    if found is None:
        raise TemplateUnknown
    return template_row(found)


def template_row(row: tables.BillTemplate) -> TemplateRow:
    """A row as a value."""
    return TemplateRow(row.pk, row.unit_id, row.point_code, row.name, row.bill_type_code, row.content, row.kept_by)


def review_rule(unit_id: int) -> ReviewRule | None:
    """From which total on this unit's bills of the window wait for a 复核员; none: none does."""
    row = tables.ReviewRule.objects.filter(pk=unit_id).first()
    return ReviewRule(row.from_total_fen, row.set_by, row.set_at) if row else None


def last_bill_of(unit_id: int, actor: str, since: datetime) -> BillPlace | None:
    """The bill that this actor issued last."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT unit_id, issued_at, bill_code, bill_number FROM issuing_bill
               WHERE unit_id = %s AND issued_at >= %s AND actor = %s AND reverses_code IS NULL
               ORDER BY issued_at DESC, bill_code DESC, bill_number DESC LIMIT 1""",
            (unit_id, since, actor),
        )
        row = cursor.fetchone()
    return BillPlace(*row) if row else None


def private_of(place: BillPlace) -> bytes | None:
    """The sealed private facts of a bill's payer (`private.reveal`)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT private_sealed FROM issuing_bill
               WHERE unit_id = %s AND issued_at = %s AND bill_code = %s AND bill_number = %s""",
            (place.unit_id, place.issued_at, place.bill_code, place.bill_number),
        )
        row = cursor.fetchone()
    return bytes(row[0]) if row and row[0] is not None else None


def delivery(key: DeliveryKey) -> DeliveryRow:
    """Raises DeliveryUnknown."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {_DELIVERY} FROM issuing_delivery
                WHERE unit_id = %s AND asked_at = %s AND bill_code = %s AND bill_number = %s AND channel = %s""",
            (key.unit_id, key.asked_at, key.bill_code, key.bill_number, key.channel),
        )
        row = cursor.fetchone()
    if row is None:
        raise DeliveryUnknown
    return delivery_row(row)


def delivery_due(channels: Sequence[str], now: datetime) -> bool:
    """Whether one of these channels has something to send now."""
    sql = """SELECT count(*) FROM (SELECT FROM issuing_delivery
             WHERE state = 'waiting' AND next_at <= %s AND channel = ANY(%s) LIMIT 1)"""
    return _count(f"{sql} due", now, list(channels)) > 0


def delivery_row(row: Any) -> DeliveryRow:
    """A row of the outbox as a value."""
    unit_id, asked_at, code, number, channel, issued_at, sealed, masked, state, attempts, next_at = row
    key = DeliveryKey(unit_id, asked_at, code, number, Channel(channel))
    return DeliveryRow(key, issued_at, bytes(sealed), masked, DeliveryState(state), attempts, next_at)


# lists ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DraftListRow:
    id: int
    unit_code: str
    point_code: str
    business_number: str
    bill_type_code: str
    payer_name: str
    total_fen: int | None
    state: str
    handler: str
    kept_at: datetime
    submitted_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class DeliveryListRow:
    unit_code: str
    asked_at: datetime
    bill_code: str
    bill_number: int
    channel: str
    destination_masked: str
    asked_by: str
    state: str
    attempts: int
    next_at: datetime
    sent_at: datetime | None
    fault: str


# A bill's own draft is no draft any more, even where a late autosave brought it back.
_UNISSUED = """NOT EXISTS (SELECT FROM issuing_business_key k
    WHERE k.unit_id = d.unit_id AND k.business_number = d.business_number)"""
_DRAFTS = Source(
    table="issuing_draft d JOIN registry_unit u ON u.id = d.unit_id",
    fields={
        "id": "d.id", "unit_code": "u.code", "point_code": "d.point_code", "business_number": "d.business_number",
        "bill_type_code": "d.bill_type_code", "payer_name": "d.payer_name", "total_fen": "d.total_fen", "state": "d.state",
        "handler": "d.handler", "kept_at": "d.kept_at", "submitted_at": "d.submitted_at", "reason": "d.reason",
    },
    key=("id",),
    sums={"total_fen": "coalesce(sum(d.total_fen), 0)"},
    order={"total_fen": "coalesce(d.total_fen, 0)", "submitted_at": "coalesce(d.submitted_at, '-infinity')"},
)  # fmt: skip
_DELIVERIES = Source(
    table="issuing_delivery d JOIN registry_unit u ON u.id = d.unit_id",
    fields={
        "unit_code": "u.code", "asked_at": "d.asked_at", "bill_code": "d.bill_code", "bill_number": "d.bill_number",
        "channel": "d.channel", "destination_masked": "d.destination_masked", "asked_by": "d.asked_by", "state": "d.state",
        "attempts": "d.attempts", "next_at": "d.next_at", "sent_at": "d.sent_at", "fault": "d.fault",
    },
    key=("asked_at", "bill_code", "bill_number", "channel"),
    order={"sent_at": "coalesce(d.sent_at, '-infinity')"},
)  # fmt: skip


def drafts_page(operator_id: int, asked: Asked) -> Found[DraftListRow]:
    """An operator's own drafts."""
    with connection.cursor() as cursor:
        return find(
            cursor, _DRAFTS, asked, DraftListRow, scope=f"d.operator_id = %s AND {_UNISSUED}", scope_values=[operator_id]
        )


def reviews_page(unit_codes: frozenset[str], asked: Asked) -> Found[DraftListRow]:
    """What waits for a 复核员 at these units."""
    scope = f"u.code = ANY(%s) AND d.state = 'submitted' AND {_UNISSUED}"
    with connection.cursor() as cursor:
        return find(cursor, _DRAFTS, asked, DraftListRow, scope=scope, scope_values=[sorted(unit_codes)])


def deliveries_page(unit_codes: frozenset[str], asked: Asked) -> Found[DeliveryListRow]:
    """The outbox of these units."""
    with connection.cursor() as cursor:
        return find(
            cursor, _DELIVERIES, asked, DeliveryListRow, scope="u.code = ANY(%s)", scope_values=[sorted(unit_codes)]
        )


def _count(sql: str, *parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
    return int(row[0]) if row else 0
