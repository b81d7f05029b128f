"""`piaoju verify FILE…`: offline, no database; a report per file, exit 1 if any is not valid."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import typer

from piaoju.crypto.certificates import Trust
from piaoju.kit.errors import PiaojuError
from piaoju.kit.limits import FILE_BYTES_MAX
from piaoju.ops.fonts import installed_fonts
from piaoju.standard import verdict
from piaoju.standard.face.fonts import FontChain
from piaoju.standard.verdict import Check, Report

NOT_VALID = 1
USAGE = 2
_MARKS = {"ok": "✓", "bad": "✗", "unknown": "?"}


def verify(
    files: Annotated[list[Path], typer.Argument(help="票据 XML、OFD 或 PDF 文件")],
    trust: Annotated[
        Path | None, typer.Option("--trust", help="信任的根证书与吊销列表（PEM）；默认 DATA/trust.pem")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象，最后一行是结果")] = False,
    data: Annotated[Path, typer.Option("--data", help="数据目录")] = Path("data"),
) -> None:
    """离线核对票据文件，逐项说明哪一处不符。"""
    trusted = _read_trust(trust, data)
    fonts = _installed_fonts(files)
    not_valid = 0
    for path in files:
        report = _examine(path, trusted, fonts)
        not_valid += not report.valid
        typer.echo(_as_json(path, report) if json else _as_text(path, report))
    if json:
        total = {"files": len(files), "valid": len(files) - not_valid, "not_valid": not_valid}
        typer.echo(msgspec.json.encode({"result": total}).decode())
    raise typer.Exit(NOT_VALID if not_valid else 0)


def _read_trust(named: Path | None, data: Path) -> Trust:
    path = named or data / "trust.pem"
    try:
        trusted = Trust.parse(path.read_bytes())
    except OSError as error:
        if named is None:
            return Trust((), ())
        _stop(f"读不到信任文件 {path}：{error.strerror}。请用 --trust 指明 trust.pem。")
    except PiaojuError as error:
        _stop(f"信任文件 {path} 不可用：{error.detail}")
    if not trusted.authorities:
        _stop(f"信任文件 {path} 里没有根证书。请向发布单位重新索取 trust.pem。")
    return trusted


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(USAGE)


def _installed_fonts(files: list[Path]) -> FontChain | None:
    """The font chain of this installation; only a PDF needs it, to be drawn again."""
    return installed_fonts() if any(path.suffix.lower() == ".pdf" for path in files) else None


def _examine(path: Path, trusted: Trust, fonts: FontChain | None) -> Report:
    try:
        with path.open("rb") as stream:
            content = stream.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        return Report("unknown", False, (Check("读取文件", "bad", f"{error.strerror}；请核对文件名", str(path)),))
    return verdict.examine(content, path.name, trusted, fonts)


def _as_json(path: Path, report: Report) -> str:
    line: dict[str, Any] = {"file": str(path), **msgspec.to_builtins(report)}
    return msgspec.json.encode(line).decode()


def _as_text(path: Path, report: Report) -> str:
    """A few lines for a person: the verdict, the bill, then every check with the part it concerns."""
    lines = [f"{path}：{'有效' if report.valid else '未能证明有效'}"]
    if report.bill is not None:
        bill = report.bill
        lines.append(
            f"  {bill.bill_name} {bill.bill_code} {bill.bill_number} 校验码 {bill.check_code} "
            f"{bill.issue_date} {bill.total} 元 {bill.unit_name}"
        )
    lines += [f"  ! {notice}" for notice in report.notices]
    for check in report.checks:
        where = f" [{check.part}]" if check.part else ""
        why = f"：{check.detail}" if check.detail else ""
        lines.append(f"  {_MARKS[check.outcome]} {check.name}{where}{why}")
    return "\n".join(lines)
