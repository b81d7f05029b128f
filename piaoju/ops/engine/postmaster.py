"""One PostgreSQL server: made, started, found again and stopped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

from .account import Account
from .binaries import Binaries
from .errors import EngineRefused, EngineUnavailable

# On the command line they outrank every file and ALTER SYSTEM: an acknowledged bill is on disk.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "min_wal_size": "160MB",
    "wal_buffers": "16MB",
    "checkpoint_timeout": "15min",
    # A statement over many monthly partitions locks each of them.
    "max_locks_per_transaction": "256",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}
START_SECONDS = 300.0
STOP_SECONDS = 60.0
LOG_LIMIT_BYTES = 10_000_000


def create_cluster(binaries: Binaries, account: Account, cluster: Path) -> None:
    """A whole empty cluster at `cluster`, or none: it is made beside and renamed when complete."""
    fresh = cluster.with_name(cluster.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    locale = ["--locale=C"]
    if binaries.major >= 17:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    made = account.run(
        [
            binaries.program("initdb"),
            "-D",
            str(fresh),
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--data-checksums",
            *locale,
        ]
    )
    if made.returncode != 0:
        raise EngineUnavailable(f"建立数据库失败：{last_words(made.stderr)}。请检查 {cluster.parent} 所在磁盘的空间和权限。")
    # The default also trusts TCP on the loopback; only the socket in our closed folder is a way in.
    (fresh / "pg_hba.conf").write_text("local all all trust\nlocal replication all trust\n", encoding="ascii")
    fresh.rename(cluster)


def start(
    binaries: Binaries, account: Account, cluster: Path, socket_folder: Path, log: Path, extra: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """The server process, started and not yet waited for; its end is reaped whenever it comes."""
    written = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    if written != str(binaries.major):
        raise EngineRefused(
            f"{cluster} 是 PostgreSQL {written} 的数据，现在的程序是 {binaries.version}，"
            "大版本不同不能直接打开。"
            f"请用带 PostgreSQL {written} 的原版本运行 piaoju backup 目录，"
            "再用新版本 piaoju restore 目录 到新的数据文件夹。"
        )
    forget_the_dead(cluster)
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))
    settings = {**SETTINGS, **extra, **DURABLE, "unix_socket_directories": str(socket_folder)}
    command = [binaries.program("postgres"), "-D", str(cluster)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with log.open("ab") as stream:
        child = account.start(command, stream)
    # A dead child that nobody waits for keeps its pid, and its pid file would look alive.
    threading.Thread(target=child.wait, name="postgres-reaper", daemon=True).start()
    return child


def wait_until_ready(url: str, cluster: Path, child: subprocess.Popen[bytes] | None, log: Path) -> bool:
    """True when the server answers; False when it ended because the last one's children still linger."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            psycopg.connect(url, connect_timeout=10).close()
        except psycopg.OperationalError:
            pass
        else:
            return True
        if child is not None and child.poll() is not None:
            return False
        if child is None and living_pid(cluster) is None:
            return False
        time.sleep(0.03)
    raise EngineUnavailable(f"数据库 {START_SECONDS:.0f} 秒内没有就绪。请看 {log} 的末尾：{last_lines(log)}")


def stop(cluster: Path) -> None:
    """The server has ended and its data are closed; connections still open are cut."""
    pid = living_pid(cluster)
    if pid is None:
        return
    for number, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, STOP_SECONDS)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not is_running(pid):
                return
            time.sleep(0.02)
    raise EngineUnavailable(f"数据库（进程 {pid}）没有停下。请稍后再试；数据不会丢失，下次启动会自行恢复。")


def living_pid(cluster: Path) -> int | None:
    """The process that serves this cluster now, if any."""
    pid = written_pid(cluster)
    return pid if pid is not None and is_running(pid) and serves(pid, cluster) else None


def serves(pid: int, cluster: Path) -> bool:
    """Whether the process is this cluster's server, and not another program that got a dead server's pid.

    What cannot be known counts as yes: a living server's pid file must never be taken away.
    """
    try:
        if Path(os.readlink(f"/proc/{pid}/cwd")) == cluster:
            return True
    except OSError:
        # Another account's working folder is closed to a container's root, its command line is not.
        known = False
    else:
        known = True
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return not known
    return os.fsencode(cluster) in words or (not known and os.path.basename(words[0]) in (b"postgres", b""))


def written_pid(cluster: Path) -> int | None:
    try:
        return int((cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def is_running(pid: int) -> bool:
    """Whether the process is there and not merely waiting to be reaped."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return not Path("/proc/self").exists()
    return state not in ("Z", "X")


def forget_the_dead(cluster: Path) -> None:
    """A pid file whose process is dead, a zombie or another program no longer stops a start."""
    if living_pid(cluster) is None:
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def last_lines(log: Path, lines: int = 5) -> str:
    try:
        return last_words(log.read_text(encoding="utf-8", errors="replace"), lines)
    except OSError:
        return ""


def last_words(text: str, lines: int = 5) -> str:
    return " / ".join(line.strip() for line in text.strip().splitlines()[-lines:])
