"""导出票据: what a question finds, as a file: small ones at once and of one snapshot, large ones by a job with a one-time link.

Who may see a bill may export it, names of persons masked; whoever may have them whole says why, and that is recorded.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import IO, Any

from piaoju.identity import rights
from piaoju.identity.errors import ActNotPermitted
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import download_bills, download_file, make_download, scopes
from piaoju.journeys.acting import acting
from piaoju.journeys.export_rows import Question, cells, file_of, kept_values, opened, portions_of, sealed
from piaoju.journeys.make_export import ROWS_A_CHUNK
from piaoju.journeys.office import Office
from piaoju.journeys.snapshot import one_snapshot
from piaoju.kit import errors
from piaoju.kit.export import FORMATS, write
from piaoju.kit.listing import Condition
from piaoju.reporting import actions, queries
from piaoju.reporting.errors import NoBills
from piaoju.reporting.types import BillsPage, BillsQuestion, DownloadRow

AT_ONCE_MAX = 50_000
_BYTES_A_ROW = 900  # kept rows and the file, at most
_REASON_CHARACTERS = range(4, 101)
_SORTS = ("issued_at", "total_fen", "bill_number")


class ReasonMissing(errors.Refused):
    code = "export_reason_missing"
    label = "导出完整的交款人要写明用途，4 到 100 个字。请补上，或选择遮盖姓名"


class ExportWantUnknown(errors.Refused):
    code = "export_want_unknown"
    label = "没有这种文件格式。请选 Excel、CSV、NDJSON 或 Parquet"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: the conditions and their words, the order, the format, and why whole names are needed, if they are."""

    conditions: tuple[Condition, ...]
    words: str
    sort: str
    descending: bool
    file_format: str
    full_payers: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a file would be of, before it is asked for."""

    count: int
    total_fen: int
    red_sheets: int
    at_once: bool
    may_have_payers: bool


def offer(actor: OperatorActor, conditions: Sequence[Condition]) -> Offer:
    """How much these conditions find that this person may export."""
    found = queries.bills(BillsQuestion(tuple(conditions)), scopes.reach(actor, Act.DOWNLOAD_BILLS), BillsPage(limit=1))
    whole = found.whole
    return Offer(
        whole.count, whole.sums["total_fen"], whole.sums["red_sheets"], whole.count <= AT_ONCE_MAX,
        rights.may_anywhere(actor, Act.EXPORT_PAYERS),
    )  # fmt: skip


def at_once(office: Office, actor: OperatorActor, wanted: Wanted) -> IO[bytes]:
    """The file, open at its beginning: everything in it is true at one instant. The caller closes it.

    Raises ExportWantUnknown, ReasonMissing, NoBills, and TooManyForOnce where a job has to make it.
    """
    reason = _reason(actor, wanted)
    place = tempfile.TemporaryFile()  # noqa: SIM115 - handed to the caller
    try:
        with one_snapshot():
            question = _frozen(office, actor, wanted, reason)
            if question.count > AT_ONCE_MAX:
                raise TooManyForOnce
            write(wanted.file_format, place, file_of(question), _rows(question))
        with _recorded(office, actor, wanted, question):
            place.seek(0)
    except BaseException:
        place.close()
        raise
    return place


def request(office: Office, actor: OperatorActor, wanted: Wanted, named: str) -> int:
    """Have the file made by a job; its number. `named`: the conditions without their values, for the list of downloads.

    Raises ExportWantUnknown, ReasonMissing, NoBills, TooManyDownloads, DiskTooFull.
    """
    reason = _reason(actor, wanted)
    with one_snapshot():
        question = _frozen(office, actor, wanted, reason)
    download_file.need_room(office, question.count * _BYTES_A_ROW)
    with _recorded(office, actor, wanted, question) as cursor:
        at = office.clock()
        number = actions.request_export(
            cursor, question.count, operator_id=actor.operator_id, by=actor.name, at=at, file_format=wanted.file_format,
            title=f"{question.count:,} 张票据的清单", conditions=named[:500], kept_until=at + make_download.KEPT,
            wanted=sealed(office, question, actor.operator_id),
        )  # fmt: skip
        office.jobs.enqueue(make_download.TASK, download_id=number)
    return number


def may_still_have(office: Office, actor: OperatorActor, row: DownloadRow) -> bool:
    """Whether this person may still see everything that this export was of."""
    question = opened(office, row.wanted, row.operator_id)
    full = not question.full_payers or rights.may_anywhere(actor, Act.EXPORT_PAYERS)
    return full and portions_of(scopes.reach(actor, Act.DOWNLOAD_BILLS)) == question.reach


class TooManyForOnce(errors.Refused):
    code = "export_needs_job"
    label = f"超过 {AT_ONCE_MAX:,} 张，不能马上下载。请改为生成文件，做好后到「下载」里取"


def _frozen(office: Office, actor: OperatorActor, wanted: Wanted, reason: str) -> Question:
    """The question as of now. Inside one snapshot."""
    reach = scopes.reach(actor, Act.DOWNLOAD_BILLS)
    found = queries.bills(BillsQuestion(wanted.conditions), reach, BillsPage(limit=1))
    if not found.whole.count:
        raise NoBills
    return Question(
        conditions=kept_values(wanted.conditions), sort=wanted.sort if wanted.sort in _SORTS else "issued_at",
        descending=wanted.descending, reach=portions_of(reach), as_of=found.as_of or office.clock().astimezone(UTC),
        snapshot=found.snapshot, words=wanted.words, person=f"{actor.person_name}（{actor.username}）", full_payers=reason,
        count=found.whole.count, total_fen=found.whole.sums["total_fen"], red_sheets=found.whole.sums["red_sheets"],
        red_fen=found.whole.sums["red_fen"],
    )  # fmt: skip


def _rows(question: Question) -> Iterator[list[Any]]:
    """Every row, chunk by chunk."""
    asked, reach, after = BillsQuestion(question.asked), question.portions, None
    while True:
        chunk = queries.rows(asked, reach, order=question.order(ROWS_A_CHUNK), after=after, limit=ROWS_A_CHUNK)
        for row in chunk.rows:
            yield cells(row, full_payers=bool(question.full_payers))
        if chunk.after is None:
            return
        after = chunk.after


def _reason(actor: OperatorActor, wanted: Wanted) -> str:
    """Why whole names are needed; empty where they are not asked for."""
    if wanted.file_format not in FORMATS:
        raise ExportWantUnknown
    if not wanted.full_payers:
        return ""
    if not rights.may_anywhere(actor, Act.EXPORT_PAYERS):
        raise ActNotPermitted
    reason = " ".join(wanted.reason.split())
    if len(reason) not in _REASON_CHARACTERS or not reason.isprintable():
        raise ReasonMissing(errors=[errors.FieldError("/reason", ReasonMissing.code, ReasonMissing.label)])
    return reason


def _recorded(office: Office, actor: OperatorActor, wanted: Wanted, question: Question) -> Any:
    """The record of what leaves: how many, in which format, under which conditions; whole names with their reason."""
    fields = ",".join(one.field for one in wanted.conditions)
    act = Act.EXPORT_PAYERS if question.full_payers else Act.DOWNLOAD_BILLS
    subject = f"export:{wanted.file_format} {question.count} {fields}"[:95]
    if question.full_payers:
        subject += f" 用途：{question.full_payers}"
    return acting(office, actor, act, scope=download_bills.own_scope(actor), subject=subject[:200])

