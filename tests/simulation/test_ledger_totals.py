"""Totals under fire: several writers, folders and a sequencer at work, and every total read equals a recount."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

import psycopg

from piaoju.kit.clock import SHANGHAI
from piaoju.ledger import actions as ledger
from piaoju.ledger import queries
from piaoju.ledger.types import DIMENSIONS
from tests.rooms.ledger_samples import (
    ALL_FACTS,
    FIRST_MONTH,
    ITEMS,
    connect,
    figures_of,
    random_fact,
    recount,
)

START = datetime(2026, 9, 29, tzinfo=SHANGHAI)
END = datetime(2026, 10, 3, tzinfo=SHANGHAI)  # four days over a month's end, so that every grain is in use
WRITERS, CHECKS, FACTS = 4, 60, 3_000
NAMES = {
    "unit": "unit_id",
    "bill_type": "bill_type_code",
    "item": "item_code",
    "region": "region_code",
}


class Crew:
    """Threads that repeat one step each until the test is over; what one raises, the test raises."""

    def __init__(self, address: str) -> None:
        self.address, self.over, self.faults = (
            address,
            threading.Event(),
            list[Exception](),
        )
        self.threads: list[threading.Thread] = []

    def hire(self, step: Callable[[psycopg.Connection], object], pause: float) -> None:
        def work() -> None:
            try:
                with connect(self.address) as connection:
                    while not self.over.is_set():
                        step(connection)
                        self.over.wait(pause)
            except Exception as fault:  # noqa: BLE001 - raised again in the test's own thread
                self.faults.append(fault)

        self.threads.append(threading.Thread(target=work))
        self.threads[-1].start()

    def dismiss(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()
        if self.faults:
            raise self.faults[0]


def writer(seed: int, numbers: count[int]) -> Callable[[psycopg.Connection], None]:
    rng = random.Random(seed)

    def write(connection: psycopg.Connection) -> None:
        facts = [random_fact(rng, next(numbers), START, END) for _ in range(rng.randint(1, 12))]
        with connection.transaction() as transaction, connection.cursor() as cursor:
            ledger.post(cursor, facts)
            if rng.random() < 0.1:
                raise psycopg.Rollback(transaction)

    return write


def compare(connection: psycopg.Connection, rng: random.Random) -> int:
    """One random question, answered by the ledger and by a recount in the same snapshot."""
    moments = sorted(START + (END - START) * rng.random() for _ in range(2))
    low, high = (m.replace(minute=0, second=0, microsecond=0) if rng.random() < 0.3 else m for m in moments)
    high = max(high, low + timedelta(microseconds=1))
    if rng.random() < 0.2:
        low, high = START - timedelta(days=30), END + timedelta(days=30)
    by = tuple(rng.sample(DIMENSIONS, rng.randint(0, 3)))
    units, item = rng.choice([None, [2, 4]]), rng.choice([None, None, ITEMS[3]])
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        total = queries.totals(low, high, by, units, item_code=item, connection=connection)
        facts = connection.execute(ALL_FACTS).fetchall()
    rows, whole = recount(
        facts,
        (low, high),
        by,
        lambda said: units is None or said["unit"] in units,
        item,
    )
    assert figures_of(total.sum) == whole
    if by:
        found = {tuple(getattr(row, NAMES.get(n, n)) for n in by): figures_of(row.figures) for row in total.rows}
        assert found == {key: cell for key, cell in rows.items() if cell}
    return len(facts)


def test_every_total_read_while_writers_and_folders_work_equals_a_recount(
    database: str,
) -> None:
    with connect(database) as connection:
        ledger.ensure_partitions(connection, FIRST_MONTH, 6)
        crew = Crew(database)
        numbers = count(1)
        for seed in range(WRITERS):
            crew.hire(writer(seed, numbers), 0.01)
        crew.hire(lambda own: ledger.fold(own, limit=500), 0.02)
        crew.hire(ledger.fold, 0.03)
        crew.hire(lambda own: ledger.sequence(own, 200), 0.02)
        rng = random.Random(20261003)
        try:
            seen: list[int] = []
            while not crew.faults and (len(seen) < CHECKS or seen[-1] < FACTS):
                seen.append(compare(connection, rng))
        finally:
            crew.dismiss()
        assert len(set(seen)) > CHECKS // 3, "hardly anything was written while totals were read"
        folded = connection.execute("SELECT count(*) FROM ledger_total").fetchone()
        assert folded is not None and folded[0] > 0
        while ledger.fold(connection) or ledger.sequence(connection):
            pass
        compare(connection, rng)
        facts = connection.execute("SELECT count(*) FROM ledger_fact").fetchone()
        leaves = connection.execute("SELECT count(*) FROM ledger_leaf").fetchone()
        assert facts == leaves
