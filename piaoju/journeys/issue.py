"""开具: intend, sign, record; for a group of orders at once.

    1 look     the registry's revision, counters (locked, in id order), business numbers used, intents kept
    2 decide   an answer given before is given again · other content conflicts · a rule refuses · else a number is taken
               (即领即开: an online unit that has none left draws a small segment, here)
    3 sign     the unit over 签名原文, the finance department over 签名原文 ‖ the unit's signature
    4 record   keys, bill, lines, document, public projection, facts

1 and 2 are one transaction, short, because it locks the unit's counters; 4 is another. Between them stands a taking: the
numbers that this connection has. With a signer outside it is an intent instead, with the exact bytes to be signed, since
they leave the process before anything is recorded. Whatever stops in between, the next call with the same business number
carries on from the intent, and `journeys.resume` voids what nobody will use any more.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import psycopg

from piaoju.identity.errors import BillTypeNotPermitted
from piaoju.identity.types import ClientActor
from piaoju.issuing import actions as issuing
from piaoju.issuing import queries as bills
from piaoju.issuing.errors import BusinessNumberReused
from piaoju.issuing.types import IntentRow, RecordedBill, RedPlan
from piaoju.journeys import answers, drafting, reversing, signing, stock_on_demand, together, void_numbers
from piaoju.journeys.errors import DatabaseUnavailable, IntentTooOld, TakingLost
from piaoju.journeys.identities import Identities
from piaoju.journeys.office import Office
from piaoju.journeys.orders import Along, Issued, Order, Outcome
from piaoju.journeys.registers import Registers
from piaoju.kit import arrays
from piaoju.kit.clock import local, local_date
from piaoju.kit.errors import PiaojuError, Refused
from piaoju.kit.values import Value, replace
from piaoju.ledger import actions as ledger
from piaoju.registry import rules as registry_rules
from piaoju.registry.errors import IssuingSuspended
from piaoju.registry.types import UnitRegister
from piaoju.standard import codes, validation
from piaoju.stock import actions as stock
from piaoju.stock.errors import ClockBehind, StockExhausted
from piaoju.stock.types import OpenSegment, TakenNumbers
from piaoju.verification import actions as verification

__all__ = ["Along", "Issued", "Order", "Outcome", "issue_group"]
_log = logging.getLogger("piaoju.journeys.issue")
_CLOCK_TOLERANCE = timedelta(seconds=2)
_ALREADY_ISSUED = "取号后发现同一业务流水号已由另一进程开出，或原票刚被另一笔冲红"
_FAILED = "取号后签名或登记失败，没有开出"
_ACTOR = "job:issue"
_LOOK_SQL = """
    SELECT (SELECT number FROM registry_revision WHERE id = 1), (SELECT number FROM identity_revision WHERE id = 1)
"""


_Recorded = tuple[signing.SignedDraft, RecordedBill, bytes]


def issue_group(
    connection: psycopg.Connection[Any], office: Office, registers: Registers, orders: Sequence[Order], along: Along | None = None
) -> list[Outcome]:
    """Issue these orders together; each has its own outcome, in order. Raises only when no bill was recorded at all.

    The connection is this call's alone until it returns: what it has taken is known by it. `along` writes what is to be
    committed with these outcomes or not at all; it may be asked again where the first commit did not come about.
    """
    outcomes: dict[int, Outcome] = {}
    left = list(range(len(orders)))
    while left:
        try:
            found = _issue_once_more(connection, office, registers, [orders[index] for index in left], along)
        except Exception as error:
            if not outcomes:
                raise
            _log.error("reversals that waited for others are not done: %s", type(error).__name__)
            found = [DatabaseUnavailable() for _ in left]
        outcomes |= {index: outcome for index, outcome in zip(left, found, strict=True) if outcome is not None}
        left = [index for index in left if index not in outcomes]
    return [outcomes[index] for index in range(len(orders))]


def _issue_once_more(
    connection: psycopg.Connection[Any], office: Office, registers: Registers, orders: Sequence[Order], along: Along | None
) -> Sequence[Outcome | None]:
    try:
        return _issue(connection, office, registers, orders, along)
    except (psycopg.errors.UniqueViolation, _YearTurned):
        # Another process keeps an intent for one of these business numbers, or the year turned while we waited: look again.
        return _issue(connection, office, registers, orders, along)


def _issue(
    connection: psycopg.Connection[Any], office: Office, registers: Registers, orders: Sequence[Order], along: Along | None
) -> list[Outcome | None]:
    """The outcome of each; none where another reversal of the same bill came first, and the order is to be decided anew."""
    desk = _Desk(office, registers, orders, along)
    # What need not be waited for is not, and the locks are held for two meetings with the database.
    with together.transaction(connection) as transaction:
        cursor = transaction.cursor()
        desk.look(transaction, cursor)
        desk.decide(cursor)
        desk.keep(cursor)
    try:
        desk.record(connection, signing.sign_drafts(office, desk.drafts()))
    except Exception:
        desk.give_up(connection)
        raise
    return desk.outcomes_in_order()


class _YearTurned(Exception):
    """The year changed between asking for the locks and having them."""


class _Place(Value, frozen=True):
    """One order that will become a bill: its unit, its signers and its number; or the intent it left before."""

    index: int
    register: UnitRegister
    identities: Identities
    number: int
    kept: IntentRow | None
    red: RedPlan | None = None


class _Desk:
    """One group on its way. Lives as long as one call."""

    def __init__(self, office: Office, registers: Registers, orders: Sequence[Order], along: Along | None) -> None:
        self.office = office
        self.along = along
        self.registers = registers
        self.orders = orders
        self.outcomes: dict[int, Outcome] = {}
        self.same_as: dict[int, int] = {}  # a repeat within the group gets the outcome of the first
        self.files: dict[int, UnitRegister] = {}
        self.segments: dict[tuple[int, str], list[OpenSegment]] = defaultdict(list)
        self.places: list[_Place] = []
        self.intended: list[drafting.Draft] = []
        self.taken: list[TakenNumbers] = []
        self.at = office.clock()
        self.known: dict[tuple[int, str], Any] = {}
        self.intents: dict[tuple[int, str], IntentRow] = {}
        self.reversals = reversing.Originals([order.reverses for order in orders if order.reverses])

    # 1 look -------------------------------------------------------------------------------------------------

    def look(self, transaction: together.Together, cursor: together.Cursor) -> None:
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
        key_parameters = _key_parameters(keys)
        reads = [transaction.cursor() for _ in range(3)]
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
        self.reversals.look(reads[2])
        looked_for, self.at = local(self.at).year, self.office.clock()
        if local(self.at).year != looked_for:
            raise _YearTurned  # a new year has codes of its own, and their counters are not locked

    # 2 decide -----------------------------------------------------------------------------------------------

    def decide(self, cursor: together.Cursor) -> None:
        """A number for each order that the rules allow. Everything else has its outcome."""
        first: dict[tuple[int, str], int] = {}
        short = self._decide(cursor, range(len(self.orders)), first)
        if short:
            self._decide(cursor, self._draw_on_demand(cursor, short), first)

    def _decide(
        self, cursor: together.Cursor, indexes: Sequence[int], first: dict[tuple[int, str], int]
    ) -> list[int]:
        """Decide these orders; which of them found no number left. `first` names the order that has a business number."""
        short = []
        for index in indexes:
            if index in self.outcomes:
                continue
            order = self.orders[index]
            key = (self.files[index].unit_id, order.request.business_number)
            try:
                if key in first and not isinstance(self.outcomes.get(first[key]), PiaojuError):
                    if self.orders[first[key]].digest != order.digest:
                        raise BusinessNumberReused
                    self._known_client(order)
                    self.same_as[index] = first[key]
                elif key in self.known:
                    self._known_client(order)
                    self.outcomes[index] = self._again(cursor, order, self.known[key])
                elif self.reversals.claim(order.reverses):
                    self.places.append(self._place(cursor, index, order))
                    first[key] = index
            except PiaojuError as refusal:
                self.outcomes[index] = refusal
                if isinstance(refusal, StockExhausted):
                    short.append(index)
        return short

    def _draw_on_demand(self, cursor: together.Cursor, short: Sequence[int]) -> list[int]:
        """即领即开: numbers for the units that need no requisition; which orders are to be decided again."""
        keys = {index: (self.files[index].unit_id, self._bill_code(self.orders[index])) for index in short}
        registers = {self.files[index].unit_id: self.files[index] for index in short}
        drawn = stock_on_demand.draw(cursor, self.office.profile, registers, Counter(keys.values()), self.at)
        for key, segments in drawn.items():
            self.segments[key] += segments
        again = [index for index in short if keys[index] in drawn]
        for index in again:
            del self.outcomes[index]
        return again

    def _again(self, cursor: together.Cursor, order: Order, known: Any) -> Issued:
        return Issued(answers.again(self.office, cursor, order.digest, known), created=False)

    def _place(self, cursor: together.Cursor, index: int, order: Order) -> _Place:
        register = self._fresh_register(index, order)
        red = self.reversals.plan(order.reverses, self.office.profile) if order.reverses else None
        kept = self.intents.get((register.unit_id, order.request.business_number))
        if kept is not None:
            if kept.request_digest != order.digest:
                raise BusinessNumberReused
            if local_date(kept.intended_at) != local_date(self.at):
                raise IntentTooOld
            if red is None or reversing.is_still_so(self.office, kept, red):
                return _Place(index, register, self.registers.identities(register, self.at), kept.bill_number, kept, red)
            reversing.give_up_intent(cursor, kept, self.at)
        self._permit(order, register)
        identities = self.registers.identities(register, self.at)
        segments = self.segments[(register.unit_id, self._bill_code(order))]
        drafting.refuse_unprintable(self.office, order.request)
        if any(s.last_used_at and s.last_used_at - self.at > _CLOCK_TOLERANCE for s in segments):
            raise ClockBehind
        return _Place(index, register, identities, stock.take_number(segments), None, red)

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
        today, is_reversal = local_date(self.at), order.reverses is not None
        stopped = registry_rules.suspension(order.request, register, today, is_reversal=is_reversal)
        if stopped is not None:
            raise IssuingSuspended(registry_rules.suspension_detail(stopped))
        if is_reversal:
            return  # what may be charged today does not decide whether a bill of yesterday can be taken back
        found = validation.dates_ahead(order.request, today) or registry_rules.problems(order.request, register, today)
        if found:
            raise Refused(found[0].detail, errors=found, code=found[0].code)

    def _bill_code(self, order: Order) -> str:
        return codes.bill_code(self.office.profile.region2, order.request.bill_type_code, local(self.at).year)

    def keep(self, cursor: together.Cursor) -> None:
        """Leave word of every number taken; with a signer outside, of the very bytes it will be asked to sign."""
        used = [segment for segments in self.segments.values() for segment in segments if segment.taken]
        if self.office.signer.in_process:
            self.taken = stock.keep_takings(cursor, used, self.at) if used else []
            return
        self.intended = self._draw_up()
        issuing.keep_intents(cursor, [draft.intent(self.office) for draft in self.intended if not draft.kept])
        stock.advance_counters(cursor, used, self.at)

    def drafts(self) -> list[drafting.Draft]:
        """The exact bytes to sign, of every order that has its number. No lock is held while they are made."""
        return self.intended or self._draw_up()

    def _draw_up(self) -> list[drafting.Draft]:
        return [self._draft(place, self.orders[place.index]) for place in self.places]

    def _draft(self, place: _Place, order: Order) -> drafting.Draft:
        parts = (self.office, place.index, order.request, order.digest, order.actor, place.register, place.identities)
        red = drafting.Red(order.reverses, place.red) if order.reverses and place.red else None
        if place.kept:
            return drafting.from_intent(*parts, place.kept, red)
        return drafting.draw_up(*parts, place.number, self.at, red)

    # 3 is signing.sign_drafts ---------------------------------------------------------------------------------

    # 4 record -------------------------------------------------------------------------------------------------

    def record(self, connection: psycopg.Connection[Any], signed: Sequence[signing.SignedDraft]) -> None:
        """Everything about these bills, in one transaction. A business number that was used meanwhile gets its answer."""
        if not signed:
            if self.along:
                with together.transaction(connection) as transaction:
                    self.along(transaction.cursor(), self.outcomes_in_order())
            return
        recorded: Sequence[_Recorded] = [(document, *document.recorded(self.office)) for document in signed]
        try:
            with together.transaction(connection) as transaction:
                self._write(transaction, recorded)
        except psycopg.errors.UniqueViolation:
            with together.transaction(connection) as transaction:
                recorded = self._without_known(transaction.cursor(), recorded)
                self._write(transaction, recorded)
        for document, _, answer in recorded:
            self.outcomes.setdefault(document.draft.index, Issued(answer, created=True))

    def _write(self, transaction: together.Together, recorded: Sequence[_Recorded]) -> None:
        cursor, claimed = transaction.cursor(), transaction.cursor()
        rows = [row for _, row, _ in recorded]
        expected, gone = (len(self.taken), TakingLost) if self.office.signer.in_process else (len(rows), IntentTooOld)
        if self.office.signer.in_process:
            stock.end_takings(claimed, self.taken)
        else:
            intents = [(row.unit_id, row.business_number, row.bill_code, row.bill_number) for row in rows]
            issuing.fulfil_intents(claimed, intents)
        if rows:
            issuing.record_bills(cursor, rows)
            verification.publish(cursor, [document.published(row) for document, row, _ in recorded])
            ledger.post(cursor, [document.fact(row) for document, row, _ in recorded])
            for document, row, _ in recorded:
                if document.draft.red is not None:
                    issuing.record_sequel(cursor, document.sequel(row))
        if self.along:
            new = {document.draft.index: Issued(answer, created=True) for document, _, answer in recorded}
            self.along(cursor, self.outcomes_in_order(new))
        # Counted before the commit: what was voided meanwhile must not become a bill as well.
        if len(claimed.fetchall()) != expected:
            raise gone

    def _without_known(self, cursor: together.Cursor, recorded: Sequence[_Recorded]) -> list[_Recorded]:
        """What is still new. Another process was first with the others: they get its answer, and their numbers are voided.

        A reversal whose original was reversed meanwhile gets none: it is to be decided anew.
        """
        keys = [(row.unit_id, row.business_number) for _, row, _ in recorded]
        cursor.execute(bills.KEYS_SQL, _key_parameters(keys))
        known = {(row[0], row[1]): row for row in cursor.fetchall()}
        self.reversals.look(cursor)
        lost, new = [], []
        for entry in recorded:
            draft, row = entry[0].draft, entry[1]
            found = known.get((row.unit_id, row.business_number))
            if found is None and not (draft.red and self.reversals.is_overtaken(draft.red.reversal, draft.red.plan)):
                new.append(entry)
                continue
            if self.office.signer.in_process:  # of an intent, the other used this very number, or it is kept
                lost.append((row.unit_id, row.bill_code, row.bill_number))
            if found is not None:
                try:
                    self.outcomes[draft.index] = self._again(cursor, self.orders[draft.index], found)
                except PiaojuError as refusal:
                    self.outcomes[draft.index] = refusal
        void_numbers.void(cursor, lost, at=self.at, reason=_ALREADY_ISSUED, actor=_ACTOR)
        return new

    def give_up(self, connection: psycopg.Connection[Any]) -> None:
        """Void what was taken and not used. If that fails too the connection goes, and the keeper finds the taking."""
        try:
            void_numbers.void_taken(connection, self.taken, at=self.office.clock(), reason=_FAILED, actor=_ACTOR)
        except Exception as error:  # noqa: BLE001 - whatever it was, no taking may stay on a connection that lives
            _log.error("numbers could not be voided and are left to the keeper: %s", type(error).__name__)
            connection.close()

    def outcomes_in_order(self, new: Mapping[int, Outcome] | None = None) -> list[Outcome | None]:
        """One outcome an order, none where it is to be decided anew. `new` are not committed yet; a repeat created nothing."""
        found = {**self.outcomes, **(new or {})}
        for index, original in self.same_as.items():
            outcome = found.get(original)
            if outcome is not None:
                found[index] = replace(outcome, created=False) if isinstance(outcome, Issued) else outcome
        return [found.get(index) for index in range(len(self.orders))]


def _key_parameters(keys: Sequence[tuple[int, str]]) -> tuple[str, str]:
    return arrays.numbers([unit_id for unit_id, _ in keys]), arrays.texts([number for _, number in keys])
