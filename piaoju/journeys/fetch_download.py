"""取下载: a link for one whole fetch, by the person who asked for the file, until it expires; taken and recorded.

A fetch that broke off goes on from any byte while the link lasts. Once the last byte was handed out the link is spent: only
the end that a broken connection may have lost can be asked for again, for a few minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from piaoju.crypto import sm3
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Scope
from piaoju.journeys import download_bills, download_file, export_bills, export_history, refuse, scopes
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.kit.clock import local
from piaoju.kit.export import FORMATS
from piaoju.reporting import actions, queries
from piaoju.reporting.errors import DownloadNotFound, DownloadNotReady, LinkSpent
from piaoju.reporting.types import DownloadRow

VALID = timedelta(hours=24)
_LOST_END = timedelta(minutes=15)
_TOKEN_BYTES = 32
_SUFFIXES = {"history": "zip"}
_KINDS = {"pdf": "application/pdf", "zip": "application/zip", "history": "application/zip"} | {
    name: one.media_type for name, one in FORMATS.items()
}


@dataclass(frozen=True, slots=True)
class OpenedDownload:
    """A file that may be handed out now."""

    office: Office
    row: DownloadRow
    link_id: int
    actor_name: str

    @property
    def content_type(self) -> str:
        return _KINDS[self.row.format]

    @property
    def name(self) -> str:
        """The name it is saved under: when it was asked for and how many bills, nobody's name."""
        suffix = _SUFFIXES.get(self.row.format, self.row.format)
        return f"票据-{local(self.row.requested_at):%Y%m%d-%H%M%S}-{self.row.bills}张.{suffix}"

    @property
    def tag(self) -> str:
        """What tells this file's bytes from any other's: its SM3."""
        return (self.row.digest or b"").hex()

    def pieces(self, first: int, last: int) -> Iterator[bytes]:
        """The bytes from `first` up to and without `last`."""
        return download_file.read(self.office, self.row.id, first, last)

    def handed_out(self) -> None:
        """The last byte was sent: the link is spent, and that is recorded."""
        at = self.office.clock()
        with transaction.atomic(), connection.cursor() as cursor:
            if actions.spend_link(self.link_id, at):
                _record(cursor, self, "whole")


def make_link(office: Office, actor: OperatorActor, download_id: int) -> str:
    """The secret part of a new link; the ones before are spent. Raises DownloadNotFound, DownloadNotReady."""

    def scope() -> Scope:
        _need_reach(office, actor, download_bills.of_person(actor, download_id))
        return download_bills.own_scope(actor)

    token, at = office.random_bytes(_TOKEN_BYTES).hex(), office.clock()
    subject = f"download:{download_id} link"
    with acting(office, actor, Act.DOWNLOAD_BILLS, scope=scope, subject=subject, missing=DownloadNotFound):
        _need_file(office, download_bills.of_person(actor, download_id))
        actions.make_link(download_id, _digest(token), at, at + VALID)
    return token


def open_download(
    office: Office, actor: OperatorActor, download_id: int, token: str, first: int, *, touch: bool = True
) -> OpenedDownload:
    """The file, for bytes from `first` on; without `touch` only its size and name are asked for, and nothing is recorded.

    Raises DownloadNotFound, LinkSpent, DownloadNotReady.
    """
    row = download_bills.of_person(actor, download_id)
    link, at = queries.download_link(_digest(token)), office.clock()
    if link is None or link.download_id != row.id:
        raise DownloadNotFound
    if link.valid_until <= at or not _may_go_on(link.used_at, at, first):
        raise LinkSpent
    _need_reach(office, actor, row)
    _need_file(office, row)
    opened = OpenedDownload(office, row, link.id, actor.name)
    if touch:
        with transaction.atomic(), connection.cursor() as cursor:
            if actions.open_link(link.id, at):
                _record(cursor, opened, "begun")
    return opened


def _may_go_on(used_at: datetime | None, at: datetime, first: int) -> bool:
    return used_at is None or (first > 0 and at <= used_at + _LOST_END)


def _need_reach(office: Office, actor: OperatorActor, row: DownloadRow) -> None:
    if row.format == export_history.FORMAT:
        if not export_history.may_still_have(office, actor, row):
            raise DownloadNotFound
    elif row.format in FORMATS:
        if not export_bills.may_still_have(office, actor, row):
            raise DownloadNotFound("这个文件里有你现在无权导出的内容，不能再取。请按现在的权限重新导出")
    elif queries.download_beyond(row.id, scopes.reach(actor, Act.DOWNLOAD_BILLS)):
        raise DownloadNotFound("这个下载里有你现在无权查看的票据，不能再取。请按现在的权限重新选择票据")


def _need_file(office: Office, row: DownloadRow) -> None:
    if row.state != "ready":
        raise DownloadNotReady
    if not download_file.is_there(office, row.id):
        raise DownloadNotReady("文件已不在服务器上（可能从备份恢复过）。请点「重新生成」")


def _record(cursor: object, opened: OpenedDownload, outcome: str) -> None:
    subject = f"download:{opened.row.id} {opened.row.format} {opened.row.bills}"
    refuse.record_act(
        cursor, opened.office, actor=opened.actor_name, act="fetch_download", subject=subject, outcome=outcome, trace_id=""
    )


def _digest(token: str) -> bytes:
    return sm3.digest(token.encode())
