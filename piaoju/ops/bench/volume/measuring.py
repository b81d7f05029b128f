"""The whole measurement: a province generated month by month, asked at a fifth of its history and at all of it, and told."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import psycopg
from django.db import connection

from piaoju.journeys import keep_books
from piaoju.ops.bench.figures import Figure
from piaoju.ops.bench.volume import asking, generating
from piaoju.ops.bench.volume.asking import Asked, Drawn

Tell = Callable[[str], None]
QUESTIONS, TOTALS = 100, 20
_FOLDED_AT_ONCE = 250_000


def measure(url: str, last: date, months: int, bills: int, chance: Callable[[int], int], tell: Tell) -> list[Asked]:
    """`bills` a month in `months` months before `last`; asked after a fifth of the months, newest first, and at the end."""
    firsts = _months_before(last, months)
    early = max(1, months // 5)
    found: list[Asked] = []
    with psycopg.connect(url, autocommit=True) as writing, connection.cursor() as cursor:
        for one in (writing, cursor):
            one.execute("SET synchronous_commit = off")
            one.execute("SET work_mem = '256MB'")
            one.execute("SET statement_timeout = 0")
        generating.found_places(writing)
        for place, first in enumerate(firsts):
            begun = time.perf_counter()
            generating.month(writing, first, place, bills)
            while keep_books.fold_totals(_FOLDED_AT_ONCE):
                pass
            tell(f"{first:%Y-%m}：{bills:,} 张，{time.perf_counter() - begun:.0f} 秒")
            if place + 1 == early and early < months:
                found += _ask(writing, firsts[place], last, f"{bills * early:,} 张", chance, plans=False)
        found += _ask(writing, firsts[-1], last, f"{bills * months:,} 张", chance, plans=True)
    return found


def figures(found: Sequence[Asked]) -> list[Figure]:
    """Each question's p50 with its p99, and how it grew with the history."""
    small: dict[str, float] = {}
    told = []
    for one in found:
        name = one.name.rpartition(" · ")[0]
        note = f"p99 {one.at(0.99):.1f} ms · 命中 {sum(one.hits) / len(one.hits):,.0f}"
        told.append(Figure(one.name, one.at(0.5), "ms p50", small.get(name), "历史为五分之一时" if name in small else "", note))
        small.setdefault(name, one.at(0.5))
    return told


def _ask(
    writing: psycopg.Connection[Any], first: date, last: date, size: str, chance: Callable[[int], int], *, plans: bool
) -> list[Asked]:
    for table in ("ledger_total", "ledger_delta", "issuing_sequel"):
        writing.execute(f"VACUUM ANALYZE {table}")
    for table in generating.TABLES:
        writing.execute(f"ANALYZE {table}")
    about: list[Drawn] = asking.drawn(first, last, QUESTIONS, chance)
    found = []
    for name, question in asking.SEARCHES.items():
        found.append(asking.ask(f"{name} · {size}", question, about, plan=plans))
    for name, question in asking.totals(first, last).items():
        found.append(asking.ask(f"{name} · {size}", question, about[:TOTALS], plan=plans))
    return found


def _months_before(last: date, months: int) -> list[date]:
    """The first days of so many months before this one's, newest first; two are left to the present bills."""
    place = last.year * 12 + last.month - 1
    return [date((place - back) // 12, (place - back) % 12 + 1, 1) for back in range(3, 3 + months)]
