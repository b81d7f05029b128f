"""批量开票, second half: what was found fit is issued, in chunks, by as many lanes as the site has workers.

A chunk is one group of the same journey that issues single bills; that it is done is committed with its bills, so that
whatever is killed, every row becomes a bill once and progress never goes back. Between two chunks a batch can be paused or
stopped. What is no fault of a row (no numbers left, a stop, a revoked certificate) pauses the batch and refuses no row.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db import close_old_connections, transaction

from piaoju.crypto import envelope
from piaoju.identity import queries as identity
from piaoju.identity import rights
from piaoju.identity.errors import ActNotPermitted
from piaoju.identity.rights import Act
from piaoju.identity.types import ClientActor, OperatorActor
from piaoju.issuing import actions as issuing
from piaoju.issuing import queries as batches
from piaoju.issuing.errors import BatchHasFaults, BatchNotFound, BatchNotReady, ReviewNeeded
from piaoju.issuing.types import BatchKept, FitRow
from piaoju.journeys import refuse, scopes, step_back
from piaoju.journeys.batch_access import Who, acting_for
from piaoju.journeys.issue import issue_group
from piaoju.journeys.office import Office
from piaoju.journeys.orders import Along, Issued, Order, Outcome
from piaoju.journeys.own_connection import open_own
from piaoju.journeys.registers import Registers
from piaoju.kit.clock import local_date
from piaoju.kit.errors import PiaojuError, Unavailable
from piaoju.standard import bill_request

_log = logging.getLogger("piaoju.journeys.issue_batch")
_FOR_EVER = datetime.max.replace(tzinfo=UTC)
# Refusals that are about the unit, the installation or the moment: they would refuse every row that is left.
_PAUSING = frozenset({
    "stock_exhausted", "issuing_suspended", "unit_not_in_force", "unit_not_online", "license_expired", "certificate_missing",
    "token_invalid", "bill_type_not_permitted", "clock_behind",
})  # fmt: skip


def start(office: Office, who: Who, batch_id: int, mode: str) -> None:
    """Issue what the check found fit. Raises BatchNotFound, BatchNotReady, ReviewNeeded; BatchHasFaults of all or nothing."""
    with _acting(office, who, batch_id):
        kept = batches.batch(batch_id)
        if mode == "all_or_nothing" and kept.counts.get("refused_bills"):
            raise BatchHasFaults
        if isinstance(who, OperatorActor):
            _permit_types(office, who, kept)
            if must_be_reviewed(kept) and not may_review(office, who, kept):
                raise ReviewNeeded
        if not issuing.move_batch(batch_id, ("checked",), "issuing", mode=mode, started_at=office.clock()):
            raise BatchNotReady
        _enqueue(office, batch_id)


def must_be_reviewed(kept: BatchKept) -> bool:
    """Whether the unit wants a second person for a bill of this batch, as for one of the window."""
    rule = batches.review_rule(kept.unit_id)
    return rule is not None and kept.counts.get("largest_fen", 0) >= rule.from_total_fen


def may_review(office: Office, who: OperatorActor, kept: BatchKept) -> bool:
    """Whether this person may be the second: a 复核员 of the unit, and not whoever sent the file."""
    scope = scopes.of_unit(kept.unit_code, local_date(office.clock()))
    sender = kept.actor.removeprefix("operator:") if kept.actor.startswith("operator:") else ""
    same = bool(sender) and identity.is_same_person(sender, who)
    return rights.may(who, Act.REVIEW_DRAFT, scope) and not same


def pause(office: Office, who: Who, batch_id: int) -> None:
    """Begin no further chunk. Raises BatchNotFound, BatchNotReady."""
    with _acting(office, who, batch_id):
        if not issuing.move_batch(batch_id, ("issuing",), "paused"):
            raise BatchNotReady


def resume(office: Office, who: Who, batch_id: int) -> None:
    """Go on with a paused batch. Raises BatchNotFound, BatchNotReady."""
    with _acting(office, who, batch_id):
        if not issuing.move_batch(batch_id, ("paused",), "issuing"):
            raise BatchNotReady
        _enqueue(office, batch_id)


def stop(office: Office, who: Who, batch_id: int) -> None:
    """End at the next safe point; what is not issued by then is not issued by this batch. Raises BatchNotFound, BatchNotReady."""
    with _acting(office, who, batch_id):
        of = ("queued", "checking", "checked", "issuing", "paused")
        if not issuing.move_batch(batch_id, of, "stopped", ended_at=office.clock()):
            raise BatchNotReady


def go_on(office: Office, batch_id: int) -> None:
    """After the check: issue where that was asked for with the file, unless the file must be right as a whole and is not."""
    with transaction.atomic():
        kept = batches.batch(batch_id)
        if kept.state != "checked" or kept.mode == "check_only":
            return
        if kept.mode == "all_or_nothing" and kept.counts.get("refused_bills"):
            issuing.move_batch(batch_id, ("checked",), "failed", detail=BatchHasFaults.label, ended_at=office.clock())
        elif issuing.move_batch(batch_id, ("checked",), "issuing", started_at=office.clock()):
            _enqueue(office, batch_id)


def issue_batch_lane(office: Office, *, batch: int, lane: int) -> None:
    """The task: issue chunks until none is left, or the batch is paused or stopped. Lanes share the chunks."""
    registers = Registers()
    with open_own() as connection:
        connection.execute("SET plan_cache_mode = force_generic_plan")  # as the writer of single bills has it
        while True:
            close_old_connections()
            kept = batches.batch(batch)
            if kept.state != "issuing":
                return
            with step_back.after(connection), _claimed(connection, kept) as number:
                if number is None:
                    break
                _Chunk(office, connection, registers, kept, number).issue()
    issuing.end_batch(batch, office.clock())


@contextmanager
def _acting(office: Office, who: Who, batch_id: int) -> Iterator[None]:
    def unit_code() -> str:
        return batches.batch(batch_id).unit_code

    with acting_for(office, who, unit_code, f"batch:{batch_id}", BatchNotFound):
        yield


def _permit_types(office: Office, who: OperatorActor, kept: BatchKept) -> None:
    """An appointment may be confined to some bill types: a file may not reach further."""
    scope = scopes.of_unit(kept.unit_code, local_date(office.clock()))
    for name in kept.counts:
        of_type = name.startswith("type_") and _of_type(scope, name.removeprefix("type_"))
        if of_type and not rights.may(who, Act.ISSUE_BATCH, of_type):
            raise ActNotPermitted


def _of_type(scope: Any, bill_type: str) -> Any:
    return type(scope)(
        region_codes=scope.region_codes, unit_code=scope.unit_code, bill_type=bill_type, governing_code=scope.governing_code
    )


def _enqueue(office: Office, batch_id: int) -> None:
    for lane in range(office.lanes):
        office.jobs.enqueue("issue_batch_lane", batch=batch_id, lane=lane)


@contextmanager
def _claimed(connection: psycopg.Connection[Any], kept: BatchKept) -> Iterator[int | None]:
    """The first chunk that is not done and that no other lane has; its claim is gone with the connection, if not before."""
    for number in batches.open_chunks(kept.id):
        key = f"batch {kept.id} chunk {number}"
        if not _ask(connection, "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", key):
            continue
        try:
            if number in batches.open_chunks(kept.id):  # it was not done meanwhile
                yield number
                return
        finally:
            if not connection.closed:
                _ask(connection, "SELECT pg_advisory_unlock(hashtextextended(%s, 0))", key)
    yield None


def _ask(connection: psycopg.Connection[Any], sql: str, key: str) -> bool:
    row = connection.execute(sql, (key,)).fetchone()
    return bool(row and row[0])


@dataclass(slots=True)
class _Chunk:
    """One chunk on its way."""

    office: Office
    connection: psycopg.Connection[Any]
    registers: Registers
    kept: BatchKept
    number: int
    held: bool = False  # it cannot go on for a reason that is no row's

    def issue(self) -> None:
        """All of it in one group; if that fails for a reason that is not the database's, one by one."""
        rows = batches.fit_rows(self.kept, self.number)
        try:
            orders = self._orders(rows)
        except PiaojuError as refusal:
            self._pause(refusal)
            return
        try:
            outcomes = issue_group(self.connection, self.office, self.registers, orders, self._along(rows, last=True))
        except (psycopg.OperationalError, psycopg.errors.CheckViolation, Unavailable):
            raise  # the database is away, another worker did this chunk, or the signer is away: the job is tried again
        except Exception as error:  # noqa: BLE001 - a fault of one bill must not hold up the others
            _log.error("chunk %d of batch %d goes bill by bill: %s", self.number, self.kept.id, error, exc_info=error)
            self._one_by_one(rows, orders)
            return
        refuse.record_refusals(self.connection, self.office, orders, outcomes)

    def _one_by_one(self, rows: Sequence[FitRow], orders: Sequence[Order]) -> None:
        for row, order in zip(rows, orders, strict=True):
            if self.held:
                return
            try:
                (outcome,) = issue_group(
                    self.connection, self.office, self.registers, [order], self._along([row], last=row is rows[-1])
                )
                refuse.record_refusals(self.connection, self.office, [order], [outcome])
            except psycopg.OperationalError:
                raise
            except Exception as error:  # noqa: BLE001 - this one is refused, and told to the operator
                _log.error("row %d of batch %d failed: %s", row.place, self.kept.id, error, exc_info=error)
                with self.connection.transaction():
                    self._along([row], last=row is rows[-1])(self.connection.cursor(), [PiaojuError(code="internal")])

    def _orders(self, rows: Sequence[FitRow]) -> list[Order]:
        client = self._client()
        key, batch_id = self.office.data_key, self.kept.id
        bodies = [envelope.open(key, row.body, f"batch:{batch_id}:{row.place}".encode()) for row in rows]
        told = (self.kept.unit_code, self.kept.actor, client, f"batch:{batch_id}")
        return [
            Order(bill_request.from_json(body), row.request_digest, *told) for row, body in zip(rows, bodies, strict=True)
        ]

    def _client(self) -> ClientActor | None:
        if not self.kept.client_id:
            return None
        enrolled = ClientActor(0, self.kept.client_id, self.kept.unit_code, frozenset(), _FOR_EVER)
        return identity.client_in_force(enrolled, self.office.clock())

    def _along(self, rows: Sequence[FitRow], *, last: bool) -> Along:
        """What is written with the outcomes of these rows: how far the chunk is, and what became of those not simply issued."""

        def write(cursor: Any, found: Sequence[Outcome | None]) -> None:
            outcomes = [outcome for outcome in found if outcome is not None]  # none is for reversals only
            told = [self._told(outcome) for outcome in outcomes]
            held = [outcome for outcome, state in zip(outcomes, told, strict=True) if state == "held"]
            whole = last and not held and len(rows) > 1
            states: dict[int, tuple[str, Sequence[Mapping[str, Any]]]] = {
                row.place: (state, _faults(outcome))
                for row, outcome, state in zip(rows, outcomes, told, strict=True)
                if state in ("unchanged", "refused") or (state == "issued" and not whole)
            }
            issuing.mark_rows(cursor, self.kept, states)
            done_at = self.office.clock() if last and not held else None
            issuing.mark_chunk(cursor, self.kept.id, self.number, Counter(told), done_at)
            self.held = bool(held)
            if held and isinstance(held[0], PiaojuError):
                issuing.pause_batch(cursor, self.kept.id, held[0].detail)

        return write

    def _told(self, outcome: Outcome) -> str:
        if isinstance(outcome, Issued):
            return "issued" if outcome.created else "unchanged"
        pausing = outcome.code_value in _PAUSING or outcome.retryable or self.kept.mode == "all_or_nothing"
        return "held" if pausing else "refused"

    def _pause(self, refusal: PiaojuError) -> None:
        with self.connection.transaction():
            issuing.pause_batch(self.connection.cursor(), self.kept.id, refusal.detail)


def _faults(outcome: Outcome) -> list[dict[str, Any]]:
    if isinstance(outcome, Issued):
        return []
    found = [(fault.pointer[1:], fault.code, fault.detail) for fault in outcome.errors]
    return [
        {"row": 0, "field": field, "code": code, "detail": detail}
        for field, code, detail in found or [("", outcome.code_value, outcome.detail)]
    ]
