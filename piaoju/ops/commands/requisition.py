"""`piaoju requisition …`: 申领, 审核, 发放 by the same journeys as the pages; the person who asked never decides."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from piaoju.ops import telling
from piaoju.ops.at_work import AS, DATA, JSON, at_work

NUMBER = typer.Argument(help="申领编号")
requisition = typer.Typer(name="requisition", help="申领号码：申领、审核、发放。", no_args_is_help=True)


@requisition.command("submit")
def submit(
    unit: Annotated[str, typer.Option("--unit", help="开票单位的统一社会信用代码")],
    bill_type: Annotated[str, typer.Option("--bill-type", help="票据种类，四位")],
    sheets: Annotated[int, typer.Option("--sheets", min=1, help="张数")],
    by: Annotated[str, AS],
    reason: Annotated[str, typer.Option("--reason", help="申领理由")] = "",
    data: Annotated[Path, DATA] = Path("data"),
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """申领：单位向财政部门要号码。"""
    with at_work(data, by) as (office, actor):
        from piaoju.journeys import requisition as story
        from piaoju.journeys.stock_places import AskedNumbers

        number = story.submit_for_unit(office, actor, unit, AskedNumbers(bill_type, sheets, reason=reason))
    _told(as_json, number, "submitted", f"申领 {number} 已提交，等财政部门审核")


@requisition.command("approve")
def approve(
    number: Annotated[int, NUMBER],
    sheets: Annotated[int, typer.Option("--sheets", min=1, help="核准张数")],
    by: Annotated[str, AS],
    remark: Annotated[str, typer.Option("--remark", help="意见")] = "",
    data: Annotated[Path, DATA] = Path("data"),
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """审核通过。"""
    with at_work(data, by) as (office, actor):
        from piaoju.journeys import review_requisition

        review_requisition.approve(office, actor, number, sheets, remark)
    _told(as_json, number, "approved", f"申领 {number} 已核准 {sheets} 张")


@requisition.command("refuse")
def refuse(
    number: Annotated[int, NUMBER],
    remark: Annotated[str, typer.Option("--remark", help="退回原因")],
    by: Annotated[str, AS],
    data: Annotated[Path, DATA] = Path("data"),
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """审核退回，写明原因。"""
    with at_work(data, by) as (office, actor):
        from piaoju.journeys import review_requisition

        review_requisition.refuse(office, actor, number, remark)
    _told(as_json, number, "refused", f"申领 {number} 已退回")


@requisition.command("allot")
def allot(
    number: Annotated[int, NUMBER],
    by: Annotated[str, AS],
    data: Annotated[Path, DATA] = Path("data"),
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """发放核准的号码。"""
    with at_work(data, by) as (office, actor):
        from piaoju.journeys import allot as story

        parts = story.allot(office, actor, number)
    said = [{"code": part.code.bill_code, "first": part.first, "last": part.last} for part in parts]
    tell = telling.Teller(as_json)
    tell.line("已发放 " + "；".join(f"{one['code']} {one['first']:010d}–{one['last']:010d}" for one in said))
    tell.result({"result": {"requisition": number, "state": "fulfilled", "numbers": said}})


def _told(as_json: bool, number: int, state: str, words: str) -> None:
    tell = telling.Teller(as_json)
    tell.line(words)
    tell.result({"result": {"requisition": number, "state": state}})
