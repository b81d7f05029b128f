"""The nouns of the ledger: totals of any period, the log's head, and where a fact stands in the log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection as default_connection

from piaoju.kit.clock import local
from piaoju.ledger import rules
from piaoju.ledger.errors import DimensionUnknown, NotInLog, PeriodInvalid
from piaoju.ledger.rules import Cut, Scope
from piaoju.ledger.sequencer import checkpoint_of, fact_of
from piaoju.ledger.tree import Tree, leaves_in
from piaoju.ledger.types import (
    DIMENSIONS,
    FACT,
    Checkpoint,
    Connection,
    ConsistencyProof,
    Dimension,
    FactKind,
    Figures,
    InclusionProof,
    Totals,
    TotalsRow,
)

_ZONE = "'Asia/Shanghai'"
_FIGURES = ", ".join(
    [f"coalesce(sum(sheets) FILTER (WHERE kind = {kind:d}), 0) AS {kind.name}_sheets" for kind in FactKind]
    + [
        f"coalesce(sum(amount_fen) FILTER (WHERE kind = {FactKind.issued:d}), 0) AS issued_fen",
        f"coalesce(-sum(amount_fen) FILTER (WHERE kind = {FactKind.red:d}), 0) AS red_fen",
    ]
)
_FIGURE_NAMES = (*(f"{kind.name}_sheets" for kind in FactKind), "issued_fen", "red_fen")
_COLUMNS = {
    "unit": "unit_id",
    "bill_type": "bill_type_code",
    "item": "item_code",
    "region": "region_code",
}


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
    """Exactly what the facts of [period_from, period_to) add up to, at one instant.

    One statement, so one snapshot: whole buckets from the rollup, what is not folded yet from the deltas,
    the edges of the period from the facts. `sum` counts every bill once, also when the rows are items
    (an item's sheets are the bills that have it). Times must carry an offset.
    """
    _refuse_misuse(period_from, period_to, by)
    question = _Question(tuple(by), _list(unit_ids), _list(region_codes), bill_type, item_code)
    statement, params = question.statement(period_from, period_to)
    with (connection or default_connection).cursor() as cursor:
        cursor.execute(statement, params)
        answers = cursor.fetchall()
    whole = Figures()
    rows: list[TotalsRow] = []
    for is_sum, _, *rest in answers:
        figures = Figures(**dict(zip(_FIGURE_NAMES, map(int, rest[len(by) :]), strict=True)))
        if is_sum:
            whole = figures
        else:
            rows.append(_row(by, rest[: len(by)], figures))
    if not by:
        rows.append(TotalsRow(whole))
    return Totals(tuple(rows), whole, local(answers[0][1]))


def leaf_position(
    unit_id: int,
    at: datetime,
    kind: FactKind,
    bill_code: str,
    bill_number: int,
    *,
    connection: Connection | None = None,
) -> int | None:
    """The fact's place in the log, or None while it waits for one (a few seconds at most)."""
    with (connection or default_connection).cursor() as cursor:
        cursor.execute(
            "SELECT position FROM ledger_leaf WHERE unit_id = %s AND at = %s AND source = %s AND source_id = %s",
            (unit_id, at, FACT, rules.fact_source_id(kind, bill_code, bill_number)),
        )
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def checkpoint(size: int | None = None, *, connection: Connection | None = None) -> Checkpoint | None:
    """The last signed checkpoint, or the first one that holds `size` leaves; None if there is none."""
    where, order = ("TRUE", "DESC") if size is None else ("size >= %s", "ASC")
    with (connection or default_connection).cursor() as cursor:
        cursor.execute(
            f"SELECT size, root, sums, at, text FROM ledger_checkpoint WHERE {where} ORDER BY size {order} LIMIT 1",
            () if size is None else (size,),
        )
        row = cursor.fetchone()
    return None if row is None else checkpoint_of(row)


def inclusion_proof(folder: Path, position: int, size: int, *, connection: Connection | None = None) -> InclusionProof:
    """That a leaf is in the log of `size` leaves (a checkpoint's); `folder` is DATA/log."""
    if not 0 <= position < size:
        raise NotInLog
    database = connection or default_connection
    leaves = leaves_in(database)
    log = Tree(folder, leaves)
    try:
        (leaf,) = leaves(position, position + 1)
        path, root = log.inclusion_path(position, size), log.root(size)
    except LookupError as error:
        raise NotInLog from error
    return InclusionProof(position, size, _event(database, position), leaf, path, root)


def consistency_proof(folder: Path, old_size: int, new_size: int, *, connection: Connection | None = None) -> ConsistencyProof:
    """That the log of `old_size` leaves is a beginning of the log of `new_size`; `folder` is DATA/log."""
    if not 0 <= old_size <= new_size:
        raise NotInLog
    log = Tree(folder, leaves_in(connection or default_connection))
    try:
        path = log.consistency_path(old_size, new_size)
        return ConsistencyProof(old_size, new_size, log.root(old_size), log.root(new_size), path)
    except LookupError as error:
        raise NotInLog from error


def _event(connection: Connection, position: int) -> bytes | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.unit_id, f.at, kind, region_code, bill_type_code, bill_code, bill_number, sheets, amount_fen, "
            "item_codes, item_fens, actor, digest FROM ledger_leaf AS l JOIN ledger_fact AS f "
            "ON f.unit_id = l.unit_id AND f.at = l.at AND kind || ':' || bill_code || ':' || bill_number = source_id "
            "WHERE l.position = %s AND l.source = %s",
            (position, FACT),
        )
        row = cursor.fetchone()
    return None if row is None else rules.event_of(fact_of(row))


@dataclass(slots=True)
class _Question:
    by: tuple[Dimension, ...]
    unit_ids: list[Any] | None
    region_codes: list[Any] | None
    bill_type: str | None
    item_code: str | None
    scope: Scope = field(init=False)

    def __post_init__(self) -> None:
        self.scope = rules.scope_for(
            self.by,
            units=self.unit_ids is not None,
            regions=self.region_codes is not None,
        )

    def statement(self, period_from: datetime, period_to: datetime) -> tuple[str, list[Any]]:
        """The SQL of the whole answer: rows first, then the one row that is the sum."""
        parts: list[str] = []
        params: list[Any] = []
        for items in self._kinds_of_rows():
            grains = rules.grains_for(self.scope, self.by, items=items)
            for part, values in self._parts(rules.cut(period_from, period_to, grains), items=items):
                parts.append(part)
                params += values
        dims = ", ".join(f'"{name}"' for name in self.by)
        nothing = ", ".join(["NULL"] * len(self.by))
        rows_of = "item" in self.by or self.item_code is not None
        groups = (
            f"SELECT false, statement_timestamp(), {dims}, {_FIGURES} FROM cell WHERE items = {rows_of} GROUP BY {dims}"
            if self.by
            else ""
        )
        one = f"SELECT true, statement_timestamp(), {nothing + ', ' if nothing else ''}{_FIGURES} FROM cell"
        one += f" WHERE items = {self.item_code is not None}"
        order = f" ORDER BY 1, {', '.join(str(at + 3) for at in range(len(self.by)))}" if self.by else ""
        union = f"{groups} UNION ALL {one}{order}" if groups else one
        return (
            f"WITH cell AS MATERIALIZED ({' UNION ALL '.join(parts)}) {union}",
            params,
        )

    def _kinds_of_rows(self) -> list[bool]:
        """Whether bills (False), items (True), or both have to be read."""
        if self.item_code is not None:
            return [True]
        return [False, True] if "item" in self.by else [False]

    def _parts(self, cut: Cut, *, items: bool) -> list[tuple[str, list[Any]]]:
        parts = [self._rollup(grain, low, high, items) for grain, low, high in cut.whole]
        if cut.middle is not None:
            parts.append(self._deltas(*cut.middle, items))
        parts += [self._facts(low, high, items) for low, high in cut.edges]
        return parts

    def _rollup(self, grain: int, low: datetime, high: datetime, items: bool) -> tuple[str, list[Any]]:
        where = "scope = %s AND grain = %s AND bucket >= %s AND bucket < %s"
        params: list[Any] = [int(self.scope), int(grain), low, high]
        if self.scope is not Scope.unit:
            where += " AND unit_id = 0"
        if self.scope is Scope.everyone:
            where += " AND region_code = ''"
        return self._select("ledger_total", "bucket", items, where, params)

    def _deltas(self, low: datetime, high: datetime, items: bool) -> tuple[str, list[Any]]:
        return self._as_posted("ledger_delta", "hour", low, high, items)

    def _facts(self, low: datetime, high: datetime, items: bool) -> tuple[str, list[Any]]:
        return self._as_posted("ledger_fact", "at", low, high, items)

    def _as_posted(self, source: str, instant: str, low: datetime, high: datetime, items: bool) -> tuple[str, list[Any]]:
        """Rows that hold a fact whole, its items in arrays."""
        where = f"{instant} >= %s AND {instant} < %s"
        if not items:
            return self._select(source, instant, None, where, [low, high])
        each = (
            f"(SELECT unit_id, {instant}, region_code, bill_type_code, kind, sheets, item.code AS item_code, "
            f"item.fen AS amount_fen FROM {source}, unnest(item_codes, item_fens) AS item(code, fen)) AS each"
        )
        return self._select(each, instant, True, where, [low, high])

    def _select(
        self,
        source: str,
        instant: str,
        items: bool | None,
        where: str,
        params: list[Any],
    ) -> tuple[str, list[Any]]:
        """One part, already added up by dimension and kind; items is None for a source without item codes."""
        names = [self._dimension(name, instant) for name in self.by]
        if items is None:
            names = ["''" if name == "item_code" else name for name in names]
        elif self.item_code is not None:
            where += " AND item_code = %s"
            params = [*params, self.item_code]
        else:
            where += " AND item_code <> ''" if items else " AND item_code = ''"
        for column, wanted in (
            ("unit_id", self.unit_ids),
            ("region_code", self.region_codes),
        ):
            if wanted is not None:
                where += f" AND {column} = ANY(%s)"
                params = [*params, wanted]
        if self.bill_type is not None:
            where += " AND bill_type_code = %s"
            params = [*params, self.bill_type]
        selected = "".join(f'{expression} AS "{name}", ' for expression, name in zip(names, self.by, strict=True))
        grouped = "".join(f"{at + 1}, " for at in range(len(self.by)))
        added = "sum(sheets) AS sheets, sum(amount_fen) AS amount_fen"
        part = f"SELECT {selected}kind, {bool(items)} AS items, {added} FROM {source} WHERE {where} "
        return f"{part}GROUP BY {grouped}kind", params

    def _dimension(self, name: Dimension, instant: str) -> str:
        return _COLUMNS.get(name) or f"date_trunc('{name}', {instant}, {_ZONE})"


def _refuse_misuse(period_from: datetime, period_to: datetime, by: Sequence[Dimension]) -> None:
    if period_from.tzinfo is None or period_to.tzinfo is None:
        raise PeriodInvalid("起止时间须带时区，例如 2026-11-01T00:00:00+08:00")
    if period_to <= period_from:
        raise PeriodInvalid
    if len(set(by)) != len(by) or not set(by) <= set(DIMENSIONS):
        raise DimensionUnknown


def _list(values: Collection[Any] | None) -> list[Any] | None:
    return None if values is None else sorted(values)


def _row(by: Sequence[Dimension], values: Sequence[Any], figures: Figures) -> TotalsRow:
    named: dict[str, Any] = {}
    for name, value in zip(by, values, strict=True):
        named[_COLUMNS.get(name, name)] = local(value) if name in ("day", "hour") else value
    return TotalsRow(figures, **named)
