"""`piaoju bench data`: generates a province's bills by the million and measures search and totals on them."""

from __future__ import annotations

import os
import secrets
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from piaoju.ops import session, telling
from piaoju.ops.bench import figures

_WRITERS = 8


def volume(
    months: Annotated[int, typer.Option("--months", min=1, max=60, help="几个月的历史")] = 20,
    bills: Annotated[int, typer.Option("--bills", min=1_000, max=2_000_000, help="每月多少张")] = 500_000,
    report: Annotated[Path | None, typer.Option("--report", help="把数字和查询计划写成 Markdown")] = None,
    folder: Annotated[
        Path | None, typer.Option("--data", help="留下来的文件夹：再次运行接着生成，问过的不再问；默认用临时的，用完删除")
    ] = None,
    generate_only: Annotated[bool, typer.Option("--generate-only", help="只生成，不测（需要 --data）")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象")] = False,
) -> None:
    """生成全省的票据，测查询和汇总：历史五分之一时和全部时各测一次，与承诺的上限相比；再测汇总占写入的多少。"""
    os.environ["PIAOJU_PROFILE"] = "demonstration"
    tell = telling.Teller(as_json)
    tell.line(figures.machine())
    with tempfile.TemporaryDirectory(prefix="piaoju-bench-", dir="/tmp") as temporary:
        Path(temporary).chmod(0o711)
        with session.opened(folder or Path(temporary) / "data") as opened:
            from piaoju.journeys import premises
            from piaoju.kit.clock import local_date
            from piaoju.ops.bench import rows
            from piaoju.ops.bench.volume import measuring, page, promises
            from piaoju.ops.commands import bench

            bench.clients(opened, tell)  # the demonstration's registry is where the generated units are put
            wanted = measuring.Wanted(months, bills, local_date(premises.office().clock()))
            kept = opened.installation.folder
            found = measuring.measure(opened.server.url, wanted, kept, secrets.randbelow, tell.step, ask=not generate_only)
            if generate_only:
                return
            told = promises.judged(found)
            alone = rows.measure(opened, _WRITERS, "none")
            told += [promises.writing("九个单位", rows.measure(opened, _WRITERS, "few"), alone),
                     promises.writing("39,000 个单位", rows.measure(opened, _WRITERS, "many"), alone)]  # fmt: skip
    for one in told:
        tell.line(one.line)
        tell.result(asdict(one))
    if report is not None:
        report.write_text(page.written(found, told, wanted), encoding="utf-8")
