"""The ledger on a real database: what it refuses, what it counts, and that folding changes no figure."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations, pairwise

import psycopg
import pytest

from piaoju.kit.clock import SHANGHAI
from piaoju.kit.values import replace
from piaoju.ledger import actions as ledger
from piaoju.ledger import errors, queries, rules
from piaoju.ledger.sequencer import fact_of
from piaoju.ledger.types import DIMENSIONS, Fact, FactKind
from tests.rooms.ledger_samples import (
    ALL_FACTS,
    FIRST_MONTH,
    ITEMS,
    NOON,
    connect,
    fact,
    figures_of,
    random_fact,
    recount,
)

DAY = timedelta(days=1)


@pytest.fixture
def db(database: str) -> Iterator[psycopg.Connection]:
    with connect(database) as connection:
        ledger.ensure_partitions(connection, FIRST_MONTH, 6)
        yield connection


def post(db: psycopg.Connection, *facts: Fact) -> None:
    with db.transaction(), db.cursor() as cursor:
        ledger.post(cursor, facts)


def count(db: psycopg.Connection, table: str) -> int:
    (rows,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()
    return rows


def test_a_posted_fact_is_kept_as_it_was_said(db: psycopg.Connection) -> None:
    said = fact(1, actor='引号"和\\反斜杠，{逗号}', items=(("A-1", 1000), ("B_2", 230)))
    post(db, said, fact(2, kind=FactKind.requisitioned, sheets=500))
    row = db.execute(
        "SELECT unit_id, at, kind, region_code, bill_type_code, bill_code, bill_number, sheets, amount_fen, "
        "item_codes, item_fens, actor, digest FROM ledger_fact WHERE bill_number = 1"
    ).fetchone()
    assert fact_of(row) == said
    assert count(db, "ledger_fact") == count(db, "ledger_pending_leaf") == 2


def test_a_rolled_back_post_leaves_nothing(db: psycopg.Connection) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction(), db.cursor() as cursor:
        ledger.post(cursor, [fact(1)])
        raise ZeroDivisionError
    for table in ("ledger_fact", "ledger_delta", "ledger_pending_leaf"):
        assert count(db, table) == 0


def test_the_same_fact_twice_is_refused_and_adds_nothing(
    db: psycopg.Connection,
) -> None:
    post(db, fact(1))
    with pytest.raises(psycopg.errors.UniqueViolation):
        post(db, fact(2), fact(1))
    assert queries.totals(NOON - DAY, NOON + DAY, connection=db).sum.issued_sheets == 1


def test_many_facts_are_one_statement_also_in_a_pipeline(
    db: psycopg.Connection,
) -> None:
    facts = [fact(number, at=NOON + timedelta(microseconds=number)) for number in range(1, 1001)]
    executed: list[object] = []

    class Listening(psycopg.Cursor):
        def execute(self, *args: object, **kwargs: object) -> Listening:
            executed.append(args)
            return super().execute(*args, **kwargs)

    db.cursor_factory = Listening
    with db.pipeline(), db.transaction(), db.cursor() as cursor:
        ledger.post(cursor, facts)
    assert len(executed) == 1
    assert count(db, "ledger_fact") == 1000
    assert count(db, "ledger_delta") == 1000


def test_a_django_cursor_will_do(db: psycopg.Connection) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        ledger.post(cursor, [fact(1)])
        ledger.append_leaf(cursor, 1, NOON, "audit", "77", b"who did what")
    assert ledger.fold(connection) == 1
    assert ledger.sequence(connection) == 2
    assert queries.totals(NOON, NOON + DAY).sum.issued_fen == 1230


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_fen": -1, "items": (("A", -1),)},
        {"kind": FactKind.red, "amount_fen": 5, "items": (("A", 5),)},
        {"kind": FactKind.red, "amount_fen": 0, "items": ()},
        {"kind": FactKind.allotted, "amount_fen": 5, "items": ()},
        {"amount_fen": 1231},
        {"items": ()},
        {"items": (("", 1230),)},
        {"sheets": 2},
        {"sheets": 0, "kind": FactKind.returned, "amount_fen": 0, "items": ()},
        {"digest": b"short"},
        {"bill_code": "51060126\n"},
        {"region_code": "510104:9"},
        {"bill_number": -1},
    ],
    ids=str,
)
def test_the_database_refuses_a_fact_that_cannot_be(db: psycopg.Connection, wrong: dict[str, object]) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        post(db, replace(fact(1), **wrong))
    assert count(db, "ledger_fact") == 0


def test_an_item_twice_in_one_fact_is_refused(db: psycopg.Connection) -> None:
    with pytest.raises(ValueError, match="twice"):
        post(db, fact(1, items=(("A", 1000), ("A", 230))))


def test_a_month_nobody_prepared_is_refused(db: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="no partition"):
        post(db, fact(1, at=datetime(2031, 1, 1, tzinfo=SHANGHAI)))


def test_months_are_prepared_once_and_cut_in_shanghai(db: psycopg.Connection) -> None:
    for _ in range(2):
        ledger.ensure_partitions(db, FIRST_MONTH, 8)
    post(db, fact(1, at=datetime(2026, 12, 1, tzinfo=SHANGHAI)))
    assert count(db, "ledger_fact_2026_12") == 1
    assert count(db, "ledger_fact_2026_11") == 0


@pytest.mark.parametrize("table", ["ledger_fact", "ledger_leaf", "ledger_checkpoint", "ledger_fact_2026_11"])
def test_what_happened_cannot_be_changed(db: psycopg.Connection, table: str) -> None:
    post(db, fact(1))
    ledger.sequence(db)
    db.execute(
        "INSERT INTO ledger_checkpoint VALUES (1, now(), decode(repeat('00', 32), 'hex'), "
        "decode(repeat('00', 64), 'hex'), 'text')"
    )
    column = "text" if table == "ledger_checkpoint" else "unit_id"
    for statement in (
        f"UPDATE {table} SET {column} = {column}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation, match="只增不改"):
            db.execute(statement)
    assert count(db, table) == 1


def test_periods_are_half_open_to_the_microsecond(db: psycopg.Connection) -> None:
    tick = timedelta(microseconds=1)
    midnight = datetime(2026, 11, 1, tzinfo=SHANGHAI)
    for number, at in enumerate([midnight - tick, midnight, midnight + tick], 1):
        post(db, fact(number, at=at))
    ledger.fold(db)

    def sheets(low: datetime, high: datetime) -> int:
        return queries.totals(low, high, connection=db).sum.issued_sheets

    assert sheets(midnight, midnight + tick) == 1
    assert sheets(midnight - tick, midnight) == 1
    assert sheets(midnight - tick, midnight + tick) == 2
    assert sheets(midnight, midnight + DAY) == 2
    assert sheets(midnight - 40 * DAY, midnight) == 1


def test_a_period_that_is_none_is_refused(db: psycopg.Connection) -> None:
    for low, high in [
        (NOON, NOON),
        (NOON, NOON - DAY),
        (NOON.replace(tzinfo=None), NOON),
    ]:
        with pytest.raises(errors.PeriodInvalid):
            queries.totals(low, high, connection=db)
    for by in (("unit", "unit"), ("week",)):
        with pytest.raises(errors.DimensionUnknown):
            queries.totals(NOON, NOON + DAY, by, connection=db)


def test_an_items_sheets_are_the_bills_that_have_it_and_the_sum_counts_each_bill_once(
    db: psycopg.Connection,
) -> None:
    post(db, fact(1), fact(2, items=((ITEMS[0], 1230),)), fact(3, kind=FactKind.red))
    for _ in range(2):
        total = queries.totals(NOON - DAY, NOON + DAY, ("item",), connection=db)
        rows = {row.item_code: row.figures for row in total.rows}
        assert rows[ITEMS[0]].issued_sheets == 2
        assert rows[ITEMS[1]].issued_sheets == 1
        assert (
            total.sum.issued_sheets,
            total.sum.red_sheets,
            total.sum.net_sheets,
        ) == (2, 1, 1)
        assert (total.sum.issued_fen, total.sum.red_fen, total.sum.net_fen) == (
            2460,
            1230,
            1230,
        )
        ledger.fold(db)


def test_every_grouping_and_filter_equals_a_recount_folded_or_not(
    db: psycopg.Connection,
) -> None:
    rng = random.Random(20261120)
    start, end = (
        datetime(2026, 8, 3, tzinfo=SHANGHAI),
        datetime(2026, 11, 28, tzinfo=SHANGHAI),
    )
    numbers = iter(range(1, 10_000))
    for _ in range(6):
        post(db, *(random_fact(rng, next(numbers), start, end) for _ in range(150)))
        ledger.fold(db, limit=rng.randint(1, 800))
    post(db, *(random_fact(rng, next(numbers), start, end) for _ in range(150)))
    facts = db.execute(ALL_FACTS).fetchall()
    assert count(db, "ledger_delta") > 0 < count(db, "ledger_total")
    periods = [
        (start, end),
        (start + 9.7 * DAY, end - 3.3 * DAY),
        (NOON, NOON + 1.5 * DAY),
        (NOON, NOON + DAY / 30),
    ]
    for size in range(4):
        for by in combinations(DIMENSIONS, size):
            period = rng.choice(periods)
            units = rng.choice([None, None, [1, 3], []])
            regions = rng.choice([None, None, ["510104"], ["510700", "511300"]])
            item = rng.choice([None, None, ITEMS[2]])
            bill_type = rng.choice([None, None, "0206"])
            total = queries.totals(*period, by, units, regions, bill_type, item, connection=db)
            rows, whole = recount(
                facts,
                period,
                by,
                lambda said, units=units, regions=regions, bill_type=bill_type: (
                    (units is None or said["unit"] in units)
                    and (regions is None or said["region"] in regions)
                    and (bill_type is None or said["bill_type"] == bill_type)
                ),
                item,
            )
            assert figures_of(total.sum) == whole
            if by:
                names = {
                    "unit": "unit_id",
                    "bill_type": "bill_type_code",
                    "item": "item_code",
                }
                names |= {"region": "region_code"} | {name: name for name in ("actor", "month", "day", "hour")}
                found = {tuple(getattr(row, names[n]) for n in by): figures_of(row.figures) for row in total.rows}
                assert found == {key: cell for key, cell in rows.items() if cell}


def test_folding_moves_every_delta_once(db: psycopg.Connection) -> None:
    post(
        db,
        *(fact(number, unit_id=number % 4 + 1, at=NOON + number * DAY / 90) for number in range(1, 200)),
    )
    before = queries.totals(NOON - 90 * DAY, NOON + 9 * DAY, ("unit", "item", "day"), connection=db)
    deltas = count(db, "ledger_delta")
    assert sum(iter(lambda: ledger.fold(db, limit=50), 0)) == deltas
    assert count(db, "ledger_delta") == 0
    after = queries.totals(NOON - 90 * DAY, NOON + 9 * DAY, ("unit", "item", "day"), connection=db)
    assert after.rows == before.rows
    assert after.sum == before.sum


def test_a_second_folder_leaves_the_work_to_the_first(db: psycopg.Connection, database: str) -> None:
    post(db, fact(1))
    with connect(database) as other, db.transaction():
        assert ledger.fold(db) == 1
        assert ledger.fold(other) == 0
    assert queries.totals(NOON, NOON + DAY, connection=db).sum.issued_sheets == 1


def test_buckets_and_edges_less_what_is_taken_off_are_the_period_once() -> None:
    rng = random.Random(7)
    for _ in range(2000):
        low = datetime(2026, 1, 1, tzinfo=SHANGHAI) + timedelta(microseconds=rng.randrange(10**12 * 40))
        if rng.random() < 0.3:
            low = low.replace(minute=0, second=0, microsecond=0)
        high = low + timedelta(microseconds=rng.randrange(1, 10 ** rng.randint(4, 14)))
        grains = rng.choice([rules.FINEST_FIRST, (rules.Grain.day, rules.Grain.month), (rules.Grain.hour,), ()])
        cut = rules.cut(low, high, grains)
        assert _counted([piece for _, piece in cut.whole] + list(cut.edges)) == [(low, high)]
        assert _counted([piece for _, piece in cut.whole]) == ([cut.middle] if cut.middle else [])
        for grain, piece in cut.whole:
            for bound in (piece.low, piece.high):
                assert bound.minute == bound.second == bound.microsecond == 0
                assert grain == rules.Grain.hour or bound.hour == 0
                assert grain != rules.Grain.ten_days or bound.day in (1, 11, 21)
                assert grain not in (rules.Grain.month, rules.Grain.quarter, rules.Grain.year) or bound.day == 1
                assert grain not in (rules.Grain.quarter, rules.Grain.year) or bound.month in (1, 4, 7, 10)
                assert grain != rules.Grain.year or bound.month == 1
        longest = {1: timedelta(hours=1), 2: DAY}[min(grains)] if grains else high - low
        assert all(piece.high - piece.low <= longest for piece in cut.edges)
        if grains == rules.FINEST_FIRST:
            read = sum((piece.high - piece.low) / _LENGTHS[grain] for grain, piece in cut.whole)
            assert read <= 2 * (12 + 5 + 2 + 2 + 2) + 4, "a period is told in few buckets"


_LENGTHS = {grain: timedelta(days=days) for grain, days in zip(rules.FINEST_FIRST, (1 / 24, 1, 9, 30, 91, 365), strict=True)}


def _counted(pieces: list[rules.Piece]) -> list[tuple[datetime, datetime]]:
    """The stretches that are counted just once; nothing may be counted twice, or taken off without being counted."""
    bounds = sorted({bound for piece in pieces for bound in (piece.low, piece.high)})
    found: list[tuple[datetime, datetime]] = []
    for low, high in pairwise(bounds):
        times = sum((-1 if piece.taken_off else 1) for piece in pieces if piece.low <= low and high <= piece.high)
        assert times in (0, 1)
        if times and found and found[-1][1] == low:
            found[-1] = (found[-1][0], high)
        elif times:
            found.append((low, high))
    return found

