"""`piaoju batch FILE --unit CODE`: a file of bills, by the same journey as the page and the API."""

from __future__ import annotations

import shutil
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from piaoju.kit.errors import Refused
from piaoju.ops import session, telling, watched

REFUSED, PARTLY = 1, 3
ACTOR = "command:batch"
_LOOK_SECONDS = 0.5


class Mode(StrEnum):
    CHECK_ONLY = "check_only"
    ALL_OR_NOTHING = "all_or_nothing"
    SKIP_ERRORS = "skip_errors"


class BatchFileUnreadable(Refused):
    code = "batch_file_unreadable"
    label = "读不到这个文件。请核对路径和权限"


def batch(
    file: Annotated[Path, typer.Argument(help="名单：.xlsx、.csv 或 .ndjson")],
    unit: Annotated[str, typer.Option("--unit", help="开票单位的统一社会信用代码")],
    mode: Annotated[
        Mode, typer.Option("--mode", help="check_only 只检查，all_or_nothing 全部无误才开具，skip_errors 跳过错误行")
    ] = Mode.SKIP_ERRORS,
    out: Annotated[Path | None, typer.Option("--out", help="带批注的文件和逐行结果写到哪里；默认在原文件旁边")] = None,
    data: Annotated[Path, typer.Option("--data", help="数据文件夹")] = Path("data"),
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象，最后一行是结果")] = False,
) -> None:
    """批量开具：检查、开具，写出带「错误」「改正办法」和票据号码的原文件。"""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BatchFileUnreadable(f"读不到 {file}：{error.strerror}。请核对路径和权限") from error
    tell = telling.Teller(as_json)
    with session.opened(data):
        from piaoju.issuing import queries as batches
        from piaoju.journeys import check_batch, premises

        batch_id = check_batch.submit(premises.office(), ACTOR, unit, file.name, content, mode.value)
        tell.step(f"批次 {batch_id}：正在检查")
        beside = watched.workers()  # a server's own workers help, if there is one
        try:
            _follow(batch_id, tell)
        finally:
            watched.end_all(beside)
        result = _results(batches.batch(batch_id), out or file.parent, tell)
    tell.result({"result": result})
    if result["refused"] or result["state"] in ("failed", "paused"):
        raise typer.Exit(PARTLY if result["issued"] + result["unchanged"] else REFUSED)


def _follow(batch_id: int, tell: telling.Teller) -> None:
    """Until it is at its end, or waits for a person."""
    from piaoju.issuing import queries as batches

    told = ""
    while True:
        kept = batches.batch(batch_id)
        progress = batches.batch_progress(batch_id)
        words = {
            "checking": f"已检查 {kept.rows_read:,} / {kept.rows:,} 行",
            "issuing": f"已开具 {progress.done:,} / {progress.to_issue:,} 张，每秒 {progress.per_second:,.0f} 张",
        }.get(kept.state, "")
        if words and words != told:
            tell.step(words)
            told = words
        if kept.ended or kept.state == "paused" or (kept.state == "checked" and kept.mode == "check_only"):
            if kept.detail:
                tell.line(kept.detail)
            return
        time.sleep(_LOOK_SECONDS)


def _results(kept: Any, folder: Path, tell: telling.Teller) -> dict[str, Any]:
    """Write what became of it; how many of each outcome."""
    from piaoju.issuing import queries as batches
    from piaoju.journeys import batch_results, premises

    folder.mkdir(parents=True, exist_ok=True)
    annotated = folder / batch_results.name_of_annotated(kept)
    listed = folder / f"{annotated.stem}.ndjson"
    counts = {"issued": 0, "unchanged": 0, "refused": 0, "fit": 0}
    with listed.open("wb") as lines:
        for line in batch_results.ndjson(kept):
            lines.write(line)
    if kept.bills and annotated != listed:
        with batch_results.annotated(premises.office(), kept) as content, annotated.open("wb") as written:
            shutil.copyfileobj(content, written)
    for one in batch_results.outcomes(kept):
        counts[one["outcome"]] += 1
        tell.result(one)
        for fault in one["errors"][:1]:
            tell.line(f"第 {one['row']} 行未开具：{fault['detail']}（{fault['code']}）")
    progress = batches.batch_progress(kept.id)
    tell.line(f"已开具 {progress.issued:,} 张；逐行结果 {annotated}")
    return {"id": kept.id, "state": kept.state, "rows": kept.rows, **counts, "files": [str(annotated), str(listed)]}
