"""What any period comes to, by any dimensions: the ledger's totals, with what the registry knows of places and units.

A bill counts in the region, governing department, industry and mode that its unit had on the day, and a region under what
stood above it on that day; a reversal counts on the day it was made. Re-exported by `queries`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from piaoju.kit.clock import local_date, midnight
from piaoju.ledger import queries as ledger
from piaoju.ledger.errors import DimensionUnknown, PeriodInvalid
from piaoju.ledger.types import Dimension, Figures, Labels, Stretch, TotalsRow, Within
from piaoju.registry import queries as registry
from piaoju.registry.types import UnitSpan
from piaoju.reporting import groups
from piaoju.reporting.types import Portion, Reach, TotalsDimension, TotalsFound, TotalsLine, TotalsQuestion

LEVELS: Mapping[str, int] = {"province": 1, "city": 2, "county": 3}
_OF_UNIT = ("governing", "industry", "mode")
_OWN: Mapping[TotalsDimension, Dimension] = {
    "region": "region", "unit": "unit", "bill_type": "bill_type", "item": "item", "operator": "actor", "month": "month",
    "day": "day", "hour": "hour",
}  # fmt: skip
_ROW_FIELDS: Mapping[Dimension, str] = {
    "region": "region_code", "unit": "unit_id", "bill_type": "bill_type_code", "item": "item_code", "actor": "actor",
    "month": "month", "day": "day", "hour": "hour",
}  # fmt: skip
_DAY = timedelta(days=1)


def totals(question: TotalsQuestion, reach: Reach) -> TotalsFound:
    """Exactly what the facts of the period come to, of all that is meant and may be seen, at one instant.

    Raises PeriodInvalid, DimensionUnknown.
    """
    by = question.by
    if question.period_from.tzinfo is None or question.period_to.tzinfo is None:
        raise PeriodInvalid("起止时间须带时区，例如 2026-11-01T00:00:00+08:00")
    if question.period_to <= question.period_from:
        raise PeriodInvalid
    if len(set(by)) != len(by) or not set(by) <= {*LEVELS, *_OF_UNIT, *_OWN}:
        raise DimensionUnknown("不能按此分组，可用：" + ", ".join([*LEVELS, *_OWN, *_OF_UNIT]))
    question, reach = without_everything(question, reach)
    dimension = groups.dimension_of(question, reach)
    if dimension is not None:
        return groups.totals(question, reach, dimension)
    stretches = stretches_of(question, reach)
    own = [_OWN[name] for name in by if name in _OWN]
    found = ledger.totals_of(stretches, own, question.item_code or None)
    codes = registry.unit_codes_of({row.unit_id for row in found.rows if row.unit_id is not None}) if "unit" in by else {}
    lines = tuple(TotalsLine(_keys(by, row, codes), row.figures) for row in found.rows)
    return TotalsFound(tuple(_added(lines)) if by else lines, found.sum, found.as_of, found.snapshot)


def without_everything(question: TotalsQuestion, reach: Reach) -> tuple[TotalsQuestion, Reach]:
    """The same, without naming a region that everything lies under in all of the period: that is told by fewer rows."""
    first, last = _days(question)

    def is_everything(code: str) -> bool:
        return bool(code) and registry.is_everything(registry.subtree_spans([code], first, last))

    portions = [replace(one, region_code="") if is_everything(one.region_code) else one for one in reach.portions]
    if is_everything(question.region_code):
        question = replace(question, region_code="")
    return question, Reach(tuple(portions))


def _days(question: TotalsQuestion) -> tuple[date, date]:
    return local_date(question.period_from), local_date(question.period_to - timedelta(microseconds=1)) + _DAY


def _keys(by: Sequence[TotalsDimension], row: TotalsRow, codes: Mapping[int, str]) -> tuple[str | datetime, ...]:
    labels = iter(row.labels)
    keys: list[str | datetime] = []
    for name in by:
        if name not in _OWN:
            keys.append(next(labels))
        elif name == "unit":
            keys.append(codes[row.unit_id])  # type: ignore[index]  # every fact is of a unit
        else:
            keys.append(getattr(row, _ROW_FIELDS[_OWN[name]]))
    return tuple(keys)


def _added(lines: Sequence[TotalsLine]) -> list[TotalsLine]:
    """In the order of their keys; rows that came apart by nothing that was asked are one again."""
    cells: dict[tuple[str | datetime, ...], Figures] = {}
    for line in lines:
        cells[line.keys] = cells[line.keys].plus(line.figures) if line.keys in cells else line.figures
    return [TotalsLine(keys, cells[keys]) for keys in sorted(cells, key=lambda keys: tuple(map(str, keys)))]


def stretches_of(question: TotalsQuestion, reach: Reach) -> list[Stretch]:
    """The period, cut where anything changes that the question is about."""
    first, last = _days(question)
    levels = [name for name in question.by if name in LEVELS]
    wanted = {name for name in _OF_UNIT if name in question.by or getattr(question, _FILTER[name])}
    if any(one.governing_code for one in reach.portions):
        wanted.add("governing")
    days: set[date] = set()
    if levels or question.region_code or any(one.region_code for one in reach.portions):
        days |= set(registry.region_changes(first, last))
    spans = registry.unit_spans(first, last) if wanted else []
    days |= _days_of_change(spans, wanted, first, last)
    marks = [first, *sorted(days), last]
    found = []
    for start, end in pairwise(marks):
        low = question.period_from if start == first else midnight(start)
        high = question.period_to if end == last else midnight(end)
        if low < high:
            found.append(_stretch(question, reach, _Day(start, spans), low, high))
    return found


_FILTER = {"governing": "governing_code", "industry": "industry", "mode": "mode"}
_SPAN_FIELDS = {"governing": "governing_code", "industry": "industry", "mode": "connection_mode"}


class _Day:
    """What every unit is on a day, asked once."""

    def __init__(self, on: date, spans: Sequence[UnitSpan]) -> None:
        self.on = on
        self.records: dict[int, UnitSpan] = {}
        for span in spans:  # in the order of their beginning: the record of the day, or the nearest one
            if span.unit_id not in self.records or span.validity.valid_from <= on:
                self.records[span.unit_id] = span

    def labels(self, dimension: str) -> dict[int, str]:
        field = _SPAN_FIELDS[dimension]
        return {unit_id: getattr(span, field) for unit_id, span in self.records.items()}

    def units(self, dimension: str, value: str) -> frozenset[int]:
        return frozenset(unit_id for unit_id, label in self.labels(dimension).items() if label == value)

    def below(self, region_code: str) -> frozenset[str]:
        return frozenset(registry.region_subtree([region_code], self.on))


def _stretch(question: TotalsQuestion, reach: Reach, day: _Day, low: datetime, high: datetime) -> Stretch:
    groups: list[tuple[Within, ...]] = [tuple(_within(portion, day) for portion in reach.portions)]
    if question.bill_type:
        groups.append((Within(bill_types=frozenset({question.bill_type})),))
    if question.unit_code:
        groups.append((Within(unit_ids=frozenset(registry.unit_ids_of([question.unit_code]).values())),))
    if question.region_code:
        groups.append((Within(region_codes=day.below(question.region_code)),))
    for name in _OF_UNIT:
        value = getattr(question, _FILTER[name])
        if value:
            groups.append((Within(unit_ids=day.units(name, value)),))
    labels = []
    for name in question.by:
        if name in LEVELS:
            labels.append(Labels("region_code", registry.regions_above(LEVELS[name], day.on)))
        elif name in _OF_UNIT:
            labels.append(Labels("unit_id", day.labels(name)))
    return Stretch(low, high, tuple(groups), tuple(labels))


def _within(portion: Portion, day: _Day) -> Within:
    units: frozenset[int] | None = None
    if portion.unit_code:
        units = frozenset(registry.unit_ids_of([portion.unit_code]).values())
    if portion.governing_code:
        governed = day.units("governing", portion.governing_code)
        units = governed if units is None else units & governed
    regions = day.below(portion.region_code) if portion.region_code else None
    return Within(units, regions, portion.bill_types or None)


def _days_of_change(spans: Sequence[UnitSpan], wanted: set[str], first: date, last: date) -> set[date]:
    """The days on which a unit becomes something else of what is wanted."""
    days = set()
    before: UnitSpan | None = None
    for span in spans:
        same_unit = before is not None and before.unit_id == span.unit_id and first < span.validity.valid_from < last
        if same_unit and any(getattr(before, _SPAN_FIELDS[name]) != getattr(span, _SPAN_FIELDS[name]) for name in wanted):
            days.add(span.validity.valid_from)
        before = span
    return days
