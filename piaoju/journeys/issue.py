"""开具: intend, sign, record; for a group of orders at once.

    1 look     the registry's revision, counters (locked, in id order), business numbers used, intents kept
    2 decide   an answer given before is given again · other content conflicts · a rule refuses · else draw up
    3 sign     the unit over 签名原文, the finance department over 签名原文 ‖ the unit's signature
    4 record   keys, bill, lines, document, public projection, facts, counters

With a signer in this process the four are one transaction, since nothing leaves the process before the commit. With a
signer outside they are two: numbers and the exact bytes are committed as intents after 2, and 4 is a transaction of its
own; whatever stops in between, the next call with the same business number, or `journeys.resume`, carries on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import psycopg

from piaoju.identity.errors import BillTypeNotPermitted
from piaoju.identity.types import ClientActor
from piaoju.issuing import actions as issuing
from piaoju.issuing import parcel
from piaoju.issuing import queries as bills
from piaoju.issuing.errors import BusinessNumberReused
from piaoju.issuing.types import IntentRow
from piaoju.journeys import drafting, signing
from piaoju.journeys.errors import IntentTooOld
from piaoju.journeys.office import Office
from piaoju.journeys.registers import Registers
from piaoju.kit.clock import local, local_date
from piaoju.kit.errors import PiaojuError, Refused
from piaoju.ledger import actions as ledger
from piaoju.registry import rules as registry_rules
from piaoju.registry.errors import IssuingSuspended
from piaoju.registry.types import UnitRegister
from piaoju.standard import codes
from piaoju.standard.bill_request import BillRequest
from piaoju.stock import actions as stock
from piaoju.stock.errors import ClockBehind
from piaoju.stock.types import OpenSegment
from piaoju.verification import actions as verification

_CLOCK_TOLERANCE = timedelta(seconds=2)
_LOOK_SQL = """
    SELECT (SELECT number FROM registry_revision WHERE id = 1), (SELECT number FROM identity_revision WHERE id = 1)
"""


@dataclass(frozen=True, slots=True)
class Order:
    """One request to issue, as it came through a door. `client` is none for a command of this installation."""

    request: BillRequest
    digest: bytes
    unit_code: str
    actor: str
    client: ClientActor | None = None
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """What was answered: the very bytes, and whether they were new."""

    answer: bytes
    created: bool


Outcome = Issued | PiaojuError


def issue_group(
    connection: psycopg.Connection[Any], office: Office, registers: Registers, orders: Sequence[Order]
) -> list[Outcome]:
    """Issue these orders together; each has its own outcome, in order. Raises only when nothing was written at all."""
    try:
        return _issue(connection, office, registers, orders)
    except (psycopg.errors.UniqueViolation, _YearTurned):
        # Another process used one of these business numbers, or the year turned while we waited: look again.
        return _issue(connection, office, registers, orders)


def _issue(
    connection: psycopg.Connection[Any], office: Office, registers: Registers, orders: Sequence[Order]
) -> list[Outcome]:
    desk = _Desk(office, registers, orders)
    with connection.transaction():
        cursor = connection.cursor()
        desk.look(connection, cursor)
        drafts = desk.decide(cursor)
        if drafts and not office.signer.in_process:
            with connection.pipeline():
                desk.keep_intents(cursor, drafts)
        elif drafts:
            desk.record(connection, cursor, signing.sign_drafts(office, drafts))
    if drafts and not office.signer.in_process:
        signed = signing.sign_drafts(office, drafts)
        with connection.transaction():
            desk.record(connection, connection.cursor(), signed)
    return desk.outcomes_in_order()


class _YearTurned(Exception):
    """The year changed between asking for the locks and having them."""


class _Desk:
    """One group on its way. Lives as long as one call."""

    def __init__(self, office: Office, registers: Registers, orders: Sequence[Order]) -> None:
        self.office = office
        self.registers = registers
        self.orders = orders
        self.outcomes: dict[int, Outcome] = {}
        self.same_as: dict[int, int] = {}  # a repeat within the group gets the outcome of the first
        self.files: dict[int, UnitRegister] = {}
        self.segments: dict[tuple[int, str], list[OpenSegment]] = defaultdict(list)
        self.used: dict[tuple[int, int], OpenSegment] = {}
        self.at = office.clock()
        self.known: dict[tuple[int, str], Any] = {}
        self.intents: dict[tuple[int, str], IntentRow] = {}

    # 1 look -------------------------------------------------------------------------------------------------

    def look(self, connection: psycopg.Connection[Any], cursor: psycopg.Cursor[Any]) -> None:
        """Read all that decides, locking the counters. Statements after the locks see what was committed before them."""
        for index, order in enumerate(self.orders):
            try:
                self.files[index] = self.registers.of(order.unit_code)
            except PiaojuError as refusal:
                self.outcomes[index] = refusal
        wanted = stock.lock_parameters(
            (self.files[i].unit_id, self._bill_code(o)) for i, o in enumerate(self.orders) if i in self.files
        )
        keys = [(self.files[i].unit_id, o.request.business_number) for i, o in enumerate(self.orders) if i in self.files]
        key_parameters = ([unit_id for unit_id, _ in keys], [number for _, number in keys])
        reads = [connection.cursor() for _ in range(3)]
        with connection.pipeline():
            cursor.execute(stock.LOCK_SQL, wanted)
            reads[0].execute(_LOOK_SQL)
            # Intents before keys: one recorded in between is then seen as recorded, never as neither.
            if not self.office.signer.in_process:
                reads[2].execute(bills.INTENTS_SQL, key_parameters)
            reads[1].execute(bills.KEYS_SQL, key_parameters)
        for row in cursor.fetchall():
            segment = OpenSegment(*row)
            self.segments[(segment.unit_id, segment.bill_code)].append(segment)
        self.revisions: tuple[int, int] = reads[0].fetchone() or (0, 0)
        self.known = {(row[0], row[1]): row for row in reads[1].fetchall()}
        if not self.office.signer.in_process:
            self.intents = {(row[0], row[1]): bills.intent_row(row) for row in reads[2].fetchall()}
        looked_for, self.at = local(self.at).year, self.office.clock()
        if local(self.at).year != looked_for:
            raise _YearTurned  # a new year has codes of its own, and their counters are not locked

    # 2 decide -----------------------------------------------------------------------------------------------

    def decide(self, cursor: psycopg.Cursor[Any]) -> list[drafting.Draft]:
        """The drafts to sign. Everything else has its outcome."""
        drafts: list[drafting.Draft] = []
        first: dict[tuple[int, str], int] = {}
        for index, order in enumerate(self.orders):
            if index in self.outcomes:
                continue
            key = (self.files[index].unit_id, order.request.business_number)
            try:
                if key in first and not isinstance(self.outcomes.get(first[key]), PiaojuError):
                    if self.orders[first[key]].digest != order.digest:
                        raise BusinessNumberReused
                    self.same_as[index] = first[key]
                elif key in self.known:
                    self._known_client(order)
                    self.outcomes[index] = self._answer_again(cursor, order, self.known[key])
                else:
                    drafts.append(self._draw_up(index, order))
                    first[key] = index
            except PiaojuError as refusal:
                self.outcomes[index] = refusal
        return drafts

    def _answer_again(self, cursor: psycopg.Cursor[Any], order: Order, known: Any) -> Issued:
        unit_id, _, digest, issued_at, bill_code, bill_number = known
        if bytes(digest) != order.digest:
            raise BusinessNumberReused
        row = cursor.execute(bills.DOCUMENT_SQL, (unit_id, issued_at, bill_code, bill_number)).fetchone()
        if row is None:
            raise RuntimeError(f"bill {bill_code}-{bill_number:010d} has a key but no document")
        _, answer = parcel.unpack(
            self.office.data_key, bytes(row[0]), bill_code=bill_code, bill_number=bill_number
        )
        return Issued(answer, created=False)

    def _draw_up(self, index: int, order: Order) -> drafting.Draft:
        register = self._fresh_register(index, order)
        identities = self.registers.identities(register, self.at)
        kept = self.intents.get((register.unit_id, order.request.business_number))
        if kept is not None:
            if kept.request_digest != order.digest:
                raise BusinessNumberReused
            if local_date(kept.intended_at) != local_date(self.at):
                raise IntentTooOld
            return drafting.from_intent(
                self.office, index, order.request, order.digest, order.actor, register, identities, kept
            )
        self._permit(order, register)
        bill_code = self._bill_code(order)
        segments = self.segments[(register.unit_id, bill_code)]
        drafting.refuse_unprintable(self.office, order.request)
        if any(s.last_used_at and s.last_used_at - self.at > _CLOCK_TOLERANCE for s in segments):
            raise ClockBehind
        segment, number = stock.take_number(segments)
        self.used[(segment.unit_id, segment.segment_id)] = segment
        return drafting.draw_up(
            self.office, index, order.request, order.digest, order.actor, register, identities, number, self.at
        )

    def _fresh_register(self, index: int, order: Order) -> UnitRegister:
        register = self.files[index]
        if register.revision != self.revisions[0]:
            register = self.files[index] = self.registers.of(order.unit_code, at_least=self.revisions[0])
        return register

    def _known_client(self, order: Order) -> ClientActor | None:
        """The client as it is at this revision. A revoked one gets no answer, not even an old one."""
        if order.client is None or order.client.revision == self.revisions[1]:
            return order.client
        return self.registers.client(order.client, self.revisions[1], self.at)

    def _permit(self, order: Order, register: UnitRegister) -> None:
        client = self._known_client(order)
        if client is not None and order.request.bill_type_code not in client.bill_types:
            raise BillTypeNotPermitted
        stopped = registry_rules.suspension(order.request, register)
        if stopped is not None:
            raise IssuingSuspended(registry_rules.suspension_detail(stopped))
        found = registry_rules.problems(order.request, register, local(self.at).date())
        if found:
            raise Refused(found[0].detail, errors=found, code=found[0].code)

    def _bill_code(self, order: Order) -> str:
        return codes.bill_code(self.office.profile.region2, order.request.bill_type_code, local(self.at).year)

    # 3 is signing.sign_drafts ---------------------------------------------------------------------------------

    def keep_intents(self, cursor: psycopg.Cursor[Any], drafts: Sequence[drafting.Draft]) -> None:
        """Write down the numbers taken and the bytes to be signed, before anything leaves this process."""
        issuing.keep_intents(cursor, [draft.intent(self.office) for draft in drafts if not draft.kept])
        if self.used:
            stock.advance_counters(cursor, list(self.used.values()), self.at)

    # 4 record -------------------------------------------------------------------------------------------------

    def record(
        self, connection: psycopg.Connection[Any], cursor: psycopg.Cursor[Any], signed: Sequence[signing.SignedDraft]
    ) -> None:
        """Everything about these bills, in one transaction and one round trip."""
        recorded = [document.recorded(self.office) for document in signed]
        if not self.office.signer.in_process:
            # First, and counted: an intent voided meanwhile must not become a bill as well.
            keys = [(row.unit_id, row.business_number) for row, _ in recorded]
            if issuing.fulfil_intents(cursor, keys) != len(keys):
                raise IntentTooOld
        with connection.pipeline():
            issuing.record_bills(cursor, [row for row, _ in recorded])
            verification.publish(cursor, [document.published(row) for document, (row, _) in zip(signed, recorded, strict=True)])
            ledger.post(cursor, [document.fact(row) for document, (row, _) in zip(signed, recorded, strict=True)])
            if self.office.signer.in_process:
                stock.advance_counters(cursor, list(self.used.values()), self.at)
        for document, (_, answer) in zip(signed, recorded, strict=True):
            self.outcomes[document.draft.index] = Issued(answer, created=True)

    def outcomes_in_order(self) -> list[Outcome]:
        """One outcome an order; a repeat within the group was not created twice."""
        for index, original in self.same_as.items():
            outcome = self.outcomes[original]
            self.outcomes[index] = replace(outcome, created=False) if isinstance(outcome, Issued) else outcome
        return [self.outcomes[index] for index in range(len(self.orders))]


