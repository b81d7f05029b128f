"""What stands above what, by day. A region's place is never read from its code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from django.db import connection

from piaoju.registry.types import Validity

Parents = Mapping[str, Sequence[tuple[Validity, str]]]  # by region: who stood above it, when

_UP_SQL = """
WITH RECURSIVE up(code) AS (
    SELECT unnest(%s::text[])
    UNION SELECT p.parent_id FROM registry_regionparent p JOIN up ON p.region_id = up.code
) SELECT p.region_id, p.parent_id, p.valid_from, p.valid_to FROM registry_regionparent p JOIN up ON p.region_id = up.code
"""
_DOWN_SQL = """
WITH RECURSIVE down(code) AS (
    SELECT unnest(%(codes)s::text[])
    UNION SELECT p.region_id FROM registry_regionparent p JOIN down ON p.parent_id = down.code
    WHERE p.valid_from <= %(on)s AND (p.valid_to IS NULL OR %(on)s < p.valid_to)
) SELECT code FROM down ORDER BY code
"""


def parents_above(region_codes: Collection[str]) -> Parents:
    """Everything that ever stood above these regions, directly or not."""
    found: defaultdict[str, list[tuple[Validity, str]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_UP_SQL, [list(region_codes)])
        for region, parent, valid_from, valid_to in cursor.fetchall():
            found[region].append((Validity(valid_from, valid_to), parent))
    return found


def lineage(region_code: str, parents: Parents, on: date) -> tuple[str, ...]:
    """A region and those above it on a day, from below. Levels fall on the way up (a trigger sees to it), so it ends."""
    codes = [region_code]
    while True:
        above = next((parent for validity, parent in parents.get(codes[-1], ()) if validity.holds(on)), None)
        if above is None:
            return tuple(codes)
        codes.append(above)


def subtree(region_codes: Collection[str], on: date) -> list[str]:
    """These regions and all below them on a day."""
    with connection.cursor() as cursor:
        cursor.execute(_DOWN_SQL, {"codes": list(region_codes), "on": on})
        return [code for (code,) in cursor.fetchall()]


def days_of_change(parents: Parents) -> set[date]:
    """The days on which a lineage among these may change."""
    days = set()
    for rows in parents.values():
        for validity, _ in rows:
            days |= {validity.valid_from} | ({validity.valid_to} if validity.valid_to else set())
    return days


def cut(validity: Validity, days: Iterable[date]) -> list[Validity]:
    """An interval as the intervals between these days."""
    inside = sorted({validity.valid_from, *(day for day in days if validity.valid_from < day and validity.holds(day))})
    ends: list[date | None] = [*inside[1:], validity.valid_to]
    return [Validity(start, end) for start, end in zip(inside, ends, strict=True)]
