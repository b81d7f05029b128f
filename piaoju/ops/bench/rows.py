"""The rows of a bill alone, by pgbench: what the database would do if bills cost nothing else."""

from __future__ import annotations

import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import psycopg

from piaoju.ops.session import Session

SECONDS = 6
# The rows that one bill of ten lines leaves, in a transaction of its own, in tables of the same shape and indexes.
_SCRIPT = """
\\set unit random(1, 9)
BEGIN;
UPDATE bench_counter SET next_number = next_number + 1 WHERE unit_id = :unit RETURNING next_number AS number \\gset
INSERT INTO bench_business_key VALUES (:unit, 'B' || :number, decode(repeat('ab', 32), 'hex'), now(), '51040126', :number);
INSERT INTO bench_number VALUES (:unit, '51040126', :number, now());
INSERT INTO bench_waiting VALUES (:unit, '51040126', :number, now());
INSERT INTO bench_bill VALUES (:unit, now(), '51040126', :number, '0401', '510000', 'abcdef', 'B' || :number, 1, '李明',
    12500, '甲', '乙', 'client bench', decode(repeat('ab', 32), 'hex'));
INSERT INTO bench_line SELECT :unit, now(), '51040126', :number, n, '600' || n, 10000, 125000, 1250
    FROM generate_series(1, 10) n;
INSERT INTO bench_document VALUES (:unit, now(), '51040126', :number, decode(repeat('0123456789abcdef', 250), 'hex'));
INSERT INTO bench_published VALUES (:unit, now(), '51040126', :number, 'abcdef', current_date, 12500, 'x', 'y', '510000',
    '李＊', decode(repeat('ab', 32), 'hex'));
INSERT INTO bench_fact VALUES (:unit, now(), 3, '51040126', :number, '510000', '0401', 1, 12500,
    ARRAY['6001','6002','6003','6004','6005','6006','6007','6008','6009','6010'],
    ARRAY[1250,1250,1250,1250,1250,1250,1250,1250,1250,1250], 'client bench', decode(repeat('ab', 32), 'hex'));
{delta}INSERT INTO bench_pending VALUES (:unit, now(), 'fact', '3 51040126 ' || :number);
COMMIT;
"""
# What it adds to totals goes where bills put it, in an hour of 1999, and is folded meanwhile as the keeper does.
_DELTA = """INSERT INTO ledger_delta (unit_id, hour, region_code, bill_type_code, kind, sheets, amount_fen, item_codes, item_fens)
    VALUES (9000000000 + {unit}, timestamptz '1999-01-01 09:00+08', 'bench' || {unit} % 183, '0401', 3, 1, 12500,
    {items}, ARRAY[1250,1250,1250,1250,1250,1250,1250,1250,1250,1250]);
"""
_TOTALS = {
    "none": "",
    "few": _DELTA.format(unit=":unit", items="ARRAY['6001','6002','6003','6004','6005','6006','6007','6008','6009','6010']"),
    "many": "\\set one random_zipfian(1, 39000, 1.001)\n\\set item (:one * 7919 + random(0, 50)) % 3182\n"
    + _DELTA.format(unit=":one", items="ARRAY(SELECT 'bench' || :item + n FROM generate_series(1, 10) AS n)"),
}
Totals = Literal["none", "few", "many"]
_TABLES = """
DROP TABLE IF EXISTS bench_counter, bench_business_key, bench_number, bench_waiting, bench_bill, bench_line, bench_document,
    bench_published, bench_fact, bench_pending;
CREATE TABLE bench_counter (unit_id bigint PRIMARY KEY, next_number bigint);
INSERT INTO bench_counter SELECT n, 1 FROM generate_series(1, 9) n;
CREATE TABLE bench_business_key (u bigint, b text, d bytea, t timestamptz, c text, n bigint, PRIMARY KEY (u, b));
CREATE TABLE bench_number (u bigint, c text, n bigint, t timestamptz, PRIMARY KEY (u, c, n));
CREATE TABLE bench_waiting (u bigint, c text, n bigint, t timestamptz, PRIMARY KEY (u, c, n));
CREATE TABLE bench_bill (u bigint, t timestamptz, c text, n bigint, bt text, r text, k text, b text, pt int, p text,
    f bigint, h text, ch text, a text, d bytea, PRIMARY KEY (u, t, c, n));
CREATE TABLE bench_line (u bigint, t timestamptz, c text, n bigint, l int, i text, q bigint, s bigint, f bigint,
    PRIMARY KEY (u, t, c, n, l));
CREATE TABLE bench_document (u bigint, t timestamptz, c text, n bigint, d bytea, PRIMARY KEY (u, t, c, n));
CREATE TABLE bench_published (u bigint, t timestamptz, c text, n bigint, k text, i date, f bigint, bn text, un text, r text,
    p text, d bytea, PRIMARY KEY (u, t, c, n));
CREATE TABLE bench_fact (u bigint, t timestamptz, k int, c text, n bigint, r text, bt text, s bigint, f bigint, ic text[],
    ia bigint[], a text, d bytea, PRIMARY KEY (u, t, k, c, n));
CREATE TABLE bench_pending (u bigint, t timestamptz, s text, i text);
"""
_CLEAN = "DROP TABLE " + ", ".join(
    f"bench_{name}"
    for name in (
        "counter", "business_key", "number", "waiting", "bill", "line", "document", "published", "fact", "pending",
    )
)  # fmt: skip
_CLEAN += """;
DELETE FROM ledger_delta WHERE hour < '2000-01-01 00:00+08';
DELETE FROM ledger_total WHERE scope IN (1, 2, 3) AND grain IN (1, 2, 3, 4, 5, 6) AND bucket < '2000-01-01 00:00+08'"""


def measure(opened: Session, clients: int, totals: Totals = "few") -> float:
    """Transactions a second with these many clients; 0 where pgbench is not to be had.

    `totals`: of nine units that charge the same, of 39,000 units with their own items, or none; the time until all of them
    are folded counts.
    """
    if opened.server.binaries is None:
        return 0.0
    pgbench = opened.server.binaries.folder / "pgbench"
    if not pgbench.exists():
        return 0.0
    with psycopg.connect(opened.server.url, autocommit=True) as connection:
        connection.execute(_TABLES)
    try:
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "bill.sql"
            script.write_text(_SCRIPT.replace("{delta}", _TOTALS[totals]))
            begun = time.perf_counter()
            with _folding():
                run = subprocess.run(
                    [str(pgbench), "-n", "-f", str(script), "-c", str(clients), "-j", "2", "-T", str(SECONDS),
                     "-M", "prepared", opened.server.url],
                    capture_output=True, text=True, timeout=120, check=False,
                )  # fmt: skip
            took = time.perf_counter() - begun
    finally:
        with psycopg.connect(opened.server.url, autocommit=True) as connection:
            connection.execute(_CLEAN)
    found = re.search(r"actually processed: (\d+)", run.stdout)
    if not found:
        raise RuntimeError(f"pgbench failed: {run.stderr[-500:]}")
    return int(found[1]) / took


@contextmanager
def _folding() -> Iterator[None]:
    """What is posted is folded every second, as the keeper does; at the end all of it is."""
    from django.db import connections

    from piaoju.journeys import keep_books

    over = threading.Event()

    def fold() -> None:
        while not over.wait(1.0):
            keep_books.fold_totals()
        connections.close_all()

    folder = threading.Thread(target=fold)
    folder.start()
    try:
        yield
    finally:
        over.set()
        folder.join()
        while keep_books.fold_totals():
            pass
