"""What a backup holds, written down so that it can be checked: every file, every table, every sequence."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from piaoju.crypto import sm3
from piaoju.ops.installation import write_whole

from .errors import ArchiveRefused

FORMAT = 1
NAME = "manifest.json"
SEAL = "manifest.json.sm3"
DUMP = "database.dump"
FILES = "files"
CHUNK = 1 << 20


class FileEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the data folder, by its path there."""

    path: str
    size_bytes: int
    mode: int
    sm3: str


class TableEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table's content: its rows and a digest of them that does not depend on their order."""

    name: str
    rows: int
    digest: str


class RoleEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A database role beyond the two that every installation has, and the roles it is in."""

    name: str
    login: bool
    inherit: bool
    bypass_rls: bool
    member_of: tuple[str, ...]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of one backup."""

    format: int
    installation_version: int
    made_at: str
    postgresql: str
    dump: FileEntry
    tables: tuple[TableEntry, ...]
    sequences: tuple[TableEntry, ...]
    roles: tuple[RoleEntry, ...]
    files: tuple[FileEntry, ...]


def save(manifest: Manifest, folder: Path) -> None:
    """The manifest is on disk, its seal after it: a folder without them is no backup."""
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    write_whole(folder / NAME, content, 0o600)
    write_whole(folder / SEAL, f"{sm3.digest(content).hex()}  {NAME}\n".encode("ascii"), 0o600)


def load(folder: Path) -> Manifest:
    """The manifest of a whole backup, or a refusal."""
    try:
        content = (folder / NAME).read_bytes()
        seal = (folder / SEAL).read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise ArchiveRefused(f"{folder} 不是完整的备份（缺 {NAME} 或 {SEAL}）。请换用另一份备份。") from error
    if not seal or seal[0] != sm3.digest(content).hex():
        raise ArchiveRefused(f"{folder / NAME} 与它的摘要不符，备份被改动或损坏。请换用另一份备份。")
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise ArchiveRefused(f"{folder / NAME} 读不懂：{error}。请用建立它的版本恢复。") from error
    if manifest.format > FORMAT:
        raise ArchiveRefused(f"备份由更新的版本建立（格式 {manifest.format}）。请升级程序后再恢复。")
    return manifest


def problems(manifest: Manifest, folder: Path) -> list[str]:
    """Every file of the backup that is missing, added or altered, by name; empty when it is whole."""
    found: list[str] = []
    expected = {entry.path: entry for entry in manifest.files}
    for entry in (manifest.dump, *manifest.files):
        place = folder / entry.path if entry is manifest.dump else folder / FILES / entry.path
        if not place.is_file():
            found.append(f"{entry.path}：缺少")
        elif digest_of(place) != (entry.size_bytes, entry.sm3):
            found.append(f"{entry.path}：内容与清单不符")
    for path in walk(folder / FILES):
        if path not in expected:
            found.append(f"{path}：清单中没有")
    return found


def walk(folder: Path, skip: frozenset[str] = frozenset()) -> Iterator[str]:
    """The relative path of every file, in order; `skip` names entries of the top folder to leave out."""
    for place, folders, files in os.walk(folder, followlinks=True):
        here = Path(place).relative_to(folder)
        if here == Path("."):
            folders[:] = [each for each in folders if each not in skip]
        folders.sort()
        for name in sorted(files):
            if here == Path(".") and name in skip:
                continue
            if (Path(place) / name).is_file():
                yield (here / name).as_posix()


def digest_of(path: Path) -> tuple[int, str]:
    """Size and SM3 of a file's content."""
    hasher, size = hashlib.new("sm3"), 0
    with path.open("rb") as stream:
        while piece := stream.read(CHUNK):
            hasher.update(piece)
            size += len(piece)
    return size, hasher.hexdigest()
