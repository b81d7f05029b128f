"""`piaoju backup DIR`: the whole data folder, checked after writing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from piaoju.ops import archive


def backup(
    directory: Annotated[Path, typer.Argument(help="备份写到哪里：新的或空的文件夹")],
    data: Annotated[Path, typer.Option("--data", help="数据文件夹")] = Path("data"),
    json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象，最后一行是结果")] = False,
) -> None:
    """备份整个数据文件夹，并证明它能恢复。"""
    written = archive.write(data, directory, datetime.now(UTC))
    if json:
        result = {
            "backup": str(written.folder),
            "files": written.files,
            "bytes": written.size_bytes,
            "tables": written.tables,
            "rows": written.rows,
            "checked": True,
        }
        typer.echo(msgspec.json.encode(result).decode())
        return
    typer.echo(
        f"已备份到 {written.folder}：{written.files} 个文件，{written.tables} 张表 {written.rows} 行，"
        f"共 {written.size_bytes} 字节；已读回并试恢复，核对一致。\n"
        f"其中有私钥，请妥善保管。恢复：piaoju restore {written.folder} --data 新文件夹"
    )
