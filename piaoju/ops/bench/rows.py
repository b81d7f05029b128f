"""The rows of a bill alone, by pgbench: what the database would do if bills cost nothing else."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

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
INSERT INTO bench_delta VALUES (:unit, date_trunc('hour', now()), '510000', '0401', 3, 1, 12500,
    ARRAY['6001','6002','6003','6004','6005','6006','6007','6008','6009','6010'],
    ARRAY[1250,1250,1250,1250,1250,1250,1250,1250,1250,1250]);
INSERT INTO bench_pending VALUES (:unit, now(), 'fact', '3 51040126 ' || :number);
COMMIT;
"""
_WITHOUT_TOTALS = re.compile(r"INSERT INTO bench_delta .*?;\n", re.S)
_TABLES = """
DROP TABLE IF EXISTS bench_counter, bench_business_key, bench_number, bench_waiting, bench_bill, bench_line, bench_document,
    bench_published, bench_fact, bench_delta, bench_pending;
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
CREATE TABLE bench_delta (u bigint, h timestamptz, r text, bt text, k int, s bigint, f bigint, ic text[], ia bigint[]);
CREATE TABLE bench_pending (u bigint, t timestamptz, s text, i text);
"""
_CLEAN = "DROP TABLE " + ", ".join(
    f"bench_{name}"
    for name in (
        "counter", "business_key", "number", "waiting", "bill", "line", "document", "published", "fact", "delta", "pending",
    )
)  # fmt: skip


def measure(opened: Session, clients: int, *, without_totals: bool = False) -> float:
    """Transactions a second with these many clients; 0 where pgbench is not to be had."""
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
            script.write_text(_WITHOUT_TOTALS.sub("", _SCRIPT) if without_totals else _SCRIPT)
            run = subprocess.run(
                [str(pgbench), "-n", "-f", str(script), "-c", str(clients), "-j", "2", "-T", str(SECONDS),
                 "-M", "prepared", opened.server.url],
                capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
    finally:
        with psycopg.connect(opened.server.url, autocommit=True) as connection:
            connection.execute(_CLEAN)
    found = re.search(r"tps = ([\d.]+)", run.stdout)
    if not found:
        raise RuntimeError(f"pgbench failed: {run.stderr[-500:]}")
    return float(found[1])
