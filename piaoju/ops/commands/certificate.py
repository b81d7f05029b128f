"""`piaoju certificate …`: certificates and seals handed in, approved by another person, revoked; as at the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from piaoju.ops import telling
from piaoju.ops.at_work import AS, DATA, JSON, at_work, read_file

CERTIFICATE_BYTES_MAX, SEAL_BYTES_MAX = 65_536, 1_048_576
certificate = typer.Typer(name="certificate", help="证书和印章：提交、核准、吊销。", no_args_is_help=True)


@certificate.command("submit")
def submit(
    certificate: Annotated[Path, typer.Option("--certificate", help="签名证书，DER 或 PEM")],
    seal: Annotated[Path, typer.Option("--seal", help="印章文件，GB/T 38540")],
    key: Annotated[str, typer.Option("--key", help="私钥标识：签名设备里的名称")],
    by: Annotated[str, AS],
    unit: Annotated[str, typer.Option("--unit", help="开票单位的统一社会信用代码")] = "",
    region: Annotated[str, typer.Option("--region", help="财政部门的区划代码（监制章）")] = "",
    data: Annotated[Path, DATA] = Path("data"),
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """提交证书和印章，等另一个人核准。"""
    if bool(unit) == bool(region):
        raise typer.BadParameter("--unit 和 --region 写且只写一个")
    contents = read_file(certificate, CERTIFICATE_BYTES_MAX), read_file(seal, SEAL_BYTES_MAX)
    with at_work(data, by) as (office, actor):
        from piaoju.journeys import register_certificate
        from piaoju.seal.types import SealKind

        kind = SealKind.UNIT if unit else SealKind.SUPERVISION
        handed = register_certificate.HandedIn(*contents, key)
        number = register_certificate.submit(office, actor, kind, unit or region, handed)
    _told(as_json, {"submission": number}, f"申请 {number} 已提交，等另一个人核准")


@certificate.command("approve")
def approve(
    number: Annotated[int, typer.Argument(help="申请编号")],
    by: Annotated[str, AS],
    remark: Annotated[str, typer.Option("--remark", help="意见")] = "",
    data: Annotated[Path, DATA] = Path("data"),
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """核准：从下一张票据起用它签名。"""
    with at_work(data, by) as (office, actor):
        from piaoju.journeys import register_certificate

        register_certificate.approve(office, actor, number, remark)
    _told(as_json, {"submission": number, "state": "approved"}, f"申请 {number} 已核准")


@certificate.command("revoke")
def revoke(
    serial: Annotated[str, typer.Argument(help="证书序列号")],
    reason: Annotated[str, typer.Option("--reason", help="原因")],
    by: Annotated[str, AS],
    data: Annotated[Path, DATA] = Path("data"),
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """吊销：从下一次提交起不能签名，以前签过的照样有效。"""
    with at_work(data, by) as (office, actor):
        from piaoju.journeys import register_certificate

        register_certificate.revoke(office, actor, serial, reason)
    _told(as_json, {"certificate": serial, "state": "revoked"}, f"证书 {serial} 已吊销")


def _told(as_json: bool, result: dict[str, object], words: str) -> None:
    tell = telling.Teller(as_json)
    tell.line(words)
    tell.result({"result": result})
