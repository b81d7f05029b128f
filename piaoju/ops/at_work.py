"""A command at work for a person: the installation open, the person signed in as at the page, signed out at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from piaoju.ops import session

if TYPE_CHECKING:
    from piaoju.identity.types import OperatorActor
    from piaoju.journeys.office import Office

DATA = typer.Option("--data", help="数据文件夹")
AS = typer.Option("--as", help="办事人的用户名；口令和动态口令放在环境变量 PIAOJU_PASSWORD、PIAOJU_CODE")
JSON = typer.Option("--json", help="每行一个 JSON 对象，最后一行是结果")


@contextmanager
def at_work(data: Path, username: str) -> Iterator[tuple[Office, OperatorActor]]:
    """The office and whoever acts. Raises CredentialsMissing, SettleFirst, and what signing in refuses."""
    with session.opened(data):
        from piaoju.journeys import premises
        from piaoju.ops import as_operator

        office = premises.office()
        with as_operator.signed_in(office, username) as actor:
            yield office, actor


def read_file(path: Path, bytes_max: int) -> bytes:
    """A file named on the command line. Raises typer.BadParameter where it cannot be read or is too large."""
    try:
        with path.open("rb") as stream:
            content = stream.read(bytes_max + 1)
    except OSError as error:
        raise typer.BadParameter(f"读不到 {path}：{error.strerror}。请核对路径") from error
    if len(content) > bytes_max:
        raise typer.BadParameter(f"{path} 超过 {bytes_max // 1024} KB。请换用正确的文件，或分成几个")
    return content
