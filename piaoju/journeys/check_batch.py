"""批量开票, first half: a file is kept and checked. Nothing is issued, no number is taken.

Every bill of the file is judged by the same rules and in the same words as one that is asked for alone. The file is kept
encrypted, and so is each bill of it: they hold names, numbers and telephones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from piaoju.crypto import envelope, sm3
from piaoju.identity.types import ClientActor
from piaoju.issuing import actions as issuing
from piaoju.issuing import queries as batches
from piaoju.issuing.errors import BatchFileSwept, BusinessNumberReused
from piaoju.issuing.types import BatchKept, BatchRowToKeep
from piaoju.journeys import batch_columns, batch_file, drafting, issue_batch, take_order
from piaoju.journeys.batch_access import Who, acting_for, name_of
from piaoju.journeys.errors import TooManyBatches
from piaoju.journeys.office import Office
from piaoju.kit import limits, spreadsheet
from piaoju.kit.clock import local_date
from piaoju.kit.errors import FieldError, Refused
from piaoju.registry import queries as registry
from piaoju.registry import rules
from piaoju.registry.types import UnitRegister
from piaoju.standard import bill_types, money, validation
from piaoju.standard.bill_request import BillRequest

_SLICE = 1_000
_UNFINISHED_MAX = 20
_PART_OF_FAULTY = "bill_has_faults"


def submit(office: Office, who: Who, unit_code: str, file_name: str, content: bytes, mode: str = "check_only") -> int:
    """Keep a file and have it checked, then issued as `mode` says; the batch's id.

    Raises FileTooLarge, FileEmpty, FileUnreadable and ColumnsMissing at once; TooManyBatches; UnitUnknown also for a foreign one.
    """
    subject = f"unit:{unit_code[:18]}"
    with acting_for(office, who, unit_code, subject):
        _refuse_unreadable(file_name, content)
        unit_id = registry.unit_id_of(unit_code)
        unfinished = [kept for kept in batches.batches_of([unit_id], 100) if not kept.ended and kept.state != "checked"]
        if len(unfinished) >= _UNFINISHED_MAX:
            raise TooManyBatches
        digest = sm3.digest(content)
        batch_id = issuing.keep_batch(
            unit_id=unit_id, unit_code=unit_code, file_name=file_name.rpartition("/")[2][-200:] or "票据.csv", digest=digest,
            content_sealed=envelope.seal(office.data_key, content, _context(digest), office.random_bytes(12)),
            at=office.clock(), actor=name_of(who), client_id=who.client_id if isinstance(who, ClientActor) else "", mode=mode,
        )  # fmt: skip
        office.jobs.enqueue("check_batch", batch=batch_id)
    return batch_id


def content_of(office: Office, kept: BatchKept) -> bytes:
    """The file as it was uploaded. Raises BatchFileSwept."""
    if kept.file_swept_at is not None:
        raise BatchFileSwept
    digest, sealed = batches.batch_content(kept.id)
    return envelope.open(office.data_key, sealed, _context(digest))


def body_context(batch_id: int, place: int) -> bytes:
    """What binds a bill of a file to its place."""
    return f"batch:{batch_id}:{place}".encode()


def check_batch(office: Office, *, batch: int) -> None:
    """The task: judge every bill of the file, write down what was found; then go on to issuing where that was asked."""
    issuing.move_batch(batch, ("queued",), "checking")
    kept = batches.batch(batch)
    if kept.state == "checking":
        try:
            _check(office, kept)
        except Refused as refusal:  # the file itself
            issuing.move_batch(batch, ("checking",), "failed", detail=refusal.detail, ended_at=office.clock())
            return
    issue_batch.go_on(office, batch)


def _refuse_unreadable(file_name: str, content: bytes) -> None:
    if len(content) > limits.BATCH_BYTES_MAX:
        megabytes = -(-len(content) // 2**20)
        most = limits.BATCH_BYTES_MAX // 2**20
        raise spreadsheet.FileTooLarge(f"文件有 {megabytes} MB，最多 {most} MB。请分成几个文件上传")
    if next(batch_file.rows_of(file_name, content), None) is None:
        raise spreadsheet.FileEmpty("文件里只有表头，没有票据。请从表头的下一行填起")


def _check(office: Office, kept: BatchKept) -> None:
    """From where the last worker stood: so many bills at a time, each with the mark that they were judged."""
    bills = batch_file.bills_of(batch_file.rows_of(kept.file_name, content_of(office, kept)))
    issuing.tell_rows(kept.id, sum(len(bill.numbers) for bill in bills))
    judge = _Judge(office, kept)
    for first in range(judge.bills_judged, len(bills), _SLICE):
        with transaction.atomic(), connection.cursor() as cursor:
            before = judge.counts["rows"]
            rows = judge.rows(cursor, bills[first : first + _SLICE])
            if not issuing.advance_check(kept.id, before, judge.counts["rows"], dict(judge.counts)):
                return  # stopped, or another worker was faster
            issuing.copy_rows(cursor, kept, rows)
    with transaction.atomic():
        ended = issuing.move_batch(
            kept.id, ("checking",), "checked", detail=judge.standing_fault, rows=judge.counts["rows"], bills=len(bills),
            counts=dict(judge.counts), checked_at=office.clock(),
        )  # fmt: skip
        if ended:
            issuing.keep_chunks(kept.id, judge.chunk_sizes())


@dataclass(slots=True)
class _Judged:
    """One bill as it was judged."""

    bill: batch_file.FileBill
    body: bytes
    request: BillRequest | None
    digest: bytes | None
    faults: list[tuple[int, FieldError]]


class _Judge:
    """Judges the bills of one file against the registry of this moment, going on from what was counted before."""

    def __init__(self, office: Office, kept: BatchKept) -> None:
        self.office = office
        self.kept = kept
        self.register: UnitRegister = registry.unit_register(kept.unit_code)
        self.today: date = local_date(office.clock())
        self.counts: Counter[str] = Counter(kept.counts)
        locked = rules.locks(self.register, self.today)
        self.standing_fault = locked[0].detail if locked else ""

    @property
    def bills_judged(self) -> int:
        """How many bills of the file were judged so far."""
        return sum(self.counts[f"{state}_bills"] for state in ("fit", "refused", "unchanged"))

    def rows(self, cursor: Any, bills: Sequence[batch_file.FileBill]) -> list[BatchRowToKeep]:
        """What is kept of these bills."""
        judged = [self._judge(bill) for bill in bills]
        known = self._known(cursor, [one.request.business_number for one in judged if one.request is not None])
        return [self._row(one, known) for one in judged]

    def chunk_sizes(self) -> list[int]:
        """How many bills each chunk has: whole ones and a rest."""
        whole, rest = divmod(self.counts["fit_bills"], limits.BATCH_CHUNK_BILLS)
        return [limits.BATCH_CHUNK_BILLS] * whole + ([rest] if rest else [])

    def _judge(self, bill: batch_file.FileBill) -> _Judged:
        body = bill.body()
        unread = {(row, fault.pointer) for row, fault in bill.faults}
        judged = _Judged(bill, body, None, None, list(bill.faults))
        try:
            judged.request, judged.digest = take_order.from_body(body)
            found: Sequence[FieldError] = self._problems(judged.request)
            drafting.refuse_unprintable(self.office, judged.request)
        except Refused as refusal:
            found = refusal.errors or [FieldError("", refusal.code_value, refusal.detail)]
        for fault in (*found, *self._date_faults(bill)):
            place, key = batch_columns.place_of(fault.pointer)
            row = bill.numbers[place] if place < len(bill.numbers) else bill.numbers[0]
            if (row, f"/{key}") not in unread:
                judged.faults.append((row, FieldError(f"/{key}", fault.code, fault.detail)))
        return judged

    def _problems(self, request: BillRequest) -> Sequence[FieldError]:
        if self.standing_fault:
            return validation.dates_ahead(request, self.today)  # what keeps the unit from issuing is told once, not by row
        stopped = rules.suspension(request, self.register, self.today)
        if stopped is not None:
            return [FieldError("/item_code", "issuing_suspended", rules.suspension_detail(stopped))]
        return validation.dates_ahead(request, self.today) or rules.problems(request, self.register, self.today)

    def _date_faults(self, bill: batch_file.FileBill) -> list[FieldError]:
        day = bill.rows[0].get("business_date", "")
        kind = bill_types.bill_type(batch_columns.bill_type_code(bill.rows[0].get("bill_type", "")))
        if not day or (kind and kind.extension_field("business_date")):
            return []
        try:
            ahead = date.fromisoformat(day) > self.today
        except ValueError:
            return [FieldError("/business_date", "date_invalid", f"业务日期「{day[:20]}」不是日期。请写成 2026-09-01 的样子")]
        return [FieldError("/business_date", "date_in_future", validation.date_ahead("业务日期", day))] if ahead else []

    def _known(self, cursor: Any, numbers: Sequence[str]) -> dict[str, bytes]:
        cursor.execute(batches.KEYS_SQL, ([self.kept.unit_id] * len(numbers), list(numbers)))
        return {row[1]: bytes(row[2]) for row in cursor.fetchall()}

    def _row(self, judged: _Judged, known: dict[str, bytes]) -> BatchRowToKeep:
        bill, request = judged.bill, judged.request
        before = known.get(request.business_number) if request is not None else None
        if before is not None and before != judged.digest:
            fault = FieldError("/business_number", BusinessNumberReused.code, BusinessNumberReused.label)
            judged.faults.append((bill.numbers[0], fault))
        if before is not None and before == judged.digest:
            state = "unchanged"
        else:
            state = "refused" if judged.faults or request is None else "fit"
        fen = request.lines_total_fen if request is not None else _fen(bill)
        chunk = self.counts["fit_bills"] // limits.BATCH_CHUNK_BILLS if state == "fit" else None
        lines = max(1, len(bill.numbers))
        self.counts.update({"rows": lines, "fen": fen, f"{state}_bills": 1, f"{state}_rows": lines, f"{state}_fen": fen})
        if state == "fit" and request is not None:
            self.counts[f"type_{request.bill_type_code}"] += 1
            self.counts["largest_fen"] = max(self.counts["largest_fen"], fen)
        return BatchRowToKeep(
            bill.place, chunk, state, bill.numbers, bill.business_number, fen,
            _told(bill, judged.faults) if state == "refused" else None, judged.digest,
            envelope.seal(
                self.office.data_key, judged.body, body_context(self.kept.id, bill.place), self.office.random_bytes(12)
            ),
        )  # fmt: skip


def _told(bill: batch_file.FileBill, faults: Sequence[tuple[int, FieldError]]) -> list[dict[str, object]]:
    """The faults as they are kept; every row of the bill has one, since none of it was issued."""
    told: list[dict[str, object]] = [
        {"row": row, "field": fault.pointer[1:], "code": fault.code, "detail": fault.detail} for row, fault in faults
    ]
    faulty = sorted({row for row, _ in faults})
    for row in bill.numbers:
        if row not in faulty:
            detail = f"同一张票据的第 {faulty[0]} 行有错，整张没有开具。请改正那一行，连同这一行再传"
            told.append({"row": row, "field": "", "code": _PART_OF_FAULTY, "detail": detail})
    return told


def _fen(bill: batch_file.FileBill) -> int:
    """What the rows of a faulty bill add up to, as far as they are amounts."""
    total = 0
    for row in bill.rows:
        try:
            total += money.parse_yuan(batch_columns.number_text(str(row.get("amount", ""))))
        except money.AmountInvalid:
            continue
    return total


def _context(digest: bytes) -> bytes:
    return b"batch-file:" + digest
