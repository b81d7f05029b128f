"""`piaoju issue FILE.json --unit CODE`: one bill or a list, by the same journey as the API."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from piaoju.kit.errors import PiaojuError, Refused
from piaoju.ops import session, telling

REFUSED, PARTLY = 1, 3
BILLS_MAX = 10_000


class FileUnreadable(Refused):
    code = "file_unreadable"
    label = "文件不是 JSON。请给一张票据（对象）或多张票据（数组），格式同 POST /api/v1/bills"


def issue(
    file: Annotated[Path, typer.Argument(help="一张票据的 JSON，或多张的数组")],
    unit: Annotated[str, typer.Option("--unit", help="开票单位的统一社会信用代码")],
    out: Annotated[Path | None, typer.Option("--out", help="票据文件写到哪里；默认 DATA/bills")] = None,
    data: Annotated[Path, typer.Option("--data", help="数据文件夹")] = Path("data"),
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象，最后一行是结果")] = False,
) -> None:
    """开具一张或多张票据，写出 XML、OFD 和 PDF。"""
    bodies = _read(file)
    tell = telling.Teller(as_json)
    with session.opened(data) as opened:
        folder = out or opened.installation.bills
        folder.mkdir(parents=True, exist_ok=True)
        outcomes = [_issue(number, body, unit, folder) for number, body in enumerate(bodies, start=1)]
    for outcome in outcomes:
        _show(tell, outcome)
    refused = sum(outcome["outcome"] == "refused" for outcome in outcomes)
    tell.result({"result": {"issued": len(outcomes) - refused, "refused": refused}})
    if refused:
        raise typer.Exit(REFUSED if refused == len(outcomes) else PARTLY)


def _read(file: Path) -> list[Any]:
    try:
        content = json.loads(file.read_bytes(), object_pairs_hook=_object_once)
    except OSError as error:
        raise FileUnreadable(f"读不到 {file}：{error.strerror}。请核对路径") from error
    except (ValueError, RecursionError) as error:
        raise FileUnreadable from error
    bodies = content if isinstance(content, list) else [content]
    if not 0 < len(bodies) <= BILLS_MAX:
        raise FileUnreadable(f"文件里应有 1 到 {BILLS_MAX} 张票据，现有 {len(bodies)} 张。请拆分文件")
    return bodies


def _object_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for place, (name, _) in enumerate(pairs) if name in dict(pairs[:place]))
        raise FileUnreadable(f"文件里字段“{twice[:40]}”重复出现。请只保留一个")
    return found


def _issue(row: int, body: Any, unit: str, folder: Path) -> dict[str, Any]:
    from piaoju.journeys import issue_directly, premises
    from piaoju.ops import exporting

    business_number = body.get("business_number", "") if isinstance(body, dict) else ""
    try:
        issued = issue_directly.issue(
            premises.office(), os.environ["PIAOJU_DATABASE_URL"], unit, json.dumps(body).encode(), actor="command:issue"
        )
    except PiaojuError as refusal:
        faults = [{"field": e.pointer, "code": e.code, "detail": e.detail} for e in refusal.errors]
        faults = faults or [{"field": "", "code": refusal.code_value, "detail": refusal.detail}]
        return {"row": row, "business_number": business_number, "outcome": "refused", "errors": faults}
    answer = msgspec.json.decode(issued.answer)
    files = exporting.write_files(folder, answer["code"], answer["number"])
    return {
        "row": row, "business_number": business_number, "outcome": "issued" if issued.created else "unchanged",
        "code": answer["code"], "number": answer["number"], "files": files, "errors": [],
    }  # fmt: skip


def _show(tell: telling.Teller, outcome: dict[str, Any]) -> None:
    tell.result(outcome)
    if outcome["outcome"] == "refused":
        for fault in outcome["errors"]:
            tell.line(f"第 {outcome['row']} 张未开具：{fault['detail']}（{fault['code']} {fault['field']}）")
    else:
        word = "已开具" if outcome["outcome"] == "issued" else "以前已开具"
        tell.line(f"{word} {outcome['code']} {outcome['number']}  {outcome['files']['ofd']}")
