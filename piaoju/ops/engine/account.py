"""Under whose name PostgreSQL runs: ours, or a system account when we are root."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .errors import EngineRefused

# PostgreSQL refuses to run as root. Debian's own account first; `nobody` is on every system.
SYSTEM_ACCOUNTS = ("postgres", "nobody")
PLACES = ("/var/lib/piaoju", "/srv/piaoju", "/opt/piaoju", "/var/tmp/piaoju")


@dataclass(frozen=True, slots=True)
class Account:
    """The account that owns `pg/`; `dropped` when it is not the one we run as."""

    uid: int
    gid: int
    name: str
    dropped: bool

    def run(self, command: Sequence[str], *, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """The finished command, run under this account."""
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd="/",
            env=plain_environment(),
            umask=0o077,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            check=False,
            user=self.uid if self.dropped else None,
            group=self.gid if self.dropped else None,
            extra_groups=[] if self.dropped else None,
        )

    def start(self, command: Sequence[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
        """The running command, in a session of its own: the terminal's Ctrl-C does not reach it."""
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=plain_environment(),
            umask=0o077,
            start_new_session=True,
            user=self.uid if self.dropped else None,
            group=self.gid if self.dropped else None,
            extra_groups=[] if self.dropped else None,
        )

    def reaches(self, folder: Path) -> bool:
        """Whether this account can enter the folder."""
        if not self.dropped:
            return os.access(folder, os.X_OK)
        return self.run(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]).returncode == 0

    def own(self, folder: Path) -> Path:
        """The folder, made if need be, belonging to this account and closed to all others."""
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise EngineRefused(f"{folder} 不是文件夹。请移走它后再试。")
        if self.dropped and found.st_uid != self.uid:
            os.chown(folder, self.uid, self.gid)
        if found.st_mode & 0o077:
            folder.chmod(0o700)
        return folder


def account_for(pg: Path) -> Account:
    """The account that runs the database of this folder, or a refusal that names the right one."""
    here = os.geteuid()
    owner = pg.stat().st_uid if pg.exists() else here
    if here != 0:
        if owner != here:
            raise EngineRefused(
                f"{pg} 属于账户 {name_of(owner)}，当前账户 {name_of(here)} 不能使用。"
                f"请换用 {name_of(owner)}（或 root）运行，或用 --data 指定别的数据文件夹。"
            )
        return Account(here, os.getegid(), name_of(here), dropped=False)
    if owner != 0:
        entry = known(owner)
        if entry is None:
            raise EngineRefused(f"{pg} 属于账户号 {owner}，但系统中没有这个账户。请先建立它，或恢复原来的属主。")
        return Account(entry.pw_uid, entry.pw_gid, entry.pw_name, dropped=True)
    for name in SYSTEM_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid, entry.pw_name, dropped=True)
    raise EngineRefused(
        "以 root 运行时，数据库要换用一个普通系统账户，但没有找到 " + "、".join(SYSTEM_ACCOUNTS) + "。"
        "请建立账户（useradd --system postgres），或改用普通账户运行。"
    )


def make_way(account: Account, folder: Path, *, ours: bool) -> None:
    """The account can enter the data folder; parents keep their rights, a refusal names a place that works.

    `ours`: the folder is empty or an installation of ours, so its own mode is ours to set.
    """
    if account.reaches(folder):
        return
    if not account.reaches(folder.parent):
        blocking = next(each for each in [*reversed(folder.parents)] if not account.reaches(each))
        raise EngineRefused(
            f"数据库以账户 {account.name} 运行（PostgreSQL 不允许 root），"
            f"但它进不了 {blocking}，因而够不到 {folder}。"
            f"请把数据文件夹放到它够得到的地方，例如 --data {reachable_place(account)}；或改用普通账户运行。"
        )
    if ours and folder.stat().st_uid == os.geteuid():
        # Passing through, not listing: what is inside keeps its own closed modes.
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | 0o011)
    if not account.reaches(folder):
        raise EngineRefused(
            f"数据库以账户 {account.name} 运行（PostgreSQL 不允许 root），但它进不了 {folder}。"
            f"请运行 chmod o+x {folder}，或用 --data {reachable_place(account)}。"
        )


def reachable_place(account: Account) -> str:
    """A data folder the account could reach on this machine."""
    for place in PLACES:
        existing = next(each for each in [Path(place), *Path(place).parents] if each.exists())
        if account.reaches(existing) and os.access(existing, os.W_OK):
            return place
    return PLACES[0]


def plain_environment() -> Mapping[str, str]:
    """Nothing of ours reaches the database's processes: no PG* variables, no locale, no secrets."""
    return {"PATH": os.defpath, "LC_ALL": "C", "LANG": "C"}


def known(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def name_of(uid: int) -> str:
    entry = known(uid)
    return entry.pw_name if entry else str(uid)
