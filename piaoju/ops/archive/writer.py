"""Write a backup, then read it again and prove it: files by SM3, the dump by restoring it."""

from __future__ import annotations

import hashlib
import os
import secrets
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg import sql

from piaoju.ops import engine
from piaoju.ops.engine import binaries
from piaoju.ops.installation import InstallationRefused, sync_folder, version_of

from . import content
from .errors import ArchiveRefused
from .manifest import CHUNK, DUMP, FILES, FORMAT, FileEntry, Manifest, digest_of, problems, save, walk

# The database travels as its dump, `version` in the manifest; locks are nobody's content.
NOT_COPIED = frozenset({"pg", "version", "downloads"})  # files of downloads can be made again


@dataclass(frozen=True, slots=True)
class Written:
    """What a backup holds, after it was checked."""

    folder: Path
    files: int
    size_bytes: int
    tables: int
    rows: int


def write(data_folder: Path, target: Path, at: datetime) -> Written:
    """A checked backup of the whole data folder in `target`, which must be empty or absent."""
    version = version_of(data_folder)
    if version is None:
        raise InstallationRefused(f"{data_folder} 不是票据系统的数据文件夹，没有可备份的内容。请用 --data 指定。")
    make_room(data_folder, target)
    with engine.running(data_folder) as server:
        # Files before the database: the log may lag behind its tables, never run ahead of them.
        files = tuple(copy(data_folder, path, target / FILES) for path in walk(data_folder, NOT_COPIED))
        with psycopg.connect(server.admin_url_for_own_database()) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            snapshot = connection.execute("SELECT pg_export_snapshot()").fetchone()
            assert snapshot is not None
            tables, sequences = content.tables(connection), content.sequences(connection)
            roles = content.roles(connection)
            dump(server, target / DUMP, snapshot[0])
        size, digest = digest_of(target / DUMP)
        manifest = Manifest(
            FORMAT,
            version,
            at.isoformat(),
            server.version,
            FileEntry(DUMP, size, 0o600, digest),
            tables,
            sequences,
            roles,
            files,
        )
        prove(server, manifest, target)
    save(manifest, target)
    return Written(target, len(files), sum(entry.size_bytes for entry in files) + size, len(tables), sum(t.rows for t in tables))


def make_room(data_folder: Path, target: Path) -> None:
    if target.resolve().is_relative_to(data_folder.resolve()):
        raise ArchiveRefused(f"备份不能放在数据文件夹 {data_folder} 里面。请换一个位置，最好是另一块磁盘。")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ArchiveRefused(f"{target} 不是空文件夹。请给出新的备份文件夹名；旧备份不会被覆盖。")
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        (target / FILES).mkdir(mode=0o700)
    except OSError as error:
        raise ArchiveRefused(f"不能写入 {target}：{error.strerror}。请换一个可写的位置。") from error


def copy(source_folder: Path, path: str, target_folder: Path) -> FileEntry:
    """The file, copied and on disk; its entry describes the bytes that were read."""
    source, target = source_folder / path, target_folder / path
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    hasher, size = hashlib.new("sm3"), 0
    with source.open("rb") as reading, target.open("xb") as writing:
        mode = os.fstat(reading.fileno()).st_mode & 0o777
        while piece := reading.read(CHUNK):
            hasher.update(piece)
            writing.write(piece)
            size += len(piece)
        os.fchmod(writing.fileno(), mode & 0o700)
        writing.flush()
        os.fsync(writing.fileno())
    return FileEntry(path, size, mode, hasher.hexdigest())


def dump(server: engine.Server, target: Path, snapshot: str) -> None:
    """The database as of the snapshot, in PostgreSQL's own format: it restores into newer versions too."""
    run(
        server,
        "pg_dump",
        "--format=custom",
        "--compress=1",
        f"--snapshot={snapshot}",
        f"--file={target}",
        f"--dbname={server.admin_url_for_own_database()}",
    )
    target.chmod(0o600)
    with target.open("rb") as stream:
        os.fsync(stream.fileno())
    sync_folder(target.parent)


def prove(server: engine.Server, manifest: Manifest, target: Path) -> None:
    """The files read back as written, and the dump restores to the very content it was taken from."""
    faults = problems(manifest, target)
    scratch = f"piaoju_proof_{secrets.token_hex(4)}"
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        try:
            admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(scratch)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise ArchiveRefused(
                "数据库账户不能建立临时库，备份无法验证。请给它 CREATEDB 权限（ALTER ROLE … CREATEDB）后重试。"
            ) from error
        try:
            load_dump(server, target / DUMP, server.admin_url_for(scratch))
            with psycopg.connect(server.admin_url_for(scratch)) as connection:
                after = content.tables(connection), content.sequences(connection)
            faults += content.differences((manifest.tables, manifest.sequences), after)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(scratch)))
    if faults:
        raise ArchiveRefused(f"备份写完后核对不符：{'；'.join(faults[:5])}。这份备份不能用，请检查磁盘后重做。")


def load_dump(server: engine.Server, source: Path, url: str) -> None:
    """The dump is in the database, whole, or nothing of it is."""
    keep_owner = [] if server.embedded else ["--no-owner"]
    run(server, "pg_restore", "--exit-on-error", "--single-transaction", *keep_owner, f"--dbname={url}", str(source))


def run(server: engine.Server, program: str, *arguments: str) -> None:
    found = server.binaries or binaries.find()
    outcome = subprocess.run(
        [found.program(program), *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    if outcome.returncode != 0:
        raise ArchiveRefused(f"{program} 没有完成：{outcome.stderr.strip()[-500:]}。请按提示处理后重试。")
