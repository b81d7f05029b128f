"""A sound installation has no differences; each planted change is named."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection, connections
from psycopg import sql

from piaoju.crypto.certificates import Trust
from piaoju.journeys import keep_books, premises
from piaoju.ops import engine, fsck
from piaoju.ops.demonstration import founding
from piaoju.ops.fonts import installed_fonts
from piaoju.ops.installation import Installation
from piaoju.ops.telling import Teller
from piaoju.sites.office import build_office
from tests import database as databases
from tests.rooms.ledger_samples import connect, tamper

FOUNDED = f"founded_{databases.worker_database()}"  # of this worker: two may run this module at once


@dataclass
class Site:
    """A founded demonstration: its database under Django's name, its folder, and what was issued."""

    address: str
    folder: Path
    bills: list[dict[str, str]]

    def examine(self, *, with_fonts: bool = False) -> list[fsck.Difference]:
        trust = Trust.parse((self.folder / "trust.pem").read_bytes())
        return fsck.examine(connection, self.folder, trust, installed_fonts() if with_fonts else None)

    def file(self, kind: str) -> Path:
        """An exported file of the first bill."""
        return self.folder / "bills" / f"{self.bills[0]['code']}-{self.bills[0]['number']}.{kind}"

    def tamper(self, table: str, statement: str) -> None:
        with connect(self.address) as own:
            tamper(own, table, statement)


@pytest.fixture(scope="module")
def founded(server: engine.Server, template: str) -> Iterator[tuple[Path, list[dict[str, str]]]]:
    folder = databases.open_folder()
    with databases.fresh(server, template) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIAOJU_DATABASE_URL", url)
        patch.setattr("django.conf.settings.DATA_FOLDER", folder)
        for name in ("keys", "bills", "log"):
            (folder / name).mkdir(mode=0o700, exist_ok=True)
        premises.open_office(build_office())
        keep_books.prepare_months()
        try:
            result = founding.found(Installation(folder), "http://127.0.0.1:8000", Teller(as_json=True))
            later = replace(premises.office(), clock=lambda: datetime.now(UTC) + timedelta(days=40))
            while keep_books.fold_totals() or keep_books.close_days(later):
                pass
        finally:
            premises.close_writer()
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        databases.replace(admin, FOUNDED, databases.worker_database())
        yield folder, result["bills"]
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(FOUNDED)))
    shutil.rmtree(folder)


@pytest.fixture
def site(server: engine.Server, founded: tuple[Path, list[dict[str, str]]], data_folder: Path) -> Iterator[Site]:
    folder, bills = founded
    copy = data_folder / "copy"
    shutil.copytree(folder, copy)
    connections.close_all()
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        databases.replace(admin, databases.worker_database(), FOUNDED)
    yield Site(server.url_for(databases.worker_database()), copy, bills)
    connections.close_all()


def codes(differences: list[fsck.Difference]) -> set[str]:
    return {difference.code for difference in differences}


def test_a_sound_installation_has_no_differences(site: Site) -> None:
    assert len(site.bills) >= 4
    assert site.examine(with_fonts=True) == []


FIRST = "(SELECT bill_number FROM issuing_bill ORDER BY bill_code, bill_number LIMIT 1)"
ONE = f"bill_number = {FIRST} AND bill_code = (SELECT min(bill_code) FROM issuing_bill)"
FLIP = "set_byte({0}, 40, get_byte({0}, 40) # 1)"

PLANTED = {
    "one amount of a bill": (
        "issuing_bill", f"UPDATE issuing_bill SET total_fen = total_fen + 1 WHERE {ONE}",
        {"bill_not_as_booked", "lines_do_not_add_up", "row_not_as_signed", "published_not_as_issued"},
    ),
    "one amount of a line": (
        "issuing_bill_line",
        f"UPDATE issuing_bill_line SET amount_fen = amount_fen + 1 WHERE line_number = 1 AND {ONE}",
        {"item_not_as_booked", "lines_do_not_add_up", "row_not_as_signed"},
    ),
    "a payer": (
        "issuing_bill", f"UPDATE issuing_bill SET payer_name = '别人' WHERE {ONE}", {"row_not_as_signed"},
    ),
    "a deleted bill": (
        "issuing_bill", f"DELETE FROM issuing_bill WHERE {ONE}",
        {"bill_not_as_booked", "row_without_its_counterpart", "number_missing", "file_without_bill"},
    ),
    "a deleted document": (
        "issuing_bill_document", f"DELETE FROM issuing_bill_document WHERE {ONE}",
        {"row_without_its_counterpart", "file_without_bill"},
    ),
    "a changed byte of a document": (
        "issuing_bill_document", f"UPDATE issuing_bill_document SET body = {FLIP.format('body')} WHERE {ONE}",
        {"document_unreadable", "file_altered"},
    ),
    "a changed byte of a layout": (
        "issuing_bill_layout", f"UPDATE issuing_bill_layout SET body = {FLIP.format('body')} WHERE {ONE}",
        {"layout_unreadable", "file_altered"},
    ),
    "an altered text that documents share": (
        "issuing_kepttext", f"UPDATE issuing_kepttext SET text = {FLIP.format('text')}",
        {"document_unreadable", "file_altered"},
    ),
    "a number of a bill taken again": (
        "stock_taking",
        "INSERT INTO stock_taking SELECT unit_id, segment_id, bill_code, next_number - 1, next_number - 1, now(), 0, now() "
        "FROM stock_counter WHERE next_number > 1",
        {"number_used_twice"},
    ),
    "an altered fact": (
        "ledger_fact", "UPDATE ledger_fact SET region_code = '519999' WHERE kind = 3 AND " + ONE,
        {"bill_not_as_booked", "total_not_as_booked", "leaf_altered"},
    ),
    "a deleted fact": (
        "ledger_fact", "DELETE FROM ledger_fact WHERE kind = 3 AND " + ONE,
        {"bill_not_as_booked", "item_not_as_booked", "total_not_as_booked", "leaf_without_event"},
    ),
    "an altered total": (
        "ledger_total",
        "UPDATE ledger_total SET amount_fen = amount_fen + 1 WHERE scope = 3 AND grain = 3 AND kind = 3",
        {"total_not_as_booked"},
    ),
    "a total of nothing": (
        "ledger_total",
        "INSERT INTO ledger_total VALUES (1, 2, 77, '510104', '2026-01-01 00:00+08', '0601', '', 3, 1, 1)",
        {"total_not_as_booked"},
    ),
    "an altered total of every type of bill": (
        "ledger_total", "UPDATE ledger_total SET amount_fen = amount_fen + 1 WHERE bill_type_code = '' AND grain = 6",
        {"total_not_as_booked"},
    ),
    "an altered total of ten days": (
        "ledger_total", "UPDATE ledger_total SET sheets = sheets + 1 WHERE scope = 2 AND grain = 4 AND item_code <> ''",
        {"total_not_as_booked"},
    ),
    "an altered closed day": (
        "reporting_grouptotal", "UPDATE reporting_grouptotal SET amount_fen = amount_fen + 1 WHERE grain = 2 AND kind = 3",
        {"closed_not_as_booked"},
    ),
    "a closed month without a department": (
        "reporting_grouptotal", "DELETE FROM reporting_grouptotal WHERE grain = 3 AND dimension = 'governing' AND kind = 3",
        {"closed_not_as_booked"},
    ),
    "a number passed over": (
        "stock_counter", "UPDATE stock_counter SET next_number = next_number + 1", {"number_missing"},
    ),
    "a counter set back": (
        "stock_counter", "UPDATE stock_counter SET next_number = lower(span) FROM stock_segment AS s "
        "WHERE s.id = segment_id AND next_number > lower(span)",
        {"number_out_of_place"},
    ),
    "a segment in another place": (
        "stock_segment",
        "UPDATE stock_segment SET state = 'voided' WHERE id = (SELECT min(id) FROM stock_segment WHERE state = 'held')",
        {"place_not_as_moved"},
    ),
    "numbers out of nowhere": (
        "stock_segment",
        "INSERT INTO stock_segment (medium, bill_type_code, bill_code, span, level, region_code, unit_id, state, since, "
        "placed_by) VALUES ('electronic', '0101', '51010199', '[1,100]', 1, '510000', 0, 'held', now(), 'x')",
        {"place_not_as_moved"},
    ),
    "an altered movement": (
        "stock_movement",
        "UPDATE stock_movement SET to_unit_id = to_unit_id + 1 "
        "WHERE id = (SELECT max(id) FROM stock_movement WHERE kind = 'allotted')",
        {"place_not_as_moved", "stock_not_as_booked"},
    ),
    "a deleted movement": (
        "stock_movement",
        "DELETE FROM stock_movement WHERE id = (SELECT min(id) FROM stock_movement WHERE kind = 'distributed')",
        {"movement_from_elsewhere", "place_not_as_moved"},
    ),
    "an allotment nobody was told of": (
        "ledger_fact",
        "DELETE FROM ledger_fact WHERE kind = 2 AND bill_number = (SELECT max(bill_number) FROM ledger_fact WHERE kind = 2)",
        {"stock_not_as_booked", "total_not_as_booked", "leaf_without_event"},
    ),
    "a counter of nothing": (
        "stock_counter",
        "INSERT INTO stock_counter (unit_id, segment_id, bill_code, next_number, last_number) "
        "VALUES (1, 999999, '51010126', 5, 9)",
        {"counter_without_segment"},
    ),
    "an altered leaf": (
        "ledger_leaf", "UPDATE ledger_leaf SET red_fen = red_fen + 5 WHERE position = 1",
        {"leaf_altered", "head_not_of_leaves"},
    ),
    "a deleted leaf": (
        "ledger_leaf", "DELETE FROM ledger_leaf WHERE position = (SELECT max(position) FROM ledger_leaf)",
        {"fact_not_in_log", "leaves_missing"},
    ),
    "an altered head": (
        "ledger_checkpoint", "UPDATE ledger_checkpoint SET text = replace(text, 'at 2', 'at 3')",
        {"head_not_signed", "published_head_unknown"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_change_in_the_database_is_named(site: Site, planted: str) -> None:
    table, statement, expected = PLANTED[planted]
    site.tamper(table, statement)
    found = codes(site.examine())
    assert expected <= found, planted
    # What is named besides belongs to the same thing, and nothing is named that the change did not touch.
    assert found <= expected | CONSEQUENCES, planted


CONSEQUENCES = {
    "not_valid",
    "item_not_as_booked",
    "number_out_of_place",
    "row_without_its_counterpart",
    "tile_altered",
}


def test_a_guard_switched_off_is_named(site: Site) -> None:
    with connect(site.address) as own:
        own.execute("ALTER TABLE ledger_leaf DISABLE TRIGGER ledger_leaf_append_only")
        own.execute("DROP TRIGGER issuing_bill_no_truncate ON issuing_bill")
    found = site.examine()
    assert {(d.code, d.subject) for d in found} == {
        ("guard_missing", "ledger_leaf"),
        ("guard_missing", "issuing_bill"),
    }


@pytest.mark.parametrize("kind", ["xml", "ofd", "pdf"])
def test_an_altered_file_is_named(site: Site, kind: str) -> None:
    path = site.file(kind)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    found = site.examine(with_fonts=True)
    assert {(d.code, d.subject) for d in found} == {("file_altered", f"bills/{path.name}")}


def test_a_file_of_no_bill_and_a_file_with_an_odd_name_are_named(site: Site) -> None:
    path = site.file("xml")
    shutil.copy(path, path.with_name("51060126-9999999999.xml"))
    shutil.copy(path, path.with_name("copy.xml"))
    assert codes(site.examine()) == {"file_without_bill", "file_unknown"}


def test_a_missing_export_is_no_fault_and_an_altered_tile_is_one(site: Site) -> None:
    site.file("pdf").unlink()
    assert site.examine() == []
    tiles = [path for path in (site.folder / "log" / "tile").rglob("*") if path.is_file()]
    assert tiles
    for path in tiles:
        content = path.read_bytes()
        for changed in (content[:-1] + bytes([content[-1] ^ 1]), content[:-1]):
            path.write_bytes(changed)
            assert codes(site.examine()) == {"tile_altered"}
        path.write_bytes(content)
    assert site.examine() == []
