"""`piaoju units import FILE`: a county's units from one spreadsheet, by the same journey as the page."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from piaoju.kit import spreadsheet
from piaoju.ops import telling
from piaoju.ops.at_work import AS, DATA, JSON, at_work, read_file

PARTLY = 3
_WORDS = (("registered", "新登记"), ("changed", "更新"), ("unchanged", "没有变化"), ("refused", "需要改正"))
units = typer.Typer(name="units", help="开票单位。", no_args_is_help=True)


@units.callback()
def _units() -> None:
    """开票单位。"""


@units.command("import")
def import_units(
    file: Annotated[Path, typer.Argument(help="单位表格：模板 .xlsx，或 .csv（UTF-8、GBK 都可以）")],
    region: Annotated[str, typer.Option("--region", help="行政区划代码：表里的单位都应在它或其下级")],
    by: Annotated[str, AS],
    check: Annotated[bool, typer.Option("--check", help="只检查，不登记")] = False,
    skip_errors: Annotated[bool, typer.Option("--skip-errors", help="跳过错误行，登记其余的；默认全部成功才登记")] = False,
    wave: Annotated[str, typer.Option("--wave", help="上线批次")] = "",
    due_on: Annotated[datetime | None, typer.Option("--due-on", formats=["%Y-%m-%d"], help="应上线日期；默认三周")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="带批注的文件写到哪个文件夹；默认与表格同处")] = None,
    data: Annotated[Path, DATA] = Path("data"),
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """批量登记单位：检查、登记；有错误时写出带「错误」「改正办法」的原文件。再次登记同一文件不会重复。"""
    content = read_file(file, spreadsheet.BYTES_MAX)
    tell = telling.Teller(as_json)
    with at_work(data, by) as (office, actor):
        from piaoju.journeys import import_units as story

        number = story.check(office, actor, file.name, content, region)
        counts = dict(story.preview(office, actor, number).counts)
        annotated = ""
        if counts["refused"]:
            name, remarked = story.annotated(office, actor, number)
            annotated = str((out or file.parent) / name)
            Path(annotated).write_bytes(remarked)
            tell.line(f"有 {counts['refused']} 行需要改正，见 {annotated}")
        wanted = not check and bool(counts["registered"] + counts["changed"] or counts["refused"])
        if wanted:
            due: date | None = due_on.date() if due_on else None
            counts = dict(story.apply(office, actor, number, skip_errors=skip_errors, wave=wave, due_on=due))
    said = "，".join(f"{word} {counts[key]}" for key, word in _WORDS)
    tell.line(f"{'已登记' if wanted else '没有登记任何单位' if check else '没有要登记的'}：{said}")
    tell.result({"result": {"import": number, "applied": wanted, **counts, "annotated": annotated}})
    if counts["refused"]:
        raise typer.Exit(PARTLY)
