"""The whole measurement: a province generated month by month, asked at a fifth of its history and at all of it.

What was generated and asked stays in the data folder, so that a run that ended goes on where it was.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection

from piaoju.journeys import keep_books, premises
from piaoju.ops.bench.volume import asking, generating
from piaoju.ops.bench.volume.asking import Asked

Tell = Callable[[str], None]
SEARCHES, TOTALS = 300, 40  # questions of each
_FOLDED_AT_ONCE = 600_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many bills a month in so many months before this one's, newest first."""

    months: int
    bills: int
    last: date

    @property
    def early(self) -> int:
        """After so many months everything is asked a first time."""
        return max(1, self.months // 5)

    @property
    def end(self) -> date:
        """The day after the newest generated month."""
        newest = self.firsts()[0]
        return date(newest.year + newest.month // 12, newest.month % 12 + 1, 1)

    def firsts(self) -> list[date]:
        """The first days of the months; two before this one are left to the present bills."""
        place = self.last.year * 12 + self.last.month - 1
        return [date((place - back) // 12, (place - back) % 12 + 1, 1) for back in range(3, 3 + self.months)]


def measure(url: str, wanted: Wanted, folder: Path, chance: Callable[[int], int], tell: Tell, *, ask: bool) -> list[list[Asked]]:
    """What was asked at each size, the smaller first; nothing, unless `ask`: then months are only generated."""
    firsts = wanted.firsts()
    found: list[list[Asked]] = []
    with psycopg.connect(url, autocommit=True) as writing, connection.cursor() as cursor:
        for one in (writing, cursor):
            one.execute("SET synchronous_commit = off")
            one.execute("SET work_mem = '256MB'")
            one.execute("SET statement_timeout = 0")
        generating.found_places(writing)
        made = sum(generating.is_made(writing, first) for first in firsts)
        for place, first in enumerate(firsts):
            if place >= made:
                _generate(writing, first, place, wanted.bills, tell)
            if place + 1 not in (wanted.early, wanted.months) or not ask:
                continue
            kept = folder / f"asked-{wanted.bills * (place + 1)}.json"
            if kept.exists():
                found.append([Asked(**one) for one in json.loads(kept.read_bytes())])
            elif place + 1 >= made:  # else there are more months than are to be asked about
                found.append(_ask(writing, cursor, firsts[place], wanted.end, wanted.bills * (place + 1), chance))
                kept.write_text(json.dumps([asdict(one) for one in found[-1]], ensure_ascii=False), encoding="utf-8")
    return found


def _generate(writing: psycopg.Connection[Any], first: date, place: int, bills: int, tell: Tell) -> None:
    begun = time.perf_counter()
    generating.month(writing, first, place, bills)
    while keep_books.fold_totals(_FOLDED_AT_ONCE):
        pass
    while keep_books.close_days(premises.office()):  # what the keeper does
        pass
    generating.note_made(writing, first)
    tell(f"{first:%Y-%m}：{bills:,} 张，{time.perf_counter() - begun:.0f} 秒")


def _ask(
    writing: psycopg.Connection[Any], cursor: Any, first: date, last: date, bills: int, chance: Callable[[int], int]
) -> list[Asked]:
    """Each question about lines drawn anew, in a session as pages have it."""
    for table in ("ledger_total", "ledger_delta", "issuing_sequel"):
        writing.execute(f"VACUUM ANALYZE {table}")
    for table in generating.TABLES:
        writing.execute(f"ANALYZE {table}")
    for setting in ("work_mem", "synchronous_commit", "statement_timeout"):
        cursor.execute(f"RESET {setting}")
    about = asking.drawn(first, last, SEARCHES, chance)
    found = [asking.ask(name, bills, question, about) for name, question in asking.SEARCHES.items()]
    for name, question in asking.totals(first, last).items():
        found.append(asking.ask(name, bills, question, about[:TOTALS]))
    return found
