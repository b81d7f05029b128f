"""`piaoju suspend` and `piaoju resume-issuing`: the stop switch, for all, a region, a unit, a bill type or an item."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from piaoju.ops import session, telling


class Scope(StrEnum):
    ALL = "all"
    REGION = "region"
    UNIT = "unit"
    BILL_TYPE = "bill_type"
    CHARGE_ITEM = "charge_item"


DATA = typer.Option("--data", help="数据文件夹")
CODE = typer.Option("--code", help="区划、单位、种类或项目的代码；全部停开时不填")


def suspend(
    scope: Annotated[Scope, typer.Argument(help="all 全部 · region 区划 · unit 单位 · bill_type 种类 · charge_item 项目")],
    reason: Annotated[str, typer.Option("--reason", help="原因，会告诉被拒绝的人")],
    code: Annotated[str, CODE] = "",
    data: Annotated[Path, DATA] = Path("data"),
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """停开：从下一次提交起拒绝开票，直到恢复。"""
    with session.opened(data):
        from piaoju.journeys import premises, suspend_issuing

        suspend_issuing.suspend(premises.office(), scope, code, reason, by="command:suspend")
    tell = telling.Teller(as_json)
    tell.line("已停开。恢复：piaoju resume-issuing")
    tell.result({"result": {"scope": scope, "code": code, "suspended": True}})


def resume_issuing(
    scope: Annotated[Scope, typer.Argument(help="与停开时相同")],
    code: Annotated[str, CODE] = "",
    data: Annotated[Path, DATA] = Path("data"),
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """恢复：解除这一范围的停开。"""
    with session.opened(data):
        from piaoju.journeys import premises, suspend_issuing

        lifted = suspend_issuing.lift(premises.office(), scope, code, by="command:resume-issuing")
    tell = telling.Teller(as_json)
    tell.line("已恢复。" if lifted else "这一范围没有停开。请核对范围和代码")
    tell.result({"result": {"scope": scope, "code": code, "lifted": lifted}})
    if not lifted:
        raise typer.Exit(1)
