"""The independent programs that judge our files: brought where we may, named where we may not.

`python -m tests.judges` (by `make test`) installs what is missing when root and apt are there, then lists
what is still missing. With CI=true, or as root, something missing is a failure: a judge that did not sit
has not agreed. Elsewhere the tests that need it count as not run.

In a test: `chromium = judges.need("chromium")`.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

CACHE = Path(__file__).parents[1] / ".cache"


@dataclass(frozen=True)
class Script:
    """One built file of a package of the npm registry, known by its digest, kept with its licence and used in place."""

    package: str
    version: str
    member: str
    sha256: str

    @property
    def place(self) -> Path:
        return CACHE / self.package / self.member.rsplit("/", 1)[-1]


SCRIPTS = {
    # Of its package only this is taken: the rest carries fonts that may not be passed on. Apache-2.0.
    "ofd.js": Script("ofd.js", "0.2.6", "lib/ofd.umd.min.js", "9b47d64947c94839a6cb24ef3e291ffb8047d2d372ca92836a14bef3a130eda0"),
    # What is wrong with a page for people who do not see or point. MPL-2.0, used by tests only.
    "axe-core": Script("axe-core", "4.14.1", "axe.min.js", "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"),
}
PROGRAMS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "pdftotext": ("pdftotext",),
    "pdftoppm": ("pdftoppm",),
    "openssl": ("openssl",),
}
PACKAGES = {
    "chromium": "chromium",
    "pdftotext": "poppler-utils",
    "pdftoppm": "poppler-utils",
    "openssl": "openssl",
    "cjk-font": "fonts-noto-cjk",
}
NAMES = (*PACKAGES, *SCRIPTS)


def find(name: str) -> str | None:
    """Where the judge is, or None: a program's path, the font's file, or the script's path."""
    if name in SCRIPTS:
        script = SCRIPTS[name]
        known = script.place.exists() and digest(script.place.read_bytes()) == script.sha256
        return str(script.place) if known else None
    if name == "cjk-font":
        return cjk_font()
    named = os.environ.get(f"PIAOJU_{name.upper()}")
    if named:
        return named
    return next((path for path in map(shutil.which, PROGRAMS[name]) if path), None)


def need(name: str) -> str:
    """Where the judge is; without it the test is not run, or fails where it must have been there."""
    path = find(name)
    if path is not None:
        return path
    words = f"缺少 {name}：{remedy(name)}"
    if required():
        pytest.fail(words)
    pytest.skip(words)


def required() -> bool:
    """Whether a missing judge is a failure."""
    return os.environ.get("CI", "").lower() in ("true", "1") or os.geteuid() == 0


def missing() -> list[str]:
    return [name for name in NAMES if find(name) is None]


def remedy(name: str) -> str:
    if name in SCRIPTS:
        return f"需要能访问 npm 仓库；make judges 会取 {name} {SCRIPTS[name].version} 的一个文件放进 .cache/"
    return f"apt install {PACKAGES[name]}"


def bring() -> None:
    """What is missing is installed, as far as this account may."""
    packages = sorted({PACKAGES[name] for name in missing() if name in PACKAGES})
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
        if subprocess.run(install, env=environment, check=False).returncode != 0:
            subprocess.run(["apt-get", "update", "-q"], env=environment, check=False)
            subprocess.run(install, env=environment, check=False)
    for name, script in SCRIPTS.items():
        if find(name) is None:
            try:
                unpack(script, tarball(script))
            except (OSError, subprocess.SubprocessError, ValueError, KeyError, tarfile.TarError) as error:
                sys.stderr.write(f"没有取到 {name}：{error}\n")


def tarball(script: Script) -> bytes:
    """The package as this machine's npm gives it: which registry it asks is the machine's own setting."""
    npm = shutil.which("npm")
    if npm is None:
        raise ValueError("没有 npm：请安装 Node.js（Debian/Ubuntu：apt install npm）后重试")
    with tempfile.TemporaryDirectory() as place:
        pack = [npm, "pack", f"{script.package}@{script.version}", "--silent"]
        subprocess.run(pack, cwd=place, check=True, timeout=300, stdout=subprocess.DEVNULL)
        return next(Path(place).glob("*.tgz")).read_bytes()


def unpack(script: Script, content: bytes) -> None:
    """The one built file and its licence are in the cache; any other content than the known one is refused."""
    wanted = {f"package/{script.member}": script.place, "package/LICENSE": script.place.with_name("LICENSE")}
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as package:
        parts = {}
        for name, place in wanted.items():
            member = package.extractfile(name)
            if member is None:
                raise ValueError(f"包里没有 {name}")
            parts[place] = member.read()
    if digest(parts[script.place]) != script.sha256:
        raise ValueError(f"取到的文件不是已知的 {script.version} 版（SHA-256 不符）")
    for place, part in parts.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(part)


def cjk_font() -> str | None:
    """A font the browser can show Chinese with."""
    listing = shutil.which("fc-list")
    if listing is None:
        return None
    answer = subprocess.run([listing, ":lang=zh-cn", "file"], capture_output=True, text=True, check=False)
    return next((line.rstrip(": ") for line in answer.stdout.splitlines() if line.strip()), None)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> int:
    if missing():
        bring()
    absent = missing()
    for name in NAMES:
        sys.stdout.write(f"{'缺少' if name in absent else '就绪'}  {name}  {find(name) or remedy(name)}\n")
    if absent and required():
        sys.stderr.write("缺少上面的外部程序：以 root 运行或 CI=true 时这算失败。请按提示装好后重试。\n")
        return 1
    if absent:
        sys.stdout.write("需要它们的测试按“未运行”计。\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
