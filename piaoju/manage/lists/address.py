"""All state of a list is in its address: read into what is asked of the room, and written back with one thing changed.

`x`, `x_cmp`, `x_to`  what was typed for the condition x, its comparison, the end of its range
`sort`                a field; with a minus descending
`per`, `cursor`       rows a page; where the page begins (signed: only this list and order gave it)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core import signing
from django.http import QueryDict

from piaoju.kit import listing
from piaoju.kit.listing import Asked, Condition, CursorUnreadable, Position
from piaoju.manage.lists.declared import PAGE_SIZES, ListPage
from piaoju.manage.lists.filters import Filter
from piaoju.manage.typed import Unreadable


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed for one condition."""

    comparison: str
    value: str
    value_to: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """An address that was read."""

    page: ListPage
    typed: Mapping[str, Typed]
    conditions: tuple[Condition, ...]
    sort: str
    descending: bool
    per: int
    cursor: str
    position: Position | None
    position_fault: str = ""

    @property
    def faults(self) -> list[tuple[Filter, str]]:
        return [(f, self.typed[f.name].fault) for f in self.page.filters if self.typed[f.name].fault]

    @property
    def asked(self) -> Asked:
        return Asked(self.conditions, self.sort, self.descending, self.position, self.per)

    def query(
        self, *, without: str = "", sort: str | None = None, per: int | None = None, cursor: str = "", extra: str = ""
    ) -> str:
        """The address's query with one thing changed. A changed order or condition begins at the first page."""
        parts: list[tuple[str, str]] = []
        for one in self.page.filters:
            typed = self.typed[one.name]
            if one.name == without or not (typed.value or typed.value_to):
                continue
            parts += [(one.name, typed.value)] if typed.value else []
            parts += [(f"{one.name}_to", typed.value_to)] if typed.value_to else []
            parts += [(f"{one.name}_cmp", typed.comparison)] if typed.comparison != one.comparisons[0] else []
        chosen = sort if sort is not None else self.written_sort
        own = self.page.order
        parts += [("sort", chosen)] if chosen and chosen != ("-" if own[1] else "") + own[0] else []
        size = per or self.per
        parts += [("per", str(size))] if size != PAGE_SIZES[0] else []
        parts += [("cursor", cursor)] if cursor else []
        written = urlencode(parts)
        return "&".join(part for part in (written, extra) if part)

    @property
    def written_sort(self) -> str:
        return ("-" if self.descending else "") + self.sort

    def signed(self, cursor: str) -> str:
        """A cursor as this list hands it out."""
        return _signer(self.page, self.written_sort).sign(cursor) if cursor else ""


def read(page: ListPage, given: QueryDict) -> Address:
    """The address of a list; wrong parts are named in it and do not raise."""
    typed, conditions = {}, []
    for one in page.filters:
        typed[one.name], condition = _typed(one, given)
        if condition is not None:
            conditions.append(condition)
    sort, descending = _sort(page, given.get("sort", ""))
    per = next((size for size in PAGE_SIZES if str(size) == given.get("per")), PAGE_SIZES[0])
    cursor = given.get("cursor", "")
    written_sort = ("-" if descending else "") + sort
    position, fault = None, ""
    if cursor:
        try:
            position = listing.read_cursor(_signer(page, written_sort).unsign(cursor[: listing.CURSOR_CHARACTERS_MAX]))
        except (signing.BadSignature, CursorUnreadable):
            cursor, fault = "", "翻页位置读不懂，可能地址被截断或排序已改变。这里从第一页开始"
    return Address(page, typed, tuple(conditions), sort, descending, per, cursor, position, fault)


def _typed(one: Filter, given: QueryDict) -> tuple[Typed, Condition | None]:
    value, value_to = given.get(one.name, ""), given.get(f"{one.name}_to", "")
    comparison = given.get(f"{one.name}_cmp", "") or one.comparisons[0]
    if value_to and not value and comparison != "between":
        value_to = ""
    try:
        condition = one.condition(comparison, value, value_to)
    except Unreadable as fault:
        return Typed(comparison, value[:200], value_to[:200], str(fault)), None
    return Typed(comparison, value.strip(), value_to.strip() if comparison == "between" else ""), condition


def _sort(page: ListPage, asked: str) -> tuple[str, bool]:
    name = asked.removeprefix("-")
    if any(column.name == name and column.sortable for column in page.columns):
        return name, asked.startswith("-")
    return page.order


def _signer(page: ListPage, sort: str) -> signing.Signer:
    return signing.Signer(salt=f"manage.list.{page.name}.{sort}", sep=".")
