"""`piaoju serve`: a site, until Ctrl-C or a request to end; what was accepted is finished first."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from piaoju.ops import serving, session, telling


class Site(StrEnum):
    CENTER = "center"


def serve(
    site: Annotated[Site, typer.Option("--site", help="center 管理系统与公共查验")] = Site.CENTER,
    host: Annotated[str, typer.Option("--host")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option("--workers", min=0, max=64, help="进程数；0 为每核一个")] = 0,
    data: Annotated[Path, typer.Option("--data", help="数据文件夹")] = Path("data"),
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """提供网页和接口。"""
    tell = telling.Teller(as_json)
    with session.opened(data) as opened:
        serving.serve(opened, host=host, port=port, tell=tell, workers=workers)
