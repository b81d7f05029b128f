"""What the registry says decides what may be issued: by day, by two persons, by license, by stage; and it says why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from piaoju.identity.errors import ActNotPermitted, SamePerson
from piaoju.identity.types import OperatorActor, Role
from piaoju.journeys import (
    allot,
    bring_unit_online,
    enable_bill_type,
    grant_authorization,
    move_region,
    register_unit,
    registry_quality,
    renew_license,
    requisition,
    review_requisition,
    scopes,
    set_standard,
    suspend_issuing,
)
from piaoju.journeys.bring_unit_online import StepUnfinished
from piaoju.journeys.enable_bill_type import ProposalForm
from piaoju.journeys.stock_places import AskedNumbers
from piaoju.kit.clock import local_date
from piaoju.kit.errors import NotFound
from piaoju.kit.listing import Asked, Condition
from piaoju.ops.engine import Server
from piaoju.registry import queries
from piaoju.registry.errors import (
    AlreadyRegistered,
    Overlapping,
    ProposalDecided,
    ProposalUnknown,
    StageNotOpen,
    Unfit,
    UnitUnknown,
)
from piaoju.registry.types import LicenseToRegister, Sight
from tests import offices
from tests.journeys import registry_office as county
from tests.journeys.asking import code_of, issued
from tests.journeys.registry_office import CITY, COUNTY, OTHER_CITY, PROVINCE, form, uscc
from tests.offices import HOSPITAL, Installed, body

TODAY = local_date(datetime.now(UTC))
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture(scope="module")
def founded(
    module_database: str, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installed, str]]:
    with county.founded(module_database, server, tmp_path_factory.mktemp("office")) as found:
        yield found


@pytest.fixture
def office(founded: tuple[Installed, str], server: Server) -> Installed:
    """The founded office as it was, for each test."""
    installed, kept = founded
    county.begin_again(server, kept)
    return installed


def province(installed: Installed, person: str = "") -> OperatorActor:
    return installed.operator(Role.SUPERVISOR, region_code=PROVINCE, person=person)


def proposal(code: str = "0901", **changes: object) -> ProposalForm:
    facts: dict[str, object] = {
        "kind": "enable", "bill_type_code": code, "name": "工会经费收入专用收据（电子）", "basis_document": "川演示〔2026〕9号",
        "region_code": PROVINCE, "industries": (), "valid_from": TODAY, "valid_to": None,
    }  # fmt: skip
    return ProposalForm(**(facts | changes))


# --- bill types


def test_a_bill_type_is_enabled_by_two_persons_and_never_by_one(office: Installed) -> None:
    first, second = province(office, "甲"), province(office, "乙")
    same = office.operator(Role.SUPERVISOR, region_code=CITY, person="甲")
    number = enable_bill_type.propose(office.office, first, proposal())
    with pytest.raises(SamePerson):
        enable_bill_type.approve(office.office, first, number)
    assert same.person_id == first.person_id and same.username != first.username
    elsewhere = enable_bill_type.propose(office.office, first, proposal("0902", region_code=CITY))
    with pytest.raises(SamePerson):
        enable_bill_type.approve(office.office, same, elsewhere)
    assert queries.ground(PROVINCE, TODAY).industries_of("0901", PROVINCE) is None
    enable_bill_type.approve(office.office, second, number, "依据齐全")
    assert queries.ground(PROVINCE, TODAY).industries_of("0901", PROVINCE) == frozenset()
    with pytest.raises(ProposalDecided):
        enable_bill_type.approve(office.office, second, number)
    with psycopg.connect(office.url) as database, pytest.raises(psycopg.errors.CheckViolation):
        database.execute("UPDATE registry_billtypeproposal SET decider_person_id = proposer_person_id WHERE id = %s", [number])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"basis_document": "  "}, "basis_missing"),
        ({"bill_type_code": "90"}, "bill_type_code_wrong"),
        ({"valid_from": TODAY - timedelta(days=1)}, "day_passed"),
        ({"valid_to": TODAY}, "validity_reversed"),
        ({"industries": ("hotel",)}, "industry_unknown"),
    ],
)
def test_a_proposal_without_basis_or_for_the_past_is_refused(office: Installed, changes: dict[str, object], code: str) -> None:
    with pytest.raises(Unfit) as refusal:
        enable_bill_type.propose(office.office, province(office), proposal(**changes))
    assert [fault.code for fault in refusal.value.errors] == [code]
    assert office.count("SELECT count(*) FROM registry_billtypeproposal") == 0


def test_no_basis_not_enabled_holds_in_the_database_too(office: Installed) -> None:
    with psycopg.connect(office.url) as database, pytest.raises(psycopg.errors.CheckViolation):
        database.execute("UPDATE registry_billtypeenablement SET basis_document = ''")


def test_a_county_cannot_enable_for_the_province_and_does_not_see_its_proposals(office: Installed) -> None:
    with pytest.raises(NotFound):
        enable_bill_type.propose(office.office, county.county(office), proposal())
    number = enable_bill_type.propose(office.office, province(office, "甲"), proposal())
    for missing in (number, 10**9):
        with pytest.raises(ProposalUnknown):
            enable_bill_type.approve(office.office, county.county(office), missing)


def test_an_ended_bill_type_is_refused_from_its_day_on_and_says_so(office: Installed) -> None:
    number = enable_bill_type.propose(
        office.office, province(office, "甲"), proposal("0401", kind="end", name="资金往来结算票据")
    )
    assert issued(office.issue(body("E1"))[0])
    enable_bill_type.approve(office.office, province(office, "乙"), number)
    (outcome,) = office.issue(body("E2"))
    assert code_of(outcome) == "bill_type_stopped"


def test_a_bill_type_for_some_industries_is_refused_to_the_others(office: Installed) -> None:
    number = enable_bill_type.propose(
        office.office, province(office, "甲"), proposal("0401", name="资金往来", industries=("education",))
    )
    enable_bill_type.approve(office.office, province(office, "乙"), number)
    assert code_of(office.issue(body("I1"))[0]) == "bill_type_stopped"
    history = queries.enablements_page(Asked((Condition("code", "eq", ("0401",)),)), TODAY)
    assert [(row.industries, row.state) for row in history.rows] == [("", "ended"), ("education", "in_force")]


# --- licenses lock and unlock


def test_a_license_that_runs_out_locks_issuing_and_a_new_one_unlocks_it_the_same_day(office: Installed) -> None:
    actor = province(office)
    office.run("UPDATE registry_license SET valid_to = %s WHERE kind = 'requisition'", TODAY)
    (outcome,) = office.issue(body("L1"))
    assert code_of(outcome) == "license_expired"
    assert f"票据领用证（LY51000001XY）{TODAY - timedelta(days=1)} 到期" in str(outcome)
    assert registry_quality.locks(office.office, HOSPITAL) == [str(outcome)]
    renewal = LicenseToRegister("requisition", "新证 1", "四川省财政厅", TODAY, TODAY + timedelta(days=365))
    renew_license.register(office.office, actor, HOSPITAL, renewal)
    assert issued(office.issue(body("L1"))[0])
    assert registry_quality.locks(office.office, HOSPITAL) == []


def test_a_renewal_takes_over_from_its_day_and_a_revoked_license_locks(office: Installed) -> None:
    actor = province(office)
    renew_license.register(
        office.office, actor, HOSPITAL, LicenseToRegister("requisition", "新证", "", TOMORROW, None)
    )
    licenses = [row for row in queries.unit_card(HOSPITAL, TODAY).licenses if row.kind_label == "票据领用证"]
    assert [(row.number, row.state) for row in licenses] == [("新证", "to_come"), ("LY51000001XY", "in_force")]
    assert issued(office.issue(body("R1"))[0])
    old = licenses[1]
    renew_license.end(office.office, actor, HOSPITAL, old.id, on=TODAY, reason="吊销")
    (outcome,) = office.issue(body("R2"))
    assert code_of(outcome) == "license_expired" and "到期" in str(outcome)
    later = office.with_clock(lambda: datetime.now(UTC) + timedelta(days=1))
    assert issued(later.issue(body("R3"))[0])


def test_a_license_of_another_kind_never_stands_in_for_the_one_that_ran_out(office: Installed) -> None:
    office.run("UPDATE registry_license SET valid_to = %s WHERE kind = 'requisition'", TODAY)
    other = LicenseToRegister("charge_basis", "法 1", "", TODAY, None)
    renew_license.register(office.office, province(office), HOSPITAL, other)
    assert code_of(office.issue(body("K1"))[0]) == "license_expired"


# --- a unit's way online


def test_a_unit_comes_online_step_by_step_on_evidence_and_issues_only_then(office: Installed) -> None:
    actor = county.county(office)
    code = uscc(1)
    register_unit.register(office.office, actor, form(1), wave="一批", due_on=TODAY + timedelta(days=20))
    way = queries.way_online(code, TODAY)
    assert [step.state for step in way.steps] == ["done", "open", "waiting", "waiting", "waiting", "waiting"]
    assert way.steps[-1].due_on == TODAY + timedelta(days=20)
    (outcome,) = office.issue(body("W1"), unit_code=code)
    assert code_of(outcome) == "unit_not_online" and "资料" in str(outcome)

    with pytest.raises(StepUnfinished) as unfinished:
        bring_unit_online.complete(office.office, actor, code, "documents")
    assert [fault.code for fault in unfinished.value.errors] == ["license_missing", "license_missing"]
    for kind in ("requisition", "legal_person"):
        renew_license.register(office.office, actor, code, LicenseToRegister(kind, "证 1", "", TODAY, None))
    with pytest.raises(StageNotOpen):
        bring_unit_online.complete(office.office, actor, code, "online")
    bring_unit_online.complete(office.office, actor, code, "documents")

    bring_unit_online.block(office.office, actor, code, "certificate", "公章图片背景不透明")
    assert "公章图片" in str(office.issue(body("W1"), unit_code=code)[0])
    bring_unit_online.unblock(office.office, actor, code, "certificate")
    with pytest.raises(StepUnfinished):
        bring_unit_online.complete(office.office, actor, code, "certificate")
    bring_unit_online.certify(office.office, actor, code)
    bring_unit_online.complete(office.office, actor, code, "certificate")

    with pytest.raises(StepUnfinished):
        bring_unit_online.complete(office.office, actor, code, "numbers")
    allot_numbers(office, code)
    bring_unit_online.complete(office.office, actor, code, "numbers")
    with pytest.raises(StepUnfinished):
        bring_unit_online.complete(office.office, actor, code, "trial")
    line = {"item_code": "700300001", "quantity": "1", "amount": "10.00"}
    assert issued(office.issue(body("W2", lines=[line]), unit_code=code)[0])
    bring_unit_online.complete(office.office, actor, code, "trial")
    bring_unit_online.complete(office.office, actor, code, "online")
    way = queries.way_online(code, TODAY)
    assert way.current is None and {step.state for step in way.steps} == {"done"}
    assert way.same_wave == {"online": 1, "under_way": 0, "stuck": 0}
    assert [event.event for event in way.events][-1] == "登记单位"
    assert registry_quality.locks(office.office, code) == []


def allot_numbers(installed: Installed, unit_code: str) -> None:
    """From the province by way of the city and the county to the unit, as people do it."""
    asked = AskedNumbers("0401", 100, reason="首批")
    for giver, taker in ((PROVINCE, CITY), (CITY, COUNTY)):
        officer = installed.operator(Role.SUPERVISOR, region_code=giver)
        allot.distribute(installed.office, officer, giver, taker, asked)
    keeper = installed.operator(Role.UNIT_KEEPER, unit_code=unit_code)
    number = requisition.submit_for_unit(installed.office, keeper, unit_code, asked)
    review_requisition.approve(installed.office, county.county(installed), number, 100)
    allot.allot(installed.office, county.county(installed), number)


def test_the_unit_side_cannot_pass_what_finance_passes_nor_touch_another_unit(office: Installed) -> None:
    register_unit.register(office.office, county.county(office), form(1))
    register_unit.register(office.office, county.county(office), form(2))
    keeper = office.operator(Role.UNIT_KEEPER, unit_code=uscc(1))
    with pytest.raises(ActNotPermitted):
        bring_unit_online.complete(office.office, keeper, uscc(1), "documents")
    for code in (uscc(2), "123456789012345678"):
        with pytest.raises(UnitUnknown):
            bring_unit_online.block(office.office, keeper, code, "documents", "不该看到")
    bring_unit_online.block(office.office, keeper, uscc(1), "documents", "证照还在年检")


def test_a_unit_has_one_current_stage_in_the_database_too(office: Installed) -> None:
    register_unit.register(office.office, county.county(office), form(1))
    with psycopg.connect(office.url) as database, pytest.raises(psycopg.errors.UniqueViolation):
        database.execute("UPDATE registry_onboardingstep SET state = 'open' WHERE stage = 'trial' AND state = 'waiting'")
    with psycopg.connect(office.url) as database, pytest.raises(psycopg.errors.RestrictViolation):
        database.execute("UPDATE registry_onboardingevent SET event = '改写'")


# --- units and regions in time


def test_a_unit_registered_twice_or_wrongly_is_refused_with_every_fault(office: Installed) -> None:
    actor = county.county(office)
    register_unit.register(office.office, actor, form(1))
    with pytest.raises(AlreadyRegistered):
        register_unit.register(office.office, actor, form(1))
    with pytest.raises(Unfit) as refusal:
        register_unit.register(office.office, actor, form(2, code="12", industry="餐饮", contact_phone="1"))
    assert {fault.pointer for fault in refusal.value.errors} == {"/code", "/industry", "/contact_phone"}
    with pytest.raises(NotFound):
        register_unit.register(office.office, actor, form(3, region_code=CITY))


def test_a_change_counts_from_its_day_and_never_before(office: Installed) -> None:
    actor = county.county(office)
    register_unit.register(office.office, actor, form(1, contact_phone="13800000001"))
    with pytest.raises(Unfit):
        register_unit.change(office.office, actor, form(1, name="改名小学"), on=TODAY - timedelta(days=1))
    register_unit.change(office.office, actor, form(1, name="改名小学"), on=TOMORROW)
    register = queries.unit_register(uscc(1))
    assert register.record_on(TODAY).name == "北川演示小学1" and register.record_on(TOMORROW).name == "改名小学"
    with pytest.raises(Overlapping):
        register_unit.change(office.office, actor, form(1, name="又改"), on=TODAY)
    assert len(queries.unit_card(uscc(1), TOMORROW).records) == 2
    assert queries.unit_card(uscc(1), TOMORROW).contact_phone_masked == "＊＊＊＊0001", "an empty phone leaves the one kept"
    with psycopg.connect(office.url) as database, pytest.raises(psycopg.errors.ExclusionViolation):
        database.execute("UPDATE registry_unitrecord SET valid_to = NULL WHERE recorded_by = %s", [actor.name])


def test_a_county_cannot_move_a_unit_out_of_its_sight(office: Installed) -> None:
    actor = county.county(office)
    register_unit.register(office.office, actor, form(1))
    with pytest.raises(Unfit) as refusal:
        register_unit.change(office.office, actor, form(1, region_code=county.OTHER_COUNTY), on=TODAY)
    assert [fault.code for fault in refusal.value.errors] in (["region_not_yours"], ["finance_department_missing"])
    register_unit.change(office.office, province(office), form(1, region_code=county.OTHER_COUNTY), on=TODAY)
    with pytest.raises(UnitUnknown):
        register_unit.end(office.office, actor, uscc(1), on=TODAY)


def test_an_ended_unit_issues_nothing_from_its_day_on(office: Installed) -> None:
    assert issued(office.issue(body("X1"))[0])
    register_unit.end(office.office, province(office), HOSPITAL, on=TODAY)
    assert code_of(office.issue(body("X2"))[0]) == "unit_not_in_force"
    assert issued(office.issue(body("X1"))[0]), "what was issued stays"


def test_a_county_moves_to_another_city_on_its_day_and_the_past_stays(office: Installed) -> None:
    actor = county.county(office)
    register_unit.register(office.office, actor, form(1))
    city = office.operator(Role.SUPERVISOR, region_code=CITY)
    for who in (actor, city):
        with pytest.raises(NotFound):
            move_region.move(office.office, who, COUNTY, OTHER_CITY, TOMORROW, "国函〔2026〕1号")
    move_region.move(office.office, province(office), COUNTY, OTHER_CITY, TOMORROW, "国函〔2026〕1号")
    assert queries.region_lineage(COUNTY, TODAY) == (COUNTY, CITY, PROVINCE)
    assert queries.region_lineage(COUNTY, TOMORROW) == (COUNTY, OTHER_CITY, PROVINCE)
    assert COUNTY in queries.region_subtree([CITY], TODAY) and COUNTY not in queries.region_subtree([CITY], TOMORROW)
    register = queries.unit_register(uscc(1))
    assert register.record_on(TODAY).region_codes == (COUNTY, CITY, PROVINCE)
    assert register.record_on(TOMORROW).region_codes == (COUNTY, OTHER_CITY, PROVINCE)
    assert scopes.sight(city, rights_act(), TODAY).sees_region(COUNTY)
    assert not scopes.sight(city, rights_act(), TOMORROW).sees_region(COUNTY)
    with pytest.raises(Overlapping):
        move_region.move(office.office, province(office), COUNTY, "510600", TOMORROW, "再次")


def rights_act():
    from piaoju.identity.rights import Act

    return Act.READ_REGISTRY


def test_a_region_never_stands_below_its_equal(office: Installed) -> None:
    with pytest.raises(Unfit):
        move_region.move(office.office, province(office), COUNTY, "510727", TOMORROW, "错")
    with psycopg.connect(office.url) as database, pytest.raises(psycopg.errors.CheckViolation):
        database.execute("UPDATE registry_regionparent SET parent_id = '510727' WHERE region_id = %s", [COUNTY])


def test_a_local_extension_code_is_a_region_like_any_other(office: Installed) -> None:
    city = office.operator(Role.SUPERVISOR, region_code=CITY)
    move_region.register_local(office.office, city, "510790", "绵阳高新区", "高新", CITY, "绵府〔2026〕1号")
    assert queries.region_lineage("510790", TODAY) == ("510790", CITY, PROVINCE)
    register_unit.register(office.office, city, form(1, region_code="510790"))
    assert queries.unit_register(uscc(1)).record_on(TODAY).supervisor_area_code == CITY, "the nearest department above"
    with pytest.raises(AlreadyRegistered):
        move_region.register_local(office.office, city, "510790", "又一个", "又", CITY, "绵府〔2026〕2号")
    with pytest.raises(NotFound):
        move_region.register_local(office.office, city, "510191", "外地", "外", "510100", "x")


# --- authorizations, standards, stops


def test_an_authorization_until_a_day_ends_by_itself(office: Installed) -> None:
    actor, code = county.county(office), uscc(1)
    register_unit.register(office.office, actor, form(1))
    with pytest.raises(Unfit) as refusal:
        grant_authorization.grant(
            office.office, actor, code, "0401", ["700300002", "600100"], basis_document="", valid_from=TODAY, valid_to=TODAY
        )
    assert {fault.code for fault in refusal.value.errors} == {"charge_item_unknown", "basis_missing", "validity_reversed"}
    new = grant_authorization.grant(
        office.office, actor, code, "0401", ["700300001", "700300002"], basis_document="川演示〔2026〕2号", valid_from=TODAY,
        valid_to=TOMORROW,
    )  # fmt: skip
    assert new == 1, "what is granted already is not granted twice"
    item = queries.unit_register(code).items[("0401", "700300002")]
    assert [validity.holds(day) for validity in item.granted for day in (TODAY, TOMORROW)] == [True, False]
    asked = Asked((Condition("item_code", "eq", ("700300002",)), Condition("unit_code", "eq", (code,))))
    (row,) = queries.authorizations_page(Sight(everything=True), asked, TODAY).rows
    assert grant_authorization.end(office.office, actor, code, [row.id], on=TODAY) == 1


def test_a_standard_changes_from_its_day_on(office: Installed) -> None:
    actor = province(office)
    item = offices.settlement_items()[0]
    set_standard.set_standard(
        office.office, actor, item, minimum_e4=None, maximum_e4=50_000, basis_document="川发改〔2026〕1号", on=TODAY
    )
    assert code_of(office.issue(body("S1", "10.00"))[0]) == "price_over_standard"
    assert issued(office.issue(body("S2", "5.00"))[0])
    with pytest.raises(NotFound):
        set_standard.set_standard(
            office.office, county.county(office), item, minimum_e4=None, maximum_e4=None, basis_document="x", on=TODAY
        )


def test_a_supervisor_stops_what_he_supervises_and_nothing_else(office: Installed) -> None:
    register_unit.register(office.office, county.county(office), form(1))
    suspend_issuing.suspend_by(office.office, county.county(office), "unit", uscc(1), "年检")
    for scope, code in (("all", ""), ("region", CITY), ("unit", HOSPITAL), ("bill_type", "0401")):
        with pytest.raises(NotFound):
            suspend_issuing.suspend_by(office.office, county.county(office), scope, code, "越权")
    suspend_issuing.suspend_by(office.office, province(office), "unit", HOSPITAL, "核查")
    assert "核查" in str(office.issue(body("T1"))[0])
    assert any("核查" in why for why in registry_quality.locks(office.office, HOSPITAL))
    assert suspend_issuing.lift_by(office.office, province(office), "unit", HOSPITAL) == 1
    assert issued(office.issue(body("T1"))[0])


# --- lists and data quality


def test_everyone_sees_their_own_units_and_no_others(office: Installed) -> None:
    for serial in (1, 2):
        register_unit.register(office.office, county.county(office), form(serial, governing="北川教育局"))
    governing = queries.unit_place(uscc(1), TODAY).governing_code
    seen = {
        name: {row.code for row in queries.units_page(scopes.sight(actor, rights_act(), TODAY), Asked(), TODAY).rows}
        for name, actor in {
            "province": province(office), "county": county.county(office),
            "other city": office.operator(Role.SUPERVISOR, region_code=OTHER_CITY),
            "keeper": office.operator(Role.UNIT_KEEPER, unit_code=uscc(2)),
            "governing": office.operator(Role.GOVERNING, unit_code=governing),
            "checker": office.operator(Role.CHECKER, unit_code=uscc(2)),
        }.items()
    }  # fmt: skip
    both = {uscc(1), uscc(2)}
    assert seen == {
        "province": both | {HOSPITAL}, "county": both, "other city": set(), "keeper": {uscc(2)}, "governing": both,
        "checker": set(),
    }  # fmt: skip


def test_units_below_a_region_are_found_by_the_lineage_of_the_day(office: Installed) -> None:
    register_unit.register(office.office, county.county(office), form(1))
    under = Asked((Condition("region_code", "under", (CITY,)),))
    assert [row.code for row in queries.units_page(Sight(everything=True), under, TODAY).rows] == [uscc(1)]
    move_region.move(office.office, province(office), COUNTY, OTHER_CITY, TOMORROW, "国函〔2026〕1号")
    register_unit.end(office.office, province(office), HOSPITAL, on=TOMORROW)
    assert queries.units_page(Sight(everything=True), under, TOMORROW).rows == []
    (way,) = queries.units_page(Sight(everything=True), Asked(), TODAY, under_way=True).rows
    assert (way.code, way.stage, way.state, way.owner) == (uscc(1), "documents", "under_way", "unit_keeper")


FLAWS = {
    "unit_code_wrong": "UPDATE registry_unit SET code = left(code, 17) || CASE right(code, 1) WHEN '1' THEN '2' ELSE '1' END"
                       " WHERE code = %(code)s",
    "same_name": "UPDATE registry_unitrecord SET name = '同名'",
    "same_organization": "UPDATE registry_unit SET code = left(code, 8) || '999999999' || right(code, 1)",
    "same_account": "UPDATE registry_unitrecord SET recipient_account = '123456'",
    "account_missing": "UPDATE registry_unitrecord SET recipient_account = '' WHERE unit_id = %(id)s",
    "governing_missing": "UPDATE registry_unitrecord SET governing_department_id = NULL WHERE unit_id = %(id)s",
    "license_expired": "UPDATE registry_license SET valid_to = %(today)s WHERE unit_id = %(id)s",
    "license_ending": "UPDATE registry_license SET valid_to = %(tomorrow)s WHERE unit_id = %(id)s",
    "license_missing": "DELETE FROM registry_license WHERE unit_id = %(id)s",
    "certificate_missing": "UPDATE seal_certificate SET revoked_at = now() WHERE holder_code = %(code)s",
    "basis_missing": "UPDATE registry_authorization SET basis_document = '' WHERE unit_id = %(id)s",
    "standard_missing": "UPDATE registry_chargestandard SET valid_to = %(today)s",
    "bill_type_not_enabled": "UPDATE registry_billtypeenablement SET industries = ARRAY['other']",
    "authorization_missing": "UPDATE registry_authorization SET valid_to = %(today)s WHERE unit_id = %(id)s",
    "region_ended": "UPDATE registry_region SET valid_to = %(today)s WHERE code = (SELECT region_id FROM registry_unitrecord"
                    " WHERE unit_id = %(id)s LIMIT 1)",
    "step_overdue": "UPDATE registry_onboardingstep SET state = 'open', done_at = NULL, due_on = %(past)s"
                    " WHERE unit_id = %(id)s AND stage = 'online'",
}  # fmt: skip


def counts(installed: Installed) -> dict[str, int]:
    return {one.rule.key: one.units for one in registry_quality.summary(installed.office, province(installed)) if one.units}


def test_a_sound_registry_has_no_findings_and_every_rule_has_its_flaw(office: Installed) -> None:
    assert counts(office) == {}
    assert set(FLAWS) == {rule.key for rule in queries.RULES}


@pytest.mark.parametrize("key", list(FLAWS))
def test_each_flaw_is_found_by_its_rule_with_the_unit_named(office: Installed, key: str) -> None:
    if key in ("same_name", "same_organization", "same_account"):
        office.run(
            "WITH u AS (INSERT INTO registry_unit (code, valid_from) VALUES ('12510000MD2000036R', '2020-01-01') RETURNING id)"
            " INSERT INTO registry_unitrecord (unit_id, name, region_id, finance_department_id, industry, connection_mode,"
            " recipient_name, recipient_account, recipient_bank, contact_name, contact_phone_tail, recorded_at, recorded_by,"
            " valid_from) SELECT id, '另一家', '510000', '510000', 'other', 'online', '', '999', '', '', '', now(), 't',"
            " '2020-01-01' FROM u"
        )  # fmt: skip
        assert key not in counts(office)
    facts = {"id": office.unit_id, "code": HOSPITAL, "today": TODAY, "tomorrow": TOMORROW, "past": TODAY - timedelta(days=9)}
    with psycopg.connect(office.url) as database:
        database.execute(FLAWS[key], facts)
    assert counts(office).get(key, 0) == (2 if key.startswith("same_") else 1), counts(office)
    found = registry_quality.page(office.office, province(office), key, Asked())
    assert found.whole.count == len(found.rows) >= 1 and all(row.detail for row in found.rows)
    other = office.operator(Role.SUPERVISOR, region_code=OTHER_CITY)
    assert registry_quality.page(office.office, other, key, Asked()).rows == []


def test_a_day_is_a_day_in_shanghai() -> None:
    assert local_date(datetime(2026, 11, 22, 16, 0, tzinfo=UTC)) == date(2026, 11, 23)
