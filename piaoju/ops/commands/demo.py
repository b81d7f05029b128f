"""`piaoju demo`: the main job on real reference data, then the pages. Later runs find it as it was."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from piaoju.ops import session, telling
from piaoju.ops.installation import write_whole

DATA = typer.Option("--data", help="数据文件夹")


def demo(
    data: Annotated[Path, DATA] = Path("data"),
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="网页端口")] = 8000,
    leave: Annotated[bool, typer.Option("--exit", help="做完就停，不提供网页")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象，最后一行是结果")] = False,
) -> None:
    """第一次：建库、演示证书、四川区划、票种、项目、单位，开具各行业票据；然后提供网页，直到 Ctrl-C。"""
    os.environ["PIAOJU_PROFILE"] = "demonstration"
    os.environ.setdefault("PIAOJU_PUBLIC_URL", f"http://127.0.0.1:{port}")
    tell = telling.Teller(as_json)
    with session.opened(data) as opened:
        from piaoju.ops.demonstration import founding

        found = opened.installation.demo
        result = _kept(found)
        if result is None:
            result = founding.found(opened.installation, f"http://127.0.0.1:{port}", tell)
            write_whole(found, json.dumps(result, ensure_ascii=False, indent=1).encode(), 0o600)
        else:
            fresh = founding.renew(opened.installation, result["accounts"])
            if fresh:
                result["accounts"] += fresh
                write_whole(found, json.dumps(result, ensure_ascii=False, indent=1).encode(), 0o600)
            tell.step("演示数据已在，不再重做")
        result["url"] = f"http://127.0.0.1:{port}"
        _show(tell, result, opened.installation.folder)
        if not leave:
            from piaoju.ops import serving

            serving.serve(opened, host="127.0.0.1", port=port, tell=tell)


def _kept(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    kept: dict[str, Any] = json.loads(path.read_bytes())
    return kept


def _show(tell: telling.Teller, result: dict[str, Any], folder: Path) -> None:
    tell.result(result)
    if tell.as_json:
        return
    tell.line("")
    for bill in result["bills"]:
        tell.line(f"  {bill['code']} {bill['number']}  {bill['amount']:>12} 元  {bill['files']['ofd']}")
    tell.line("")
    tell.line(f"已开具 {len(result['bills'])} 张演示票据（样票），文件在 {folder / 'bills'}")
    tell.line(f"账号和接口客户端在 {folder / 'demo.json'}（只有你能读）")
    tell.line(f"离线查验：piaoju verify {folder / 'bills'}/*.ofd --trust {folder / 'trust.pem'}")
