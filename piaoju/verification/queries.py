"""Nouns that read: the answer to five facts, and nothing to four."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from typing import Any

from django.db import connection

from piaoju.kit.clock import SHANGHAI

from . import rules
from .types import Answer, Kind, Paper, Pressure, PublishedBill, Question, RedBill, State

NOT_FOUND = Answer(State.NOT_FOUND)


def find(question: Question, at: dt.datetime, *, demonstration: bool) -> Answer:
    """The verdict on the bill with these five facts; one wrong fact answers exactly as no bill does.

    Reversals are looked for up to a day after `at`, the present, so that no month still empty is opened.
    `demonstration` says whether this installation is one: elsewhere a demonstration bill is not found.
    The same statement runs and the same comparison is made whether or not there is such a bill.
    """
    day = dt.datetime.combine(question.issue_date, dt.time(), SHANGHAI)
    with connection.cursor() as cursor:
        cursor.execute(
            _FIND,
            {
                "code": question.bill_code,
                "number": question.bill_number,
                "day": day,
                "next_day": day + dt.timedelta(days=1),
                "present": at + dt.timedelta(days=1),
            },
        )
        rows = cursor.fetchall()
    bill = _bill(rows) if rows[0][0] is not None else _NO_BILL
    fits = rules.facts_fit(question, bill)
    if bill is _NO_BILL or not fits or (bill.demonstration and not demonstration):
        return NOT_FOUND
    return Answer(rules.state_of(bill.reversed_by), bill)


def masked_name(name: str, *, is_person: bool) -> str:
    """A payer's name as the public may see it: 周＊燕."""
    return rules.masked_name(name, is_person=is_person)


def pressure(at: dt.datetime) -> Pressure:
    """The tries and failures of the last full minute and this one; `hot` means somebody is guessing."""
    seconds = rules.WINDOW_SECONDS[rules.Scope.EVERYONE]
    with connection.cursor() as cursor:
        cursor.execute(_PRESSURE, [int(rules.Scope.EVERYONE), at - dt.timedelta(seconds=2 * seconds), at])
        windows = cursor.fetchall()
    tries, failures = sum(row[0] for row in windows), sum(row[1] for row in windows)
    return Pressure(tries, failures, any(rules.everyone_hot(row[0], row[1]) for row in windows))


def _bill(rows: list[tuple[Any, ...]]) -> PublishedBill:
    names = [field.name for field in fields(PublishedBill)]
    facts = dict(zip(names, rows[0][:14], strict=False))
    facts |= {"kind": Kind(facts["kind"]), "digest": bytes(facts["digest"])}
    return PublishedBill(
        **facts, reversed_by=tuple(RedBill(*row[14:21]) for row in rows if row[14] is not None),
        paper=Paper(*rows[0][21:23]) if rows[0][23] else None,
    )


_NO_BILL = PublishedBill(
    unit_id=0,
    issued_at=dt.datetime(1970, 1, 1, tzinfo=SHANGHAI),
    bill_code="00000000",
    bill_number=0,
    check_code="000000",
    issue_date=dt.date(1970, 1, 1),
    total_fen=0,
    bill_name="",
    unit_name="",
    region_code="",
    payer_masked="",
    kind=Kind.NORMAL,
    digest=bytes(32),
    demonstration=False,
    reversed_by=(),
)

# The day narrows the search to one month partition; reversals are looked for whether or not a bill is there.
_FIND = """
SELECT
    bill.unit_id, bill.issued_at, bill.bill_code, bill.bill_number, bill.check_code, bill.issue_date,
    bill.total_fen, bill.bill_name, bill.unit_name, bill.region_code, bill.payer_masked, bill.kind,
    bill.digest, bill.demonstration,
    red.bill_code, red.bill_number, red.check_code, red.issued_at, red.issue_date, red.total_fen,
    red.reversal_reason,
    paper.paper_code, paper.paper_number, paper.in_force
FROM (SELECT %(code)s::text AS code, %(number)s::bigint AS number) AS asked
LEFT JOIN verification_published_bill AS bill
    ON bill.bill_code = asked.code AND bill.bill_number = asked.number
    AND bill.issued_at >= %(day)s AND bill.issued_at < %(next_day)s
LEFT JOIN verification_published_bill AS red
    ON red.reverses_code = asked.code AND red.reverses_number = asked.number
    AND red.issued_at >= %(day)s AND red.issued_at < %(present)s
LEFT JOIN LATERAL (
    SELECT p.paper_code, p.paper_number, p.in_force FROM verification_published_paper AS p
    WHERE p.unit_id = bill.unit_id AND p.bill_code = asked.code AND p.bill_number = asked.number
    ORDER BY p.ordinal DESC LIMIT 1
) AS paper ON true
ORDER BY red.issued_at, red.bill_number
"""
_PRESSURE = """
SELECT sum(tries)::bigint, sum(failures)::bigint FROM verification_try_bucket
WHERE scope = %s AND opened_at > %s AND opened_at <= %s GROUP BY opened_at
"""
