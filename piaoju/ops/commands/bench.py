"""`piaoju bench`: the published figures, each as a ratio to its limit in the same run."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from piaoju.ops import session, telling
from piaoju.ops.bench import faces, figures, signing

PORT = 8999
bench = typer.Typer(name="bench", help="公布的数字，每个都与同一次运行中的极限相比。")


@bench.callback(invoke_without_command=True)
def measure(
    context: typer.Context,
    bills: Annotated[int, typer.Option("--bills", min=100, max=1_000_000, help="每项开具多少张")] = 6_000,
    data: Annotated[Path | None, typer.Option("--data", help="数据文件夹；默认用一个临时的演示库")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象")] = False,
) -> None:
    """签名、版式文件和单张开具的速度；后面可以跟一个项目的名字。"""
    if context.invoked_subcommand:
        return
    with _opened(data, as_json) as (opened, clients, tell):
        from piaoju.journeys import premises
        from piaoju.ops.bench import issuing, sample

        found = signing.measure()
        found += faces.measure(sample.bill_of(premises.office()), premises.office().fonts)
        found += issuing.measure(opened, clients, bills, PORT)
        for figure in found:
            _tell(tell, figure)


@bench.command("batch")
def batch(
    rows: Annotated[int, typer.Option("--rows", min=1_000, max=100_000, help="名单有多少行，一行一张票据")] = 50_000,
    data: Annotated[Path | None, typer.Option("--data", help="数据文件夹；默认用一个临时的演示库")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象")] = False,
) -> None:
    """一份名单：检查、开具，与单算签名相比；以及批量进行时单张开具还剩多快。"""
    with _opened(data, as_json) as (opened, clients, tell):
        from piaoju.ops.bench import batching

        for figure in batching.measure(opened, clients, rows, PORT):
            _tell(tell, figure)


@bench.command("tuition")
def of_tuition(
    rows: Annotated[int, typer.Option("--rows", min=100, max=50_000, help="名单有多少行，一行一张票据")] = 50_000,
    layouts: Annotated[bool, typer.Option("--layouts", help="再打一个含 XML、OFD、PDF 的包")] = False,
    data: Annotated[Path | None, typer.Option("--data", help="数据文件夹；默认用一个临时的演示库")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象")] = False,
) -> None:
    """一份学费名单从头到尾：检查、开具、取回、打包、合并成一个 PDF，每步的速度和内存；由外部程序核对。"""
    with _opened(data, as_json) as (opened, _, tell):
        from piaoju.ops.bench import tuition_day

        broken: list[str] = []

        def told(figure: figures.Figure) -> None:
            _tell(tell, figure)
            if figure.held is False:
                broken.append(figure.name)

        tuition_day.measure(opened, rows, PORT, layouts, told)
    if broken:
        raise typer.Exit(1)


@contextmanager
def _opened(
    data: Path | None, as_json: bool
) -> Iterator[tuple[session.Session, list[dict[str, Any]], telling.Teller]]:
    os.environ["PIAOJU_PROFILE"] = "demonstration"
    tell = telling.Teller(as_json)
    tell.line(figures.machine())
    with tempfile.TemporaryDirectory(prefix="piaoju-bench-", dir="/tmp") as temporary:
        Path(temporary).chmod(0o711)
        with session.opened(data or Path(temporary) / "data") as opened:
            yield opened, clients(opened, tell), tell


def _tell(tell: telling.Teller, figure: figures.Figure) -> None:
    tell.line(figures.line(figure))
    tell.result(asdict(figure) | {"ratio": figure.ratio, "held": figure.held})


def clients(opened: session.Session, tell: telling.Teller) -> list[dict[str, Any]]:
    """The demonstration's API clients; it is founded if it is not there yet."""
    from piaoju.ops.demonstration import founding
    from piaoju.ops.installation import write_whole

    kept = opened.installation.demo
    if not kept.exists():
        result = founding.found(opened.installation, f"http://127.0.0.1:{PORT}", tell)
        write_whole(kept, json.dumps(result, ensure_ascii=False).encode(), 0o600)
    found: list[dict[str, Any]] = json.loads(kept.read_bytes())["api_clients"]
    return found
