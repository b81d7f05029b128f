"""One question to a long list, and its answer: exact conditions, an order, a page; count and sums of the whole result.

A room declares a `Source` (its own SQL text, never a person's) and answers with `find`: rows, count and sums come from
one statement, hence from one snapshot. Pages are cut by key, so page 5,000 costs what page 1 costs.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, Literal, Protocol, TypeVar

from piaoju.kit import errors

Value = str | int | bool | date | datetime
Comparison = Literal[
    "eq", "ge", "le", "lt", "between", "contains", "starts", "under", "absolute_ge", "absolute_le", "absent", "present", "in"
]
Row = TypeVar("Row")

SIGNS = {"eq": "=", "ge": ">=", "le": "<=", "lt": "<"}
PAGE_ROWS_MAX = 200
EXPORT_ROWS_MAX = 50_000
CURSOR_CHARACTERS_MAX = 2_000


class CursorUnreadable(errors.Refused):
    code = "cursor_unreadable"
    label = "翻页位置读不懂，可能地址被截断。请回到第一页"


class FieldUnknown(errors.Refused):
    code = "field_unknown"
    label = "没有这个查询条件或排序。请从页面上选择条件"


@dataclass(frozen=True, slots=True)
class Condition:
    """One exact condition: a field, how it is compared, and with what: two values for `between`, both included; any for `in`."""

    field: str
    comparison: Comparison
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: after (or before) the row with these sort values; `ordinal` is that row's place, from 1."""

    values: tuple[Value, ...]
    ordinal: int
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a list. An empty `sort` is the list's own order."""

    conditions: tuple[Condition, ...] = ()
    sort: str = ""
    descending: bool = False
    position: Position | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Whole:
    """The whole result: how many rows, and the sums over all of them (whole numbers)."""

    count: int
    sums: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found(Generic[Row]):
    """One page of a list, and the whole result's count and sums, of one snapshot."""

    rows: Sequence[Row]
    whole: Whole
    first_ordinal: int = 1  # the place of rows[0] in the whole result
    next_cursor: str = ""
    previous_cursor: str = ""
    snapshot: str = ""
    as_of: datetime | None = None  # when the snapshot was taken


@dataclass(frozen=True, slots=True)
class Source:
    """What a list reads. Every text is SQL of the program; a literal percent sign is written twice.

    table    a FROM clause with its joins
    first    common table expressions that the table names, after WITH; their values come with the question
    fields   name → expression; all of them are read, any of them may be a condition or the order
    key      names of the fields that identify a row; they end every order
    sums     name → aggregate over the whole result, e.g. {"total_fen": "coalesce(sum(total_fen), 0)"}
    order    name → expression to sort by, where the field itself may be NULL (a sort value never is)
    under    name → predicate with one %s, for conditions “包含下级”; without it `under` means “begins with”
    """

    table: str
    fields: Mapping[str, str]
    key: tuple[str, ...]
    sums: Mapping[str, str] = field(default_factory=dict)
    order: Mapping[str, str] = field(default_factory=dict)
    under: Mapping[str, str] = field(default_factory=dict)
    first: str = ""


class Cursor(Protocol):
    """What is needed of a database cursor."""

    def execute(self, sql: str, params: Sequence[Any], /) -> Any: ...

    def fetchall(self) -> list[tuple[Any, ...]]: ...


def find(
    cursor: Cursor,
    source: Source,
    asked: Asked,
    row: Callable[..., Row],
    *,
    scope: str = "",
    scope_values: Sequence[Any] = (),
    sum_values: Sequence[Any] = (),
    first_values: Sequence[Any] = (),
    whole: Whole | None = None,
    whole_as: tuple[str, Sequence[Any]] | None = None,
) -> Found[Row]:
    """The page that is asked for. `scope` is a predicate that always holds (what this person may see).
    `sum_values` and `first_values` stand for the %s in the source's sums and in its `first`; `whole_as` is other SQL of the
    same count and sums, in their order.

    A `whole` that is known elsewhere (from the ledger) spares the count. Raises FieldUnknown.
    """
    where, values = _where(source, asked.conditions, scope, scope_values)
    page_sql, page_values = _page(source, asked, where, values)
    names = [*source.fields, *(f"~{i}" for i in range(1 + len(source.key)))]
    if whole_as is not None:
        whole_sql, whole_values = whole_as[0], list(whole_as[1])
    elif whole is None:
        sums = "".join(f', {text} AS "~sum_{i}"' for i, text in enumerate(source.sums.values()))
        whole_sql, whole_values = f"SELECT count(*){sums} FROM {source.table} WHERE {where}", [*sum_values, *values]
    else:
        whole_sql, whole_values = "SELECT 0" + ", 0" * len(source.sums), []
    first = f"WITH {source.first} " if source.first else ""
    cursor.execute(
        f"{first}SELECT whole.*, pg_snapshot_xmax(pg_current_snapshot())::text, statement_timestamp(), page.* "
        f"FROM ({whole_sql}) AS whole "
        f'LEFT JOIN LATERAL ({page_sql}) AS page ON true ORDER BY page."~place"',
        [*first_values, *whole_values, *page_values],
    )
    lines = cursor.fetchall()
    width = 1 + len(source.sums)
    if whole is None:
        whole = Whole(int(lines[0][0]), {name: int(lines[0][1 + i]) for i, name in enumerate(source.sums)})
    page = [dict(zip(names, line[width + 2 :], strict=False)) for line in lines if line[-1] is not None]
    return _found(source, asked, page, whole, (lines[0][width], lines[0][width + 1]), row)


def count(
    cursor: Cursor, source: Source, conditions: Sequence[Condition], scope: str = "", scope_values: Sequence[Any] = ()
) -> int:
    """How many rows these conditions leave. Raises FieldUnknown."""
    where, values = _where(source, conditions, scope, scope_values)
    cursor.execute(f"SELECT count(*) FROM {source.table} WHERE {where}", values)
    return int(cursor.fetchall()[0][0])


def _found(
    source: Source,
    asked: Asked,
    page: list[dict[str, Any]],
    whole: Whole,
    made: tuple[str, datetime],
    row: Callable[..., Row],
) -> Found[Row]:
    at = asked.position
    more = len(page) > asked.limit
    page = page[: asked.limit]
    if at is not None and at.backwards:
        page.reverse()
    first = 1 if at is None else at.ordinal - len(page) if at.backwards else at.ordinal + 1
    first = max(1, first)
    earlier = more if at is not None and at.backwards else at is not None
    later = True if at is not None and at.backwards else more
    places = range(1 + len(source.key))

    def cursor_at(index: int, *, backwards: bool) -> str:
        values = tuple(page[index][f"~{i}"] for i in places)
        ordinal = first + (index if index >= 0 else len(page) - 1)
        return write_cursor(Position(values, ordinal, backwards))

    rows = [row(**{name: line[name] for name in source.fields}) for line in page]
    return Found(
        rows=rows,
        whole=whole,
        first_ordinal=first,
        next_cursor=cursor_at(-1, backwards=False) if page and later else "",
        previous_cursor=cursor_at(0, backwards=True) if page and earlier and first > 1 else "",
        snapshot=made[0],
        as_of=made[1],
    )


def _page(source: Source, asked: Asked, where: str, values: list[Any]) -> tuple[str, list[Any]]:
    if asked.sort and asked.sort not in source.fields:
        raise FieldUnknown
    sort = asked.sort or source.key[0]
    places = [source.order.get(sort, source.fields[sort]), *(source.fields[name] for name in source.key)]
    backwards = asked.position is not None and asked.position.backwards
    down = asked.descending != backwards
    if asked.position is not None:
        if len(asked.position.values) != len(places):
            raise CursorUnreadable
        row_of = f"({', '.join(places)})"
        where += f" AND {row_of} {'<' if down else '>'} ({', '.join(['%s'] * len(places))})"
        values = [*values, *asked.position.values]
    direction = "DESC" if down else "ASC"
    order = ", ".join(f"{place} {direction}" for place in places)
    selected = ", ".join(f'{text} AS "{name}"' for name, text in source.fields.items())
    selected += "".join(f', {text} AS "~{i}"' for i, text in enumerate(places))
    inner = f"SELECT {selected} FROM {source.table} WHERE {where} ORDER BY {order} LIMIT {asked.limit + 1:d}"
    return f'SELECT *, row_number() OVER () AS "~place" FROM ({inner}) AS cut', values


def _where(source: Source, conditions: Sequence[Condition], scope: str, scope_values: Sequence[Any]) -> tuple[str, list[Any]]:
    parts, values = [f"({scope})" if scope else "true"], list(scope_values)
    for condition in conditions:
        if condition.field not in source.fields:
            raise FieldUnknown
        text, given = _predicate(source, condition)
        parts.append(text)
        values += given
    return " AND ".join(parts), values


def _predicate(source: Source, condition: Condition) -> tuple[str, list[Any]]:
    it, given = source.fields[condition.field], list(condition.values)
    match condition.comparison:
        case "eq" | "ge" | "le" | "lt":
            return f"{it} {SIGNS[condition.comparison]} %s", given
        case "between":
            return f"{it} BETWEEN %s AND %s", given
        case "absolute_ge":
            return f"abs({it}) >= %s", given
        case "absolute_le":
            return f"abs({it}) <= %s", given
        case "contains":
            return f"{it} LIKE %s", [f"%{literal(given[0])}%"]
        case "under" if condition.field in source.under:
            return source.under[condition.field], given
        case "starts" | "under":
            return f"{it} LIKE %s", [f"{literal(given[0])}%"]
        case "in":
            return f"{it} = ANY(%s)", [given]
        case "absent":
            return f"{it} IS NULL", []
        case "present":
            return f"{it} IS NOT NULL", []


def literal(value: Value) -> str:
    """The text so that LIKE takes every character of it as itself."""
    return str(value).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def write_cursor(position: Position) -> str:
    """A position as a text for an address; `read_cursor` is its inverse."""
    written = [_tagged(value) for value in position.values]
    line = json.dumps([int(position.backwards), position.ordinal, *written], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(line.encode()).decode().rstrip("=")


def read_cursor(text: str) -> Position:
    """The position a cursor names. Raises CursorUnreadable."""
    if len(text) > CURSOR_CHARACTERS_MAX:
        raise CursorUnreadable
    try:
        backwards, ordinal, *written = json.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
        if not isinstance(ordinal, int) or not 0 < ordinal < 2**53:
            raise CursorUnreadable
        return Position(tuple(_untagged(value) for value in written), ordinal, bool(backwards))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise CursorUnreadable from None


def _tagged(value: Value) -> str:
    if isinstance(value, bool):
        return f"b{value:d}"
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, datetime):
        return f"t{value.isoformat()}"
    if isinstance(value, date):
        return f"d{value.isoformat()}"
    if isinstance(value, str):
        return f"s{value}"
    raise TypeError(f"a sort value is never {value!r}: give the Source an `order` for it")


def _untagged(text: Any) -> Value:
    if not isinstance(text, str) or not text:
        raise CursorUnreadable
    tag, rest = text[0], text[1:]
    if "\0" in rest:
        raise CursorUnreadable
    match tag:
        case "b":
            return rest == "1"
        case "i":
            return _whole_number(rest)
        case "t":
            at = datetime.fromisoformat(rest)
            if at.tzinfo is None:
                raise CursorUnreadable
            return at
        case "d":
            return date.fromisoformat(rest)
        case "s":
            return rest
    raise CursorUnreadable


def _whole_number(text: str) -> int:
    if len(text) > 20 or not -(2**63) <= int(text) < 2**63:
        raise CursorUnreadable
    return int(text)
