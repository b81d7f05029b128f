"""`piaoju doctor`: is this installation sound, and if not, what to do."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from piaoju.ops.diagnosis import Reading, diagnose

NOT_SOUND = 1
_MARKS = {"good": "✓", "warning": "!", "bad": "✗"}


def doctor(
    data: Annotated[Path, typer.Option("--data", help="数据文件夹")] = Path("data"),
    json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象，最后一行是结果")] = False,
) -> None:
    """检查本机的安装，说明要做什么；有不妥则以 1 结束。"""
    readings = diagnose(data, datetime.now(UTC))
    for reading in readings:
        typer.echo(msgspec.json.encode(asdict(reading)).decode() if json else _as_text(reading))
    bad = sum(reading.outcome == "bad" for reading in readings)
    warnings = sum(reading.outcome == "warning" for reading in readings)
    if json:
        typer.echo(msgspec.json.encode({"sound": bad == 0, "bad": bad, "warnings": warnings}).decode())
    else:
        typer.echo(f"{'一切正常' if not bad else f'有 {bad} 处要处理'}，{warnings} 处提醒。")
    raise typer.Exit(NOT_SOUND if bad else 0)


def _as_text(reading: Reading) -> str:
    line = f"{_MARKS[reading.outcome]} {reading.name}：{reading.detail}"
    return line if not reading.remedy or reading.remedy == reading.detail else f"{line}\n    → {reading.remedy}"
