"""上线率: how many of the units that exist on a day are online, by region, industry and mode; and the regions of a day.
Re-exported by `queries`.

A unit counts where its record of the day says; it is online from the day on which its last step was done. One that was
registered without a way online (founded with the installation) is online from its first day.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from piaoju.registry.holding import holds_sql
from piaoju.registry.lists import scope_of
from piaoju.registry.types import Sight

DAYS_MAX = 400


@dataclass(frozen=True, slots=True)
class RegionNode:
    """A region as it stands on a day: 1 province, 2 city, 3 county; what stands above it, '' above all."""

    code: str
    name: str
    short_name: str
    level: int
    parent_code: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """The units of one region (itself, without what lies below), industry and connection mode."""

    region_code: str
    industry: str
    mode: str
    units: int
    online: int


@dataclass(frozen=True, slots=True)
class CoverageOfDay:
    """The same of all units in sight, on one day."""

    day: date
    units: int
    online: int


# A unit of the day, with its record of the day, and the step that brought it online.
_UNITS = """registry_unit u
    JOIN registry_unitrecord r ON r.unit_id = u.id AND r.valid_from <= {day} AND (r.valid_to IS NULL OR r.valid_to > {day})
    LEFT JOIN registry_onboarding w ON w.unit_id = u.id
    LEFT JOIN registry_onboardingstep s ON s.unit_id = u.id AND s.stage = 'online' AND s.state = 'done'
    WHERE u.valid_from <= {day} AND (u.valid_to IS NULL OR u.valid_to > {day})"""
_ONLINE = "w.unit_id IS NULL OR (s.done_at AT TIME ZONE 'Asia/Shanghai')::date <= {day}"


def coverage(sight: Sight, on: date, region_codes: Collection[str] | None = None) -> list[Coverage]:
    """The units in sight on a day (of these regions only, if they are named), counted."""
    where, values = _scope(sight, region_codes)
    text = f"""SELECT r.region_id, r.industry, r.connection_mode, count(*), count(*) FILTER (WHERE {_ONLINE})
        FROM {_UNITS} AND {where} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""".format(day=f"DATE '{on}'")
    return [Coverage(*row) for row in _rows(text, values)]


def coverage_over_time(sight: Sight, days: Sequence[date], region_codes: Collection[str] | None = None) -> list[CoverageOfDay]:
    """The units in sight on each of these days (at most 400), counted. Days without a unit have their zero."""
    where, values = _scope(sight, region_codes)
    text = f"""SELECT d.day, coalesce(c.units, 0), coalesce(c.online, 0) FROM unnest(%s::date[]) AS d(day) LEFT JOIN LATERAL (
        SELECT count(*) AS units, count(*) FILTER (WHERE {_ONLINE}) AS online FROM {_UNITS} AND {where}) AS c ON true
        ORDER BY 1""".format(day="d.day")
    return [CoverageOfDay(*row) for row in _rows(text, [sorted(set(days))[:DAYS_MAX], *values])]


def regions_on(on: date) -> list[RegionNode]:
    """Every region in force on a day, with what stands above it then; by code."""
    text = f"""SELECT g.code, g.name, g.short_name, g.level, coalesce(p.parent_id, '') FROM registry_region g
        LEFT JOIN registry_regionparent p ON p.region_id = g.code AND {holds_sql("p", on)}
        WHERE {holds_sql("g", on)} ORDER BY g.code"""
    return [RegionNode(*row) for row in _rows(text, [])]


def _scope(sight: Sight, region_codes: Collection[str] | None) -> tuple[str, list[Any]]:
    seen, values = scope_of(sight)
    if region_codes is None:
        return f"({seen})", values
    return f"({seen}) AND r.region_id = ANY(%s)", [*values, list(region_codes)]


def _rows(text: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def unit_names(unit_codes: Collection[str]) -> dict[str, str]:
    """What these units are called now, or were called last, by code."""
    text = """SELECT DISTINCT ON (u.code) u.code, r.name FROM registry_unit u JOIN registry_unitrecord r ON r.unit_id = u.id
        WHERE u.code = ANY(%s) ORDER BY u.code, r.valid_from DESC, r.id DESC"""
    return dict(_rows(text, [sorted(unit_codes)]))
