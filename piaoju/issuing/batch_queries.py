"""Nouns that read batches."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from piaoju.issuing import models
from piaoju.issuing.errors import BatchNotFound
from piaoju.issuing.types import BatchKept, BatchProgress, FitRow, ReadRow
from piaoju.kit.listing import Asked, Found, Source, find

RATE_SECONDS = 6
_KEPT = (
    "id", "unit_id", "unit_code", "file_name", "uploaded_at", "actor", "client_id", "mode", "state", "detail", "rows_read",
    "rows", "bills", "counts", "checked_at", "started_at", "ended_at",
    "file_swept_at",
)  # fmt: skip
# A row of a chunk that is done was issued, unless it says otherwise; the business number names its bill.
_READ_SQL = """
    SELECT r.place, CASE WHEN r.state = 'fit' AND c.done_at IS NOT NULL THEN 'issued' ELSE r.state END, r.row_numbers,
           r.business_number, r.amount_fen, r.faults, k.bill_code, k.bill_number
    FROM issuing_batch_row r
    LEFT JOIN issuing_batchchunk c ON c.batch_id = r.batch_id AND c.number = r.chunk
    LEFT JOIN issuing_business_key k ON k.unit_id = r.unit_id AND k.business_number = r.business_number
        AND (r.state IN ('issued', 'unchanged') OR r.state = 'fit' AND c.done_at IS NOT NULL)
    WHERE r.unit_id = %s AND r.uploaded_at = %s AND r.batch_id = %s AND r.place > %s
"""


def batch(batch_id: int) -> BatchKept:
    """A batch. Raises BatchNotFound; who may see it is the caller's to say."""
    row = models.Batch.objects.filter(pk=batch_id).values(*_KEPT).first()
    if row is None:
        raise BatchNotFound
    return BatchKept(**row)


def batches_of(unit_ids: Sequence[int], limit: int) -> list[BatchKept]:
    """The latest batches of these units."""
    return [BatchKept(**row) for row in models.Batch.objects.filter(unit_id__in=unit_ids).order_by("-id").values(*_KEPT)[:limit]]


def batches_to_sweep(before: datetime, limit: int) -> list[int]:
    """Batches with a file that ended before this instant, or have waited for a word since then; the oldest first."""
    found = models.Batch.objects.filter(file_swept_at=None, uploaded_at__lt=before)
    found = found.filter(Q(ended_at__lt=before) | Q(ended_at=None, state__in=("checked", "paused", "stopped")))
    return list(found.order_by("uploaded_at").values_list("pk", flat=True)[:limit])


def batch_content(batch_id: int) -> tuple[bytes, bytes]:
    """(digest, sealed content) of the file."""
    found = models.Batch.objects.values_list("digest", "content_sealed").get(pk=batch_id)
    return bytes(found[0]), bytes(found[1])


def batch_body(batch: BatchKept, place: int) -> bytes:
    """The sealed body of one bill of a batch."""
    rows = _rows(
        "SELECT body FROM issuing_batch_row WHERE unit_id = %s AND uploaded_at = %s AND batch_id = %s AND place = %s",
        (batch.unit_id, batch.uploaded_at, batch.id, place),
    )
    return bytes(rows[0][0])


def batch_progress(batch_id: int) -> BatchProgress:
    """Of one moment."""
    rows = _rows(
        """
        SELECT coalesce(sum(bills), 0), coalesce(sum(issued), 0), coalesce(sum(unchanged), 0), coalesce(sum(refused), 0),
            coalesce(sum(issued) FILTER (WHERE done_at > clock_timestamp() - make_interval(secs => %s)), 0)::float / %s
        FROM issuing_batchchunk WHERE batch_id = %s
        """,
        (RATE_SECONDS, RATE_SECONDS, batch_id),
    )
    return BatchProgress(*rows[0])


def open_chunks(batch_id: int) -> list[int]:
    """The numbers of the chunks that are not done, in order."""
    rows = _rows("SELECT number FROM issuing_batchchunk WHERE batch_id = %s AND done_at IS NULL ORDER BY number", (batch_id,))
    return [row[0] for row in rows]


def fit_rows(batch: BatchKept, chunk: int) -> list[FitRow]:
    """The bills of a chunk that are not issued yet, in order."""
    rows = _rows(
        """SELECT place, business_number, request_digest, body FROM issuing_batch_row
           WHERE unit_id = %s AND uploaded_at = %s AND batch_id = %s AND chunk = %s AND state = 'fit' ORDER BY place""",
        (batch.unit_id, batch.uploaded_at, batch.id, chunk),
    )
    return [FitRow(row[0], row[1], bytes(row[2]), bytes(row[3])) for row in rows]


def read_rows(batch: BatchKept, *, after: int, limit: int, states: Sequence[str] = (), fault: str = "") -> list[ReadRow]:
    """The bills of a batch in order; only those that were read as one of `states`, or have a fault of this code."""
    sql, parameters = _READ_SQL, [batch.unit_id, batch.uploaded_at, batch.id, after]
    if states:
        sql, parameters = sql + " AND r.state = ANY(%s)", [*parameters, list(states)]
    if fault:
        sql, parameters = sql + " AND r.faults @> %s::jsonb", [*parameters, json.dumps([{"code": fault}])]
    rows = _rows(sql + " ORDER BY r.place LIMIT %s", (*parameters, limit))
    return [_read(row) for row in rows]


def fault_counts(batch: BatchKept) -> list[tuple[str, int]]:
    """(code, bills) of every fault found, the most frequent first."""
    return [
        (code, count)
        for code, count in _rows(
            """
            SELECT code, count(DISTINCT place) FROM (
                SELECT place, jsonb_array_elements(faults) ->> 'code' AS code FROM issuing_batch_row
                WHERE unit_id = %s AND uploaded_at = %s AND batch_id = %s AND state = 'refused') f
            GROUP BY code ORDER BY 2 DESC, 1
            """,
            (batch.unit_id, batch.uploaded_at, batch.id),
        )
    ]


def _read(row: Any) -> ReadRow:
    place, state, numbers, business_number, fen, faults, code, number = row
    return ReadRow(place, state, tuple(numbers), business_number, fen, _objects(faults), code or "", number or 0)


def _objects(found: str | list[Any] | None) -> tuple[Any, ...]:
    """Django hands JSON of its own statements out as text."""
    return tuple(json.loads(found) if isinstance(found, str) else found or ())


def _rows(sql: str, parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[Any] = cursor.fetchall()
    return rows


@dataclass(frozen=True, slots=True)
class BatchListRow:
    """A batch in a list; bills counted as they stand."""

    id: int
    unit_code: str
    file_name: str
    uploaded_at: datetime
    actor: str
    state: str
    rows: int
    bills: int
    issued: int
    refused: int


_BATCHES = Source(
    table="""(
        SELECT b.*, c.issued, coalesce((b.counts ->> 'refused_bills')::int, 0) + c.refused AS refused
        FROM issuing_batch b CROSS JOIN LATERAL (
            SELECT coalesce(sum(issued), 0) AS issued, coalesce(sum(refused), 0) AS refused
            FROM issuing_batchchunk WHERE batch_id = b.id) c) b""",
    fields={
        "id": "b.id", "unit_code": "b.unit_code", "file_name": "b.file_name", "uploaded_at": "b.uploaded_at",
        "actor": "b.actor", "state": "b.state", "rows": "b.rows", "bills": "b.bills", "issued": "b.issued",
        "refused": "b.refused",
    },
    key=("id",),
)  # fmt: skip


def batches_page(unit_codes: Collection[str], asked: Asked) -> Found[BatchListRow]:
    """The batches of these units."""
    with connection.cursor() as cursor:
        return find(
            cursor, _BATCHES, asked, BatchListRow, scope="b.unit_code = ANY(%s)", scope_values=[sorted(unit_codes)]
        )


def batches_under_way(unit_codes: Collection[str]) -> int:
    """How many are checked and wait for a word, are paused, or go on."""
    found = models.Batch.objects.filter(unit_code__in=unit_codes)
    return found.filter(state__in=("checked", "issuing", "paused")).count()
