"""下载: somebody asks for the files of many bills; what was chosen is fixed then, and a job makes the file.

A download belongs to whoever asked for it. Its bills are those that the person's appointments reached when asking; they are
looked at again whenever a link is taken, since rights end with the next request.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from django.db import transaction

from piaoju.identity import rights
from piaoju.identity.errors import ActNotPermitted
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Scope
from piaoju.issuing.types import BillPlace
from piaoju.journeys import download_file, make_download, seal_ahead
from piaoju.journeys.acting import acting
from piaoju.journeys.download_makers import FILE_FORMATS
from piaoju.journeys.make_download import TASK, expected_bytes
from piaoju.journeys.office import Office
from piaoju.kit import errors
from piaoju.kit.values import Value
from piaoju.reporting import actions, queries
from piaoju.reporting.errors import DownloadNotFound, DownloadNotReady, NoBills, TooManyBills
from piaoju.reporting.types import ChosenBill, DownloadRow
from piaoju.standard.face.printing import SHIFT_MAX, STYLES, Print

BILLS_MAX = 50_000
_CLEARED_AT_ONCE = 100
_FORGOTTEN_AFTER = timedelta(days=30)
ORDERS = {"listed": "列表的次序", "number": "票据代码、号码", "issued": "开票时间"}


class WantUnknown(errors.Refused):
    code = "download_want_unknown"
    label = "没有这种打印方式、次序或文件格式。请从页面上选择"


class Wanted(Value, frozen=True):
    """What file: one PDF of all bills as they are printed, or a ZIP of these files of each."""

    file_format: str  # pdf, zip
    how: Print = Print()
    files: tuple[str, ...] = ()
    order: str = "listed"


def request(
    office: Office, actor: OperatorActor, chosen: Iterable[BillPlace], wanted: Wanted, conditions: str = ""
) -> int:
    """Have a file made of these bills, which this person may see; its number. `conditions` is said without any payer's name.

    Raises WantUnknown, NoBills, TooManyBills, TooManyDownloads, DiskTooFull.
    """
    _refuse_unknown(wanted)
    bills = _ordered(chosen, wanted.order)
    file_format, title = wanted.file_format, f"{len(bills):,} 张票据"
    subject = f"download:{file_format} {len(bills)} {conditions}"[:200]
    with acting(office, actor, Act.DOWNLOAD_BILLS, scope=own_scope(actor), subject=subject) as cursor:
        at = office.clock()
        download_file.need_room(office, expected_bytes(file_format, list(wanted.files), len(bills)))
        download_id = actions.request_download(
            cursor, bills, operator_id=actor.operator_id, by=actor.name, at=at, file_format=file_format, title=title,
            conditions=conditions[:500], kept_until=at + make_download.KEPT,
            wanted={"print": msgspec.to_builtins(wanted.how), "formats": list(wanted.files), "order": wanted.order,
                    "counted": file_format == "pdf" and rights.may_anywhere(actor, Act.PRINT_BILL)},
        )  # fmt: skip
        office.jobs.enqueue(TASK, download_id=download_id)
        if "ofd" in wanted.files:
            seal_ahead.enqueue(office, download_id)
    return download_id


def stop(office: Office, actor: OperatorActor, download_id: int) -> None:
    """No further: its maker ends at the next safe point, and what there is of the file goes. Raises DownloadNotFound."""
    with _own_act(office, actor, download_id, "stop"):
        if not actions.stop_download(download_id, office.clock()):
            raise DownloadNotReady("这个下载已经结束，不用停止。请刷新页面")


def restart(office: Office, actor: OperatorActor, download_id: int) -> None:
    """Make the file of the same bills again. Raises DownloadNotFound, DownloadNotReady."""
    with _own_act(office, actor, download_id, "restart"):
        if of_person(actor, download_id).state == "ready" and not download_file.is_there(office, download_id):
            actions.clear_download(download_id)
        if not actions.restart_download(download_id, office.clock() + make_download.KEPT):
            raise DownloadNotReady("这个文件已在生成，或已经可以下载。请刷新页面")
        office.jobs.enqueue(TASK, download_id=download_id)


def remove(office: Office, actor: OperatorActor, download_id: int) -> None:
    """The file is not wanted any more. Raises DownloadNotFound."""
    with _own_act(office, actor, download_id, "remove"):
        actions.stop_download(download_id, office.clock())
        actions.clear_download(download_id)


def of_person(actor: OperatorActor, download_id: int) -> DownloadRow:
    """This person's download. Raises DownloadNotFound, for another's too."""
    row = queries.download(download_id)
    if row is None or row.operator_id != actor.operator_id:
        raise DownloadNotFound
    return row


def clear_downloads(office: Office) -> int:
    """Files that are kept no longer, and files that nobody knows of, are gone; how many downloads. For the keeper."""
    at = office.clock()
    past = queries.downloads_to_clear(at, _CLEARED_AT_ONCE)
    for download_id in past:
        with transaction.atomic():
            actions.stop_download(download_id, at)
            actions.clear_download(download_id)
    for download_id in download_file.numbers(office) - queries.downloads_with_files():
        download_file.remove(office, download_id)
    with transaction.atomic():
        actions.forget_downloads(at - _FORGOTTEN_AFTER)
    return len(past)


def own_scope(actor: OperatorActor) -> Scope:
    """A scope of the actor's own: which bills may be downloaded was decided bill by bill."""
    for one in actor.appointments:
        if Act.DOWNLOAD_BILLS in rights.GRANTS[one.role]:
            regions = (one.region_code,) if one.region_code else ()
            return Scope(region_codes=regions, unit_code=one.unit_code, governing_code=one.unit_code)
    raise ActNotPermitted


def _own_act(office: Office, actor: OperatorActor, download_id: int, what: str) -> Any:
    def scope() -> Scope:
        of_person(actor, download_id)
        return own_scope(actor)

    return acting(
        office, actor, Act.DOWNLOAD_BILLS, scope=scope, subject=f"download:{download_id} {what}", missing=DownloadNotFound
    )


def _refuse_unknown(wanted: Wanted) -> None:
    files = set(wanted.files)
    known = wanted.file_format == "pdf" or (wanted.file_format == "zip" and files and files <= set(FILE_FORMATS))
    shifts = (wanted.how.shift_right, wanted.how.shift_down)
    if not known or wanted.how.style not in STYLES or wanted.order not in ORDERS or max(map(abs, shifts)) > SHIFT_MAX:
        raise WantUnknown


def _ordered(chosen: Iterable[BillPlace], order: str) -> Sequence[ChosenBill]:
    places: dict[BillPlace, None] = {}
    for place in chosen:
        places[place] = None
        if len(places) > BILLS_MAX:
            raise TooManyBills
    if not places:
        raise NoBills
    sorted_places = list(places)
    if order == "number":
        sorted_places.sort(key=lambda place: (place.bill_code, place.bill_number))
    elif order == "issued":
        sorted_places.sort(key=lambda place: (place.issued_at, place.bill_code, place.bill_number))
    return [
        ChosenBill(ordinal, place.unit_id, place.issued_at, place.bill_code, place.bill_number)
        for ordinal, place in enumerate(sorted_places, start=1)
    ]
