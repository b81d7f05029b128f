"""A list as it is declared: once, in Python, by the page that shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from piaoju.identity.types import OperatorActor
from piaoju.kit.listing import Asked, Found
from piaoju.manage.lists.columns import Column
from piaoju.manage.lists.filters import Filter
from piaoju.reporting.types import Said

PAGE_SIZES = (20, 50, 200)


@dataclass(frozen=True, slots=True)
class View:
    """常用视图: a name for a saved address (its query part)."""

    name: str
    query: str


@dataclass(frozen=True, slots=True)
class BulkAct:
    """What may be done with the chosen rows: a page that is sent `chosen` by POST. Irreversible acts end with … and ask there."""

    label: str
    address: str
    irreversible: bool = False
    may: Callable[[OperatorActor], bool] | None = None


@dataclass(frozen=True, slots=True)
class Apart:
    """A part of the rows that the sums name apart, such as red bills: how many, and how much."""

    label: str
    holds: Callable[[Any], bool]
    count_sum: str
    total_sum: str = ""


@dataclass(frozen=True, slots=True)
class ListPage:
    """One list: see the package's own words for an example."""

    name: str
    title: str
    noun: str
    rows: Callable[[OperatorActor, Asked], Found[Any]]
    columns: tuple[Column, ...]
    key: Callable[[Any], str]
    filters: tuple[Filter, ...] = ()
    sort: str = ""
    views: tuple[View, ...] = ()
    acts: tuple[BulkAct, ...] = ()
    apart: Apart | None = None
    crumbs: tuple[str | tuple[str, str], ...] = ()
    help: str = "lists"
    empty: str = "这里还没有内容"
    make: tuple[str, str] | None = None  # the main button: its words and its address
    make_if: Callable[[OperatorActor], bool] | None = None
    links: tuple[tuple[str, str], ...] = ()  # further buttons in the head
    exports: bool = True
    export_page: str = ""  # the address of a page of its own for files of this list, given the list's conditions
    reads: Callable[[OperatorActor, str], Said] | None = None  # a line of words as conditions
    notes: tuple[str, ...] = ()  # rules of counting that stand below the list
    word: Callable[[Any], str] = field(default=str)  # how a key is read aloud: 选择 …

    @property
    def order(self) -> tuple[str, bool]:
        """The list's own order: a field's name, and whether it is descending."""
        sort = self.sort or next((c.name for c in self.columns if c.sortable), "")
        return sort.removeprefix("-"), sort.startswith("-")
