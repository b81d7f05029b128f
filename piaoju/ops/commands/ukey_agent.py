"""`piaoju ukey-agent`: the software UKEY agent of this machine, until Ctrl-C. No database, no installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from piaoju.ops import telling


def ukey_agent(
    key: Annotated[Path, typer.Option("--key", help="软件 UKEY 文件：加密私钥和证书，如 data/keys/ukey-sheng.jianguan.pem")],
    origin: Annotated[str, typer.Option("--origin", help="只为这个网站签名，如 https://pj.example.gov.cn")] = "http://127.0.0.1:8000",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="本机端口；登录页默认找 18183")] = 18183,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """UKEY 程序：网页登录时在本机签名，PIN 和私钥都不离开本机。"""
    from piaoju.ops import ukey_agent as agent

    tell = telling.Teller(as_json)
    device = agent.device_of(key)
    with agent.server_of(device, origin.rstrip("/"), port) as server:
        address = f"http://127.0.0.1:{server.server_address[1]}"
        tell.line(f"UKEY 程序在 {address}，只为 {origin} 签名。Ctrl-C 结束")
        tell.result({"url": address, "origin": origin})
        server.serve_forever()
