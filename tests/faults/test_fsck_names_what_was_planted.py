"""`piaoju fsck` as an auditor runs it, on what `piaoju demo` made: four planted changes, each alone, each named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from piaoju.ops import engine
from tests import database as databases
from tests.faults.site_process import Site

FIRST = "(unit_id, bill_code, bill_number) = (SELECT unit_id, bill_code, bill_number FROM issuing_bill"
FIRST += " ORDER BY bill_code, bill_number LIMIT 1)"


@dataclass(slots=True)
class Made:
    """What the demonstration made, with its database up."""

    site: Site

    @property
    def name(self) -> str:
        """Code and number of the first bill, as fsck names it."""
        with self.site.connect() as connection:
            row = connection.execute(
                "SELECT bill_code || '-' || lpad(bill_number::text, 10, '0') FROM issuing_bill ORDER BY 1 LIMIT 1"
            ).fetchone()
        assert row
        return str(row[0])

    @contextmanager
    def planted(self, table: str, change: str) -> Iterator[None]:
        """The change made by one whom no trigger stops; afterwards the table is as it was, and as guarded."""
        with self.site.connect_as_owner_of_all() as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(f"CREATE TABLE public.kept_for_test AS TABLE {table}")
            changed = connection.execute(change).rowcount
            assert changed == 1, "the change to be found was not made"
        try:
            yield
        finally:
            with self.site.connect_as_owner_of_all() as connection:
                connection.execute("SET session_replication_role = replica")
                connection.execute(f"DELETE FROM {table}")
                connection.execute(f"INSERT INTO {table} SELECT * FROM public.kept_for_test")
                connection.execute("DROP TABLE public.kept_for_test")


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    folder = databases.open_folder()
    site = Site(folder / "data")
    try:
        done = site.run("demo", "--exit", "--json")
        assert done.returncode == 0, done.stderr[-3000:]
        with engine.running(site.folder, database_url=""):
            yield Made(site)
    finally:
        databases.remove(folder)


def test_what_the_demonstration_made_is_without_differences(made: Made) -> None:
    assert made.site.examine() == []


def test_a_change_of_one_amount_is_named(made: Made) -> None:
    change = f"UPDATE issuing_bill SET total_fen = total_fen + 1 WHERE {FIRST}"
    with made.planted("issuing_bill", change):
        found = made.site.examine()
    assert {("bill_not_as_booked", made.name), ("lines_do_not_add_up", made.name)} <= named(found)
    assert {subject for _, subject in named(found)} == {made.name}
    assert made.site.examine() == []


def test_a_deleted_bill_is_named(made: Made) -> None:
    name = made.name
    with made.planted("issuing_bill", f"DELETE FROM issuing_bill WHERE {FIRST}"):
        found = made.site.examine()
    assert {("bill_not_as_booked", name), ("number_missing", name)} <= named(found)
    assert all(name in subject for _, subject in named(found))
    assert made.site.examine() == []


def test_an_altered_total_is_named(made: Made) -> None:
    change = """
        UPDATE ledger_total SET amount_fen = amount_fen + 1 WHERE (tableoid, ctid) = (
            SELECT tableoid, ctid FROM ledger_total WHERE scope = 1 AND grain = 2 AND kind = 3 AND item_code = '' LIMIT 1)
    """
    with made.planted("ledger_total", change):
        found = made.site.examine()
    assert [(row["part"], row["code"]) for row in found] == [("totals", "total_not_as_booked")]
    assert made.site.examine() == []


@pytest.mark.parametrize("kind", ["xml", "ofd", "pdf"])
def test_an_altered_exported_file_is_named(made: Made, kind: str) -> None:
    path = Path(made.site.folder, "bills", f"{made.name}.{kind}")
    content = path.read_bytes()
    altered = bytearray(content)
    altered[len(altered) // 3] ^= 1
    path.write_bytes(bytes(altered))
    found = made.site.examine()
    path.write_bytes(content)
    assert named(found) == {("file_altered", f"bills/{path.name}")}
    assert made.site.examine() == []


def named(found: list[dict[str, str]]) -> set[tuple[str, str]]:
    return {(row["code"], row["subject"]) for row in found}
