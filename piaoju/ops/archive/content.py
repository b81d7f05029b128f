"""What a database holds, in figures two databases can be compared by."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from .manifest import RoleEntry, TableEntry

# Rows are compared by their text: it must not depend on the session.
_SETTINGS = (
    "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL intervalstyle = 'iso_8601';"
    "SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 3; SET LOCAL row_security = off;"
    "SET LOCAL statement_timeout = 0"
)
_RELATIONS = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = %s AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%%'
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2
"""
_ROLES = """
SELECT r.rolname, r.rolcanlogin, r.rolinherit, r.rolbypassrls,
       ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
             WHERE m.member = r.oid ORDER BY 1)
FROM pg_roles r WHERE r.rolname NOT LIKE 'pg\\_%%' AND NOT r.rolsuper ORDER BY 1
"""


def tables(connection: psycopg.Connection[Any]) -> tuple[TableEntry, ...]:
    """Every table (partitions one by one): its rows and the sum of their hashes."""
    connection.execute(_SETTINGS)
    entries = []
    for schema, name in connection.execute(_RELATIONS, ["r"]).fetchall():
        row = connection.execute(
            sql.SQL("SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM {} t").format(
                sql.Identifier(schema, name)
            )
        ).fetchone()
        assert row is not None
        entries.append(TableEntry(f"{schema}.{name}", row[0], row[1]))
    return tuple(entries)


def sequences(connection: psycopg.Connection[Any]) -> tuple[TableEntry, ...]:
    """Every sequence and where it stands."""
    entries = []
    for schema, name in connection.execute(_RELATIONS, ["S"]).fetchall():
        row = connection.execute(
            sql.SQL("SELECT last_value, is_called::text FROM {}").format(sql.Identifier(schema, name))
        ).fetchone()
        assert row is not None
        entries.append(TableEntry(f"{schema}.{name}", row[0], row[1]))
    return tuple(entries)


def roles(connection: psycopg.Connection[Any]) -> tuple[RoleEntry, ...]:
    """The roles that are not PostgreSQL's own, and what each is a member of."""
    return tuple(
        RoleEntry(name, login, inherit, bypass, tuple(groups))
        for name, login, inherit, bypass, groups in connection.execute(_ROLES).fetchall()
    )


def bring_roles(connection: psycopg.Connection[Any], wanted: tuple[RoleEntry, ...]) -> None:
    """The roles of the backup exist, with the memberships they had."""
    present = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
    for role in wanted:
        if role.name in present:
            continue
        words = [
            "LOGIN" if role.login else "NOLOGIN",
            "INHERIT" if role.inherit else "NOINHERIT",
            "BYPASSRLS" if role.bypass_rls else "NOBYPASSRLS",
        ]
        connection.execute(sql.SQL("CREATE ROLE {} ").format(sql.Identifier(role.name)) + sql.SQL(" ").join(map(sql.SQL, words)))
    for role in wanted:
        for group in role.member_of:
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(role.name)))


def differences(
    before: tuple[tuple[TableEntry, ...], tuple[TableEntry, ...]],
    after: tuple[tuple[TableEntry, ...], tuple[TableEntry, ...]],
) -> list[str]:
    """Each table or sequence that is not the same in both, by name."""
    found = []
    for old, new in zip(before, after, strict=True):
        was, now = {entry.name: entry for entry in old}, {entry.name: entry for entry in new}
        for name in sorted(was.keys() | now.keys()):
            if was.get(name) != now.get(name):
                found.append(f"{name}：{shown(was.get(name))} → {shown(now.get(name))}")
    return found


def shown(entry: TableEntry | None) -> str:
    return "没有" if entry is None else f"{entry.rows}（{entry.digest[-8:]}）"
