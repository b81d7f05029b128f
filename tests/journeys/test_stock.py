"""Requisition, review, allotment, return, loss, void, destruction; every test of a write ends by asking fsck and the ledger."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from piaoju.identity.errors import SamePerson
from piaoju.journeys import (
    allot,
    destroy,
    open_numbers,
    report_loss,
    requisition,
    return_numbers,
    review_requisition,
    stock_disposal,
    stock_limits,
    stock_reading,
    stock_top_up,
    suspend_issuing,
    void_range,
)
from piaoju.journeys.stock_places import ground
from piaoju.kit.clock import local_date
from piaoju.kit.errors import NotFound, NotPermitted, PiaojuError
from piaoju.stock import actions, errors, models, queries
from piaoju.stock.types import Level, Medium, MovementKind, Numbers, Place, SegmentState
from tests import offices
from tests.journeys.stock_office import (
    CITY,
    CLINIC,
    COLLEGE,
    COUNTY,
    DEPARTMENTS,
    PROVINCE,
    UNITS,
    People,
    allotted,
    asked,
    code,
    differences,
    figures,
    held,
    segments,
)
from tests.offices import Installed


@pytest.fixture(scope="module")
def levels(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with offices.found(module_database, tmp_path_factory.mktemp("office"), units=UNITS, departments=DEPARTMENTS) as made:
        # Nobody asks for a million: limits are what these tests set, and each has a bill type or a unit of its own.
        profile = dataclasses.replace(made.office.profile, first_requisition_sheets=3_000_000)
        yield dataclasses.replace(made, office=dataclasses.replace(made.office, profile=profile))


@pytest.fixture
def people(levels: Installed) -> People:
    return People(levels)


def test_what_the_founding_left_is_in_place_at_every_level(levels: Installed) -> None:
    assert differences() == []
    assert {held(levels, region) > 0 for region in DEPARTMENTS} == {True}


def test_a_unit_asks_a_county_reviews_and_allots_and_the_ledger_knows_both(levels: Installed, people: People) -> None:
    office, since = levels.office, levels.office.clock()
    before = held(levels, COUNTY)
    number = requisition.submit_for_unit(office, people.keeper(), CLINIC, asked(300, reason="门诊"))
    assert queries.requisition(number).state == "submitted"
    review_requisition.approve(office, people.officer(), number, 250, "先发 250 份")
    parts = allot.allot(office, people.officer(person="another"), number)
    assert sum(part.sheets for part in parts) == 250 == before - held(levels, COUNTY)
    assert queries.requisition(number).state == "allotted"
    assert [row.sheets for row in queries.movements_from(f"requisition:{number}")] == [250]
    told = figures(levels, since)
    assert (told.requisitioned_sheets, told.allotted_sheets) == (300, 250)
    assert differences() == []


def test_the_same_person_never_decides_what_he_asked_for_not_even_by_another_account(levels: Installed, people: People) -> None:
    office = levels.office
    officer = people.officer(CITY, "one")
    number = requisition.submit_for_department(office, people.officer(COUNTY, "one"), COUNTY, asked(10, "0602"))
    for decide in (
        lambda: review_requisition.approve(office, officer, number, 10),
        lambda: review_requisition.refuse(office, officer, number, "不发"),
    ):
        with pytest.raises(SamePerson):
            decide()
    review_requisition.approve(office, people.officer(CITY, "two"), number, 10)
    with pytest.raises(SamePerson):
        allot.allot(office, officer, number)
    with pytest.raises(IntegrityError), transaction.atomic():
        models.Requisition.objects.filter(pk=number).update(reviewed_person_id=officer.person_id)
    requisition.withdraw(office, people.officer(COUNTY, "one"), number)
    assert differences() == []


def test_foreign_is_the_same_answer_as_missing(levels: Installed, people: People) -> None:
    office = levels.office
    number = requisition.submit_for_unit(office, people.keeper(COLLEGE), COLLEGE, asked(5, "0401"))
    segment = segments(levels, COLLEGE, "0206")[0]
    answers = []
    for requisition_id, segment_id in ((number, segment.id), (999_999, 999_999)):
        for act in (
            lambda r=requisition_id: review_requisition.approve(office, people.officer(COUNTY), r, 1),
            lambda r=requisition_id: requisition.withdraw(office, people.keeper(CLINIC), r),
            lambda s=segment_id: return_numbers.return_numbers(office, people.keeper(CLINIC), s, 1, 1, "不用了"),
        ):
            with pytest.raises(NotFound) as refusal:
                act()
            answers.append((refusal.value.code_value, refusal.value.detail))
    assert answers[:3] == answers[3:]
    with pytest.raises(NotPermitted):
        review_requisition.approve(office, people.keeper(COLLEGE), number, 1)
    requisition.withdraw(office, people.keeper(COLLEGE), number)


def test_more_than_the_limit_is_refused_with_the_figures(levels: Installed, people: People) -> None:
    office = levels.office
    stock_limits.set_limit(office, people.officer(CITY), COLLEGE, Medium.ELECTRONIC, "0206", 1_000_100)
    with pytest.raises(errors.RequisitionOverLimit, match=r"还可申领 100 份（限量减去库存 1,000,000 份），这里要 101 份"):
        requisition.submit_for_unit(office, people.keeper(COLLEGE), COLLEGE, asked(101, "0206"))
    number = requisition.submit_for_unit(office, people.keeper(COLLEGE), COLLEGE, asked(100, "0206"))
    with pytest.raises(errors.RequisitionOpen):
        requisition.submit_for_unit(office, people.keeper(COLLEGE), COLLEGE, asked(1, "0206"))
    requisition.withdraw(office, people.keeper(COLLEGE), number)
    stock_limits.set_limit(office, people.officer(CITY), COLLEGE, Medium.ELECTRONIC, "0206", None)


def test_old_numbers_are_written_off_before_new_ones_where_the_profile_says_so(levels: Installed, people: People) -> None:
    profile = dataclasses.replace(levels.office.profile, requisition_needs_write_off=True)
    strict = dataclasses.replace(levels.office, profile=profile)
    segment = segments(levels, COLLEGE, "0401")[0]
    levels.run("UPDATE stock_counter SET next_number = next_number + 3 WHERE segment_id = %s", segment.id)
    with pytest.raises(errors.WriteOffNeeded, match="已用 3 份，其中 3 份还没有核销"):
        requisition.submit_for_unit(strict, people.keeper(COLLEGE), COLLEGE, asked(1, "0401"))
    with transaction.atomic():
        used = Numbers(segment.code, segment.first_number, segment.first_number + 2)
        actions.write_off(used, segment.place.unit_id, ground(strict, people.officer(CITY)))
    number = requisition.submit_for_unit(strict, people.keeper(COLLEGE), COLLEGE, asked(1, "0401"))
    requisition.withdraw(strict, people.keeper(COLLEGE), number)
    levels.run("UPDATE stock_counter SET next_number = next_number - 3 WHERE segment_id = %s", segment.id)


def test_steps_come_in_order_and_once(levels: Installed, people: People) -> None:
    office, officer = levels.office, people.officer()
    number = requisition.submit_for_unit(office, people.keeper(), CLINIC, asked(7))
    with pytest.raises(errors.RequisitionStepOver):
        allot.allot(office, officer, number)
    with pytest.raises(errors.ApprovedSheetsInvalid):
        review_requisition.approve(office, officer, number, 8)
    with pytest.raises(errors.ReasonMissing):
        review_requisition.refuse(office, officer, number, " ")
    review_requisition.refuse(office, officer, number, "本月已发")
    for again in (lambda: review_requisition.approve(office, officer, number, 7), lambda: allot.allot(office, officer, number)):
        with pytest.raises(errors.RequisitionStepOver):
            again()
    assert differences() == []


def test_a_county_asks_its_city_and_a_city_gives_unasked(levels: Installed, people: People) -> None:
    office = levels.office
    before = {region: held(levels, region) for region in DEPARTMENTS}
    number = requisition.submit_for_department(office, people.officer(COUNTY), COUNTY, asked(500))
    review_requisition.approve(office, people.officer(CITY), number, 500)
    allot.allot(office, people.officer(CITY), number)
    allot.distribute(office, people.officer(CITY), CITY, COUNTY, asked(40))
    after = {region: held(levels, region) for region in DEPARTMENTS}
    assert (after[CITY] - before[CITY], after[COUNTY] - before[COUNTY], after[PROVINCE]) == (-540, 540, before[PROVINCE])
    with pytest.raises(errors.NotTheSupplier):
        allot.distribute(office, people.officer(PROVINCE), PROVINCE, COUNTY, asked(1))
    with pytest.raises(errors.NotTheSupplier):
        requisition.submit_for_department(office, people.officer(PROVINCE), PROVINCE, asked(1))
    with pytest.raises(errors.DepartmentStockExhausted):
        allot.distribute(office, people.officer(CITY), CITY, COUNTY, asked(90_000_000))
    assert differences() == []


def test_unused_numbers_come_back_and_used_ones_do_not(levels: Installed, people: People) -> None:
    office, since = levels.office, levels.office.clock()
    (part,) = allotted(levels, 100)
    levels.run(
        "UPDATE stock_counter SET next_number = next_number + 10 WHERE last_number = %s AND bill_code = %s",
        part.last, part.code.bill_code,
    )  # fmt: skip
    levels.run(
        "INSERT INTO stock_voidednumber SELECT unit_id, bill_code, n, now(), 'used by a test' FROM stock_counter, "
        "generate_series(%s::bigint, %s::bigint) AS n WHERE last_number = %s AND bill_code = %s",
        part.first, part.first + 9, part.last, part.code.bill_code,
    )  # fmt: skip
    (segment,) = [row for row in segments(levels) if row.first_number == part.first]
    with pytest.raises(errors.NumbersInUse):
        return_numbers.return_numbers(office, people.keeper(), segment.id, part.first + 9, part.last, "停业")
    with pytest.raises(errors.NumbersElsewhere):
        return_numbers.return_numbers(office, people.keeper(), segment.id, part.first + 50, part.last + 1, "停业")
    before = held(levels, COUNTY)
    return_numbers.return_numbers(office, people.keeper(), segment.id, part.first + 40, part.first + 59, "停业")
    assert held(levels, COUNTY) == before + 20
    left = [(row.first_number, row.next_number, row.last_number) for row in segments(levels) if row.first_number >= part.first]
    assert left == [(part.first, part.first + 10, part.first + 39), (part.first + 60, part.first + 60, part.last)]
    assert figures(levels, since).returned_sheets == 20
    levels.run("DELETE FROM stock_voidednumber WHERE reason = 'used by a test'")
    levels.run("UPDATE stock_counter SET next_number = %s WHERE segment_id = %s", part.first, segment.id)
    assert differences() == []


def test_what_comes_back_joins_what_is_there_and_is_given_again(levels: Installed, people: People) -> None:
    (part,) = allotted(levels, 60)
    (segment,) = [row for row in segments(levels) if row.first_number == part.first]
    pieces = levels.count("SELECT count(*) FROM stock_segment WHERE state = 'held'")
    return_numbers.return_numbers(levels.office, people.keeper(), segment.id, part.first, part.last, "错领")
    assert levels.count("SELECT count(*) FROM stock_segment WHERE state = 'held'") == pieces
    (again,) = allotted(levels, 60)
    assert (again.first, again.last) == (part.first, part.last)
    life = queries.life_of(Medium.ELECTRONIC, part.code.bill_code, part.first)
    assert [m.kind for m in life.movements][-3:] == [MovementKind.ALLOTTED, MovementKind.RETURNED, MovementKind.ALLOTTED]
    assert life.movements[0].kind == MovementKind.OPENED
    assert differences() == []


def test_the_place_of_a_number_is_known_at_every_instant(levels: Installed) -> None:
    (part,) = allotted(levels, 5)
    life = queries.life_of(Medium.ELECTRONIC, part.code.bill_code, part.first)
    where = [queries.place_at(Medium.ELECTRONIC, part.code.bill_code, part.first, m.at).level for m in life.movements]
    assert where[-1] == Level.UNIT and life.place.level == Level.UNIT
    before = life.movements[0].at - timedelta(seconds=1)
    assert queries.place_at(Medium.ELECTRONIC, part.code.bill_code, part.first, before).level == Level.NOWHERE
    with pytest.raises(errors.NumberUnknown):
        queries.life_of(Medium.ELECTRONIC, part.code.bill_code, 9_999_999_999)


def test_lost_numbers_are_out_of_use_at_once_and_void_after_the_notice(levels: Installed, people: People) -> None:
    office, since = levels.office, levels.office.clock()
    (part,) = allotted(levels, 30)
    (segment,) = [row for row in segments(levels) if row.first_number == part.first]
    number = report_loss.report_loss(office, people.keeper(), segment.id, part.first + 5, part.first + 9, "终端遗失")
    assert queries.life_of(Medium.ELECTRONIC, part.code.bill_code, part.first + 5).place.state == SegmentState.LOST
    with pytest.raises(errors.NoticeMissing):
        stock_disposal.approve(office, people.officer(), number)
    report_loss.announce(office, people.keeper(), number, "北川日报", local_date(office.clock()))
    stock_disposal.approve(office, people.officer(), number)
    assert queries.life_of(Medium.ELECTRONIC, part.code.bill_code, part.first + 5).place.state == SegmentState.VOIDED
    assert figures(levels, since).voided_sheets == 5
    with pytest.raises(errors.DisposalStepOver):
        stock_disposal.approve(office, people.officer(), number)
    assert differences() == []


def test_a_loss_that_is_refused_gives_the_numbers_back(levels: Installed, people: People) -> None:
    office = levels.office
    (part,) = allotted(levels, 12)
    (segment,) = [row for row in segments(levels) if row.first_number == part.first]
    number = report_loss.report_loss(office, people.keeper(), segment.id, part.first, part.last, "找不到")
    stock_disposal.refuse(office, people.officer(), number, "已找到")
    place = queries.life_of(Medium.ELECTRONIC, part.code.bill_code, part.first).place
    assert (place.level, place.state) == (Level.UNIT, SegmentState.IN_USE)
    assert differences() == []


def test_numbers_to_be_void_may_be_used_until_then_and_if_so_the_decision_is_refused(levels: Installed, people: People) -> None:
    office = levels.office
    (part,) = allotted(levels, 9)
    (segment,) = [row for row in segments(levels) if row.first_number == part.first]
    number = void_range.request_void(office, people.keeper(), segment.id, part.first, part.last, "版式停用")
    with pytest.raises(errors.DisposalOpen):
        void_range.request_void(office, people.keeper(), segment.id, part.first + 3, part.first + 3, "再来一次")
    levels.run("UPDATE stock_counter SET next_number = next_number + 1 WHERE segment_id = %s", segment.id)
    with pytest.raises(errors.NumbersInUse):
        stock_disposal.approve(office, people.officer(), number)
    levels.run("UPDATE stock_counter SET next_number = next_number - 1 WHERE segment_id = %s", segment.id)
    stock_disposal.approve(office, people.officer(), number)
    assert queries.life_of(Medium.ELECTRONIC, part.code.bill_code, part.first).place.state == SegmentState.VOIDED
    assert differences() == []


def test_whoever_reported_a_loss_or_asked_for_a_void_does_not_decide_it(levels: Installed, people: People) -> None:
    office, one = levels.office, people.officer(person="both")
    held_segment = levels.count(
        "SELECT id FROM stock_segment WHERE state = 'held' AND region_code = %s AND bill_code = %s "
        "ORDER BY upper(span) - lower(span) DESC LIMIT 1", COUNTY, code(levels),
    )  # fmt: skip
    first = queries.segment(held_segment).first_number
    for number in (
        void_range.request_void(office, one, held_segment, first, first, "印错"),
        report_loss.report_loss(office, one, held_segment, first + 5, first + 5, "找不到"),
    ):
        with pytest.raises(SamePerson):
            stock_disposal.approve(office, one, number)
        with pytest.raises(SamePerson):
            stock_disposal.refuse(office, people.officer(CITY, person="both"), number, "另一账号")
        with pytest.raises(IntegrityError), transaction.atomic():
            models.Disposal.objects.filter(pk=number).update(
                state="refused", decided_at=office.clock(), decided_person_id=one.person_id
            )
        stock_disposal.refuse(office, people.officer(CITY), number, "不同意")
    assert differences() == []


def test_void_numbers_are_destroyed_only_after_the_retention_time(levels: Installed, people: People) -> None:
    office = levels.office
    (part,) = allotted(levels, 4)
    (segment,) = [row for row in segments(levels) if row.first_number == part.first]
    with pytest.raises(errors.DestructionOfUsable):
        destroy.request_destruction(office, people.keeper(), segment.id, "到期")
    number = void_range.request_void(office, people.keeper(), segment.id, part.first, part.last, "版式停用")
    stock_disposal.approve(office, people.officer(), number)
    inside = "SELECT id FROM stock_segment WHERE span @> %s::bigint AND bill_code = %s"
    void = levels.count(inside, part.first, part.code.bill_code)
    with pytest.raises(errors.RetentionNotOver):
        destroy.request_destruction(office, people.keeper(), void, "到期")
    levels.run("UPDATE stock_segment SET since = since - interval '3 years' WHERE id = %s", void)
    number = destroy.request_destruction(office, people.keeper(), void, "到期")
    with pytest.raises(errors.RetentionNotOver):
        stock_disposal.approve(office, people.officer(), number)
    stock_disposal.approve(office, people.officer(), number, "经批准提前", early=True)
    assert queries.life_of(Medium.ELECTRONIC, part.code.bill_code, part.first).place.state == SegmentState.DESTROYED
    assert differences() == []


def test_paper_has_its_own_numbers_and_issuing_never_takes_them(levels: Installed, people: People) -> None:
    office = levels.office
    electronic = code(levels)
    paper = asked(1_000, medium=Medium.PAPER, paper_code=electronic)  # even under the same code
    opened = open_numbers.open_numbers(office, people.officer(PROVINCE), PROVINCE, paper, first=5_001)
    assert (opened.first, opened.last) == (5_001, 6_000)
    with pytest.raises(errors.SegmentOverlaps):
        open_numbers.open_numbers(office, people.officer(PROVINCE), PROVINCE, paper, first=5_500)
    with pytest.raises(errors.NotTheSupplier):
        open_numbers.open_numbers(office, people.officer(CITY), CITY, paper)
    allot.distribute(office, people.officer(PROVINCE), PROVINCE, CITY, paper)
    allot.distribute(office, people.officer(CITY), CITY, COUNTY, paper)
    asking = dataclasses.replace(paper, sheets=100)
    number = requisition.submit_for_unit(office, people.keeper(), CLINIC, asking)
    review_requisition.approve(office, people.officer(), number, 100)
    (part,) = allot.allot(office, people.officer(), number)
    assert (part.first, part.last) == (5_001, 5_100)
    with connection.cursor() as cursor, transaction.atomic():
        unit_id = next(row.place.unit_id for row in segments(levels))
        cursor.execute(actions.LOCK_SQL, actions.lock_parameters([(unit_id, electronic)]))
        taken = {row[1] for row in cursor.fetchall()}
    paper_segments = {row.id for row in segments(levels) if row.code.medium == Medium.PAPER}
    assert paper_segments and not taken & paper_segments
    assert differences() == []


@pytest.mark.parametrize(
    ("wanted", "code_of_refusal"),
    [
        (asked(0), "sheets_invalid"), (asked(200_000_000), "sheets_invalid"), (asked(1, year=2019), "year_invalid"),
        (asked(1, medium=Medium.PAPER, paper_code="12A456"), "paper_code_invalid"), (asked(1, "0501"), "unit_without_numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_refused_with_its_reason(
    levels: Installed, people: People, wanted: object, code_of_refusal: str
) -> None:
    before = levels.count("SELECT count(*) FROM stock_requisition")
    with pytest.raises(PiaojuError) as refusal:
        requisition.submit_for_unit(levels.office, people.keeper(), CLINIC, wanted)
    assert refusal.value.code_value == code_of_refusal
    assert levels.count("SELECT count(*) FROM stock_requisition") == before


def test_a_unit_that_may_not_issue_gets_no_numbers_until_it_may_again(levels: Installed, people: People) -> None:
    office = levels.office
    number = requisition.submit_for_unit(office, people.keeper(COLLEGE), COLLEGE, asked(2, "0206"))
    review_requisition.approve(office, people.officer(CITY), number, 2)
    suspend_issuing.suspend(office, "unit", COLLEGE, "整改", by="command:test")
    for refused in (
        lambda: requisition.submit_for_unit(office, people.keeper(COLLEGE), COLLEGE, asked(2, "0401")),
        lambda: allot.allot(office, people.officer(CITY), number),
    ):
        with pytest.raises(PiaojuError, match="整改") as refusal:
            refused()
        assert refusal.value.code_value == "issuing_suspended"
    suspend_issuing.lift(office, "unit", COLLEGE, by="command:test")
    assert allot.allot(office, people.officer(CITY), number)
    assert differences() == []


def test_a_front_server_is_topped_up_below_its_threshold_and_only_then(levels: Installed, people: People) -> None:
    office, since = levels.office, levels.office.clock()
    with pytest.raises(errors.TopUpInvalid):
        stock_top_up.set_top_up(office, people.officer(), CLINIC, "0602", (500, 400))
    stock_top_up.set_top_up(office, people.officer(), CLINIC, "0602", (500, 1_000))
    assert stock_top_up.top_up_all(office) == 0
    levels.run("UPDATE stock_counter SET next_number = last_number - 98 WHERE bill_code = %s", code(levels, "0602"))
    assert stock_top_up.top_up_all(office) == 1
    assert stock_top_up.top_up_all(office) == 0
    told = figures(levels, since)
    assert (told.requisitioned_sheets, told.allotted_sheets) == (901, 901)
    stock_top_up.set_top_up(office, people.officer(), CLINIC, "0602", None)
    levels.run("UPDATE stock_counter c SET next_number = lower(span) FROM stock_segment s WHERE s.id = c.segment_id")
    assert differences() == []


def test_the_database_itself_refuses_what_the_rules_would(levels: Installed) -> None:
    with connection.cursor() as cursor:
        for statement in (
            "UPDATE stock_movement SET remark = 'x'",
            "DELETE FROM stock_movement",
            "INSERT INTO stock_segment (medium, bill_type_code, bill_code, span, level, region_code, unit_id, state, since, "
            f"placed_by) VALUES ('electronic', '0601', '{code(levels)}', '[1,2]', 1, '510000', 0, 'held', now(), 'x')",
            "UPDATE stock_segment SET level = 4 WHERE state = 'held'",
            "UPDATE stock_segment SET state = 'in_use' WHERE unit_id = 0",
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                cursor.execute(statement)
    assert differences() == []


def test_a_place_names_its_holder() -> None:
    assert Place.department(3, COUNTY).row == (3, COUNTY, 0, "held")
    assert Place.unit(COUNTY, 7).as_state(SegmentState.LOST).row == (4, COUNTY, 7, "lost")


def test_what_waits_waits_for_the_department_that_decides_and_for_another_than_who_asked(
    levels: Installed, people: People
) -> None:
    office = levels.office
    before = {region: stock_reading.waiting(office, people.officer(region)) for region in DEPARTMENTS}
    number = requisition.submit_for_department(office, people.officer(COUNTY), COUNTY, asked(5, "0602"))
    after = {region: stock_reading.waiting(office, people.officer(region)) for region in DEPARTMENTS}
    more = {region: after[region][0] - before[region][0] for region in DEPARTMENTS}
    assert more == {COUNTY: 0, CITY: 1, PROVINCE: 0}
    asker = people.officer(COUNTY).person_id
    assert queries.requisitions_open([CITY], asker) == after[CITY][0] - 1
    requisition.withdraw(office, people.officer(COUNTY), number)
