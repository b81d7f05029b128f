"""Facts by chance of units and counties that change, and a walk over them that shares no code with the query layer's totals."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import timedelta
from typing import Any

import psycopg

from piaoju.kit.clock import SHANGHAI
from piaoju.ledger import actions as ledger
from piaoju.ledger.types import Fact, FactKind
from piaoju.reporting import queries as reporting
from piaoju.reporting.types import Portion, Reach, TotalsQuestion
from tests.simulation.plain_scan import ACTORS, END, ITEMS, REGIONS, START, UNITS, below, record_of

DIMENSIONS = (
    "province", "city", "county", "region", "unit", "governing", "industry", "mode", "bill_type", "item", "operator", "month",
    "day", "hour",
)  # fmt: skip
_LEVELS = {"province": ["510000"], "city": ["510100", "510300"], "county": ["510104", "510302"]}


def compare_many(connection: psycopg.Connection, rng: random.Random, many: int) -> int:
    """So many questions about facts of which some are folded, the last ones not; how many found anything."""
    _post(connection, rng)
    while ledger.fold(connection):
        pass
    close_days(rng.choice([0, 5, 500]))  # none, some, all; what comes now comes into closed days too
    _post(connection, rng)
    ledger.fold(connection, limit=rng.randrange(1, 200))
    known = _read(connection)
    return sum(_compare(rng, known) for _ in range(many))


def _post(connection: psycopg.Connection, rng: random.Random) -> None:
    facts = [_fact(rng, rng.randrange(10**9)) for _ in range(60)]
    with connection.transaction(), connection.cursor() as cursor:
        ledger.post(cursor, facts)


def close_days(many: int) -> None:
    """So many days and months at most are closed."""
    from django.db import transaction

    from piaoju.reporting import actions as reporting_actions

    with transaction.atomic():
        for _ in range(many):
            if not reporting_actions.close_next(END + timedelta(days=40)):
                break


def _fact(rng: random.Random, number: int) -> Fact:
    unit_id = rng.choice(list(UNITS))
    kind = rng.choice([FactKind.issued, FactKind.issued, FactKind.red, FactKind.allotted, FactKind.requisitioned])
    money = kind in (FactKind.issued, FactKind.red)
    sign = -1 if kind == FactKind.red else 1
    charged = rng.sample([code for code in ITEMS if code.isdigit()], 2) if money else []
    items = tuple((code, sign * rng.randint(1, 10**6)) for code in charged)
    return Fact(
        unit_id=unit_id, at=START + (END - START) * rng.random(), kind=kind, region_code=REGIONS[unit_id],
        bill_type_code=rng.choice(["0601", "0206"]), bill_code="51060126", bill_number=number,
        sheets=1 if money else rng.randint(1, 50), amount_fen=sum(fen for _, fen in items), items=items,
        actor=rng.choice(ACTORS), digest=bytes(32),
    )  # fmt: skip


def _read(connection: psycopg.Connection) -> list[dict[str, Any]]:
    rows = connection.execute(
        "SELECT unit_id, at, kind, bill_type_code, sheets, amount_fen, item_codes, item_fens, actor FROM ledger_fact"
    ).fetchall()
    names = ("unit_id", "at", "kind", "bill_type", "sheets", "fen", "codes", "fens", "actor")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _keys(fact: dict[str, Any]) -> dict[str, Any]:
    at = fact["at"].astimezone(SHANGHAI)
    record, region = record_of(fact["unit_id"], at.date()), REGIONS[fact["unit_id"]]
    levels = {
        level: next((code for code in codes if region in below(code, at.date())), "") for level, codes in _LEVELS.items()
    }
    hour = at.replace(minute=0, second=0, microsecond=0)
    return {
        **levels, "region": region, "unit": UNITS[fact["unit_id"]], "governing": record["governing_code"],
        "industry": record["industry"], "mode": record["mode"], "bill_type": fact["bill_type"], "operator": fact["actor"],
        "hour": hour, "day": hour.replace(hour=0), "month": hour.replace(hour=0, day=1),
    }  # fmt: skip


def _compare(rng: random.Random, facts: list[dict[str, Any]]) -> bool:
    low, high = sorted(START + (END - START) * rng.random() for _ in range(2))
    if rng.random() < 0.4:
        low, high = START, END
    by = tuple(rng.sample(DIMENSIONS, rng.randint(0, 3)))
    portions = [
        Portion(), Portion(region_code="510300"), Portion(unit_code=UNITS[1]), Portion(governing_code="G1"),
        Portion(region_code="510100", bill_types=frozenset({"0601"})),
    ]  # fmt: skip
    reach = Reach(tuple(rng.sample(portions, rng.choice([1, 1, 1, 2]))))
    question = TotalsQuestion(
        low, high, by, bill_type=rng.choice(["", "", "0601"]), item_code=rng.choice(["", "", ITEMS[0]]),
        unit_code=rng.choice(["", "", "", UNITS[3]]), region_code=rng.choice(["", "", "510100", "510300"]),
        governing_code=rng.choice(["", "", "", "G2"]), industry=rng.choice(["", "", "", "education"]),
    )  # fmt: skip
    rows, whole = _walk(facts, question, reach)
    found = reporting.totals(question, reach)
    assert _said(found.sum) == whole, (question, reach)
    told = {line.keys: _said(line.figures) for line in found.rows if _said(line.figures)}
    assert told == (rows if by else {(): whole} if whole else {}), (question, reach)
    return bool(whole)


def _walk(facts: list[dict[str, Any]], question: TotalsQuestion, reach: Reach) -> tuple[dict[Any, Any], dict[str, int]]:
    rows: dict[Any, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    whole: dict[str, int] = defaultdict(int)
    for fact in facts:
        keys = _keys(fact)
        if not question.period_from <= fact["at"] < question.period_to or not _meant(fact, keys, question, reach):
            continue
        items = [pair for pair in zip(fact["codes"], fact["fens"], strict=True) if question.item_code in ("", pair[0])]
        if "item" in question.by or question.item_code:
            for code, fen in items:
                _add(rows[tuple({**keys, "item": code}[name] for name in question.by)], fact, fen)
        else:
            _add(rows[tuple(keys[name] for name in question.by)], fact, fact["fen"])
        for fen in [fen for _, fen in items] if question.item_code else [fact["fen"]]:
            _add(whole, fact, fen)
    return {key: dict(cell) for key, cell in rows.items()}, dict(whole)


def _meant(fact: dict[str, Any], keys: dict[str, Any], question: TotalsQuestion, reach: Reach) -> bool:
    on = fact["at"].astimezone(SHANGHAI).date()

    def within(unit: str, region: str, governing: str) -> bool:
        return (
            unit in ("", keys["unit"])
            and (not region or keys["region"] in below(region, on))
            and governing in ("", keys["governing"])
        )

    return (
        any(
            within(one.unit_code, one.region_code, one.governing_code)
            and (not one.bill_types or keys["bill_type"] in one.bill_types)
            for one in reach.portions
        )
        and within(question.unit_code, question.region_code, question.governing_code)
        and question.bill_type in ("", keys["bill_type"])
        and question.industry in ("", keys["industry"])
    )


def _add(cell: dict[str, int], fact: dict[str, Any], fen: int) -> None:
    name = FactKind(fact["kind"]).name
    cell[f"{name}_sheets"] += fact["sheets"]
    if name in ("issued", "red"):
        cell[f"{name}_fen"] += abs(fen)


def _said(figures: Any) -> dict[str, int]:
    return {name: value for name in figures.__slots__ if (value := getattr(figures, name))}
