"""Verbs that write, inside someone's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Protocol

from piaoju.kit import arrays

from . import rules
from .errors import TooManyTries
from .rules import Bucket, Scope
from .types import PublishedBillRow, Question, Source

_PUBLISH = """
    INSERT INTO verification_published_bill (unit_id, issued_at, bill_code, bill_number, check_code, issue_date, total_fen,
        bill_name, unit_name, region_code, payer_masked, kind, digest, demonstration, reverses_code, reverses_number,
        reversal_reason)
    SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[], %s::text[], %s::date[], %s::bigint[],
        %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[], %s::boolean[], %s::text[], %s::bigint[],
        %s::text[])
"""


class Cursor(Protocol):
    """Anything that sends a statement: psycopg's cursor (also in pipeline mode) or Django's."""

    def execute(self, query: Any, params: Any = None, /) -> Any: ...


class FetchingCursor(Cursor, Protocol):
    """A cursor whose rows are read."""

    def fetchall(self) -> list[Any]: ...


def publish(cursor: Cursor, rows: Sequence[PublishedBillRow]) -> None:
    """Makes the bills verifiable from this commit on; one statement, nothing fetched."""
    if not rows:
        return
    cursor.execute(
        _PUBLISH,
        (
            arrays.numbers([r.unit_id for r in rows]), arrays.instants([r.issued_at for r in rows]),
            arrays.texts([r.bill_code for r in rows]), arrays.numbers([r.bill_number for r in rows]),
            arrays.texts([r.check_code for r in rows]), arrays.texts([r.issue_date.isoformat() for r in rows]),
            arrays.numbers([r.total_fen for r in rows]), arrays.texts([r.bill_name for r in rows]),
            arrays.texts([r.unit_name for r in rows]), arrays.texts([r.region_code for r in rows]),
            arrays.texts([rules.masked_name(r.payer_name, is_person=r.payer_is_person) for r in rows]),
            arrays.texts([str(r.kind) for r in rows]), arrays.octets([r.digest for r in rows]),
            arrays.texts(["t" if r.demonstration else "f" for r in rows]), arrays.texts([r.reverses_code for r in rows]),
            arrays.numbers([r.reverses_number for r in rows]), arrays.texts([r.reversal_reason for r in rows]),
        ),
    )  # fmt: skip


def publish_paper(
    cursor: Cursor, *, unit_id: int, bill_code: str, bill_number: int, ordinal: int, at: dt.datetime, paper_code: str,
    paper_number: int, in_force: bool,
) -> None:  # fmt: skip
    """From this commit on the public knows that the bill is on this sheet, or that the sheet is void."""
    cursor.execute(
        "INSERT INTO verification_published_paper (unit_id, bill_code, bill_number, ordinal, at, paper_code, paper_number, "
        "in_force) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (unit_id, bill_code, bill_number, ordinal, at, paper_code, paper_number, in_force),
    )


def count_try(
    cursor: FetchingCursor, question: Question, source: Source, at: dt.datetime
) -> dict[Scope, Bucket]:
    """Counts one try, as a failure until `forgive_try` says otherwise, and returns the buckets after it.

    Counting comes before looking, so that a thousand questions at once cannot all find an empty bucket.
    """
    opened = {scope: window_opened(scope, at) for scope in Scope}
    rows = [(scope, key, opened[scope]) for scope, key in sorted(_keys(question, source).items())]
    cursor.execute(_COUNT, [list(column) for column in zip(*rows, strict=True)])
    buckets = {Scope(row[0]): Bucket(Scope(row[0]), row[1], row[2]) for row in cursor.fetchall()}
    first_of_window = buckets[Scope.EVERYONE].tries == 1
    cursor.execute(_EVERYONE, [int(Scope.EVERYONE), opened[Scope.EVERYONE]])
    tries, failures = cursor.fetchall()[0]
    if first_of_window:  # the first try of a minute sweeps out what is long past
        cursor.execute(
            "DELETE FROM verification_try_bucket WHERE opened_at < %s", [at - dt.timedelta(hours=2)]
        )
    return {**buckets, Scope.EVERYONE: Bucket(Scope.EVERYONE, tries, failures)}


def worth_an_alarm(buckets: dict[Scope, Bucket]) -> bool:
    """True about once in a hundred failures of a minute in which somebody is guessing."""
    everyone = buckets[Scope.EVERYONE]
    return rules.everyone_hot(everyone.tries, everyone.failures) and everyone.failures % 100 == 1


def forgive_try(cursor: Cursor, question: Question, source: Source, at: dt.datetime) -> None:
    """The try counted at that instant was right: it is no failure any more."""
    rows = [(scope, key, window_opened(scope, at)) for scope, key in sorted(_keys(question, source).items())]
    cursor.execute(_FORGIVE, [list(column) for column in zip(*rows, strict=True)])


def refusal(buckets: dict[Scope, Bucket], at: dt.datetime) -> TooManyTries | None:
    """The refusal these buckets call for, with the seconds until the full one opens anew, or None."""
    full = rules.full_bucket(buckets)
    if full is None:
        return None
    wait = window_opened(full, at) + dt.timedelta(seconds=rules.WINDOW_SECONDS[full]) - at
    seconds = max(1, -int(-wait.total_seconds() // 1))
    return TooManyTries(
        f"从你的网络查验未查到的次数过多，本次没有查验。请在 {seconds} 秒后再试，"
        "并对照票面核对票据代码、票据号码、校验码、开票日期和金额；急用可请开票单位代为核对",
        retry_after_seconds=seconds,
    )


def window_opened(scope: Scope, at: dt.datetime) -> dt.datetime:
    """The start of the window of this scope that the instant lies in."""
    seconds = rules.WINDOW_SECONDS[scope]
    return dt.datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, dt.UTC)


def _keys(question: Question, source: Source) -> dict[Scope, bytes]:
    # A hundred numbers share a prefix: guessing at one bill and at its neighbours fills the same bucket.
    prefix = f"{question.bill_code}/{question.bill_number // 100}".encode()
    return {
        Scope.ADDRESS: source.address,
        Scope.NETWORK: source.network,
        Scope.PREFIX: prefix,
        # Sixteen rows share the global count, so that no single row is everybody's lock.
        Scope.EVERYONE: bytes([source.address[0] & 0x0F]),
    }


_COUNT = """
INSERT INTO verification_try_bucket AS bucket (scope, key, opened_at, tries, failures)
SELECT scope, key, opened_at, 1, 1
FROM unnest(%s::smallint[], %s::bytea[], %s::timestamptz[]) AS asked (scope, key, opened_at)
ON CONFLICT (scope, key, opened_at)
DO UPDATE SET tries = bucket.tries + 1, failures = bucket.failures + 1
RETURNING scope, tries, failures
"""
_EVERYONE = """
SELECT coalesce(sum(tries), 0)::bigint, coalesce(sum(failures), 0)::bigint
FROM verification_try_bucket WHERE scope = %s AND opened_at = %s
"""
_FORGIVE = """
UPDATE verification_try_bucket AS bucket SET failures = greatest(bucket.failures - 1, 0)
FROM (
    SELECT scope, key, opened_at FROM verification_try_bucket
    WHERE (scope, key, opened_at) IN (
        SELECT * FROM unnest(%s::smallint[], %s::bytea[], %s::timestamptz[])
    )
    ORDER BY scope, key FOR UPDATE
) AS right_one
WHERE bucket.scope = right_one.scope AND bucket.key = right_one.key AND bucket.opened_at = right_one.opened_at
"""
