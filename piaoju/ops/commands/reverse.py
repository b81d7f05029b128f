"""`piaoju reverse CODE NUMBER` and `piaoju reversal …`: 冲红 by the same journeys as the pages; above a limit another decides."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from piaoju.crypto import sm3
from piaoju.kit.errors import Refused
from piaoju.ops import telling
from piaoju.ops.at_work import AS, DATA, JSON, at_work
from piaoju.standard import codes, money
from piaoju.standard.reversal_request import AskedLine

if TYPE_CHECKING:
    from piaoju.identity.types import OperatorActor
    from piaoju.journeys.office import Office

reversal = typer.Typer(name="reversal", help="冲红申请：由另一人批准或退回。", no_args_is_help=True)
APPLICATION = typer.Argument(help="冲红申请的编号")
_LINE_HELP = "只冲红这一行余下的全部：--line 2；或这一行的一部分：--line 2=10.00。可写几次；不写就是整张余下的全部"


class ReversalArgumentsUnreadable(Refused):
    code = "reversal_arguments_unreadable"
    label = "看不懂要冲红哪一张或哪一行。请写票据代码和号码；行写成 2，或 2=10.00"


def reverse(
    bill_code: Annotated[str, typer.Argument(help="票据代码")],
    bill_number: Annotated[str, typer.Argument(help="票据号码")],
    reason: Annotated[str, typer.Option("--reason", help="冲红原因；公众查验时看得到，不要写个人信息")],
    by: Annotated[str, AS],
    line: Annotated[list[str] | None, typer.Option("--line", help=_LINE_HELP)] = None,
    once: Annotated[str, typer.Option("--once", help="同样的命令要再冲红一次时，换一个记号；否则重复执行得到同一张红票")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="红票的文件写到哪里；默认 DATA/bills")] = None,
    data: Annotated[Path, DATA] = Path("data"),
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """冲红一张票据，或其中几行；超过限额时提交申请，由另一人批准。"""
    number, lines = _number(bill_code, bill_number), [_line(text) for text in line or ()]
    # Typed twice, the same command is the same work: a lost connection never takes a part back twice.
    mark = sm3.digest("\n".join((reason, *(line or ()), once)).encode()).hex()
    tell = telling.Teller(as_json)
    with _at_desk(data, by) as (office, actor):
        from piaoju.issuing import queries
        from piaoju.journeys import bill_at_hand, reverse_by_person

        seen = len(queries.sequels_of(bill_at_hand.see(office, actor, bill_code, number).place))
        done = reverse_by_person.reverse_bill(office, actor, bill_code, number, reason, lines, seen=seen, once=mark)
        if isinstance(done, reverse_by_person.Applied):
            tell.line(f"金额超过一个人可以办的限额。申请 {done.application_id} 等另一人批准：piaoju reversal approve")
            tell.result({"result": {"outcome": "submitted", "application": done.application_id}})
            return
        _tell_red(tell, *reverse_by_person.number_of(done), "issued" if done.created else "unchanged", out or data / "bills")


@reversal.command("approve")
def approve(
    number: Annotated[int, APPLICATION],
    by: Annotated[str, AS],
    remark: Annotated[str, typer.Option("--remark", help="说明")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="红票的文件写到哪里；默认 DATA/bills")] = None,
    data: Annotated[Path, DATA] = Path("data"),
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """批准，并开出红票；不能批准自己的申请。"""
    with _at_desk(data, by) as (office, actor):
        from piaoju.journeys import reverse_by_person

        red = reverse_by_person.approve(office, actor, number, remark)
        written = codes.number_text(red.bill_number)
        _tell_red(telling.Teller(as_json), red.bill_code, written, "issued", out or data / "bills")


@reversal.command("refuse")
def refuse(
    number: Annotated[int, APPLICATION],
    remark: Annotated[str, typer.Option("--remark", help="不批准的原因")],
    by: Annotated[str, AS],
    data: Annotated[Path, DATA] = Path("data"),
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """不批准，写明原因。"""
    with at_work(data, by) as (office, actor):
        from piaoju.journeys import reverse_by_person

        reverse_by_person.refuse(office, actor, number, remark)
    tell = telling.Teller(as_json)
    tell.line(f"冲红申请 {number} 没有批准")
    tell.result({"result": {"outcome": "refused", "application": number}})


@contextmanager
def _at_desk(data: Path, username: str) -> Iterator[tuple[Office, OperatorActor]]:
    """At work, with the writer that issues red bills."""
    with at_work(data, username) as (office, actor):
        from piaoju.journeys import premises

        premises.open_writer(os.environ["PIAOJU_DATABASE_URL"], threads=1)
        try:
            yield office, actor
        finally:
            premises.close_writer()


def _tell_red(tell: telling.Teller, code: str, number: str, outcome: str, folder: Path) -> None:
    from piaoju.ops import exporting

    folder.mkdir(parents=True, exist_ok=True)
    files = exporting.write_files(folder, code, number)
    tell.line(f"{'已冲红' if outcome == 'issued' else '以前已冲红'}，红票 {code} {number}  {files['ofd']}")
    result: dict[str, Any] = {"outcome": outcome, "code": code, "number": number, "files": files}
    tell.result({"result": result})


def _number(bill_code: str, bill_number: str) -> int:
    number = codes.parse_number(bill_number)
    if number is None or not bill_code:
        raise ReversalArgumentsUnreadable
    return number


def _line(text: str) -> AskedLine:
    number, equals, yuan = text.partition("=")
    if not number.isascii() or not number.isdigit() or len(number) > 4:
        raise ReversalArgumentsUnreadable
    try:
        return AskedLine(int(number), None, money.parse_yuan(yuan) if equals else None)
    except money.AmountInvalid as invalid:
        raise ReversalArgumentsUnreadable from invalid
