"""The data folder: everything one installation has, its modes, and the version of its layout.

DATA/  version   this layout's number          pg/    the embedded database (mode 700, its account's)
       keys/     mode 700, files 600            bills/ exported files        log/  tiles of the Merkle log
       trust.pem CAs and CRLs                   demo.json what `demo` made, mode 600
"""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from piaoju.kit.errors import Refused

VERSION = 1
# From version n to n + 1, in place; each must be safe to run again after it was cut short.
UPGRADES: Mapping[int, Callable[[Path], None]] = {}
CLOSED_FOLDERS = ("keys", "bills", "log")
# What may be there before the version is: the launcher's folder, a fresh volume's own.
NOT_YET_OURS = {"pg", "lost+found"}


class InstallationRefused(Refused):
    """The data folder cannot be used as it is."""

    code = "installation_refused"
    label = "数据文件夹不能使用"


@dataclass(frozen=True, slots=True)
class Installation:
    """Where everything of one installation is."""

    folder: Path

    @property
    def pg(self) -> Path:
        return self.folder / "pg"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @property
    def bills(self) -> Path:
        return self.folder / "bills"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def trust(self) -> Path:
        return self.folder / "trust.pem"

    @property
    def demo(self) -> Path:
        return self.folder / "demo.json"


def open_installation(folder: Path) -> Installation:
    """The installation in this folder: made when empty, brought to this version when older, else refused."""
    place = folder.absolute()
    try:
        # Others may pass (the database's account has to), not list; the parts have closed modes of their own.
        place.mkdir(mode=0o711, parents=True, exist_ok=True)
        with alone(place):
            installation = Installation(place.resolve())
            _bring_to_version(installation)
            _close_parts(installation)
    except NotADirectoryError as error:
        raise InstallationRefused(f"{place} 不是文件夹。请用 --data 指定一个文件夹。") from error
    except (PermissionError, FileExistsError) as error:
        raise InstallationRefused(
            f"{place} 不能写入（{error.strerror}：{error.filename}）。请用 --data 指定可写的文件夹，或换用它的属主运行。"
        ) from error
    return installation


def version_of(folder: Path) -> int | None:
    """The layout version a folder says it has, or None where it says nothing."""
    try:
        text = (folder / "version").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (UnicodeDecodeError, OSError):
        text = ""
    if not text.isdigit():
        raise InstallationRefused(
            f"{folder / 'version'} 不是版本号。请从备份恢复这个文件，或用 piaoju restore 恢复整个数据文件夹。"
        )
    return int(text)


def write_version(folder: Path, version: int = VERSION) -> None:
    write_whole(folder / "version", f"{version}\n".encode("ascii"), 0o644)


def write_whole(path: Path, content: bytes, mode: int) -> None:
    """The file has exactly this content after a crash at any point, or what it had before."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        os.fchmod(descriptor, mode)
        stream.write(content)
        stream.flush()
        os.fsync(descriptor)
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One process at a time makes or upgrades the folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _bring_to_version(installation: Installation) -> None:
    found = version_of(installation.folder)
    if found is None:
        strangers = sorted(each.name for each in installation.folder.iterdir() if each.name not in NOT_YET_OURS)
        if strangers:
            raise InstallationRefused(
                f"{installation.folder} 里有别的内容（{'、'.join(strangers[:3])}），不是票据系统的数据文件夹。"
                "请用 --data 指定空的文件夹，或票据系统自己的数据文件夹。"
            )
        write_version(installation.folder)
        return
    if found > VERSION:
        raise InstallationRefused(
            f"{installation.folder} 由更新的版本建立（数据版本 {found}，本程序只认到 {VERSION}）。"
            "请升级程序后再打开；数据没有改动。"
        )
    for version in range(found, VERSION):
        UPGRADES[version](installation.folder)
        write_version(installation.folder, version + 1)


def _close_parts(installation: Installation) -> None:
    for name in CLOSED_FOLDERS:
        part = installation.folder / name
        part.mkdir(mode=0o700, exist_ok=True)
        if stat.S_IMODE(part.stat().st_mode) & 0o077:
            part.chmod(0o700)
    for key in installation.keys.iterdir():
        if key.is_file() and stat.S_IMODE(key.stat().st_mode) & 0o077:
            key.chmod(0o600)
    session_key = installation.keys / "session.key"
    if not session_key.exists():
        write_whole(session_key, secrets.token_urlsafe(48).encode("ascii"), 0o600)
