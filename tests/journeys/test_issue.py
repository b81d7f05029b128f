"""Issuing, through the front of the journey; every test of a write ends by asking the ledger."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import msgspec
import psycopg
import pytest

from piaoju.crypto.signers import Signer
from piaoju.identity import queries as identity
from piaoju.identity.actions import revoke_client
from piaoju.issuing import queries
from piaoju.journeys import grant_token, suspend_issuing
from piaoju.journeys.errors import IntentTooOld
from piaoju.journeys.group_writer import GroupWriter
from piaoju.journeys.issue import Issued, issue_group
from piaoju.journeys.registers import Registers
from piaoju.journeys.resume import resume_intents, resume_takings
from piaoju.kit.clock import local_date
from piaoju.kit.errors import PiaojuError
from piaoju.kit.values import replace
from piaoju.registry.models import ChargeItem
from tests import offices
from tests.journeys.asking import code_of, issued, ledger_sum, written
from tests.offices import HOSPITAL, Installed, body, line, order, reversal


def test_the_same_request_again_gets_the_same_bytes(installed: Installed) -> None:
    (first,) = installed.issue(body("B1"))
    (again,) = installed.issue(body("B1", lines=[line("10.00") | {"quantity": "1.0"}], remark=None))
    assert isinstance(first, Issued) and isinstance(again, Issued)
    assert (first.created, again.created) == (True, False)
    assert first.answer == again.answer
    assert ledger_sum(installed) == (1, 1000)


def test_the_same_business_number_with_another_amount_conflicts_and_writes_nothing(installed: Installed) -> None:
    installed.issue(body("B1"))
    before = written(installed)
    (outcome,) = installed.issue(body("B1", "11.00"))
    assert code_of(outcome) == "business_number_reused"
    assert written(installed) == before
    assert ledger_sum(installed) == (1, 1000)


def test_a_repeat_within_one_group_is_one_bill(installed: Installed) -> None:
    outcomes = installed.issue(body("B1"), body("B1"), body("B1", "12.00"), body("B2"))
    assert issued(outcomes[0]) == issued(outcomes[1])
    assert code_of(outcomes[2]) == "business_number_reused"
    assert int(issued(outcomes[3])["number"]) == int(issued(outcomes[0])["number"]) + 1
    assert ledger_sum(installed) == (2, 2000)


def test_a_bad_order_fails_alone(installed: Installed) -> None:
    good, bad, other = installed.issue(
        body("G1"), body("G2", lines=[line("1.00", item_code="999999999")]), body("G3")
    )
    assert code_of(bad) == "item_not_granted"
    assert int(issued(other)["number"]) == int(issued(good)["number"]) + 1
    assert ledger_sum(installed) == (2, 2000)


def test_a_price_over_the_standard_is_refused(installed: Installed) -> None:
    item = ChargeItem.objects.get(code=offices.settlement_items()[0])
    item.chargestandard_set.update(maximum_e4=99_999)
    (outcome,) = installed.issue(body("P1", "10.00"))
    assert code_of(outcome) == "price_over_standard"
    (allowed,) = installed.issue(body("P2", "9.99"))
    assert issued(allowed)["total"] == "9.99"


def test_a_stopped_bill_type_is_refused_from_the_next_commit_on(installed: Installed) -> None:
    writer = GroupWriter(installed.office, installed.url)
    try:
        assert isinstance(writer.issue(order(body("S1"))), Issued)
        ends = "UPDATE registry_billtypeenablement SET valid_to = greatest(valid_from, %s) WHERE bill_type_id = '0401'"
        installed.run(ends, local_date(installed.office.clock()))
        assert code_of(writer.issue(order(body("S2")))) == "bill_type_stopped"
    finally:
        writer.close()
    assert ledger_sum(installed) == (1, 1000)


@pytest.mark.parametrize(
    ("scope", "code"),
    [("all", ""), ("region", "510000"), ("unit", HOSPITAL), ("bill_type", "0401"), ("charge_item", "first")],
)
def test_the_stop_switch_stops_at_the_next_commit_and_says_why(installed: Installed, scope: str, code: str) -> None:
    code = offices.settlement_items()[0] if code == "first" else code
    writer = GroupWriter(installed.office, installed.url)
    try:
        assert isinstance(writer.issue(order(body("S1"))), Issued)
        suspend_issuing.suspend(installed.office, scope, code, "核查中", by="command:test")
        refused = writer.issue(order(body("S2")))
        assert code_of(refused) == "issuing_suspended"
        assert isinstance(refused, PiaojuError) and "核查中" in refused.detail
        # What was issued before is answered as before, whatever is stopped now.
        assert isinstance(writer.issue(order(body("S1"))), Issued)
        assert suspend_issuing.lift(installed.office, scope, code, by="command:test") == 1
        assert isinstance(writer.issue(order(body("S3"))), Issued)
    finally:
        writer.close()


def test_a_stopped_item_does_not_keep_a_bill_from_being_taken_back_but_a_stopped_unit_does(installed: Installed) -> None:
    one, other = (issued(outcome) for outcome in installed.issue(body("S1"), body("S2")))
    suspend_issuing.suspend(installed.office, "bill_type", "0401", "核查中", by="command:test")
    (red,) = installed.issue_orders(reversal(installed, one, "S1-red"))
    assert issued(red)["kind"] == "red"
    suspend_issuing.suspend(installed.office, "unit", HOSPITAL, "核查中", by="command:test")
    (refused,) = installed.issue_orders(reversal(installed, other, "S2-red"))
    assert code_of(refused) == "issuing_suspended"


def test_the_last_number_is_given_and_then_stock_is_exhausted(installed: Installed) -> None:
    with psycopg.connect(installed.url, autocommit=True) as connection:
        connection.execute("UPDATE stock_counter SET next_number = last_number - 1 WHERE bill_code LIKE '510401%%'")
        connection.execute("DELETE FROM stock_segment WHERE state = 'held' AND bill_code LIKE '510401%%'")
    outcomes = installed.issue(*(body(f"N{n}") for n in range(4)))
    assert [isinstance(outcome, Issued) for outcome in outcomes] == [True, True, False, False]
    assert code_of(outcomes[3]) == "stock_exhausted"


def test_a_clock_behind_the_last_bill_refuses(installed: Installed) -> None:
    installed.issue(body("C1"))
    slow = installed.with_clock(lambda: datetime.now(UTC) - timedelta(minutes=5))
    (outcome,) = slow.issue(body("C2"))
    assert code_of(outcome) == "clock_behind"
    assert ledger_sum(installed) == (1, 1000)


class SometimesFailing:
    """A signer that fails on every n-th call, before or after it signed."""

    def __init__(self, inner: Signer, every: int, *, in_process: bool) -> None:
        self.inner, self.every, self.calls = inner, every, 0
        self.in_process = in_process
        self.lock = threading.Lock()

    def sign(self, digests: Sequence[bytes], key_ref: str) -> list[bytes]:
        with self.lock:
            self.calls += 1
            fails = self.calls % self.every == 0
        made = self.inner.sign(digests, key_ref)
        if fails:
            raise ConnectionError("the signing service went away")
        return made


@pytest.mark.parametrize("in_process", [True, False], ids=["own signer", "signer outside"])
def test_64_clients_with_retries_and_failing_signatures_issue_each_bill_once(
    installed: Installed, in_process: bool
) -> None:
    broken = installed.with_signer(SometimesFailing(installed.office.signer, 10, in_process=in_process))
    writer = GroupWriter(broken.office, installed.url)
    answers: dict[str, set[bytes]] = {}
    lock = threading.Lock()

    def client(number: int) -> None:
        for turn in range(4):
            name = f"K{number % 48}-{turn}"  # a third of the clients repeat another's business number
            for _ in range(200):
                outcome = writer.issue(order(body(name)))
                if isinstance(outcome, Issued):
                    with lock:
                        answers.setdefault(name, set()).add(outcome.answer)
                    break

    clients = [threading.Thread(target=client, args=(n,)) for n in range(64)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    writer.close()
    assert len(answers) == 48 * 4
    assert all(len(same) == 1 for same in answers.values())
    numbers = sorted(int(msgspec.json.decode(same.copy().pop())["number"]) for same in answers.values())
    voided = installed.column("SELECT bill_number FROM stock_voidednumber")
    used = sorted(numbers + voided)
    assert used == list(range(used[0], used[0] + len(used)))  # no number twice, no gap without its reason
    assert installed.count("SELECT next_number FROM stock_counter WHERE bill_code LIKE '510401%%'") == used[-1] + 1
    assert bool(voided) == in_process  # an intent keeps its number through a failure; a taking does not
    assert ledger_sum(installed) == (len(numbers), 1000 * len(numbers))
    assert installed.count("SELECT count(*) FROM issuing_intent") == 0
    assert installed.count("SELECT count(*) FROM stock_taking") == 0


def test_numbers_of_a_connection_that_is_gone_are_voided_and_those_of_a_living_one_are_not(installed: Installed) -> None:
    class Dying(BaseException):
        """The process is gone between taking a number and recording its bill: no code of ours runs after it."""

    class Kills:
        in_process = True

        def sign(self, digests: Sequence[bytes], key_ref: str) -> list[bytes]:
            raise Dying

    order_of_one = [order(body("T1"))]
    with psycopg.connect(installed.url, autocommit=True) as connection:
        with pytest.raises(Dying):
            issue_group(connection, installed.with_signer(Kills()).office, Registers(), order_of_one)
        number = installed.count("SELECT first_number FROM stock_taking")
        assert resume_takings(installed.office) == 0
        assert installed.count("SELECT count(*) FROM stock_voidednumber") == 0
    while installed.count("SELECT count(*) FROM pg_stat_activity WHERE pid IN (SELECT backend_pid FROM stock_taking)"):
        time.sleep(0.01)
    assert resume_takings(installed.office) == 1
    assert resume_takings(installed.office) == 0
    assert installed.column("SELECT bill_number FROM stock_voidednumber") == [number]
    (outcome,) = installed.issue(body("T1"))
    assert int(issued(outcome)["number"]) == number + 1
    assert ledger_sum(installed) == (1, 1000)


def test_two_processes_with_one_business_number_at_once_issue_one_bill_and_void_the_other_number(
    installed: Installed,
) -> None:
    inner = installed.office.signer

    class Overtaken:
        """While this one signs, another process issues the same."""

        in_process = True
        first: ClassVar[list[bytes]] = []

        def sign(self, digests: Sequence[bytes], key_ref: str) -> list[bytes]:
            if not self.first:
                self.first.append(b"")
                (outcome,) = installed.issue(body("T2"))
                assert isinstance(outcome, Issued)
                self.first[0] = outcome.answer
            return inner.sign(digests, key_ref)

    slow = Overtaken()
    one, other = installed.with_signer(slow).issue(body("T2"), body("T3"))
    assert isinstance(one, Issued)
    assert (one.answer, one.created) == (slow.first[0], False)
    assert issued(other)["business_number"] == "T3"
    assert installed.count("SELECT count(*) FROM stock_voidednumber") == 1
    assert installed.count("SELECT count(*) FROM stock_taking") == 0
    assert ledger_sum(installed) == (2, 2000)


def test_an_intent_left_behind_is_carried_on_with_the_same_number_and_bytes(installed: Installed) -> None:
    outside = installed.with_signer(SometimesFailing(installed.office.signer, 1, in_process=False))
    with pytest.raises(ConnectionError):
        outside.issue(body("I1"))
    assert installed.count("SELECT count(*) FROM issuing_intent") == 1
    assert ledger_sum(installed) == (0, 0)
    intended = installed.count("SELECT bill_number FROM issuing_intent")
    healed = installed.with_signer(SometimesFailing(installed.office.signer, 1_000, in_process=False))
    (outcome,) = healed.issue(body("I1"))
    assert int(issued(outcome)["number"]) == intended
    assert installed.count("SELECT count(*) FROM issuing_intent") == 0
    assert ledger_sum(installed) == (1, 1000)


def test_an_intent_of_yesterday_is_voided_with_its_reason_and_made_anew(installed: Installed) -> None:
    outside = installed.with_signer(SometimesFailing(installed.office.signer, 1, in_process=False))
    with pytest.raises(ConnectionError):
        outside.issue(body("I1"))
    number = installed.count("SELECT bill_number FROM issuing_intent")
    healed = installed.with_signer(SometimesFailing(installed.office.signer, 1_000, in_process=False))
    tomorrow = healed.with_clock(lambda: datetime.now(UTC) + timedelta(days=1))
    assert resume_intents(tomorrow.office) == 1
    assert installed.count("SELECT bill_number FROM stock_voidednumber") == number
    (outcome,) = tomorrow.issue(body("I1"))
    assert int(issued(outcome)["number"]) == number + 1
    assert ledger_sum(installed) == (1, 1000)


def test_a_signature_that_comes_after_its_intent_was_voided_and_made_anew_records_nothing(installed: Installed) -> None:
    inner = installed.office.signer

    class Away:
        in_process = False

        def sign(self, digests: Sequence[bytes], key_ref: str) -> list[bytes]:
            raise ConnectionError

    class Late:
        """While it signs, midnight passes: the number is voided, and another process has begun anew."""

        in_process = False
        asked = False

        def sign(self, digests: Sequence[bytes], key_ref: str) -> list[bytes]:
            if not self.asked:
                self.asked = True
                tomorrow = installed.with_signer(Away()).with_clock(lambda: datetime.now(UTC) + timedelta(days=1))
                assert resume_intents(tomorrow.office) == 1
                with pytest.raises(ConnectionError):
                    tomorrow.issue(body("M1"))
            return inner.sign(digests, key_ref)

    with pytest.raises(IntentTooOld):
        installed.with_signer(Late()).issue(body("M1"))
    (voided,) = installed.column("SELECT bill_number FROM stock_voidednumber")
    assert installed.column("SELECT bill_number FROM issuing_intent") == [voided + 1]
    assert installed.count("SELECT count(*) FROM issuing_bill") == 0
    assert ledger_sum(installed) == (0, 0)


def test_repeats_are_answered_again_after_the_database_dropped_its_connections(installed: Installed) -> None:
    writer = GroupWriter(installed.office, installed.url, threads=1)
    try:
        first = writer.issue(order(body("D1")))
        assert isinstance(first, Issued)
        queries.text_of_mark.cache_clear()
        installed.count("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()")
        outcomes = [writer.issue(order(body("D1"))) for _ in range(3)]
    finally:
        writer.close()
    assert isinstance(outcomes[-1], Issued) and outcomes[-1].answer == first.answer


def test_a_refusal_leaves_one_audit_record_and_its_leaf(installed: Installed) -> None:
    writer = GroupWriter(installed.office, installed.url)
    try:
        writer.issue(order(body("A1", lines=[line("1.00", item_code="103043211")])))
    finally:
        writer.close()
    assert installed.count("SELECT count(*) FROM identity_auditrecord WHERE outcome = 'item_not_granted'") == 1
    assert installed.count("SELECT count(*) FROM ledger_pending_leaf WHERE source = 'audit'") >= 1


def test_an_intent_of_yesterday_is_never_carried_on(installed: Installed) -> None:
    outside = installed.with_signer(SometimesFailing(installed.office.signer, 1, in_process=False))
    with pytest.raises(ConnectionError):
        outside.issue(body("I1"))
    healed = installed.with_signer(SometimesFailing(installed.office.signer, 1_000, in_process=False))
    tomorrow = healed.with_clock(lambda: datetime.now(UTC) + timedelta(days=1))
    (outcome,) = tomorrow.issue(body("I1"))
    assert code_of(outcome) == "intent_too_old"
    assert ledger_sum(installed) == (0, 0)


def test_a_revoked_client_is_answered_nothing_not_even_again(installed: Installed) -> None:
    client = installed.clients[0]
    token, _ = grant_token.grant(installed.office, client.client_id, client.client_secret)
    actor = identity.client_of_token(token, datetime.now(UTC))
    asked = replace(order(body("R1")), client=actor, actor=actor.name)
    writer = GroupWriter(installed.office, installed.url)
    try:
        assert isinstance(writer.issue(asked), Issued)
        assert isinstance(writer.issue(asked), Issued)
        revoke_client(client.client_id, datetime.now(UTC))
        assert code_of(writer.issue(asked)) == "token_invalid"
    finally:
        writer.close()


def test_wrong_secrets_are_recorded_ten_times_a_minute_and_then_refused_unread(installed: Installed) -> None:
    client = installed.clients[0]
    noon = datetime(2031, 1, 1, 12, 0, tzinfo=UTC)
    office = installed.with_clock(lambda: noon).office
    codes = []
    for _ in range(12):
        with pytest.raises(PiaojuError) as refused:
            grant_token.grant(office, client.client_id, "wrong")
        codes.append(refused.value.code_value)
    assert codes == ["client_unknown"] * 10 + ["too_many_attempts"] * 2
    assert installed.count("SELECT count(*) FROM identity_auditrecord WHERE outcome = 'client_unknown'") == 10
