"""The embedded database survives its users, its own death, and what they leave behind."""

from __future__ import annotations

import os
import pty
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from piaoju.ops import engine
from piaoju.ops.engine import account, binaries, launcher, postmaster

USER = Path(__file__).with_name("engine_user.py")
AS_ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not AS_ROOT, reason="only root drops to another account")


@pytest.fixture
def folder(data_folder: Path) -> Path:
    """A data folder; what a test leaves running in it is stopped."""
    return data_folder


def cluster(folder: Path) -> Path:
    return folder / "pg" / "cluster"


def use(folder: Path) -> engine.Server:
    """A row was written and read through a whole start and stop."""
    with engine.running(folder, database_url="") as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS seen (at timestamptz DEFAULT now())")
            connection.execute("INSERT INTO seen DEFAULT VALUES")
        return server


def rows(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM seen").fetchone()
        assert row is not None
        return int(row[0])


def other_user(folder: Path) -> subprocess.Popen[str]:
    """Another command that has the database open."""
    command = subprocess.Popen([sys.executable, str(USER), str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert command.stdout is not None
    assert command.stdout.readline().startswith("postgresql://")
    return command


def eventually(happened: Callable[[], bool]) -> bool:
    """Whether it comes true at all; the limit only keeps a failing run from hanging."""
    limit = time.monotonic() + 300
    while not happened():
        if time.monotonic() > limit:
            return False
        time.sleep(0.05)
    return True


def test_the_server_is_gone_after_the_block_and_its_rows_are_not(folder: Path) -> None:
    use(folder)
    assert postmaster.living_pid(cluster(folder)) is None
    server = use(folder)
    with engine.running(folder, database_url=""):
        assert rows(server.url) == 2


def test_durability_cannot_be_turned_off(folder: Path) -> None:
    wishes = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "work_mem": "5MB"}
    with engine.running(folder, database_url="", settings=wishes) as server, psycopg.connect(server.admin_url) as admin:
        for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert admin.execute(f"SHOW {name}").fetchone() == ("on",)
        assert admin.execute("SHOW work_mem").fetchone() == ("5MB",)
        assert admin.execute("SHOW server_encoding").fetchone() == ("UTF8",)


def test_the_only_way_in_is_the_socket_in_a_closed_folder(folder: Path) -> None:
    with engine.running(folder, database_url="") as server:
        assert server.socket_folder is not None
        assert stat.S_IMODE(server.socket_folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "pg").stat().st_mode) == 0o700
        with psycopg.connect(server.admin_url) as admin:
            assert admin.execute("SHOW listen_addresses").fetchone() == ("",)
        hba = (cluster(folder) / "pg_hba.conf").read_text()
        assert {line.split()[0] for line in hba.splitlines()} == {"local"}


def test_the_application_is_no_superuser_yet_may_make_what_it_needs(folder: Path) -> None:
    with engine.running(folder, database_url="") as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
        connection.execute("CREATE EXTENSION btree_gist")


def test_two_commands_share_one_server_and_the_last_one_out_stops_it(folder: Path) -> None:
    first = other_user(folder)
    with engine.running(folder, database_url="") as server:
        pid = postmaster.living_pid(cluster(folder))
        first.communicate("")
        assert postmaster.living_pid(cluster(folder)) == pid
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert postmaster.living_pid(cluster(folder)) is None


def test_many_first_starts_at_once_make_one_cluster(folder: Path) -> None:
    faults: list[BaseException] = []

    def go() -> None:
        try:
            use(folder)
        except BaseException as error:  # noqa: BLE001 - a thread's failure is the test's
            faults.append(error)

    threads = [threading.Thread(target=go) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with engine.running(folder, database_url="") as server:
        assert rows(server.url) == 6
    assert postmaster.living_pid(cluster(folder)) is None


def test_after_kill_9_of_its_user_the_next_finds_the_server_and_stops_it(folder: Path) -> None:
    use(folder)
    killed = other_user(folder)
    pid = postmaster.living_pid(cluster(folder))
    killed.kill()
    killed.communicate()
    assert postmaster.living_pid(cluster(folder)) == pid is not None
    with engine.running(folder, database_url="") as server:
        assert postmaster.living_pid(cluster(folder)) == pid
        assert rows(server.url) == 1
    assert postmaster.living_pid(cluster(folder)) is None


def test_after_kill_9_of_user_and_server_the_next_recovers(folder: Path) -> None:
    use(folder)
    killed = other_user(folder)
    pid = postmaster.living_pid(cluster(folder))
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    killed.kill()
    killed.communicate()
    assert (cluster(folder) / "postmaster.pid").exists()
    with engine.running(folder, database_url="") as server:
        assert rows(server.url) == 1
        assert postmaster.living_pid(cluster(folder)) not in (pid, None)


def test_a_server_killed_under_its_users_comes_back_with_every_acknowledged_row(folder: Path) -> None:
    with engine.running(folder, database_url="") as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE seen (at timestamptz DEFAULT now())")
        for killed in range(3):
            with psycopg.connect(server.url) as connection:
                connection.execute("INSERT INTO seen DEFAULT VALUES")
            pid = postmaster.living_pid(cluster(folder))
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            assert eventually(lambda: answers(server.url))
            assert postmaster.living_pid(cluster(folder)) != pid
            assert rows(server.url) == killed + 1
    assert postmaster.living_pid(cluster(folder)) is None


def answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.parametrize("words", ["{alive}\n{cluster}\n", "999999999\n", "not a number\n", ""])
def test_a_pid_file_that_names_no_server_of_this_folder_does_not_stop_a_start(folder: Path, words: str) -> None:
    use(folder)
    # A reused pid: some living program of the same account that is no database.
    runs_as = account.account_for(folder / "pg")
    with Path(os.devnull).open("wb") as nowhere:
        bystander = runs_as.start(["/bin/sleep", "600"], nowhere)
    try:
        pid_file = cluster(folder) / "postmaster.pid"
        pid_file.write_text(words.format(alive=bystander.pid, cluster=cluster(folder)))
        with engine.running(folder, database_url="") as server:
            assert rows(server.url) == 1
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


@pytest.mark.parametrize("hidden", ["cwd", "cwd and cmdline"])
def test_a_living_server_is_known_where_proc_hides_other_accounts(
    folder: Path, hidden: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object) -> str:
        raise PermissionError(13, "hidden")

    with engine.running(folder, database_url=""):
        pid = postmaster.living_pid(cluster(folder))
        monkeypatch.setattr(os, "readlink", closed)
        if hidden != "cwd":
            monkeypatch.setattr(Path, "read_bytes", closed)
        assert postmaster.living_pid(cluster(folder)) == pid is not None


def test_another_program_with_the_pid_is_known_where_proc_hides_other_accounts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object) -> str:
        raise PermissionError(13, "hidden")

    monkeypatch.setattr(os, "readlink", closed)
    assert not postmaster.serves(os.getpid(), cluster(folder))


def test_ctrl_c_at_the_terminal_reaches_the_command_and_not_the_database(folder: Path) -> None:
    read_side, terminal = pty.openpty()
    program = (
        # A run in the background hands an ignored SIGINT down to its children; a terminal's shell does not.
        "import fcntl, runpy, signal, sys, termios; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
        f"sys.argv = ['user', {str(folder)!r}]; runpy.run_path({str(USER)!r})"
    )
    command = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert command.stdout is not None
    assert command.stdout.readline().startswith("postgresql://")
    os.write(read_side, b"\x03")
    output, complaint = command.communicate(timeout=300)
    os.close(read_side)
    os.close(terminal)
    assert "still here" in output, complaint
    assert postmaster.living_pid(cluster(folder)) is None


def test_an_initdb_cut_short_is_made_anew(folder: Path) -> None:
    (folder / "pg").mkdir(mode=0o700)
    half = folder / "pg" / "cluster.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    use(folder)
    assert not half.exists()


@pytest.mark.parametrize("name", ["d" * 60, "票,据"])
def test_a_path_no_socket_can_have_uses_a_short_closed_folder(folder: Path, name: str) -> None:
    deep = folder / name / "data"
    deep.parent.mkdir(mode=0o711)
    with engine.running(deep, database_url="") as server:
        assert server.socket_folder is not None
        assert server.socket_folder.parent == Path("/tmp")
        assert stat.S_IMODE(server.socket_folder.stat().st_mode) == 0o700
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    server.socket_folder.rmdir()


@only_root
def test_a_short_socket_folder_of_a_stranger_is_refused(folder: Path) -> None:
    deep = folder / ("d" * 120)
    ours = account.account_for(folder / "pg")
    short = launcher.socket_folder_for(deep / "pg", ours)
    short.mkdir()
    os.chown(short, 12345, 12345)
    try:
        with pytest.raises(engine.EngineRefused, match="占用"), engine.running(deep, database_url=""):
            pass
    finally:
        short.rmdir()


@only_root
def test_as_root_the_server_runs_under_a_system_account_that_owns_its_folder(folder: Path) -> None:
    with engine.running(folder, database_url=""):
        pid = postmaster.living_pid(cluster(folder))
        owner = (folder / "pg").stat().st_uid
        assert owner != 0
        assert Path(f"/proc/{pid}").stat().st_uid == owner
    assert folder.stat().st_uid == 0


@only_root
def test_a_folder_the_account_cannot_reach_is_refused_with_a_place_that_works(folder: Path) -> None:
    closed = folder / "home"
    closed.mkdir(mode=0o700)
    with pytest.raises(engine.EngineRefused, match="--data /") as refusal, engine.running(closed / "data", database_url=""):
        pass
    assert str(closed) in str(refusal.value)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@only_root
def test_a_full_closed_folder_of_something_else_keeps_its_rights(folder: Path) -> None:
    closed = folder / "home"
    closed.mkdir(mode=0o700)
    (closed / "letters").write_text("")
    with pytest.raises(engine.EngineRefused, match="chmod"), engine.running(closed, database_url=""):
        pass
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert [each.name for each in closed.iterdir()] == ["letters"]


@only_root
def test_an_empty_closed_folder_given_as_data_works(folder: Path) -> None:
    own = folder / "data"
    own.mkdir(mode=0o700)
    use(own)


@only_root
def test_programs_the_account_cannot_reach_are_copied_beside_the_database(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = folder / "home"
    closed.mkdir(mode=0o700)
    hidden = binaries.copy_to(binaries.find(), closed)
    monkeypatch.setattr(binaries, "candidates", lambda: [hidden.folder])
    own = folder / "data"
    server = use(own)
    assert server.binaries is not None
    assert server.binaries.folder.is_relative_to(own / "pg")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_an_old_postgresql_is_passed_over_and_named_in_the_refusal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = folder / "bin"
    old.mkdir()
    (old / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 15.19'\n")
    (old / "postgres").chmod(0o755)
    good = binaries.find()
    monkeypatch.setattr(binaries, "candidates", lambda: [old, good.folder])
    assert binaries.find() == good
    monkeypatch.setattr(binaries, "candidates", lambda: [old])
    with pytest.raises(engine.EngineRefused, match=r"15\.19.*PIAOJU_DATABASE_URL"):
        binaries.find()


def test_data_of_another_major_version_are_refused_with_the_way_to_move_them(folder: Path) -> None:
    use(folder)
    (cluster(folder) / "PG_VERSION").write_text("17\n")
    with pytest.raises(engine.EngineRefused, match=r"PostgreSQL 17.*piaoju backup"), engine.running(folder, database_url=""):
        pass


def test_a_named_server_is_used_as_it_is(folder: Path) -> None:
    with engine.running(folder, database_url="") as server:
        with engine.running(folder / "none", database_url=server.url) as named:
            assert (named.url, named.embedded) == (server.url, False)
        assert not (folder / "none").exists()
        assert postmaster.living_pid(cluster(folder)) is not None


def test_a_named_server_that_does_not_answer_is_refused(folder: Path) -> None:
    url = f"postgresql://piaoju@/piaoju?host={folder}"
    with pytest.raises(engine.EngineUnavailable, match="连不上"), engine.running(folder, database_url=url):
        pass


def test_a_start_that_fails_says_what_the_server_said_and_leaves_no_one_waiting(folder: Path) -> None:
    use(folder)
    (cluster(folder) / "postgresql.conf").write_text("no_such_setting = 1\n")
    for _ in range(2):
        with pytest.raises(engine.EngineUnavailable, match="no_such_setting"), engine.running(folder, database_url=""):
            pass


def test_an_account_that_does_not_own_the_folder_is_told_who_does(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pg").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    with pytest.raises(engine.EngineRefused, match="属于账户"):
        account.account_for(folder / "pg")
