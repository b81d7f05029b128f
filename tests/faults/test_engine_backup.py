"""A backup is the whole of a data folder, or says that it is not."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from piaoju.ops import archive, engine
from piaoju.ops.archive import ArchiveRefused, manifest
from piaoju.ops.installation import InstallationRefused, open_installation, version_of

AT = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def filled(data_folder: Path) -> Path:
    """An installation with a key, a bill's file, a log tile, and tables with a sequence and a grant."""
    folder = data_folder / "data"
    here = open_installation(folder)
    (here.keys / "unit.key").write_bytes(os.urandom(300))
    (here.keys / "unit.key").chmod(0o600)
    (here.bills / "a-1.ofd").write_bytes(os.urandom(3_000_000))
    (here.log / "0").mkdir()
    (here.log / "0" / "000").write_bytes(os.urandom(8192))
    here.trust.write_text("PEM")
    with engine.running(folder, database_url="") as server, psycopg.connect(server.url) as connection:
        connection.execute("CREATE ROLE piaoju_writer NOLOGIN")
        connection.execute("CREATE TABLE bill (id bigserial PRIMARY KEY, name text, xml bytea, at timestamptz)")
        connection.execute("CREATE TABLE part (at date, n int) PARTITION BY RANGE (at)")
        connection.execute("CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')")
        connection.execute("INSERT INTO part VALUES ('2026-05-01', 7)")
        connection.execute(
            "INSERT INTO bill (name, xml, at) SELECT '张' || n, sha256(n::text::bytea), now() FROM generate_series(1, 500) n"
        )
        connection.execute("GRANT INSERT ON bill TO piaoju_writer")
    return folder


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path: ((folder / path).read_bytes(), (folder / path).stat().st_mode) for path in manifest.walk(folder, frozenset({"pg"}))
    }


def test_a_restored_installation_is_the_one_backed_up(filled: Path, data_folder: Path) -> None:
    written = archive.write(filled, data_folder / "backup", AT)
    restored = archive.restore(data_folder / "backup", data_folder / "again")
    assert (restored.rows, restored.files) == (written.rows, written.files) == (501, 5)
    assert contents(data_folder / "again") == contents(filled)
    rows: list[list[object]] = []
    for folder in (filled, data_folder / "again"):
        with engine.running(folder, database_url="") as server, psycopg.connect(server.url) as connection:
            rows.append([*connection.execute("SELECT * FROM bill ORDER BY id").fetchall()])
            granted = connection.execute("SELECT has_table_privilege('piaoju_writer', 'bill', 'INSERT')").fetchone()
            assert granted == (True,)
            rows[-1].append(connection.execute("INSERT INTO bill (name) VALUES ('新') RETURNING id").fetchone())
    assert rows[0] == rows[1] and rows[0][-1] == (501,)


def test_a_backup_can_be_taken_while_the_installation_is_used(filled: Path, data_folder: Path) -> None:
    with engine.running(filled, database_url="") as server, psycopg.connect(server.url) as busy:
        busy.execute("INSERT INTO bill (name) VALUES ('未提交')")
        assert archive.write(filled, data_folder / "backup", AT).rows == 501
        busy.rollback()


@pytest.mark.parametrize("part", ["database.dump", "files/keys/unit.key", "files/log/0/000", "manifest.json"])
def test_one_altered_byte_of_a_backup_is_named(filled: Path, data_folder: Path, part: str) -> None:
    archive.write(filled, data_folder / "backup", AT)
    place = data_folder / "backup" / part
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 1
    place.write_bytes(content)
    with pytest.raises(ArchiveRefused, match=Path(part).name):
        archive.restore(data_folder / "backup", data_folder / "again")
    assert not (data_folder / "again").exists()


def test_a_file_added_to_or_missing_from_a_backup_is_named(filled: Path, data_folder: Path) -> None:
    archive.write(filled, data_folder / "backup", AT)
    files = data_folder / "backup" / "files"
    (files / "trust.pem").rename(files / "other.pem")
    with pytest.raises(ArchiveRefused, match=r"(?s)trust\.pem：缺少.*other\.pem：清单中没有"):
        archive.restore(data_folder / "backup", data_folder / "again")


def test_a_dump_that_does_not_hold_the_tables_it_claims_fails_the_proof(
    filled: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from piaoju.ops.archive import writer

    real = writer.dump

    def one_row_short(server: engine.Server, target: Path, snapshot: str) -> None:
        with psycopg.connect(server.url) as connection:
            connection.execute("DELETE FROM bill WHERE id = 7")
        with psycopg.connect(server.url) as connection:
            later = connection.execute("SELECT pg_export_snapshot()").fetchone()
            assert later is not None
            real(server, target, later[0])

    monkeypatch.setattr(writer, "dump", one_row_short)
    with pytest.raises(ArchiveRefused, match=r"public\.bill：500.* → 499"):
        archive.write(filled, data_folder / "backup", AT)
    with pytest.raises(ArchiveRefused, match="不是完整的备份"):
        archive.restore(data_folder / "backup", data_folder / "again")


def test_nothing_is_overwritten(filled: Path, data_folder: Path) -> None:
    archive.write(filled, data_folder / "backup", AT)
    with pytest.raises(ArchiveRefused, match="不是空文件夹"):
        archive.write(filled, data_folder / "backup", AT)
    with pytest.raises(ArchiveRefused, match="不会覆盖"):
        archive.restore(data_folder / "backup", filled)
    with pytest.raises(ArchiveRefused, match="里面"):
        archive.write(filled, filled / "backup", AT)


def test_a_newer_data_folder_is_refused_and_left_alone(data_folder: Path) -> None:
    folder = data_folder / "data"
    open_installation(folder)
    (folder / "version").write_text("999\n")
    with pytest.raises(InstallationRefused, match="升级程序"):
        open_installation(folder)
    assert version_of(folder) == 999


def test_an_older_data_folder_is_brought_up_step_by_step(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from piaoju.ops import installation

    folder = data_folder / "data"
    open_installation(folder)
    steps: list[int] = []
    monkeypatch.setattr(installation, "VERSION", 3)
    monkeypatch.setattr(installation, "UPGRADES", {n: (lambda _, n=n: steps.append(n)) for n in (1, 2)})
    open_installation(folder)
    open_installation(folder)
    assert (steps, version_of(folder)) == ([1, 2], 3)


def test_a_folder_of_something_else_is_refused(data_folder: Path) -> None:
    (data_folder / "thesis.docx").write_text("")
    with pytest.raises(InstallationRefused, match=r"thesis\.docx"):
        open_installation(data_folder)
    assert [each.name for each in data_folder.iterdir()] == ["thesis.docx"]


def test_keys_are_closed_to_others_whatever_they_were(data_folder: Path) -> None:
    here = open_installation(data_folder / "data")
    here.keys.chmod(0o755)
    (here.keys / "unit.key").write_text("")
    (here.keys / "unit.key").chmod(0o644)
    open_installation(here.folder)
    assert here.keys.stat().st_mode & 0o777 == 0o700
    assert (here.keys / "unit.key").stat().st_mode & 0o777 == 0o600
