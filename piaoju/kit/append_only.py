"""SQL text that makes a table append-only: rows may be added, never changed, removed or truncated.

The trigger looks at nothing but its own row, so it works on a table that is partitioned or distributed.
"""

from __future__ import annotations

FUNCTION_SQL = """
CREATE OR REPLACE FUNCTION piaoju_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '表 % 只增不改：不能 %，更正请另记一笔', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
"""


def triggers_sql(table: str) -> str:
    """The triggers of one table; FUNCTION_SQL must have run. Row triggers reach partitions by themselves."""
    return (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION piaoju_append_only();\n"
        f"{truncate_trigger_sql(table)}"
    )


def truncate_trigger_sql(table: str) -> str:
    """Statement triggers are not inherited, so every partition needs this one of its own."""
    return (
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION piaoju_append_only();\n"
    )
