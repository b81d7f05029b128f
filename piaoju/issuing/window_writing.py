"""Verbs of the issuing window, inside someone's transaction. Re-exported by `actions`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from piaoju.issuing import window_tables as tables
from piaoju.issuing.errors import DraftNotOpen, DraftsTooMany, DraftUnknown, TemplatesTooMany, TemplateUnknown
from piaoju.issuing.window_reading import delivery_row, draft_row
from piaoju.issuing.window_values import (
    Author,
    DeliveryKey,
    DeliveryRow,
    DeliveryState,
    DeliveryToMake,
    DraftRow,
    DraftState,
    DraftToKeep,
)
from piaoju.kit import arrays

DRAFTS_OF_OPERATOR_MAX = 200
TEMPLATES_OF_POINT_MAX = 100


_KEEP_SQL = """
    INSERT INTO issuing_draft (unit_id, business_number, operator_id, person_id, actor, handler, point_code, bill_type_code,
        payer_name, total_fen, sealed, kept_at, state, returned_by, reason)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'open', '', '')
    ON CONFLICT ON CONSTRAINT one_draft_a_business_number DO UPDATE SET point_code = excluded.point_code,
        bill_type_code = excluded.bill_type_code, payer_name = excluded.payer_name, total_fen = excluded.total_fen,
        sealed = excluded.sealed, kept_at = excluded.kept_at
    WHERE issuing_draft.operator_id = excluded.operator_id AND issuing_draft.state <> 'submitted'
    RETURNING id
"""


def keep_draft(cursor: Any, draft: DraftToKeep, at: datetime) -> int:
    """The draft is as typed now; its id. Raises DraftNotOpen (someone else's, or waiting for review), DraftsTooMany."""
    drafts = tables.Draft.objects
    is_new = not drafts.filter(unit_id=draft.unit_id, business_number=draft.business_number).exists()
    if is_new and drafts.filter(operator_id=draft.author.operator_id).count() >= DRAFTS_OF_OPERATOR_MAX:
        raise DraftsTooMany
    who = draft.author
    cursor.execute(
        _KEEP_SQL,
        (
            draft.unit_id, draft.business_number, who.operator_id, who.person_id, who.actor, who.name, draft.point_code,
            draft.bill_type_code, draft.payer_name, draft.total_fen, draft.sealed, at,
        ),
    )  # fmt: skip
    kept = cursor.fetchone()
    if kept is None:
        raise DraftNotOpen
    return int(kept[0])


def submit_draft(draft_id: int, at: datetime) -> None:
    """提交复核: from now on it waits, and is not written in."""
    tables.Draft.objects.filter(pk=draft_id).update(
        state=DraftState.SUBMITTED, submitted_at=at, reason="", returned_by="", returned_by_person_id=None
    )


def return_draft(draft_id: int, by: Author, reason: str) -> None:
    """退回: its author may go on with it; the reason stands above it."""
    tables.Draft.objects.filter(pk=draft_id).update(
        state=DraftState.RETURNED, returned_by=by.name, returned_by_person_id=by.person_id, reason=reason
    )


def withdraw_draft(draft_id: int) -> None:
    """撤回: nobody reviewed it yet, and its author goes on with it."""
    tables.Draft.objects.filter(pk=draft_id).update(state=DraftState.OPEN, submitted_at=None)


def drop_draft(unit_id: int, business_number: str) -> None:
    """The draft is gone: it became a bill, or is not wanted."""
    tables.Draft.objects.filter(unit_id=unit_id, business_number=business_number).delete()


def lock_draft(draft_id: int) -> DraftRow:
    """The draft, which nobody else decides about until the transaction ends. Raises DraftUnknown."""
    found = tables.Draft.objects.select_for_update().filter(pk=draft_id).first()
    if found is None:
        raise DraftUnknown
    return draft_row(found)


def keep_template(
    unit_id: int, point_code: str, name: str, *, bill_type_code: str, content: str, by: str, at: datetime
) -> int:
    """A template of this name, written over if there is one; its id. Raises TemplatesTooMany."""
    here = tables.BillTemplate.objects.filter(unit_id=unit_id, point_code=point_code)
    if here.exclude(name=name).count() >= TEMPLATES_OF_POINT_MAX:
        raise TemplatesTooMany
    row, _ = here.update_or_create(
        unit_id=unit_id, point_code=point_code, name=name,
        defaults={"bill_type_code": bill_type_code, "content": content, "kept_by": by, "kept_at": at},
    )  # fmt: skip
    return row.pk


def drop_template(unit_id: int, template_id: int) -> None:
    """The template is gone. Raises TemplateUnknown."""
    if not tables.BillTemplate.objects.filter(pk=template_id, unit_id=unit_id).delete()[0]:
        raise TemplateUnknown


def set_review_rule(unit_id: int, from_total_fen: int | None, by: str, at: datetime) -> None:
    """From this total on bills of the window wait for a 复核员; none: no bill does."""
    if from_total_fen is None:
        tables.ReviewRule.objects.filter(unit_id=unit_id).delete()
        return
    tables.ReviewRule.objects.update_or_create(
        unit_id=unit_id, defaults={"from_total_fen": from_total_fen, "set_by": by, "set_at": at}
    )


def add_deliveries(cursor: Any, deliveries: Sequence[DeliveryToMake]) -> None:
    """Into the outbox; a delivery asked for twice at the same instant is one."""
    cursor.execute(
        """
        INSERT INTO issuing_delivery (unit_id, asked_at, bill_code, bill_number, channel, issued_at, destination_sealed,
            destination_masked, asked_by, next_at)
        SELECT *, w.asked_at FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[], %s::text[],
            %s::timestamptz[], %s::bytea[], %s::text[], %s::text[])
            AS w (unit_id, asked_at, bill_code, bill_number, channel, issued_at, sealed, masked, asked_by)
        ON CONFLICT DO NOTHING
        """,
        (
            arrays.numbers([d.key.unit_id for d in deliveries]), arrays.instants([d.key.asked_at for d in deliveries]),
            arrays.texts([d.key.bill_code for d in deliveries]), arrays.numbers([d.key.bill_number for d in deliveries]),
            arrays.texts([d.key.channel for d in deliveries]), arrays.instants([d.issued_at for d in deliveries]),
            arrays.octets([d.destination_sealed for d in deliveries]),
            arrays.texts([d.destination_masked for d in deliveries]), arrays.texts([d.asked_by for d in deliveries]),
        ),
    )  # fmt: skip


def claim_delivery(cursor: Any, channels: Sequence[str], now: datetime, again_at: datetime) -> DeliveryRow | None:
    """The delivery that is due longest, not due again before `again_at` whatever becomes of it now; none if none is."""
    cursor.execute(
        """
        UPDATE issuing_delivery d SET attempts = d.attempts + 1, next_at = %s FROM (
            SELECT unit_id, asked_at, bill_code, bill_number, channel FROM issuing_delivery
            WHERE state = 'waiting' AND next_at <= %s AND channel = ANY(%s)
            ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED) w
        WHERE (d.unit_id, d.asked_at, d.bill_code, d.bill_number, d.channel)
            = (w.unit_id, w.asked_at, w.bill_code, w.bill_number, w.channel)
        RETURNING d.unit_id, d.asked_at, d.bill_code, d.bill_number, d.channel, d.issued_at, d.destination_sealed,
            d.destination_masked, d.state, d.attempts, d.next_at
        """,
        (again_at, now, list(channels)),
    )
    row = cursor.fetchone()
    return delivery_row(row) if row else None


def settle_delivery(
    cursor: Any, key: DeliveryKey, state: DeliveryState, *, at: datetime, next_at: datetime, fault: str = ""
) -> None:
    """What became of an attempt."""
    cursor.execute(
        """
        UPDATE issuing_delivery SET state = %s, sent_at = %s, next_at = %s, fault = %s
        WHERE unit_id = %s AND asked_at = %s AND bill_code = %s AND bill_number = %s AND channel = %s AND state = 'waiting'
        """,
        (
            state, at if state == DeliveryState.SENT else None, next_at, fault[:200], key.unit_id, key.asked_at,
            key.bill_code, key.bill_number, key.channel,
        ),
    )  # fmt: skip
