"""Verbs of batches, inside someone's transaction: what a file held, and how far issuing it has come."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models.functions import Coalesce

from piaoju.issuing import models
from piaoju.issuing.types import BatchKept, BatchRowToKeep
from piaoju.kit import arrays

_COPY_SQL = """
    COPY issuing_batch_row (unit_id, uploaded_at, batch_id, place, chunk, state, row_numbers, business_number, amount_fen,
        faults, request_digest, body) FROM STDIN (FORMAT BINARY)
"""
_COPY_TYPES = ("int8", "timestamptz", "int8", "int4", "int4", "text", "int4[]", "text", "int8", "jsonb", "bytea", "bytea")


def keep_batch(
    *, unit_id: int, unit_code: str, file_name: str, digest: bytes, content_sealed: bytes, at: datetime, actor: str,
    client_id: str, mode: str,
) -> int:  # fmt: skip
    """Keep a file as it was uploaded; the batch's id."""
    return models.Batch.objects.create(
        unit_id=unit_id, unit_code=unit_code, file_name=file_name, digest=digest, content_sealed=content_sealed,
        uploaded_at=at, actor=actor, client_id=client_id, mode=mode,
    ).pk  # fmt: skip


def move_batch(batch_id: int, of: Collection[str], to: str, *, detail: str = "", **changes: Any) -> bool:
    """From one of these states to another; whether it was in one of them."""
    found = models.Batch.objects.filter(pk=batch_id, state__in=of)
    return found.update(state=to, detail=detail[:500], **changes) == 1


def tell_rows(batch_id: int, rows: int) -> None:
    """How many rows the file has that is being checked."""
    models.Batch.objects.filter(pk=batch_id, state="checking").update(rows=rows)


def advance_check(batch_id: int, before: int, rows: int, counts: Mapping[str, int]) -> bool:
    """So many rows are judged; False when it is not being checked any more, or was at another row than `before`."""
    mine = models.Batch.objects.filter(pk=batch_id, state="checking", rows_read=before)
    return mine.update(rows_read=rows, counts=dict(counts)) == 1


def copy_rows(cursor: Any, batch: BatchKept, rows: Sequence[BatchRowToKeep]) -> None:
    """Write down what was read. The cursor is psycopg's own."""
    from psycopg.types.json import Jsonb

    with cursor.copy(_COPY_SQL) as copy:
        copy.set_types(_COPY_TYPES)
        for row in rows:
            copy.write_row((
                batch.unit_id, batch.uploaded_at, batch.id, row.place, row.chunk, row.state, row.row_numbers,
                row.business_number, row.amount_fen, Jsonb(row.faults) if row.faults else None, row.request_digest, row.body,
            ))  # fmt: skip


def empty_rows(batch: BatchKept, after: int, limit: int) -> tuple[int, bool]:
    """Empty the bodies of so many bills behind a place; the last place, and whether there may be more."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH these AS (
                   SELECT place FROM issuing_batch_row
                   WHERE unit_id = %s AND uploaded_at = %s AND batch_id = %s AND place > %s ORDER BY place LIMIT %s),
               emptied AS (
                   UPDATE issuing_batch_row r SET body = '' FROM these
                   WHERE r.unit_id = %s AND r.uploaded_at = %s AND r.batch_id = %s AND r.place = these.place AND r.body <> '')
               SELECT coalesce(max(place), 0), count(*) FROM these""",
            (batch.unit_id, batch.uploaded_at, batch.id, after, limit, batch.unit_id, batch.uploaded_at, batch.id),
        )
        last, count = cursor.fetchone()
    return last, count == limit


def empty_file(batch_id: int, at: datetime) -> None:
    """The file itself is gone since then; a batch that was never issued ends with it."""
    mine = models.Batch.objects.filter(pk=batch_id, file_swept_at=None)
    mine.update(content_sealed=b"", file_swept_at=at, ended_at=Coalesce("ended_at", at))


def keep_chunks(batch_id: int, sizes: Sequence[int]) -> None:
    """The chunks that a batch will be issued in."""
    models.BatchChunk.objects.bulk_create(
        models.BatchChunk(batch_id=batch_id, number=number, bills=size) for number, size in enumerate(sizes)
    )


def mark_chunk(
    cursor: Any, batch_id: int, number: int, outcomes: Mapping[str, int], done_at: datetime | None
) -> None:
    """So many bills of this chunk were issued, found unchanged or refused, in this transaction; all of it, if `done_at`."""
    cursor.execute(
        """UPDATE issuing_batchchunk SET issued = issued + %s, unchanged = unchanged + %s, refused = refused + %s,
               done_at = %s WHERE batch_id = %s AND number = %s""",
        (outcomes.get("issued", 0), outcomes.get("unchanged", 0), outcomes.get("refused", 0), done_at, batch_id, number),
    )


def mark_rows(cursor: Any, batch: BatchKept, states: Mapping[int, tuple[str, Sequence[Mapping[str, Any]]]]) -> None:
    """What became of single rows (by place): the state and the faults. Of a chunk that is done the others were issued."""
    if not states:
        return
    places = list(states)
    cursor.execute(
        """
        UPDATE issuing_batch_row r SET state = w.s, faults = w.f::jsonb
        FROM unnest(%s::int[], %s::text[], %s::text[]) AS w (p, s, f)
        WHERE r.unit_id = %s AND r.uploaded_at = %s AND r.batch_id = %s AND r.place = w.p
        """,
        (
            arrays.numbers(places), arrays.texts([states[p][0] for p in places]),
            arrays.texts([json.dumps(states[p][1], ensure_ascii=False) if states[p][1] else None for p in places]),
            batch.unit_id, batch.uploaded_at, batch.id,
        ),
    )  # fmt: skip


def pause_batch(cursor: Any, batch_id: int, detail: str) -> None:
    """The same as `move_batch`, on the cursor that issues: a batch that cannot go on waits for a person."""
    cursor.execute(
        "UPDATE issuing_batch SET state = 'paused', detail = %s WHERE id = %s AND state = 'issuing'", (detail[:500], batch_id)
    )


def end_batch(batch_id: int, at: datetime) -> bool:
    """Done, if every chunk is; whether it was this call that ended it."""
    open_chunks = models.BatchChunk.objects.filter(batch_id=batch_id, done_at=None)
    if open_chunks.exists():
        return False
    return move_batch(batch_id, ("issuing",), "done", ended_at=at)
