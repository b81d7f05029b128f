"""`doctor` finds each planted fault and says what to do."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from piaoju.ops import diagnosis, engine
from piaoju.ops.diagnosis import Reading, diagnose
from piaoju.ops.engine import binaries
from piaoju.ops.installation import open_installation
from tests import judges


def now() -> datetime:
    return datetime.now(UTC)


def bad(folder: Path, at: datetime | None = None) -> dict[str, Reading]:
    return {each.name: each for each in diagnose(folder, at or now()) if each.outcome == "bad"}


@pytest.fixture
def folder(data_folder: Path) -> Path:
    return open_installation(data_folder / "data").folder


def test_a_sound_installation_has_nothing_bad_and_is_left_as_it_was(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    assert bad(folder) == {}
    assert sorted(folder.rglob("*")) == before


def test_no_installation_yet_is_nothing_bad_and_makes_none(data_folder: Path) -> None:
    assert bad(data_folder / "none") == {}
    assert not (data_folder / "none").exists()


def test_a_running_database_is_asked_for_its_durability(folder: Path) -> None:
    with engine.running(folder, database_url=""):
        found = {each.name: each.detail for each in diagnose(folder, now())}
    assert (found["fsync"], found["synchronous_commit"], found["full_page_writes"]) == ("on", "on", "on")


def test_every_bad_reading_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "keys" / "unit.key").write_text("")
    (folder / "keys" / "unit.key").chmod(0o644)
    (folder / "version").write_text("999\n")
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 1000))
    monkeypatch.setattr(diagnosis, "SM2_SIGNATURE", diagnosis.SM2_SIGNATURE[:-1] + b"\0")
    monkeypatch.setattr(diagnosis, "SM3_ABC", "00")
    monkeypatch.setattr(diagnosis, "FONTS", "no_such_fonts")
    monkeypatch.setattr(binaries, "candidates", list)
    found = bad(folder)
    assert set(found) == {"密钥权限", "数据文件夹", "磁盘", "SM2", "SM3", "字体", "PostgreSQL"}
    assert all(reading.remedy for reading in found.values())
    assert "unit.key" in found["密钥权限"].detail


@pytest.mark.parametrize("at", [datetime(2020, 1, 1, tzinfo=UTC), now() - timedelta(hours=1)])
def test_a_clock_set_back_is_found(folder: Path, at: datetime) -> None:
    assert set(bad(folder, at)) == {"时钟"}


def test_a_look_that_fails_does_not_hide_the_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Path) -> list[Reading]:
        raise OSError("planted")

    monkeypatch.setattr(diagnosis, "disk", broken)
    found = {each.name: each for each in diagnose(folder, now())}
    assert "planted" in found["磁盘"].detail
    assert found["时钟"].outcome == "good"


def test_a_missing_judge_fails_as_root_or_in_ci_and_is_skipped_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges, "find", lambda _: None)
    for uid, ci, expected in (
        (0, "", pytest.fail.Exception),
        (1000, "true", pytest.fail.Exception),
        (1000, "", pytest.skip.Exception),
    ):
        monkeypatch.setattr(os, "geteuid", lambda uid=uid: uid)
        monkeypatch.setenv("CI", ci)
        with pytest.raises(expected, match="apt install poppler-utils"):
            judges.need("pdftotext")
        monkeypatch.setattr(judges, "bring", lambda: None)
        assert judges.main() == (1 if expected is pytest.fail.Exception else 0)


@pytest.mark.parametrize("name", sorted(judges.SCRIPTS))
def test_another_script_than_the_known_one_is_not_used(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges, "CACHE", tmp_path)
    judges.SCRIPTS[name].place.parent.mkdir()
    judges.SCRIPTS[name].place.write_text("alert(1)")
    assert judges.find(name) is None
