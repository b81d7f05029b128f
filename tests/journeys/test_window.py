"""The issuing window's journeys: one business number is one bill, drafts outlive everything, two people where two are wanted."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from piaoju.identity.errors import ActNotPermitted, SamePerson
from piaoju.identity.types import OperatorActor, Role
from piaoju.issuing import queries
from piaoju.issuing.errors import DraftNotOpen, DraftNotWaiting, DraftUnknown, ReviewReasonMissing
from piaoju.journeys import issue_at_window, keep_draft, keep_template, premises, review_draft, set_review, window_desk
from piaoju.journeys.issue import Issued
from piaoju.journeys.issue_at_window import Submitted
from piaoju.journeys.registers import Registers
from piaoju.journeys.window_desk import Sheet
from piaoju.kit.clock import system_clock
from piaoju.kit.errors import PiaojuError, Refused
from piaoju.registry.errors import UnitUnknown
from tests import offices
from tests.offices import HOSPITAL, Installed

_serial = iter(range(1, 10_000))


@pytest.fixture(scope="module", autouse=True)
def writer(shared: Installed) -> Iterator[None]:
    premises.open_writer(shared.url, threads=1)
    yield
    premises.close_writer()


@pytest.fixture
def clerk(shared: Installed) -> OperatorActor:
    return shared.operator(Role.HANDLER, person="开票员甲")


@pytest.fixture
def checker(shared: Installed) -> OperatorActor:
    return shared.operator(Role.CHECKER, person="复核员乙")


@pytest.fixture
def reviewed(shared: Installed) -> Iterator[None]:
    keeper = shared.operator(Role.UNIT_KEEPER)
    set_review.set_rule(shared.office, keeper, HOSPITAL, 0)
    yield
    set_review.set_rule(shared.office, keeper, HOSPITAL, None)


def sheet(number: str = "", **changes: Any) -> Sheet:
    return Sheet(HOSPITAL, offices.body(number or f"W-{next(_serial)}", **changes))


def bills(shared: Installed, one: Sheet) -> int:
    return shared.count("SELECT count(*) FROM issuing_bill WHERE business_number = %s", one.business_number)


def refusal(office: Any, actor: OperatorActor, one: Sheet) -> PiaojuError:
    with pytest.raises(PiaojuError) as caught:
        issue_at_window.issue(office, actor, one)
    return caught.value


def test_what_a_person_issues_is_the_bill_a_client_would_have_got(shared: Installed, clerk: OperatorActor) -> None:
    one = sheet()
    issued = issue_at_window.issue(shared.office, clerk, one)
    assert isinstance(issued, Issued)
    answer = json.loads(issued.answer)
    assert (answer["handler"], answer["total"]) == (clerk.person_name, "10.00")
    assert queries.draft_of_business_number(shared.unit_id, one.business_number) is None
    done = "SELECT count(*) FROM identity_auditrecord WHERE act = 'issue_bill' AND actor = %s AND outcome = 'done'"
    assert shared.count(done, clerk.name) >= 1


def test_the_same_sheet_sent_many_times_at_once_is_one_bill_and_one_answer(shared: Installed, clerk: OperatorActor) -> None:
    one, answers = sheet(), []

    def send() -> None:
        from django.db import connections

        issued = issue_at_window.issue(shared.office, clerk, one)
        assert isinstance(issued, Issued)
        answers.append(issued.answer)
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert len(set(answers)) == 1
    assert bills(shared, one) == 1


def test_a_refusal_keeps_every_letter_and_leaves_one_record(shared: Installed, clerk: OperatorActor) -> None:
    one = sheet(lines=[offices.line("10.00") | {"amount": "12.5*"}], remark="没写完")
    before = shared.count("SELECT count(*) FROM identity_auditrecord WHERE actor = %s", clerk.name)
    assert refusal(shared.office, clerk, one).errors[0].pointer == "/lines/0/amount"
    draft = queries.draft_of_business_number(shared.unit_id, one.business_number)
    assert draft is not None
    assert window_desk.sheet_of(shared.office, draft).body == one.body
    assert shared.count("SELECT count(*) FROM identity_auditrecord WHERE actor = %s", clerk.name) == before + 1


def test_a_refusal_of_the_registry_leaves_one_record_too(shared: Installed, clerk: OperatorActor) -> None:
    before = shared.count("SELECT count(*) FROM identity_auditrecord WHERE actor = %s", clerk.name)
    one = sheet(lines=[offices.line("10.00", item_code="9999999999")])
    assert refusal(shared.office, clerk, one).code_value == "item_not_granted"
    assert shared.count("SELECT count(*) FROM identity_auditrecord WHERE actor = %s", clerk.name) == before + 1
    assert bills(shared, one) == 0


def test_what_is_typed_is_kept_sealed(shared: Installed, clerk: OperatorActor) -> None:
    one = sheet(payer={"type": "person", "name": "王小明", "code": "510102199001011234", "phone": "13800000221"})
    keep_draft.keep(shared.office, clerk, one)
    with psycopg.connect(shared.url) as connection:
        (row,) = connection.execute(
            "SELECT d::text || encode(sealed, 'escape') FROM issuing_draft d WHERE business_number = %s", [one.business_number]
        ).fetchall()
    assert "13800000221" not in row[0]
    assert "510102199001011234" not in row[0]


def test_an_autosave_that_comes_after_the_bill_is_no_draft(shared: Installed, clerk: OperatorActor) -> None:
    one = sheet()
    issue_at_window.issue(shared.office, clerk, one)
    before = queries.drafts_open(clerk.operator_id)
    keep_draft.keep(shared.office, clerk, one)
    assert queries.drafts_open(clerk.operator_id) == before
    assert issue_at_window.tidy(shared.with_clock(lambda: system_clock() + issue_at_window._FOLLOWED_WITHIN * 2).office)
    assert queries.draft_of_business_number(shared.unit_id, one.business_number) is None


def test_a_live_check_says_what_issuing_would_say_and_nothing_of_what_is_not_typed_yet(
    shared: Installed, clerk: OperatorActor
) -> None:
    faults = issue_at_window.faults
    begun = Sheet(HOSPITAL, {"business_number": "x", "bill_type": "0401", "payer": {"type": "person", "name": ""}, "lines": []})
    assert faults(shared.office, clerk, begun) == []
    wrong = offices.body("x", lines=[{"item_code": "1"}, offices.line("10.00") | {"amount": "11.00"}])
    (found,) = faults(shared.office, clerk, Sheet(HOSPITAL, wrong))
    assert (found.pointer, found.code) == ("/lines/1/amount", "amount_mismatch")
    wrong["lines"] = wrong["lines"][1:]
    assert refusal(shared.office, clerk, Sheet(HOSPITAL, wrong | {"business_number": "x-1"})).errors[0].detail == found.detail
    phone = offices.body("x", payer={"type": "person", "name": "甲", "phone": "138-abc"})
    assert [one.code for one in faults(shared.office, clerk, Sheet(HOSPITAL, phone))] == ["phone_invalid"]


def test_another_units_window_is_a_window_that_does_not_exist(shared: Installed, clerk: OperatorActor) -> None:
    with pytest.raises(UnitUnknown):
        issue_at_window.issue(shared.office, clerk, dataclasses.replace(sheet(), unit_code="12510726MD2000028Q"))
    with pytest.raises(ActNotPermitted):
        keep_draft.keep(shared.office, shared.operator(Role.CHECKER), sheet())


def test_a_draft_belongs_to_whoever_types_it(shared: Installed, clerk: OperatorActor) -> None:
    one, other = sheet(), shared.operator(Role.HANDLER, person="开票员丙")
    keep_draft.keep(shared.office, clerk, one)
    draft = queries.draft_of_business_number(shared.unit_id, one.business_number)
    assert draft is not None
    with pytest.raises(DraftNotOpen):
        keep_draft.keep(shared.office, other, one)
    with pytest.raises(DraftUnknown):
        keep_draft.drop(other, draft.id)
    keep_draft.drop(clerk, draft.id)
    assert queries.draft_of_business_number(shared.unit_id, one.business_number) is None


@pytest.mark.usefixtures("reviewed")
def test_a_reviewed_bill_names_both_people_and_is_issued_by_the_second(
    shared: Installed, clerk: OperatorActor, checker: OperatorActor
) -> None:
    one = sheet()
    assert issue_at_window.issue(shared.office, clerk, one) == Submitted(one.business_number)
    assert issue_at_window.issue(shared.office, clerk, one) == Submitted(one.business_number)
    assert bills(shared, one) == 0
    draft = queries.draft_of_business_number(shared.unit_id, one.business_number)
    assert draft is not None
    with pytest.raises(DraftNotOpen):
        keep_draft.keep(shared.office, clerk, one)
    answer = json.loads(review_draft.approve(shared.office, checker, draft.id).answer)
    assert (answer["handler"], answer["checker"]) == (clerk.person_name, checker.person_name)
    with pytest.raises(DraftUnknown):
        review_draft.approve(shared.office, checker, draft.id)


@pytest.mark.usefixtures("reviewed")
def test_nobody_reviews_what_they_typed_not_under_another_account_either(shared: Installed, clerk: OperatorActor) -> None:
    one = sheet()
    issue_at_window.issue(shared.office, clerk, one)
    draft = queries.draft_of_business_number(shared.unit_id, one.business_number)
    assert draft is not None
    same = shared.operator(Role.CHECKER, person="同一人")
    shared.run("UPDATE issuing_draft SET person_id = %s WHERE id = %s", same.person_id, draft.id)
    with pytest.raises(SamePerson):
        review_draft.approve(shared.office, same, draft.id)
    with pytest.raises(SamePerson):
        review_draft.give_back(shared.office, same, draft.id, "金额不对")
    with pytest.raises(psycopg.errors.CheckViolation):
        shared.run("UPDATE issuing_draft SET returned_by_person_id = person_id WHERE id = %s", draft.id)
    assert bills(shared, one) == 0


@pytest.mark.usefixtures("reviewed")
def test_what_is_given_back_says_why_and_can_be_mended_and_sent_again(
    shared: Installed, clerk: OperatorActor, checker: OperatorActor
) -> None:
    one = sheet()
    issue_at_window.issue(shared.office, clerk, one)
    draft = queries.draft_of_business_number(shared.unit_id, one.business_number)
    assert draft is not None
    with pytest.raises(ReviewReasonMissing):
        review_draft.give_back(shared.office, checker, draft.id, " ")
    review_draft.give_back(shared.office, checker, draft.id, "少一项床位费")
    back = queries.draft(draft.id)
    assert (back.state, back.reason, back.returned_by) == ("returned", "少一项床位费", checker.person_name)
    with pytest.raises(DraftNotWaiting):
        review_draft.approve(shared.office, checker, draft.id)
    assert issue_at_window.issue(shared.office, clerk, one) == Submitted(one.business_number)
    review_draft.approve(shared.office, checker, draft.id)
    assert bills(shared, one) == 1


@pytest.mark.usefixtures("reviewed")
def test_two_reviewers_at_once_make_one_bill(shared: Installed, clerk: OperatorActor) -> None:
    one, told = sheet(), []
    issue_at_window.issue(shared.office, clerk, one)
    draft = queries.draft_of_business_number(shared.unit_id, one.business_number)
    assert draft is not None
    reviewers = [shared.operator(Role.CHECKER, person=name) for name in ("复核员子", "复核员丑")]

    def review(who: OperatorActor) -> None:
        from django.db import connections

        try:
            review_draft.approve(shared.office, who, draft.id)
            told.append("done")
        except PiaojuError as refused:
            told.append(refused.code_value)
        connections.close_all()

    threads = [threading.Thread(target=review, args=[who]) for who in reviewers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["done", "draft_unknown"]
    assert bills(shared, one) == 1


@pytest.mark.usefixtures("reviewed")
def test_a_reviewer_gets_only_what_can_be_issued(shared: Installed, clerk: OperatorActor) -> None:
    one = sheet(lines=[offices.line("10.00", item_code="9999999999")])
    assert isinstance(refusal(shared.office, clerk, one), Refused)
    draft = queries.draft_of_business_number(shared.unit_id, one.business_number)
    assert draft is not None
    assert draft.state == "open"


def test_below_the_limit_nobody_reviews(shared: Installed, clerk: OperatorActor) -> None:
    keeper = shared.operator(Role.UNIT_KEEPER)
    set_review.set_rule(shared.office, keeper, HOSPITAL, 1_001)
    try:
        assert isinstance(issue_at_window.issue(shared.office, clerk, sheet()), Issued)
        above = sheet(lines=[offices.line("10.01")])
        assert isinstance(issue_at_window.issue(shared.office, clerk, above), Submitted)
    finally:
        set_review.set_rule(shared.office, keeper, HOSPITAL, None)


def test_a_template_has_lines_and_nothing_of_the_payer(shared: Installed, clerk: OperatorActor) -> None:
    one = sheet(payer={"type": "person", "name": "王小明", "phone": "13800000221"}, remark="王小明补缴")
    keep_template.keep(shared.office, clerk, one, "普通出院结算")
    (kept,) = queries.templates(shared.unit_id, "")
    assert "王小明" not in kept.content
    assert json.loads(kept.content)["lines"][0]["item_code"] == offices.settlement_items()[0]
    keep_template.drop(shared.office, clerk, HOSPITAL, kept.id)
    assert queries.templates(shared.unit_id, "") == []


def test_a_unit_nobody_asked_for_yet_may_be_looked_up_in_the_middle_of_an_act(
    shared: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(premises, "_registers", Registers())
    keeper = shared.operator(Role.UNIT_KEEPER)
    set_review.set_rule(shared.office, keeper, HOSPITAL, 500)
    assert set_review.rule_of(shared.office, keeper, HOSPITAL) is not None
    monkeypatch.setattr(premises, "_registers", Registers())
    set_review.set_rule(shared.office, keeper, HOSPITAL, None)
