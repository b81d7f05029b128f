"""Totals as of a place in the log: what the facts before a signed head come to, whenever they are added up again.

What is known now, less the facts that the log took in after that head (or has not taken in yet). Facts never change and every
one has its place, so the same mark gives the same figures for ever. Re-exported by `queries`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime

from django.db import connection

from piaoju.ledger.types import FactKind, Figures
from piaoju.registry import queries as registry
from piaoju.reporting.totals import LEVELS, totals
from piaoju.reporting.types import Reach, TotalsDimension, TotalsQuestion

_LATE = """
WITH late AS (
    SELECT unit_id, at, source_id FROM ledger_leaf
    WHERE position >= %(size)s AND source = 'fact' AND at >= %(low)s AND at < %(high)s
    UNION ALL
    SELECT unit_id, at, source_id FROM ledger_pending_leaf WHERE source = 'fact' AND at >= %(low)s AND at < %(high)s
)
SELECT (f.at AT TIME ZONE 'Asia/Shanghai')::date, f.unit_id, f.region_code, f.bill_type_code, f.kind, sum(f.sheets),
       sum(f.amount_fen)
FROM late AS l JOIN ledger_fact AS f ON f.unit_id = l.unit_id AND f.at = l.at
     AND f.kind || ':' || f.bill_code || ':' || f.bill_number = l.source_id
GROUP BY 1, 2, 3, 4, 5
"""


@dataclass(frozen=True, slots=True)
class CutTotals:
    """Figures by one dimension and over all, of the facts that a log of this size holds."""

    rows: Mapping[str, Figures]
    sum: Figures


def totals_at(region_code: str, low: datetime, high: datetime, by: TotalsDimension, size: int) -> CutTotals:
    """What a region with all below comes to in [low, high), by city, county, unit or bill type, as of a log of this size.

    Ask within one snapshot: what is known now and what came after are read one after the other.
    """
    question = TotalsQuestion(low, high, (by,), region_code=region_code)
    found = totals(question, Reach.everything())
    rows = defaultdict(Figures, {str(line.keys[0]): line.figures for line in found.rows})
    whole = found.sum
    label, below = _Labels(by), _Below(region_code)
    for day, unit_id, region, bill_type, kind, sheets, fen in _late(low, high, size):
        if region in below[day]:
            gone = _figures(kind, -sheets, -fen)
            key = label(day, unit_id, region, bill_type)
            rows[key] = rows[key].plus(gone)
            whole = whole.plus(gone)
    return CutTotals({key: figures for key, figures in sorted(rows.items()) if figures != Figures()}, whole)


def _late(low: datetime, high: datetime, size: int) -> list[tuple[date, int, str, str, int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_LATE, {"size": size, "low": low, "high": high})
        return [(*row[:5], int(row[5]), int(row[6])) for row in cursor.fetchall()]


def _figures(kind: int, sheets: int, fen: int) -> Figures:
    named = {f"{FactKind(kind).name}_sheets": sheets}
    fen_name = f"{FactKind(kind).name}_fen"
    if fen_name in {one.name for one in fields(Figures)}:
        named[fen_name] = -fen if kind == FactKind.red else fen
    return replace(Figures(), **named)


class _Labels:
    """What a late fact is called in the dimension that was asked for."""

    def __init__(self, by: TotalsDimension) -> None:
        self._by = by
        self._above: dict[date, dict[str, str]] = {}

    def __call__(self, day: date, unit_id: int, region_code: str, bill_type: str) -> str:
        if self._by == "bill_type":
            return bill_type
        if self._by == "unit":
            return registry.unit_codes_of({unit_id})[unit_id]
        if day not in self._above:
            self._above[day] = registry.regions_above(LEVELS[self._by], day)
        return self._above[day].get(region_code, "")


class _Below(dict[date, frozenset[str]]):
    """What lay below a region on a day, asked once."""

    def __init__(self, region_code: str) -> None:
        self._region_code = region_code

    def __missing__(self, day: date) -> frozenset[str]:
        self[day] = frozenset(registry.region_subtree([self._region_code], day))
        return self[day]
