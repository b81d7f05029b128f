"""`piaoju fsck`: derive everything anew from the facts, by separate code, and name each difference."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from piaoju.crypto.certificates import Trust
from piaoju.ops import session, telling

DIFFERENT = 1


def fsck(
    data: Annotated[Path, typer.Option("--data", help="数据文件夹")] = Path("data"),
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象，最后一行是结果")] = False,
) -> None:
    """重新核算：统计、号码、签名、存证日志和导出文件，逐一说出不符之处；有不符则以 1 结束。"""
    tell = telling.Teller(as_json)
    with session.opened(data) as opened:
        from django.db import connection

        from piaoju.journeys import premises
        from piaoju.ops.fsck import examine

        trust = Trust.parse(opened.installation.trust.read_bytes() if opened.installation.trust.exists() else b"")
        found = examine(connection, opened.installation.folder, trust, premises.office().fonts, tell.step)
    for difference in found:
        tell.result(asdict(difference))
        tell.line(f"✗ {difference.subject}：{difference.detail}（{difference.code}）")
    tell.line(f"有 {len(found)} 处不符。不要改动数据，先备份，再按 docs/operating.md 处理" if found else "全部相符。")
    tell.result({"result": {"differences": len(found)}})
    if found:
        raise typer.Exit(DIFFERENT)
