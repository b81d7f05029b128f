"""SQL text for month partitions, cut at the first of a month in Asia/Shanghai.

One statement makes what is missing and nothing else, so it may run at every start and every night.
There is no default partition: a row of a month nobody prepared is refused, not hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

MONTHS_AHEAD = 6


def ensure_partitions_sql(tables: Sequence[str], first_month: date, months: int = MONTHS_AHEAD) -> str:
    """One DO block that makes the missing partitions of `tables` from `first_month` on.

    A new partition is attached, not created in place: that waits for no reader and no writer. Where the
    parent refuses TRUNCATE, the partition does too.
    """
    wanted = ",".join(
        f"('{table}','{partition_name(table, month)}','{_bound(month)}','{_bound(_next(month))}')"
        for table in tables
        for month in _months(first_month, months)
    )
    return f"""
DO $$
DECLARE wanted record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('piaoju partitions', 0));
    FOR wanted IN SELECT * FROM (VALUES {wanted}) AS w(parent, part, low, high)
                  WHERE to_regclass(part) IS NULL LOOP
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
                       wanted.part, wanted.parent);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       wanted.parent, wanted.part, wanted.low, wanted.high);
        IF EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = wanted.parent::regclass
                   AND tgname = wanted.parent || '_no_truncate') THEN
            EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I '
                           'FOR EACH STATEMENT EXECUTE FUNCTION piaoju_append_only()',
                           wanted.part || '_no_truncate', wanted.part);
        END IF;
    END LOOP;
END $$;
"""


def partition_name(table: str, month: date) -> str:
    """The partition of `table` that holds the month of a date: ledger_fact_2026_11."""
    return f"{table}_{month.year:04}_{month.month:02}"


def _months(first: date, count: int) -> list[date]:
    months = [first.replace(day=1)]
    while len(months) < count:
        months.append(_next(months[-1]))
    return months


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _bound(month: date) -> str:
    return f"{month.isoformat()} 00:00:00+08:00"
