"""`piaoju search` and `piaoju totals`: the one query layer on the command line, by the contract's names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from piaoju.kit.errors import Refused
from piaoju.ops import session, telling
from piaoju.ops.at_work import AS

if TYPE_CHECKING:
    from piaoju.reporting.types import Reach

DATA = typer.Option("--data", help="数据文件夹")
JSON = typer.Option("--json", help="每行一个 JSON 对象，最后一行是结果")


class LineUnread(Refused):
    code = "line_unread"
    label = "这句话没有全读懂，没有查询。请改写，或改用选项"


def search(
    words: Annotated[list[str], typer.Argument(help="一句话，如：上周 住院 3千以上 王小明")] = [],  # noqa: B006 - typer's way
    item_code: Annotated[str, typer.Option(help="收费项目等于")] = "",
    item_prefix: Annotated[str, typer.Option(help="收费项目编码以此开头")] = "",
    total: Annotated[str, typer.Option(help="票面金额等于，元")] = "",
    total_min: Annotated[str, typer.Option(help="票面金额不小于")] = "",
    total_max: Annotated[str, typer.Option(help="票面金额不大于")] = "",
    line_amount: Annotated[str, typer.Option(help="明细金额等于")] = "",
    payer_name: Annotated[str, typer.Option(help="交款人全名等于")] = "",
    business_number: Annotated[str, typer.Option(help="业务流水号等于")] = "",
    bill_type: Annotated[str, typer.Option(help="票据种类")] = "",
    kind: Annotated[str, typer.Option(help="normal 或 red")] = "",
    status: Annotated[str, typer.Option(help="issued、partly_reversed、reversed、converted")] = "",
    unit_code: Annotated[str, typer.Option("--unit", help="开票单位")] = "",
    region_code: Annotated[str, typer.Option("--region", help="行政区划及其下级")] = "",
    issued_from: Annotated[str, typer.Option("--from", help="开票时间起（含），RFC 3339")] = "",
    issued_to: Annotated[str, typer.Option("--to", help="开票时间止（不含）")] = "",
    sort: Annotated[str, typer.Option(help="-issued_at、issued_at、-total、total")] = "",
    cursor: Annotated[str, typer.Option(help="上一页的 next_cursor")] = "",
    limit: Annotated[str, typer.Option(help="显示几条，1 到 200")] = "",
    by: Annotated[str, AS] = "",
    data: Annotated[Path, DATA] = Path("data"),
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """按条件查票据：精确条数、精确合计。个人姓名遮盖显示。"""
    given = {
        "item_code": item_code, "item_prefix": item_prefix, "total": total, "total_min": total_min, "total_max": total_max,
        "line_amount": line_amount, "payer_name": payer_name, "business_number": business_number, "bill_type": bill_type,
        "kind": kind, "status": status, "unit_code": unit_code, "region_code": region_code, "issued_from": issued_from,
        "issued_to": issued_to, "sort": sort, "cursor": cursor, "limit": limit,
    }  # fmt: skip
    given = {name: value for name, value in given.items() if value}
    tell = telling.Teller(as_json)
    with session.opened(data), _reach(by, "read_bills", [*given, *(["words"] if words else [])]) as reach:
        from piaoju.journeys import answer_reports

        found = answer_reports.bills(given, reach, _read(tell, words))
    for bill in found.pop("items"):
        tell.result(_masked(bill))
        tell.line(
            f"{bill['code']} {bill['number']}  {bill['issued_at'][:19]}  {bill['total']:>14}  {bill['status']:<15} "
            f"{bill['payer']['name']}  {bill['unit_name']}"
        )
    tell.line(f"共 {found['count']} 张，合计 {found['total']} 元（数据截至 {found['as_of']}，快照 {found['snapshot']}）")
    tell.result({"result": found})


def totals(
    period_from: Annotated[str, typer.Option("--from", help="起（含），RFC 3339，如 2026-11-01T00:00:00+08:00")],
    period_to: Annotated[str, typer.Option("--to", help="止（不含）")],
    by: Annotated[str, typer.Option("--by", help="unit,bill_type,item,region,day,hour,month,city,county,industry… 的组合")] = "",
    bill_type: Annotated[str, typer.Option(help="票据种类")] = "",
    item_code: Annotated[str, typer.Option(help="收费项目")] = "",
    unit_code: Annotated[str, typer.Option("--unit", help="开票单位")] = "",
    region_code: Annotated[str, typer.Option("--region", help="行政区划及其下级，按每一天的归属")] = "",
    governing_code: Annotated[str, typer.Option("--governing", help="主管部门代码")] = "",
    industry: Annotated[str, typer.Option(help="medical、education、association、other")] = "",
    mode: Annotated[str, typer.Option(help="online、front、mobile")] = "",
    username: Annotated[str, AS] = "",
    data: Annotated[Path, DATA] = Path("data"),
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """任意时段、任意分组的汇总：申领、发放、开具、冲红、净额，精确到此刻。"""
    given = {
        "from": period_from, "to": period_to, "by": by, "bill_type": bill_type, "item_code": item_code,
        "unit_code": unit_code, "region_code": region_code, "governing_code": governing_code, "industry": industry, "mode": mode,
    }  # fmt: skip
    given = {name: value for name, value in given.items() if value}
    tell = telling.Teller(as_json)
    with session.opened(data), _reach(username, "read_totals", list(given)) as reach:
        from piaoju.journeys import answer_reports

        found = answer_reports.totals(given, reach)
    rows = found.pop("rows")
    for row in rows:
        tell.result(row)
        keys = " ".join(str(value) for value in row.values() if not isinstance(value, dict))
        tell.line(f"{keys:<40}{_figures(row)}")
    tell.line(f"{'合计':<38}{_figures(found['sum'])}\n数据截至 {found['as_of']}，快照 {found['snapshot']}")
    tell.result({"result": found})


@contextmanager
def _reach(username: str, act: str, conditions: list[str]) -> Iterator[Reach]:
    """What the person may see, or everything where the machine's keeper asks; who asked for what is recorded."""
    from piaoju.identity.errors import ActNotPermitted
    from piaoju.journeys import premises, record_reading, scopes
    from piaoju.ops import as_operator
    from piaoju.reporting.types import Reach

    office = premises.office()
    if not username:
        record_reading.record(office, f"command:{act}", act, conditions)
        yield Reach.everything()
        return
    with as_operator.signed_in(office, username) as actor:
        reach = scopes.reach_by_name(actor, act)
        if not reach.portions:
            raise ActNotPermitted
        record_reading.record(office, actor.name, act, conditions)
        yield reach


def _read(tell: telling.Teller, words: list[str]) -> tuple[Any, ...]:
    """The conditions of a line of words. Raises LineUnread: what was not read would widen the result."""
    from piaoju.journeys import premises
    from piaoju.kit.clock import local_date
    from piaoju.reporting import queries as reporting

    said = reporting.read_line(" ".join(words), local_date(premises.office().clock()))
    if said.unread:
        raise LineUnread("；".join(f"「{word}」{why}" for word, why in said.unread))
    for condition in said.conditions:
        tell.line(f"条件 {condition.field} {condition.comparison} {' '.join(map(str, condition.values))}")
    for one in said.otherwise:
        tell.line(f"「{one.word}」也可以是 {one.instead[0].field} {one.instead[0].comparison}")
    return said.conditions


def _masked(bill: dict[str, Any]) -> dict[str, Any]:
    from piaoju.verification import queries as verification

    payer = bill["payer"]
    payer["name"] = verification.masked_name(payer["name"], is_person=payer["type"] == "person")
    return bill


def _figures(row: Mapping[str, Any]) -> str:
    return (
        f"申领 {row['requisitioned']['sheets']} 发放 {row['allotted']['sheets']} "
        f"开具 {row['issued']['sheets']} 张 {row['issued']['amount']} 元 "
        f"冲红 {row['red']['sheets']} 张 {row['red']['amount']} 元 "
        f"净 {row['net']['sheets']} 张 {row['net']['amount']} 元"
    )
