"""A database that is there while someone uses it: started by the first, stopped by the last."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from . import binaries as programs
from . import postmaster
from .account import Account, account_for, make_way
from .errors import EngineRefused, EngineUnavailable
from .sharing import Share, turn

DATABASE = "piaoju"
# Not a superuser: row-level security and grants hold for the application too.
ROLE = "piaoju"
ENVIRONMENT = "PIAOJU_DATABASE_URL"
SOCKET_NAME = "/.s.PGSQL.5432.lock"
SOCKET_PATH_LIMIT = 107
PULSE_SECONDS = 0.5

log = logging.getLogger("piaoju.engine")


@dataclass(frozen=True, slots=True)
class Server:
    """A database server that answers: `url` for the application, `admin_url` for its care.

    `embedded` is False for a server named by PIAOJU_DATABASE_URL; then `socket_folder`, `cluster` and
    `binaries` are None, and `admin_url` is the same address.
    """

    url: str
    admin_url: str
    version: str
    embedded: bool
    socket_folder: Path | None = None
    cluster: Path | None = None
    binaries: programs.Binaries | None = None

    def url_for(self, database: str) -> str:
        """The application's address of another database on this server."""
        return with_database(self.url, database)

    def admin_url_for(self, database: str) -> str:
        return with_database(self.admin_url, database)

    def admin_url_for_own_database(self) -> str:
        """The application's database, as the account that may read all of it."""
        return self.admin_url_for(DATABASE) if self.embedded else self.admin_url


@contextmanager
def running(data_folder: Path, *, database_url: str | None = None, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A server for this data folder, up for as long as the block runs, whoever else uses it too.

    `database_url`: None reads PIAOJU_DATABASE_URL, "" means the embedded server whatever it says.
    `settings`: more server settings for the one who starts it; durability cannot be turned off.
    """
    given = os.environ.get(ENVIRONMENT, "") if database_url is None else database_url
    if given:
        yield outside(given)
        return
    engine = Engine(data_folder, settings or {})
    server = engine.join()
    try:
        yield server
    finally:
        engine.leave()


def outside(url: str) -> Server:
    """The server named by an address, once it answers and is new enough."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            number = connection.info.server_version
    except psycopg.Error as error:
        raise EngineUnavailable(
            f"连不上 {ENVIRONMENT} 指向的数据库：{str(error).strip()}。请检查地址、账户和网络，或去掉这个变量改用内置数据库。"
        ) from error
    if number // 10000 < programs.OLDEST_MAJOR:
        raise EngineRefused(
            f"{ENVIRONMENT} 指向的 PostgreSQL 是 {number // 10000} 版，需要 {programs.OLDEST_MAJOR} 或更高。请升级服务器。"
        )
    return Server(url, url, f"{number // 10000}.{number % 10000}", embedded=False)


class Engine:
    """One command's use of the embedded server of a data folder."""

    def __init__(self, data_folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = data_folder.absolute()
        self.pg = self.folder / "pg"
        self.cluster = self.pg / "cluster"
        self.log = self.pg / "server.log"
        self.settings = settings
        self.closing = threading.Event()

    def join(self) -> Server:
        """The server answers, and stays up until `leave`."""
        self._prepare()
        with turn(self.pg):
            self._own_places()
            self.share = Share(self.pg)
            try:
                self._bring_up()
                self._found_database()
            except BaseException:
                if self.share.leave():
                    postmaster.stop(self.cluster)
                raise
        threading.Thread(target=self._keep_up, name="postgres-keeper", daemon=True).start()
        return Server(
            self._url(ROLE, DATABASE),
            self._url("postgres", "postgres"),
            self.binaries.version,
            True,
            self.socket_folder,
            self.cluster,
            self.binaries,
        )

    def leave(self) -> None:
        """Our use is over; the last one out stops the server."""
        self.closing.set()
        with turn(self.pg):
            if self.share.leave():
                postmaster.stop(self.cluster)

    def _prepare(self) -> None:
        try:
            self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
            ours = (self.folder / "version").exists() or self.pg.exists() or not any(self.folder.iterdir())
            self.account: Account = account_for(self.pg)
            make_way(self.account, self.folder, ours=ours)
            self.pg.mkdir(mode=0o700, exist_ok=True)
        except PermissionError as error:
            raise EngineRefused(f"{self.folder} 不能写入（{error.strerror}）。请用 --data 指定可写的文件夹。") from error
        self.folder = self.folder.resolve()
        self.pg = self.folder / "pg"
        self.cluster = self.pg / "cluster"
        self.log = self.pg / "server.log"

    def _own_places(self) -> None:
        self.account.own(self.pg)
        self.socket_folder = self.account.own(socket_folder_for(self.pg, self.account))
        self.binaries = programs.find()
        if not self.account.reaches(self.binaries.folder):
            # A clone in a closed home: the account gets its own copy rather than the parents other rights.
            self.binaries = programs.copy_to(self.binaries, self.pg)
            hand_over(self.pg / f"postgresql-{self.binaries.version}", self.account)
        if not (self.cluster / "PG_VERSION").exists():
            postmaster.create_cluster(self.binaries, self.account, self.cluster)

    def _bring_up(self) -> None:
        """The server answers: the one that runs, or a new one, after what a killed one left has gone."""
        deadline = time.monotonic() + postmaster.START_SECONDS
        while time.monotonic() < deadline:
            child: subprocess.Popen[bytes] | None = None
            if postmaster.living_pid(self.cluster) is None:
                child = postmaster.start(self.binaries, self.account, self.cluster, self.socket_folder, self.log, self.settings)
            if postmaster.wait_until_ready(self._url("postgres", "postgres"), self.cluster, child, self.log):
                return
            if not lingering(self.log):
                break
            time.sleep(0.1)
        raise EngineUnavailable(f"数据库没有启动。{self.log} 的末尾：{postmaster.last_lines(self.log)}")

    def _found_database(self) -> None:
        with psycopg.connect(self._url("postgres", "postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE").format(sql.Identifier(ROLE)))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(ROLE)))

    def _keep_up(self) -> None:
        """While we use it, a server that was killed comes up again by itself."""
        while not self.closing.wait(PULSE_SECONDS):
            if postmaster.living_pid(self.cluster) is not None:
                continue
            try:
                with turn(self.pg):
                    if not self.closing.is_set():
                        log.warning("数据库意外停止，正在重新启动")
                        self._bring_up()
            except Exception:  # the next pulse tries again; a thread's death would be silent
                log.exception("数据库没有重新启动，稍后再试")

    def _url(self, role: str, database: str) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket_folder), safe='')}"


def socket_folder_for(pg: Path, account: Account) -> Path:
    """Where the socket is: in the data folder, or, where its path is too long, a short one known from it."""
    inside = pg / "run"
    plain = re.fullmatch(r"[\w/.+@=~-]+", str(inside), re.ASCII)
    if plain and len(os.fsencode(inside)) + len(SOCKET_NAME) <= SOCKET_PATH_LIMIT:
        return inside
    short = Path("/tmp") / f"piaoju-{hashlib.sha256(os.fsencode(pg)).hexdigest()[:16]}"
    if os.path.lexists(short):
        found = short.lstat()
        # Anyone may make a name in /tmp first; a folder that is not ours would hear our connections.
        if short.is_symlink() or found.st_uid not in (account.uid, os.geteuid()):
            raise EngineRefused(f"{short} 已被别的账户占用，不能放数据库的连接文件。请移走它，或用 --data 指定较短的路径。")
    return short


def hand_over(folder: Path, account: Account) -> None:
    """Everything in the folder belongs to the account."""
    for place, _, files in os.walk(folder):
        os.chown(place, account.uid, account.gid)
        for name in files:
            os.chown(Path(place) / name, account.uid, account.gid, follow_symlinks=False)


def lingering(server_log: Path) -> bool:
    """Whether the last words of a failed start speak of a predecessor that is still ending."""
    words = postmaster.last_lines(server_log, 3)
    return "pre-existing shared memory block" in words or "lock file" in words


def with_database(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path="/" + quote(database, safe="")))
