"""Totals by what units are, and of one governing department: from closed days, and from units for what is not closed yet.

The same figures as `totals` has by units, in a cost that does not grow with their number. One statement, so one snapshot.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from piaoju.kit.clock import local
from piaoju.ledger import queries as ledger
from piaoju.ledger.types import Figures
from piaoju.reporting import closing
from piaoju.reporting.types import Reach, TotalsDimension, TotalsFound, TotalsLine, TotalsQuestion

_FILTERS = {"governing": "governing_code", "industry": "industry", "mode": "mode"}
_ZONE = "'Asia/Shanghai'"
_PLAIN: dict[str, str] = {
    "bill_type": "bill_type_code", "day": f"date_trunc('day', bucket, {_ZONE})", "month": f"date_trunc('month', bucket, {_ZONE})",
}  # fmt: skip


# The rows of units of days that have any and are not closed, day by day: few of many, so each is looked up.
_OPEN = """(SELECT t.* FROM (SELECT DISTINCT bucket FROM ledger_total WHERE scope = 3 AND grain = 2 AND unit_id = 0
        AND region_code = '' AND item_code = '' AND bucket >= %s AND bucket < %s) AS of, LATERAL (
        SELECT * FROM ledger_total WHERE scope = 1 AND grain = 2 AND bucket = of.bucket AND item_code = '' OFFSET 0) AS t
    WHERE {alone} AND NOT EXISTS (SELECT FROM closed AS d WHERE d.grain = 2 AND d.bucket = of.bucket))"""


_DAYS_WANTED = f"""c.grain = 2 AND (c.bucket = ANY(%s::timestamptz[]) OR NOT EXISTS (
        SELECT FROM closed_month AS m WHERE m.bucket = date_trunc('month', c.bucket, {_ZONE})))"""
# The closed months, and of days only those that are asked for by themselves or whose month is not closed.
_CLOSED = f"""closed_month AS MATERIALIZED ({closing.closed("c.grain = 3")}),
closed AS MATERIALIZED (SELECT * FROM closed_month UNION ALL {closing.closed(_DAYS_WANTED)})"""


def dimension_of(question: TotalsQuestion, reach: Reach) -> str | None:
    """The one thing about units that is asked for, if nothing else narrows or divides but time and bill type."""
    if len(reach.portions) != 1 or question.item_code or question.unit_code or question.region_code:
        return None
    (portion,) = reach.portions
    if portion.unit_code or portion.region_code or portion.bill_types:
        return None
    named = {name for name in _FILTERS if name in question.by or getattr(question, _FILTERS[name])}
    named |= {"governing"} if portion.governing_code else set()
    return named.pop() if len(named) == 1 and set(question.by) <= {*_FILTERS, *_PLAIN} else None


def totals(question: TotalsQuestion, reach: Reach, dimension: str) -> TotalsFound:
    """What `reporting.totals` answers, of a question that `dimension_of` knows."""
    statement, values = sum_statement(question, reach, dimension, question.by)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        answers = cursor.fetchall()
    width = len(question.by)
    lines, whole = [], Figures()
    for is_sum, _, _, *rest in answers:
        figures = Figures(**dict(zip(ledger.FIGURE_NAMES, map(int, rest[width:]), strict=True)))
        if is_sum:
            whole = figures
        else:
            keys = zip(question.by, rest[:width], strict=True)
            lines.append(TotalsLine(tuple(local(key) if name in ("day", "month") else key for name, key in keys), figures))
    if not question.by:
        lines = [TotalsLine((), whole)]
    lines.sort(key=lambda line: tuple(map(str, line.keys)))
    return TotalsFound(tuple(lines), whole, local(answers[0][1]), answers[0][2])


def sum_statement(
    question: TotalsQuestion, reach: Reach, dimension: str, by: tuple[TotalsDimension, ...] = ()
) -> tuple[str, list[Any]]:
    """The rows by these dimensions, then the one row that is the sum."""
    cell, values = _cells(question, dimension)
    where, meant = "true", []
    for label in {getattr(question, _FILTERS[dimension]), reach.portions[0].governing_code} - {""}:
        where += " AND label = %s"
        meant.append(label)
    made = "statement_timestamp(), pg_snapshot_xmax(pg_current_snapshot())::text"
    one = f"SELECT true, {made}{', NULL' * len(by)}, {ledger.FIGURES_SQL} FROM meant"
    if by:
        dims = ", ".join("label" if name == dimension else _PLAIN[name] for name in by)
        places = ", ".join(str(4 + place) for place in range(len(by)))
        one = (
            f"SELECT false, {made}, {dims}, {ledger.FIGURES_SQL} FROM meant GROUP BY {places} HAVING sum(sheets) <> 0 "
            f"UNION ALL {one} ORDER BY 1"
        )
    return f"WITH {cell}, meant AS MATERIALIZED (SELECT * FROM cell WHERE {where}) {one}", [*values, *meant]


def _cells(question: TotalsQuestion, dimension: str) -> tuple[str, list[Any]]:
    """`cell`: signed sheets and fen by label, bucket, bill type and kind; buckets are days, months, or within one of them."""
    cut = ledger.cut_of_units(question.period_from, question.period_to, ("day",) if "day" in question.by else ())
    closed: list[tuple[str, list[Any]]] = []
    by_unit: list[tuple[str, list[Any]]] = []
    days: list[datetime] = []
    for grain, piece in cut.whole:  # days and months: there are none of units by hour
        sign, span = "-" if piece.taken_off else "", [piece.low, piece.high]
        alone = "true"  # of a month that is closed as a whole no day is read
        if grain == ledger.Grain.month:
            alone = f"NOT EXISTS (SELECT FROM closed_month AS m WHERE m.bucket = date_trunc('month', {{}}, {_ZONE}))"
            closed.append((_closed(3, "true", sign), [dimension, *span]))
        else:
            days += _days(piece.low, piece.high)
        closed.append((_closed(2, alone.format("d.bucket"), sign), [dimension, *span]))
        opened = _OPEN.format(alone=alone.format("of.bucket"))
        by_unit.append((_of_units(opened, "bucket", "true", sign), span))
    if cut.middle:
        by_unit.append((_of_units("ledger_delta", "hour", "hour >= %s AND hour < %s", ""), list(cut.middle)))
    for edge in cut.edges:
        where = "at >= %s AND at < %s"
        by_unit.append((_of_units("ledger_fact", "at", where, "-" if edge.taken_off else ""), [edge.low, edge.high]))
    label = closing.LABEL.format(column=closing.DIMENSIONS[dimension], of="p")
    units = f"""SELECT {label} AS label, bucket, bill_type_code, kind, sum(sheets) AS sheets, sum(amount_fen) AS amount_fen
        FROM (SELECT *, (bucket AT TIME ZONE {_ZONE})::date AS day FROM part) AS p {closing.RECORD.format(of="p")}
        GROUP BY 1, 2, 3, 4"""
    every = " UNION ALL ".join([*(text for text, _ in closed), units])
    typed = "SELECT * FROM ({}) AS every" + (" WHERE bill_type_code = %s" if question.bill_type else "")
    text = (
        f"{_CLOSED}, part AS MATERIALIZED ({' UNION ALL '.join(text for text, _ in by_unit)}), "
        f"cell AS MATERIALIZED ({typed.format(every)})"
    )
    bounds = [bound for _, piece in cut.whole for bound in (piece.low, piece.high)] or [question.period_from]
    period: list[Any] = [dimension, min(bounds), max(bounds)]
    values = [*period, *period, days, *(v for _, vs in by_unit for v in vs), *(v for _, vs in closed for v in vs)]
    return text, values + ([question.bill_type] if question.bill_type else [])


def _days(low: datetime, high: datetime) -> list[datetime]:
    return [low + timedelta(days=day) for day in range((high - low).days)]


def _closed(grain: int, where: str, sign: str) -> str:
    those = f"(SELECT d.bucket FROM closed AS d WHERE d.grain = {grain} AND {where} OFFSET 0) AS c"
    return (
        f"SELECT g.label, g.bucket, g.bill_type_code, g.kind, {sign}g.sheets AS sheets, {sign}g.amount_fen AS amount_fen "
        f"FROM reporting_grouptotal AS g JOIN {those} ON c.bucket = g.bucket "
        f"WHERE g.dimension = %s AND g.grain = {grain} AND g.bucket >= %s AND g.bucket < %s"
    )


def _of_units(source: str, instant: str, where: str, sign: str) -> str:
    return (
        f"SELECT unit_id, date_trunc('day', {instant}, {_ZONE}) AS bucket, bill_type_code, kind, {sign}sum(sheets) AS sheets, "
        f"{sign}sum(amount_fen) AS amount_fen FROM {source} AS one WHERE {where} GROUP BY 1, 2, 3, 4"
    )
