"""What `piaoju doctor` looks at: each reading says what was found and what to do about it.

Nothing is changed: no folder is made, no database created; a running one is asked.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import util
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg

from piaoju.crypto import engine as libcrypto
from piaoju.crypto import sm2
from piaoju.kit.errors import PiaojuError
from piaoju.ops import engine
from piaoju.ops.engine import binaries
from piaoju.ops.installation import VERSION, version_of

Outcome = Literal["good", "warning", "bad"]
# The release's own day: a clock before it is wrong.
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
DISK_LOW_BYTES, DISK_OUT_BYTES = 5 << 30, 500 << 20
SKEW_LIMIT = timedelta(seconds=5)
FONTS = "pylopdf_fonts_zh_cn"
# GB/T 32905 A.1 and GB/T 32918.5 A.2: what every right implementation gives.
SM3_ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
SM2_KEY = bytes.fromhex(
    "04"
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
SM2_SIGNATURE = bytes.fromhex(
    "3046"
    "022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing looked at: 名称, how it is, what was found, and what to do (empty when good)."""

    name: str
    outcome: Outcome
    detail: str
    remedy: str = ""


def diagnose(data_folder: Path, at: datetime) -> list[Reading]:
    """Every reading, in the order a person would put things right; a look that fails is itself a bad reading."""
    looks: list[tuple[str, Callable[[], list[Reading]]]] = [
        ("Python", python),
        ("国密算法", national_algorithms),
        ("PostgreSQL", lambda: database(data_folder, at)),
        ("磁盘", lambda: disk(data_folder)),
        ("时钟", lambda: clock(data_folder, at)),
        ("字体", fonts),
        ("数据文件夹", lambda: data(data_folder)),
        ("测试用外部程序", judges),
    ]
    readings: list[Reading] = []
    for name, look in looks:
        try:
            readings += look()
        except PiaojuError as error:
            readings.append(Reading(name, "bad", error.detail, error.detail))
        except Exception as error:  # noqa: BLE001 - the rest must still be looked at
            readings.append(Reading(name, "bad", f"检查时出错：{error!r}", "请把这一行报告给维护者。"))
    return readings


def python() -> list[Reading]:
    version = platform.python_version()
    if tuple(map(int, platform.python_version_tuple()[:2])) < (3, 11):
        return [Reading("Python", "bad", version, "请安装 Python 3.11 或更高版本。")]
    return [Reading("Python", "good", version)]


def national_algorithms() -> list[Reading]:
    readings = []
    try:
        right = hashlib.new("sm3", b"abc").hexdigest() == SM3_ABC
    except ValueError:
        right = False
    openssl = "请换用带 SM3 的 OpenSSL 3（如 Debian 的 libssl3）所编的 Python。"
    readings.append(Reading("SM3", "good" if right else "bad", "标准向量", "" if right else openssl))
    libcrypto.engine()
    vector = sm2.verify_signature(SM2_KEY, b"message digest", SM2_SIGNATURE)
    key = sm2.PrivateKey.from_secret(bytes(range(1, 33)))
    own = sm2.verify_signature(key.public_key, b"piaoju", key.sign(b"piaoju"))
    good = vector and own
    remedy = "" if good else f"请安装 OpenSSL 3，或用 {libcrypto.LIBRARY_VARIABLE} 指明另一个 libcrypto。"
    readings.append(Reading("SM2", "good" if good else "bad", "标准向量、签名与验签", remedy))
    return readings


def database(data_folder: Path, at: datetime) -> list[Reading]:
    outside = bool(os.environ.get("PIAOJU_DATABASE_URL"))
    if not outside and not (data_folder / "pg" / "cluster").exists():
        found = binaries.find()
        return [Reading("PostgreSQL", "good", f"{found.version}（{found.folder}），还没有数据库；首次运行时建立")]
    with engine.running(data_folder) as server, psycopg.connect(server.admin_url) as connection:
        readings = [Reading("PostgreSQL", "good", f"{server.version}（{'内置' if server.embedded else '外部服务器'}）")]
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            assert row is not None
            good = row[0] == "on" or (name == "synchronous_commit" and row[0] in ("remote_apply", "remote_write"))
            remedy = "" if good else f"请在数据库服务器上设 {name} = on：否则断电会丢失已开出的票据。"
            readings.append(Reading(name, "good" if good else "bad", row[0], remedy))
        row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        skew = abs(row[0] - datetime.now(UTC))
        if not server.embedded and skew > SKEW_LIMIT:
            readings.append(
                Reading("数据库时钟", "bad", f"与本机相差 {skew.total_seconds():.0f} 秒", "请让两台机器都与时间服务器同步。")
            )
    return readings


def disk(data_folder: Path) -> list[Reading]:
    place = next(each for each in (data_folder.absolute(), *data_folder.absolute().parents) if each.exists())
    free = shutil.disk_usage(place).free
    detail = f"{place} 所在磁盘剩 {free / (1 << 30):.1f} GB"
    if free < DISK_OUT_BYTES:
        return [Reading("磁盘", "bad", detail, "请立即腾出空间或换更大的磁盘；写满后数据库会停止服务。")]
    if free < DISK_LOW_BYTES:
        return [Reading("磁盘", "warning", detail, "请尽快腾出空间：一百万张票据约需 10 GB。")]
    return [Reading("磁盘", "good", detail)]


def clock(data_folder: Path, at: datetime) -> list[Reading]:
    try:
        ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        return [Reading("时区", "bad", "没有 Asia/Shanghai", "请安装系统时区数据（apt install tzdata）。")]
    sync = "请与时间服务器同步（如 apt install chrony）。"
    if at < RELEASED:
        return [Reading("时钟", "bad", f"{at:%Y-%m-%d %H:%M} UTC，早于本程序发布的日子", sync)]
    watched = [data_folder / name for name in ("version", "demo.json", "bills", "log")]
    newest = max((each.stat().st_mtime for each in watched if each.exists()), default=0.0)
    if datetime.fromtimestamp(newest, UTC) > at + SKEW_LIMIT:
        return [Reading("时钟", "bad", f"{at:%Y-%m-%d %H:%M} UTC，数据文件夹里却有更晚的文件", "时钟被拨回了。" + sync)]
    return [Reading("时钟", "good", f"{at:%Y-%m-%d %H:%M:%S} UTC")]


def fonts() -> list[Reading]:
    found = util.find_spec(FONTS)
    folders = [Path(each) for each in (found.submodule_search_locations or [])] if found else []
    files = [each for folder in folders for each in folder.rglob("*.[ot]tf") if each.stat().st_size > 0]
    if not files:
        return [Reading("字体", "bad", f"没有 {FONTS}", "请重新安装依赖：make demo。")]
    readings = [Reading("字体", "good", "、".join(sorted(each.stem for each in files)))]
    if not Path("/usr/share/fonts/truetype/hanazono").exists():
        readings.append(
            Reading("罕用字", "warning", "没有 fonts-hanazono：个别罕用字会在开票时被拒绝", "apt install fonts-hanazono（可选）")
        )
    return readings


def data(data_folder: Path) -> list[Reading]:
    if not data_folder.exists():
        return [Reading("数据文件夹", "good", f"{data_folder} 还没有；首次运行时建立")]
    readings = []
    version = version_of(data_folder)
    if version is None:
        readings.append(Reading("数据文件夹", "warning", f"{data_folder} 还不是数据文件夹", "请核对 --data。"))
    elif version > VERSION:
        readings.append(Reading("数据文件夹", "bad", f"数据版本 {version}，本程序只认到 {VERSION}", "请升级程序。"))
    else:
        readings.append(Reading("数据文件夹", "good", f"{data_folder}，数据版本 {version}"))
    if not os.access(data_folder, os.W_OK):
        readings.append(Reading("写入权限", "bad", f"{data_folder} 不能写入", "请换用它的属主运行，或改正权限。"))
    keys = data_folder / "keys"
    if keys.is_dir() and os.access(keys, os.R_OK | os.X_OK):
        open_ones = [each for each in (keys, *keys.iterdir()) if stat.S_IMODE(each.stat().st_mode) & 0o077]
        names = "、".join(each.name for each in open_ones[:5])
        remedy = f"请运行 chmod -R go= {keys}，并考虑这些密钥是否已被别人读过。"
        readings.append(
            Reading("密钥权限", "bad", f"别的账户能读：{names}", remedy)
            if open_ones
            else Reading("密钥权限", "good", f"{keys} 只有属主能读")
        )
    return readings


def judges() -> list[Reading]:
    """What only tests need: a warning at most."""
    wanted = (
        ("chromium", ("chromium", "chromium-browser", "google-chrome"), "chromium"),
        ("poppler", ("pdftotext",), "poppler-utils"),
        ("openssl", ("openssl",), "openssl"),
    )
    readings = []
    for name, programs, package in wanted:
        path = next((each for each in map(shutil.which, programs) if each), None)
        readings.append(
            Reading(name, "good", path)
            if path
            else Reading(name, "warning", "没有；只有测试需要", f"apt install {package}（或以 root 运行 make test）")
        )
    lister = shutil.which("fc-list")
    chinese = lister and subprocess.run([lister, ":lang=zh-cn"], capture_output=True, text=True, check=False).stdout.strip()
    if not chinese:
        readings.append(Reading("浏览器中文字体", "warning", "没有；只有测试需要", "apt install fontconfig fonts-noto-cjk"))
    return readings
