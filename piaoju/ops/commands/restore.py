"""`piaoju restore DIR`: a backup into a new data folder, checked before and after."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from piaoju.ops import archive


def restore(
    directory: Annotated[Path, typer.Argument(help="备份所在的文件夹")],
    data: Annotated[Path, typer.Option("--data", help="恢复到哪里：新的或空的文件夹")] = Path("data"),
    json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象，最后一行是结果")] = False,
) -> None:
    """把备份恢复到一个空的数据文件夹。"""
    restored = archive.restore(directory, data)
    if json:
        result = {
            "data": str(restored.folder),
            "files": restored.files,
            "tables": restored.tables,
            "rows": restored.rows,
            "checked": True,
        }
        typer.echo(msgspec.json.encode(result).decode())
        return
    typer.echo(
        f"已恢复到 {restored.folder}：{restored.files} 个文件，{restored.tables} 张表 {restored.rows} 行，与备份核对一致。"
    )
