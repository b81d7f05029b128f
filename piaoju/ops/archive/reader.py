"""Restore a backup into a new data folder: checked before a byte is written, and again after."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import psycopg

from piaoju.ops import engine
from piaoju.ops.installation import VERSION, open_installation, write_version

from . import content
from .errors import ArchiveRefused
from .manifest import DUMP, FILES, Manifest, load, problems
from .writer import copy, load_dump


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back, after it was compared with the backup."""

    folder: Path
    files: int
    tables: int
    rows: int


def restore(source: Path, data_folder: Path) -> Restored:
    """The data folder holds exactly the backup, or is as it was: empty."""
    manifest = load(source)
    faults = problems(manifest, source)
    if faults:
        raise ArchiveRefused(f"备份 {source} 不完整：{'；'.join(faults[:5])}。请换用另一份备份。")
    if manifest.installation_version > VERSION:
        raise ArchiveRefused(f"备份的数据版本是 {manifest.installation_version}，本程序只认到 {VERSION}。请升级程序后再恢复。")
    if data_folder.exists() and (not data_folder.is_dir() or any(data_folder.iterdir())):
        raise ArchiveRefused(f"{data_folder} 不是空文件夹，恢复不会覆盖已有数据。请用 --data 指定新的文件夹。")
    existed = data_folder.exists()
    try:
        bring_back(manifest, source, data_folder)
    except BaseException:
        for part in data_folder.iterdir() if data_folder.exists() else ():
            shutil.rmtree(part, ignore_errors=True) if part.is_dir() else part.unlink(missing_ok=True)
        if not existed and data_folder.exists():
            data_folder.rmdir()
        raise
    return Restored(data_folder, len(manifest.files), len(manifest.tables), sum(entry.rows for entry in manifest.tables))


def bring_back(manifest: Manifest, source: Path, data_folder: Path) -> None:
    data_folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    with engine.running(data_folder) as server:
        url = server.admin_url_for_own_database()
        with psycopg.connect(url, autocommit=True) as connection:
            if content.tables(connection):
                raise ArchiveRefused("目标数据库里已有表，恢复不会覆盖。请指向一个空的数据库。")
            if server.embedded:
                content.bring_roles(connection, manifest.roles)
        load_dump(server, source / DUMP, url)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ANALYZE")
        with psycopg.connect(url) as connection:
            after = content.tables(connection), content.sequences(connection)
    faults = content.differences((manifest.tables, manifest.sequences), after)
    for entry in manifest.files:
        written = copy(source / FILES, entry.path, data_folder)
        (data_folder / entry.path).chmod(entry.mode)
        if (written.size_bytes, written.sm3) != (entry.size_bytes, entry.sm3):
            faults.append(f"{entry.path}：内容与清单不符")
    if faults:
        raise ArchiveRefused(f"恢复后核对不符：{'；'.join(faults[:5])}。目标已清空，请检查磁盘后重试。")
    # The version comes last: without it the folder does not open.
    write_version(data_folder, manifest.installation_version)
    open_installation(data_folder)
