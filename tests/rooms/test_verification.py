"""Verification: one wrong fact is no bill, names are masked for ever, and guessing runs dry."""

from __future__ import annotations

import datetime as dt
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.db import Error, connection
from django.test.utils import CaptureQueriesContext

from piaoju.journeys import verify_bill
from piaoju.kit.values import replace
from piaoju.verification import actions, queries, rules
from piaoju.verification.errors import TooManyTries
from piaoju.verification.types import Answer, PublishedBillRow, Question, Source, State

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 11, 22, 15, 59, 59, tzinfo=dt.UTC)  # the last second of the day in Shanghai
DAY = dt.date(2026, 11, 22)
LATER = AT + dt.timedelta(days=100)
ROW = PublishedBillRow(
    unit_id=7,
    issued_at=AT,
    bill_code="51060226",
    bill_number=18419,
    check_code="7c40e9",
    issue_date=DAY,
    total_fen=812_640,
    bill_name="医疗住院收费票据",
    unit_name="江州第二人民医院",
    region_code="510600",
    payer_name="周小燕",
    payer_is_person=True,
    kind="normal",
    digest=bytes(range(32)),
    demonstration=False,
)
RIGHT = Question("51060226", 18419, "7c40e9", DAY, 812_640)
WRONG = {
    "code": replace(RIGHT, bill_code="51060126"),
    "number": replace(RIGHT, bill_number=18420),
    "check_code": replace(RIGHT, check_code="7c40e8"),
    "date": replace(RIGHT, issue_date=DAY + dt.timedelta(days=1)),
    "amount": replace(RIGHT, total_fen=812_641),
}


def publish(*rows: PublishedBillRow) -> None:
    with connection.cursor() as cursor:
        actions.publish(cursor, rows)


def red(number: int, total_fen: int, **changes: Any) -> PublishedBillRow:
    return replace(
        ROW,
        bill_number=number,
        kind="red",
        total_fen=total_fen,
        issued_at=AT + dt.timedelta(days=40),
        issue_date=DAY + dt.timedelta(days=40),
        reverses_code="51060226",
        reverses_number=18419,
        reversal_reason="项目填写有误",
        **changes,
    )


def find(question: Question) -> Answer:
    return queries.find(question, LATER, demonstration=False)


def test_five_right_facts_get_the_bill() -> None:
    publish(ROW)
    answer = find(RIGHT)
    assert answer.state is State.VALID
    assert answer.bill is not None
    assert (answer.bill.unit_id, answer.bill.issued_at, answer.bill.digest) == (7, AT, bytes(range(32)))
    assert answer.bill.payer_masked == "周＊燕"


@pytest.mark.parametrize("fact", sorted(WRONG))
def test_one_wrong_fact_answers_as_no_bill_does(fact: str) -> None:
    publish(ROW)
    missing = replace(RIGHT, bill_number=99)
    assert find(WRONG[fact]) == find(missing) == Answer(State.NOT_FOUND, None)


def test_a_wrong_code_and_a_missing_bill_cost_the_same_statements_and_the_same_comparison(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish(ROW)
    compared: list[Question] = []
    fit = rules.facts_fit
    monkeypatch.setattr(rules, "facts_fit", lambda q, bill: compared.append(q) or fit(q, bill))
    wrong, missing = WRONG["check_code"], replace(RIGHT, bill_number=99)
    statements = []
    for question in (wrong, missing):
        with CaptureQueriesContext(connection) as captured:
            find(question)
        statements.append(
            [q["sql"].replace(str(question.bill_number), "N") for q in captured.captured_queries]
        )
    assert statements[0] == statements[1]
    assert len(statements[0]) == 1
    assert compared == [wrong, missing]


def test_a_bill_reversed_in_a_later_month_is_reversed_and_names_its_red_bill() -> None:
    publish(ROW, red(20000, -812_640))
    answer = find(RIGHT)
    assert answer.state is State.REVERSED
    assert answer.bill is not None
    assert [(r.bill_number, r.total_fen, r.reason) for r in answer.bill.reversed_by] == [
        (20000, -812_640, "项目填写有误")
    ]
    assert answer.bill.left_fen == 0


def test_parts_reversed_one_after_the_other_leave_what_is_left() -> None:
    publish(ROW, red(20000, -12_640), red(20001, -300_000))
    answer = find(RIGHT)
    assert answer.state is State.REVERSED
    assert answer.bill is not None
    assert answer.bill.left_fen == 500_000


def test_a_red_bill_is_found_by_its_own_negative_amount() -> None:
    reversal = red(20000, -812_640)
    publish(ROW, reversal)
    question = Question("51060226", 20000, "7c40e9", reversal.issue_date, -812_640)
    answer = find(question)
    assert answer.state is State.VALID and answer.bill is not None and answer.bill.kind == "red"
    assert find(replace(question, total_fen=812_640)).state is State.NOT_FOUND


def test_a_demonstration_bill_is_found_only_in_a_demonstration() -> None:
    publish(replace(ROW, demonstration=True))
    assert find(RIGHT) == Answer(State.NOT_FOUND, None)
    assert queries.find(RIGHT, LATER, demonstration=True).state is State.VALID


def test_many_bills_are_published_by_one_statement_in_a_pipeline(database: str) -> None:
    rows = [replace(ROW, bill_number=number) for number in range(1, 1001)]
    with psycopg.connect(database) as outside:
        with outside.pipeline(), outside.cursor() as cursor:
            actions.publish(cursor, rows)
        outside.commit()
    assert find(replace(RIGHT, bill_number=1000)).state is State.VALID
    with CaptureQueriesContext(connection) as captured:
        publish(*[replace(row, bill_number=row.bill_number + 1000) for row in rows])
    assert len(captured.captured_queries) == 1


def test_the_whole_name_is_nowhere_in_the_table() -> None:
    publish(ROW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT bill::text FROM verification_published_bill AS bill")
        text = cursor.fetchone()[0]
    assert "周＊燕" in text
    assert "小" not in text


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("周小燕", "周＊燕"),
        ("周燕", "周＊"),
        ("周", "＊"),
        ("", "＊"),
        (" 欧阳小燕 ", "欧＊＊燕"),
        ("𬱖𫖯𫍯", "𬱖＊𫍯"),
        ("葛\U000e0100小燕", "葛\U000e0100＊燕"),
        ("Muhammad Ali", "M＊＊＊i"),
    ],
)
def test_a_persons_name_shows_its_ends_only(name: str, masked: str) -> None:
    assert queries.masked_name(name, is_person=True) == masked


def test_an_organizations_name_shows_its_ends_only() -> None:
    assert queries.masked_name("江州市第一建筑工程有限公司", is_person=False) == "江州＊＊＊公司"
    assert queries.masked_name("甲乙丙丁", is_person=False) == "甲＊＊＊"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE verification_published_bill SET total_fen = 1",
        "DELETE FROM verification_published_bill",
        "TRUNCATE verification_published_bill",
    ],
)
def test_the_database_refuses_to_change_a_published_bill(change: str) -> None:
    publish(ROW)
    with pytest.raises(Error, match="只增不改"), connection.cursor() as cursor:
        cursor.execute(change)
    assert find(RIGHT).state is State.VALID


@pytest.mark.parametrize(
    "row",
    [
        replace(ROW, kind="red"),
        replace(ROW, total_fen=-1),
        red(1, 0),
        replace(ROW, digest=b"short"),
    ],
)
def test_the_database_refuses_a_red_bill_without_its_original_and_a_normal_one_below_zero(
    row: PublishedBillRow,
) -> None:
    with pytest.raises(Error):
        publish(row)


# ---- limits -----------------------------------------------------------------------------------------------


def source(address: int, network: int = 0) -> Source:
    return Source(address.to_bytes(16, "little"), network.to_bytes(16, "little"))


def ask(question: Question, origin: Source, at: dt.datetime = AT) -> State:
    return verify_bill.verify(question, origin, at, demonstration=False).state


def fail(times: int, origin: Source, at: dt.datetime = AT, question: Question = WRONG["amount"]) -> None:
    for _ in range(times):
        assert ask(question, origin, at) is State.NOT_FOUND


def test_the_twenty_first_failure_of_an_address_is_refused_with_the_seconds_to_wait() -> None:
    publish(ROW)
    fail(20, source(1))
    with pytest.raises(TooManyTries) as refused:
        ask(WRONG["amount"], source(1))
    assert refused.value.retry_after_seconds == 1  # AT is one second before the next ten minutes
    assert "1 秒后再试" in refused.value.detail


def test_a_full_bucket_refuses_the_right_question_too_and_opens_with_the_next_window() -> None:
    publish(ROW)
    fail(20, source(1))
    with pytest.raises(TooManyTries):
        ask(RIGHT, source(1))
    assert ask(RIGHT, source(1), AT + dt.timedelta(seconds=1)) is State.VALID


def test_another_address_is_not_refused_for_a_strangers_failures() -> None:
    publish(ROW)
    fail(20, source(1))
    assert ask(RIGHT, source(2, network=2)) is State.VALID


def test_right_answers_are_not_counted_as_failures() -> None:
    publish(ROW)
    for _ in range(30):
        assert ask(RIGHT, source(1)) is State.VALID
    fail(20, source(1))


def test_a_network_that_fails_a_hundred_times_is_refused_whatever_its_address() -> None:
    for address in range(10):
        apart = replace(WRONG["amount"], bill_number=address * 1000)  # no prefix gets hot
        fail(10, source(address, network=5), question=apart)
    with pytest.raises(TooManyTries):
        ask(WRONG["amount"], source(99, network=5))
    assert ask(WRONG["amount"], source(99, network=6)) is State.NOT_FOUND


def test_a_sprayed_prefix_leaves_a_newcomer_four_tries_and_the_right_answer() -> None:
    publish(ROW)
    for address in range(26):
        fail(2, source(address, network=address))
    newcomer = source(1000, network=1000)
    assert ask(RIGHT, newcomer) is State.VALID
    fail(3, newcomer)
    with pytest.raises(TooManyTries):
        ask(WRONG["amount"], newcomer)
    elsewhere = replace(WRONG["amount"], bill_code="51010126")
    fail(4, source(1001, network=1001), question=elsewhere)


def test_while_everybody_fails_an_address_may_fail_three_times_and_be_right_for_ever(
    caplog: pytest.LogCaptureFixture,
) -> None:
    publish(ROW)
    with caplog.at_level(logging.WARNING, "piaoju"):
        for guess in range(302):
            spread = replace(WRONG["amount"], bill_number=guess * 100)
            fail(1, source(guess, network=guess), question=spread)
    assert any("反复猜测" in record.getMessage() for record in caplog.records)
    assert queries.pressure(AT).hot
    for _ in range(10):
        assert ask(RIGHT, source(1000, network=1000)) is State.VALID
    spread = replace(WRONG["amount"], bill_number=5_000_000)
    fail(3, source(2000, network=2000), question=spread)
    with pytest.raises(TooManyTries):
        ask(spread, source(2000, network=2000))


def test_questions_at_the_same_instant_cannot_all_find_an_empty_bucket(database: str) -> None:
    def one(_: int) -> bool:
        try:
            ask(WRONG["amount"], source(1))
        except TooManyTries:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        answered = list(pool.map(one, range(60)))
    assert answered.count(True) == 20


def test_what_is_two_hours_past_is_swept_out() -> None:
    fail(3, source(1))
    fail(1, source(1), AT + dt.timedelta(hours=4))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), max(tries) FROM verification_try_bucket")
        assert cursor.fetchone() == (4, 1)
