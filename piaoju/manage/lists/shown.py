"""A list as a page: conditions, chips, rows, sums, selection, paging, views; or as a file; or why it is empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity.types import OperatorActor
from piaoju.kit.listing import Found
from piaoju.manage import frame, texts
from piaoju.manage.lists import address, export, saying
from piaoju.manage.lists.address import Address
from piaoju.manage.lists.columns import Column
from piaoju.manage.lists.declared import PAGE_SIZES, ListPage
from piaoju.manage.lists.filters import WORDS, Filter
from piaoju.reporting import queries as reporting

REMOVALS_TRIED_MAX = 6  # conditions left out one by one when nothing is found


def answer(request: HttpRequest, page: ListPage, *, extra: dict[str, Any] | None = None) -> HttpResponseBase:
    """The list's page, or its file where `export` is asked for. Raises what the room raises."""
    actor = frame.actor_of(request)
    line = request.GET.get("say", "")
    if page.reads is not None and "read" in request.GET:
        return saying.answer(page, actor, line)
    at = address.read(page, request.GET)
    if page.exports and not page.export_page and request.GET.get("export") in export.FORMATS and not at.faults:
        return export.file(request, actor, at, chips(at))
    found = page.rows(actor, at.asked) if not at.faults else None
    context: dict[str, Any] = {
        "list": page,
        "here": request.path,
        "at": at,
        "fields": [_field(at, one) for one in page.filters],
        "open": any(not one.usual and (at.typed[one.name].value or at.typed[one.name].value_to) for one in page.filters),
        "chips": chips(at),
        "views": _views(at, actor),
        "heads": [_head(at, column) for column in page.columns],
        "acts": [act for act in page.acts if act.may is None or act.may(actor)],
        "make": page.make if page.make and (page.make_if is None or page.make_if(actor)) else None,
        "exports": _exports(page, at),
        "more": "、".join(one.label for one in page.filters if not one.usual),
        "sizes": [(size, at.query(per=size), size == at.per) for size in PAGE_SIZES],
        "query": at.query(),
        "said": saying.notes(page, actor, line) if page.reads is not None else None,
    }
    if found is not None:
        context |= _result(at, found, actor)
    status = 422 if at.faults else 200
    return frame.page(
        request, "manage/list.html", context | (extra or {}), title=page.title, crumbs=page.crumbs, help=page.help, status=status
    )


def _exports(page: ListPage, at: Address) -> list[tuple[str, str]]:
    """The ways to a file: a page of the list's own, or one link a format."""
    if page.export_page:
        return [(f"{page.export_page}?{at.query()}", "导出…")]
    return [(f"?{at.query(extra=f'export={f}')}", word) for f, word in export.FORMATS.items() if page.exports]


def _result(at: Address, found: Found[Any], actor: OperatorActor) -> dict[str, Any]:
    page = at.page
    last = found.first_ordinal + len(found.rows) - 1
    return {
        "found": found,
        "as_of": texts.instant(found.as_of),
        "rows": [
            {
                "key": page.key(row),
                "word": page.word(page.key(row)),
                "ordinal": found.first_ordinal + index,
                "cells": [(column, column.cell(row)) for column in page.columns],
                "fen": next((column.value(row) for column in page.columns if column.kind == "yuan" and column.total), None),
            }
            for index, row in enumerate(found.rows)
        ],
        "count": texts.number(found.whole.count),
        "first": texts.number(found.first_ordinal),
        "last": texts.number(last),
        "sums": _sums(page, found) if any(column.total for column in page.columns) and found.rows else [],
        "next": at.query(cursor=at.signed(found.next_cursor)) if found.next_cursor else "",
        "previous": at.query(cursor=at.signed(found.previous_cursor)) if found.previous_cursor else "",
        "to_first": at.query(),
        "removals": _removals(at, actor) if not found.whole.count and at.conditions else [],
        "stale": not found.rows and found.whole.count > 0,
    }


def _sums(page: ListPage, found: Found[Any]) -> list[dict[str, Any]]:
    """本页合计 and 全部结果合计: the same columns, of the rows shown and of the whole result."""
    of_page = {c.total: sum(c.value(row) or 0 for row in found.rows) for c in page.columns if c.total}
    apart_rows = [row for row in found.rows if page.apart and page.apart.holds(row)]
    span = next(i for i, c in enumerate(page.columns) if c.total) or 1  # the words stand before the first sum
    lines = []
    for label, count, sums, whole in (
        ("本页合计", len(found.rows), of_page, False),
        ("全部结果合计", found.whole.count, found.whole.sums, True),
    ):
        apart = None
        if page.apart:
            first = next((c for c in page.columns if c.total == page.apart.total_sum or c.kind == "yuan"), None)
            of_apart = sum(first.value(row) for row in apart_rows) if first else 0
            part = found.whole.sums.get(page.apart.count_sum, 0) if whole else len(apart_rows)
            part_sum = found.whole.sums.get(page.apart.total_sum, 0) if whole else of_apart
            apart = {"label": page.apart.label, "count": texts.number(part), "sum": texts.yuan(part_sum)} if part else None
        lines.append(
            {
                "label": label,
                "count": texts.number(count),
                "whole": whole,
                "apart": apart,
                "span": span,
                "cells": [(c, _sum_cell(c, sums)) for c in page.columns[span:]],
            }
        )
    return lines


def _sum_cell(column: Column, sums: Any) -> str:
    return column.written(sums.get(column.total, 0)) if column.total else ""


def _removals(at: Address, actor: OperatorActor) -> list[tuple[str, str, str]]:
    """For an empty result: each condition that alone removed rows, what is found without it, and that address."""
    tried: Sequence[Filter] = [f for f in at.page.filters if any(c.field == f.name for c in at.conditions)][:REMOVALS_TRIED_MAX]
    found = []
    for one in tried:
        rest = tuple(c for c in at.conditions if c.field != one.name)
        number = at.page.rows(actor, replace(at.asked, conditions=rest, position=None, limit=1)).whole.count
        if number:
            condition = next(c for c in at.conditions if c.field == one.name)
            words = f"{one.label} {WORDS[condition.comparison]} {one.shown(condition)}"
            found.append((words, texts.number(number), at.query(without=one.name)))
    return found


def chips(at: Address) -> list[dict[str, str]]:
    """The conditions in force, as the page writes them."""
    found = []
    for one in at.page.filters:
        for condition in at.conditions:
            if condition.field == one.name:
                comparison = "" if condition.comparison == "between" else WORDS[condition.comparison]
                found.append(
                    {
                        "label": one.label,
                        "comparison": comparison,
                        "value": one.shown(condition),
                        "without": at.query(without=one.name),
                    }
                )
    return found


def _field(at: Address, one: Filter) -> dict[str, Any]:
    return {"filter": one, "typed": at.typed[one.name], "range": "between" in one.comparisons, "id": f"f-{one.name}"}


def _head(at: Address, column: Column) -> dict[str, Any]:
    here = column.name == at.sort
    order = ("descending" if at.descending else "ascending") if here else ""
    turned = column.name if here and at.descending else f"-{column.name}" if here else column.name
    return {"column": column, "order": order, "query": at.query(sort=turned) if column.sortable else ""}


def _views(at: Address, actor: OperatorActor) -> list[dict[str, Any]]:
    own = [{"name": "全部", "query": "", "number": 0}]
    own += [{"name": view.name, "query": view.query, "number": 0} for view in at.page.views]
    saved = reporting.saved_views(actor.operator_id, at.page.name)
    own += [{"name": view.name, "query": view.query, "number": view.number} for view in saved]
    here = at.query()
    return [view | {"current": view["query"] == here} for view in own]
