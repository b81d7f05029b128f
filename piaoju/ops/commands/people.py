"""`piaoju first-administrators`, `piaoju relying-party`: who rules a new installation, and who may ask us who someone is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from piaoju.ops import session, telling

DATA = typer.Option("--data", help="数据文件夹")
AS = typer.Option("--as", help="办事人的用户名；口令和动态口令放在环境变量 PIAOJU_PASSWORD、PIAOJU_CODE")
PERSON = "用户名,姓名,身份证号码,手机号码"


def first_administrators(
    system: Annotated[str, typer.Option("--system", help=f"系统管理员：{PERSON}")],
    security: Annotated[str, typer.Option("--security", help=f"安全管理员：{PERSON}")],
    audit: Annotated[str, typer.Option("--audit", help=f"审计管理员：{PERSON}")],
    data: Annotated[Path, DATA] = Path("data"),
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """首任管理员：新装的系统只做一次；初始口令只显示这一次，首次登录要改。"""
    tell = telling.Teller(as_json)
    with session.opened(data):
        from piaoju.identity.types import Role
        from piaoju.journeys import found_administrators, premises

        given = zip(found_administrators.FIRST_ROLES, (system, security, audit), strict=True)
        passwords = found_administrators.found(premises.office(), {Role(role): _person(text) for role, text in given})
    for username, password in passwords.items():
        tell.line(f"{username}  初始口令 {password}")
    tell.result({"result": {"accounts": [{"username": u, "password": p} for u, p in passwords.items()]}})


def relying_party(
    name: Annotated[str, typer.Argument(help="系统名称；注销时写系统标识 rp-…")],
    address: Annotated[list[str], typer.Option("--redirect", help="回调地址，可写多次")] = [],  # noqa: B006 - typer's way
    by: Annotated[str, AS] = "",
    revoke: Annotated[bool, typer.Option("--revoke", help="注销这个系统")] = False,
    data: Annotated[Path, DATA] = Path("data"),
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """登记依赖方系统（OpenID Connect）：密钥只显示这一次。"""
    tell = telling.Teller(as_json)
    with session.opened(data):
        from piaoju.journeys import openid, premises
        from piaoju.ops import as_operator

        office = premises.office()
        with as_operator.signed_in(office, by) as actor:
            if revoke:
                openid.revoke(office, actor, name)
                tell.line("已注销，从下一次调用起不再答复它")
                tell.result({"result": {"client_id": name, "revoked": True}})
                return
            client_id, secret = openid.register(office, actor, name, address)
    tell.line(f"client_id {client_id}\nclient_secret {secret}\n发现地址 /openid/.well-known/openid-configuration")
    tell.result({"result": {"client_id": client_id, "client_secret": secret}})


def _person(text: str) -> tuple[str, str, str, str]:
    parts = [part.strip() for part in text.replace("，", ",").split(",")]
    if len(parts) != 4:
        raise typer.BadParameter(f"应写成 {PERSON}")
    return parts[0], parts[1], parts[2], parts[3]
