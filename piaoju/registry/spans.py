"""Who belonged where, and when: for figures of a time in which regions and units changed. Re-exported by `queries`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from django.db import connection

from piaoju.registry.lineage import subtree
from piaoju.registry.types import RegionRecord, UnitSpan, Validity

FIRST_DAY, LAST_DAY = date(1949, 10, 1), date(9999, 1, 1)

_WIDE = 50  # a province has more regions; of fewer it is not worth asking
_DAYS_SQL = """
SELECT DISTINCT day FROM (SELECT valid_from AS day FROM registry_regionparent
                          UNION SELECT valid_to FROM registry_regionparent) AS days
WHERE day > %s AND day < %s ORDER BY day
"""
# What lies below on the first day, and the days of change after it: mostly there are none, and nothing more is asked.
_BELOW_SQL = """
WITH RECURSIVE down(code) AS (
    SELECT unnest(%(codes)s::text[])
    UNION SELECT p.region_id FROM registry_regionparent p JOIN down ON p.parent_id = down.code
    WHERE p.valid_from <= %(first)s AND (p.valid_to IS NULL OR %(first)s < p.valid_to)
) SELECT ARRAY(SELECT code FROM down), ARRAY(
    SELECT p.valid_from FROM registry_regionparent AS p WHERE p.valid_from > %(first)s AND p.valid_from < %(last)s
    UNION SELECT p.valid_to FROM registry_regionparent AS p WHERE p.valid_to > %(first)s AND p.valid_to < %(last)s)
"""
_BESIDE_SQL = """
SELECT FROM registry_regionparent WHERE valid_from <= %s AND (valid_to IS NULL OR %s < valid_to) AND region_id <> ALL(%s) LIMIT 1
"""
_UNITS_SQL = """
SELECT r.unit_id, r.name, r.region_id, coalesce(r.governing_department_id, ''), r.industry, r.connection_mode, r.valid_from,
       r.valid_to
FROM registry_unitrecord r WHERE r.valid_from < %s AND (r.valid_to IS NULL OR r.valid_to > greatest(r.valid_from, %s))
ORDER BY r.unit_id, r.valid_from
"""


def region_changes(first: date, last: date) -> list[date]:
    """The days in (first, last) on which any region gets another place."""
    return [day for (day,) in _rows(_DAYS_SQL, (first, last))]


def subtree_spans(region_codes: Collection[str], first: date, last: date) -> list[tuple[Validity, frozenset[str]]]:
    """What lay below these regions (themselves included) in [first, last): by stretches in which it does not change."""
    found: list[tuple[Validity, frozenset[str]]] = []
    ((below, days),) = _rows(_BELOW_SQL, {"codes": list(region_codes), "first": first, "last": last})
    starts = [first, *sorted(days)]
    for start, end in zip(starts, [*starts[1:], last], strict=True):
        codes = frozenset(below if start == first else subtree(region_codes, start))
        if found and found[-1][1] == codes:
            found[-1] = (Validity(found[-1][0].valid_from, end), codes)
        else:
            found.append((Validity(start, end), codes))
    return found


def is_everything(spans: Sequence[tuple[Validity, frozenset[str]]]) -> bool:
    """Whether all that has a place lies in these spans (of `subtree_spans`), all the time: then naming them restricts nothing."""
    if all(len(codes) < _WIDE for _, codes in spans):
        return False
    return all(not _rows(_BESIDE_SQL, (on.valid_from, on.valid_from, sorted(codes))) for on, codes in spans)


def unit_spans(first: date, last: date) -> list[UnitSpan]:
    """Every unit's record of every day in [first, last)."""
    rows = _rows(_UNITS_SQL, (last, first))
    return [
        UnitSpan(unit_id, name, region, governing, industry, mode, Validity(start, end))
        for unit_id, name, region, governing, industry, mode, start, end in rows
    ]


def unit_codes_of(unit_ids: Collection[int]) -> dict[int, str]:
    """The codes of these units."""
    return dict(_rows("SELECT id, code FROM registry_unit WHERE id = ANY(%s)", (sorted(unit_ids),)))


def unit_ids_of(unit_codes: Collection[str]) -> dict[str, int]:
    """The ids of the units that exist among these."""
    return dict(_rows("SELECT code, id FROM registry_unit WHERE code = ANY(%s)", (sorted(unit_codes),)))


def region_records(region_codes: Collection[str] | None = None) -> dict[str, RegionRecord]:
    """Names and levels of these regions, or of all."""
    rows = _rows("SELECT code, name, short_name, level FROM registry_region WHERE %s::text[] IS NULL OR code = ANY(%s)",
                 (None if region_codes is None else sorted(region_codes),) * 2)  # fmt: skip
    return {row[0]: RegionRecord(*row) for row in rows}


def regions_above(level: int, first: date) -> dict[str, str]:
    """For every region the one of this level that it lies under on a day, itself included; none: not named."""
    rows = _rows(
        """WITH RECURSIVE down(top, code) AS (
               SELECT code, code::text FROM registry_region WHERE level = %s
               UNION SELECT down.top, p.region_id FROM registry_regionparent p JOIN down ON p.parent_id = down.code
               WHERE p.valid_from <= %s AND (p.valid_to IS NULL OR %s < p.valid_to))
           SELECT code, top FROM down""",
        (level, first, first),
    )
    return dict(rows)


def _rows(sql: str, parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[Any] = cursor.fetchall()
    return rows
