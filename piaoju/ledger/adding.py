"""What the facts of a period add up to: whole buckets from the rollup, deltas not folded yet, the period's edges from the facts.

Re-exported by `queries`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection as default_connection

from piaoju.kit.clock import local
from piaoju.ledger import rules
from piaoju.ledger.errors import DimensionUnknown, PeriodInvalid
from piaoju.ledger.rules import Piece, Scope
from piaoju.ledger.types import (
    DIMENSIONS,
    Connection,
    Dimension,
    FactKind,
    Figures,
    Stretch,
    Totals,
    TotalsRow,
    Within,
)

_ZONE = "'Asia/Shanghai'"
FIGURES_SQL = ", ".join(
    [f"coalesce(sum(sheets) FILTER (WHERE kind = {kind:d}), 0) AS {kind.name}_sheets" for kind in FactKind]
    + [
        f"coalesce(sum(amount_fen) FILTER (WHERE kind = {FactKind.issued:d}), 0) AS issued_fen",
        f"coalesce(-sum(amount_fen) FILTER (WHERE kind = {FactKind.red:d}), 0) AS red_fen",
    ]
)
FIGURE_NAMES = (*(f"{kind.name}_sheets" for kind in FactKind), "issued_fen", "red_fen")
_COLUMNS = {
    "unit": "unit_id",
    "bill_type": "bill_type_code",
    "item": "item_code",
    "region": "region_code",
    "actor": "actor",
}
_TIMES = ("month", "day", "hour")
_NAMED_BUCKETS = 200
_MADE = ("statement_timestamp()", "pg_snapshot_xmax(pg_current_snapshot())::text")


def totals(
    period_from: datetime,
    period_to: datetime,
    by: Sequence[Dimension] = (),
    unit_ids: Collection[int] | None = None,
    region_codes: Collection[str] | None = None,
    bill_type: str | None = None,
    item_code: str | None = None,
    *,
    connection: Connection | None = None,
) -> Totals:
    """Exactly what the facts of [period_from, period_to) add up to, at one instant; `totals_of` says how."""
    if period_from.tzinfo is None or period_to.tzinfo is None:
        raise PeriodInvalid("起止时间须带时区，例如 2026-11-01T00:00:00+08:00")
    if period_to <= period_from:
        raise PeriodInvalid
    wanted = Within(_set(unit_ids), _set(region_codes), None if bill_type is None else frozenset({bill_type}))
    return totals_of([Stretch(period_from, period_to, ((wanted,),))], by, item_code, connection=connection)


def totals_of(
    stretches: Sequence[Stretch],
    by: Sequence[Dimension] = (),
    item_code: str | None = None,
    *,
    connection: Connection | None = None,
) -> Totals:
    """Exactly what the facts of these stretches add up to, at one instant. Stretches must not overlap.

    One statement, so one snapshot: whole buckets from the rollup, what is not folded yet from the deltas,
    the edges of the stretches from the facts; by actor everything from the facts. `sum` counts every bill once, also
    when the rows are items (an item's sheets are the bills that have it). Raises DimensionUnknown.
    """
    if len(set(by)) != len(by) or not set(by) <= set(DIMENSIONS):
        raise DimensionUnknown
    question = _Question(tuple(by), tuple(stretches), item_code)
    statement, params = question.statement()
    with (connection or default_connection).cursor() as cursor:
        cursor.execute(statement, params)
        answers = cursor.fetchall()
    dims = question.dims
    whole = Figures()
    rows: list[TotalsRow] = []
    for is_sum, _, _, *rest in answers:
        figures = Figures(**dict(zip(FIGURE_NAMES, map(int, rest[len(dims) :]), strict=True)))
        if is_sum:
            whole = figures
        else:
            rows.append(_row(by, rest[: len(by)], rest[len(by) : len(dims)], figures))
    if not dims:
        rows.append(TotalsRow(whole))
    return Totals(tuple(rows), whole, local(answers[0][1]), answers[0][2])


def cut_of_units(period_from: datetime, period_to: datetime, by: Sequence[Dimension] = ()) -> rules.Cut:
    """How a period is told by units without their items: for other statements about the same rows."""
    return rules.cut(period_from, period_to, rules.grains_for(Scope.unit, by, items=False))


def sum_as(stretches: Sequence[Stretch], columns: str) -> tuple[str, list[Any]]:
    """SQL of the sum of these stretches for another statement, to be true at that statement's instant; `columns` of figures."""
    return figures_as(*_Question((), tuple(stretches), None).statement(), columns)


def figures_as(statement: str, params: list[Any], columns: str) -> tuple[str, list[Any]]:
    """The same of a statement of another room, whose one row is a sum."""
    names = ", ".join(["is_sum", "made", "mark", *FIGURE_NAMES])
    return f"SELECT {columns} FROM ({statement}) AS total ({names})", params


@dataclass(slots=True)
class _Question:
    by: tuple[Dimension, ...]
    stretches: tuple[Stretch, ...]
    item_code: str | None
    scope: Scope = field(init=False)
    dims: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        labels = self.stretches[0].labels if self.stretches else ()
        self.dims = (*self.by, *(f"label_{place}" for place in range(len(labels))))
        named = [within for one in self.stretches for group in one.every for within in group]
        columns = {label.column for label in labels}
        self.scope = rules.scope_for(
            self.by,
            units="unit_id" in columns or any(one.unit_ids is not None for one in named),
            regions="region_code" in columns or any(one.region_codes is not None for one in named),
        )

    def statement(self) -> tuple[str, list[Any]]:
        """The SQL of the whole answer: rows first, then the one row that is the sum."""
        parts: list[str] = []
        params: list[Any] = []
        names: list[str] = []
        named: list[Any] = []
        for place, stretch in enumerate(self.stretches):
            for at, label in enumerate(stretch.labels):  # once a stretch: there may be tens of thousands of them
                kind = "bigint" if label.column == "unit_id" else "text"
                names.append(
                    f"of_{place}_{at} AS MATERIALIZED (SELECT * FROM unnest(%s::{kind}[], %s::text[]) AS of(named, label))"
                )
                named += [list(label.of.keys()), list(label.of.values())]
            for items in self._kinds_of_rows():
                for part, values in self._parts(place, stretch, items):
                    parts.append(part)
                    params += values
        dims = ", ".join(f'"{name}"' for name in self.dims)
        nothing = "".join(", NULL" for _ in self.dims)
        rows_of = "item" in self.by or self.item_code is not None
        made = ", ".join(_MADE)
        one = f"SELECT true, {made}{nothing}, {FIGURES_SQL} FROM cell WHERE items = {self.item_code is not None}"
        if self.dims:
            order = ", ".join(str(at + 4) for at in range(len(self.dims)))
            one = (
                f"SELECT false, {made}, {dims}, {FIGURES_SQL} FROM cell WHERE items = {rows_of} GROUP BY {dims} "
                "HAVING sum(sheets) <> 0 "  # every fact has sheets: what is nothing was counted and taken off again
                f"UNION ALL {one} ORDER BY 1, {order}"
            )
        # Added up by kind first, and only then told apart by kind: most rows are met once, and in one pass over all parts.
        keys = f"{dims}, kind, items" if self.dims else "kind, items"
        cell = (
            f"cell AS MATERIALIZED (SELECT {keys}, sum(sheets) AS sheets, sum(amount_fen) AS amount_fen "
            f"FROM ({' UNION ALL '.join(parts) or self._empty()}) AS part GROUP BY {keys})"
        )
        return f"WITH {', '.join([*names, cell])} {one}", [*named, *params]

    def _empty(self) -> str:
        columns = "".join(f'NULL::text AS "{name}", ' for name in self.dims)
        return f"SELECT {columns}0 AS kind, false AS items, 0 AS sheets, 0 AS amount_fen WHERE false"

    def _kinds_of_rows(self) -> list[bool]:
        """Whether bills (False), items (True), or both have to be read."""
        if self.item_code is not None:
            return [True]
        return [False, True] if "item" in self.by else [False]

    def _parts(self, place: int, stretch: Stretch, items: bool) -> list[tuple[str, list[Any]]]:
        typed = "bill_type" in self.by or any(one.bill_types is not None for group in stretch.every for one in group)
        grains = () if "actor" in self.by else rules.grains_for(self.scope, self.by, items=items, typed=typed)
        cut = rules.cut(stretch.period_from, stretch.period_to, grains)
        parts = []
        for grain, piece in cut.whole:
            named = rules.buckets(grain, piece, _NAMED_BUCKETS)  # each is looked up: beside a bucket's rows nothing is read
            where = "scope = %s AND grain = %s"
            where += " AND bucket >= %s AND bucket < %s" if named is None else " AND bucket = ANY(%s::timestamptz[])"
            where += "" if self.scope is Scope.unit else " AND unit_id = 0"
            where += " AND region_code = ''" if self.scope is Scope.everyone else ""
            if items and self.scope in rules.UNTYPED:
                untyped = rules.is_untyped(self.scope, grain, items=items, typed=typed)
                where += f" AND bill_type_code {'=' if untyped else '<>'} '{rules.EVERY_TYPE}'"
            values = [int(self.scope), int(grain), *([piece.low, piece.high] if named is None else [named])]
            parts.append(self._select("ledger_total", "bucket", items, place, where, values, taken_off=piece.taken_off))
        if cut.middle is not None:
            parts.append(self._as_posted("ledger_delta", "hour", Piece(*cut.middle), items, place))
        parts += [self._as_posted("ledger_fact", "at", piece, items, place) for piece in cut.edges]
        return parts

    def _as_posted(self, source: str, instant: str, piece: Piece, items: bool, place: int) -> tuple[str, list[Any]]:
        """Rows that hold a fact whole, its items in arrays."""
        where, values = f"{instant} >= %s AND {instant} < %s", [piece.low, piece.high]
        if not items:
            return self._select(source, instant, None, place, where, values, taken_off=piece.taken_off)
        actor = "actor, " if "actor" in self.by else ""
        each = (
            f"(SELECT unit_id, {instant}, region_code, bill_type_code, kind, sheets, {actor}item.code AS item_code, "
            f"item.fen AS amount_fen FROM {source}, unnest(item_codes, item_fens) AS item(code, fen)) AS each"
        )
        return self._select(each, instant, True, place, where, values, taken_off=piece.taken_off)

    def _select(
        self, source: str, instant: str, items: bool | None, place: int, where: str, params: list[Any], *, taken_off: bool
    ) -> tuple[str, list[Any]]:
        """One part, row by row; items is None for a source without item codes."""
        stretch = self.stretches[place]
        names = [_COLUMNS.get(name) or f"date_trunc('{name}', {instant}, {_ZONE})" for name in self.by]
        if items is None:
            names = ["''" if name == "item_code" else name for name in names]
        elif self.item_code is not None:
            where += " AND item_code = %s"
            params = [*params, self.item_code]
        else:
            where += " AND item_code <> ''" if items else " AND item_code = ''"
        for group in stretch.every:
            text, values = _any_of(group)
            where += f" AND {text}"
            params = [*params, *values]
        joins = ""
        for at, label in enumerate(stretch.labels):
            joins += f" LEFT JOIN of_{place}_{at} ON of_{place}_{at}.named = {label.column}"
            names.append(f"coalesce(of_{place}_{at}.label, '')")
        selected = "".join(f'{expression} AS "{name}", ' for expression, name in zip(names, self.dims, strict=True))
        sign = "-" if taken_off else ""
        added = f"{sign}sheets AS sheets, {sign}amount_fen AS amount_fen"
        return f"SELECT {selected}kind, {bool(items)} AS items, {added} FROM {source}{joins} WHERE {where}", params


def _any_of(group: Sequence[Within]) -> tuple[str, list[Any]]:
    """The predicate that at least one of these holds."""
    texts: list[str] = []
    values: list[Any] = []
    for one in group:
        parts = []
        for column, wanted in (
            ("unit_id", one.unit_ids),
            ("region_code", one.region_codes),
            ("bill_type_code", one.bill_types),
        ):
            if wanted is not None:
                parts.append(f"{column} = ANY(%s)")
                values.append(sorted(wanted))
        if not parts:
            return "true", []
        texts.append(" AND ".join(parts))
    return f"({' OR '.join(texts)})" if texts else "false", values


def _set(values: Collection[Any] | None) -> frozenset[Any] | None:
    return None if values is None else frozenset(values)


def _row(by: Sequence[Dimension], values: Sequence[Any], labels: Sequence[str], figures: Figures) -> TotalsRow:
    named: dict[str, Any] = {}
    for name, value in zip(by, values, strict=True):
        named[_COLUMNS.get(name, name)] = local(value) if name in _TIMES else value
    return TotalsRow(figures, **named, labels=tuple(labels))
