"""Facts for tests, and a recount of them that shares no code with the ledger."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

import psycopg

from piaoju.kit.clock import SHANGHAI
from piaoju.ledger.types import Fact, FactKind

NOON = datetime(2026, 11, 20, 12, 30, tzinfo=SHANGHAI)
FIRST_MONTH = date(2026, 8, 1)
REGIONS = {1: "510104", 2: "510104", 3: "510700", 4: "511300"}
ITEMS = [f"10300{code:03}" for code in range(7)]


def fact(number: int, *, at: datetime = NOON, kind: FactKind = FactKind.issued, **other: Any) -> Fact:
    """One plausible fact; anything may be said otherwise."""
    fen = {FactKind.issued: 1230, FactKind.red: -1230}.get(kind, 0)
    items = ((ITEMS[0], fen - fen // 3), (ITEMS[1], fen // 3)) if fen else ()
    given = {
        "unit_id": 1,
        "at": at,
        "kind": kind,
        "region_code": REGIONS[other.get("unit_id", 1)],
        "bill_type_code": "0601",
        "bill_code": "51060126",
        "bill_number": number,
        "sheets": 1,
        "amount_fen": fen,
        "items": items,
        "actor": "操作员:王芳",
        "digest": number.to_bytes(32, "big"),
    }
    return Fact(**{**given, **other})


def random_fact(rng: random.Random, number: int, start: datetime, end: datetime) -> Fact:
    """A fact of any kind, unit, type and items at a random microsecond of [start, end)."""
    span = int((end - start) / timedelta(microseconds=1))
    at = start + timedelta(microseconds=rng.randrange(span))
    kind = rng.choices(list(FactKind), [1, 1, 10, 2, 1, 1, 1])[0]
    unit_id = rng.choice(list(REGIONS))
    sign = {FactKind.issued: 1, FactKind.red: -1}.get(kind, 0)
    chosen = rng.sample(ITEMS, rng.randint(1, 4)) if sign else []
    items = tuple((code, sign * rng.randint(1, 10**9)) for code in chosen)
    many = kind not in (FactKind.issued, FactKind.red, FactKind.converted)
    return fact(
        number,
        at=at,
        kind=kind,
        unit_id=unit_id,
        bill_type_code=rng.choice(["0601", "0206"]),
        sheets=rng.randint(1, 500) if many else 1,
        items=items,
        amount_fen=sum(fen for _, fen in items),
        actor=rng.choice(["operator:wang", "client:his", "command:issue"]),
    )


Cell = dict[str, int]


def recount(
    facts: Iterable[tuple[Any, ...]],
    period: tuple[datetime, datetime],
    by: tuple[str, ...],
    keep: Callable[[dict[str, Any]], bool] = lambda _: True,
    item_code: str | None = None,
) -> tuple[dict[tuple[Any, ...], Cell], Cell]:
    """Rows and sum of a total, by walking over every fact (a row of ALL_FACTS)."""
    rows: dict[tuple[Any, ...], Cell] = defaultdict(lambda: defaultdict(int))
    whole: Cell = defaultdict(int)
    for unit, at, kind, region, bill_type, sheets, fen, codes, fens, actor in facts:
        said = {"unit": unit, "region": region, "bill_type": bill_type, "actor": actor}
        if not period[0] <= at < period[1] or not keep(said):
            continue
        local = at.astimezone(SHANGHAI)
        said |= {"hour": local.replace(minute=0, second=0, microsecond=0)}
        said |= {"day": said["hour"].replace(hour=0), "month": said["hour"].replace(hour=0, day=1)}
        by_item = dict(zip(codes, fens, strict=True))
        if item_code is not None:
            by_item = {code: fen for code, fen in by_item.items() if code == item_code}
        if item_code is None:
            _add(whole, kind, sheets, fen)
        else:
            for item_fen in by_item.values():
                _add(whole, kind, sheets, item_fen)
        if "item" in by or item_code is not None:
            for code, item_fen in by_item.items():
                _add(
                    rows[tuple({**said, "item": code}[name] for name in by)],
                    kind,
                    sheets,
                    item_fen,
                )
        else:
            _add(rows[tuple(said[name] for name in by)], kind, sheets, fen)
    return {key: dict(cell) for key, cell in rows.items()}, dict(whole)


ALL_FACTS = """SELECT unit_id, at, kind, region_code, bill_type_code, sheets, amount_fen, item_codes, item_fens, actor
               FROM ledger_fact"""


def connect(address: str) -> psycopg.Connection:
    """A connection that commits each statement, as the ledger's doors expect."""
    return psycopg.connect(address, autocommit=True)


def tamper(connection: psycopg.Connection, table: str, statement: str) -> None:
    """What an administrator with ill will can do: the guards off, one change, the guards on again."""
    connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    assert connection.execute(statement).rowcount > 0
    connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def figures_of(figures: Any) -> Cell:
    """The figures that are not zero, by name."""
    return {name: value for name in figures.__slots__ if (value := getattr(figures, name))}


def _add(cell: Cell, kind: int, sheets: int, fen: int) -> None:
    name = FactKind(kind).name
    cell[f"{name}_sheets"] += sheets
    if name in ("issued", "red") and fen:
        cell[f"{name}_fen"] += abs(fen)
