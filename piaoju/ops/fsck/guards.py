"""That the tables of record still refuse to be changed: an absent or disabled guard is a difference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from piaoju.ops.fsck.difference import Difference, differing

_TABLES = (
    "ledger_fact", "ledger_leaf", "ledger_checkpoint", "issuing_bill", "issuing_bill_line",
    "issuing_bill_document", "issuing_bill_layout", "issuing_business_key", "issuing_bill_number",
    "issuing_sequel", "issuing_paper_bill", "issuing_print",
    "verification_published_paper", "stock_movement", "identity_auditrecord", "issuing_kepttext",
)  # fmt: skip

# Row guards are on every partition (inherited), and a table and its partitions each refuse TRUNCATE.
_MISSING = """
WITH guarded AS (
    SELECT unnest(%s::regclass[])::oid AS id
    UNION SELECT p.relid FROM unnest(%s::regclass[]) AS t(id), pg_partition_tree(t.id) AS p
), guard AS (
    SELECT g.id, count(*) FILTER (WHERE tgtype & 1 = 1 AND tgtype & 24 = 24) AS row_guards,
           count(*) FILTER (WHERE tgtype & 32 = 32) AS truncate_guards
    FROM guarded AS g LEFT JOIN (
        pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid AND proname = 'piaoju_append_only'
    ) ON tgrelid = g.id AND tgenabled IN ('O', 'A')
    GROUP BY g.id
)
SELECT id::regclass::text, CASE WHEN row_guards = 0 THEN '可以改、可以删' ELSE '可以清空' END
FROM guard WHERE row_guards = 0 OR truncate_guards = 0 ORDER BY 1
"""


def examine(connection: Any) -> Iterator[Difference]:
    """Tables of record that could be changed unnoticed."""
    yield from differing(
        connection, "guards", "guard_missing", _MISSING, "防改触发器缺失或被停用：{}", (list(_TABLES), list(_TABLES))
    )
