"""What is looked up for a unit is looked up for its own region, once, and in few statements."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from piaoju.identity.rights import Act
from piaoju.identity.types import Role
from piaoju.journeys import import_units, premises, register_unit, registry_quality
from piaoju.journeys.about_unit import about_unit
from piaoju.journeys.import_units import RowOutcome
from piaoju.kit.clock import local_date
from piaoju.kit.listing import Asked, Condition
from piaoju.registry import actions, queries
from piaoju.registry.errors import Unfit
from piaoju.registry.types import Sight
from tests import offices
from tests.journeys import registry_office as county
from tests.journeys.registry_office import CITY, COUNTY, form, row, uscc, workbook
from tests.offices import HOSPITAL, Installed

NEIGHBOUR = "510725"  # another county of the same city


@pytest.fixture(scope="module")
def office(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with offices.found(module_database, tmp_path_factory.mktemp("office"), departments=county.DEPARTMENTS) as installed:
        yield installed


def enabled_in(office: Installed, code: str, region: str) -> None:
    office.run("INSERT INTO registry_billtype (code, name) VALUES (%s, '某票据')", code)
    office.run(
        "INSERT INTO registry_billtypeenablement (bill_type_id, basis_document, region_id, industries, valid_from) "
        "VALUES (%s, '演示〔2026〕1号', %s, '{}', '2026-01-01')", code, region,
    )  # fmt: skip
    office.run("INSERT INTO registry_chargeitem_bill_types (chargeitem_id, billtype_id) VALUES ('700300001', %s)", code)


def test_a_bill_type_of_one_county_is_no_bill_type_of_its_neighbour(office: Installed) -> None:
    enabled_in(office, "0921", NEIGHBOUR)
    city = office.operator(Role.SUPERVISOR, region_code=CITY)
    for region, allowed in ((CITY, False), (COUNTY, False), (NEIGHBOUR, True)):
        typed = form(int(region), region_code=region, bill_types="0921")
        if allowed:
            register_unit.register(office.office, city, typed)
            continue
        with pytest.raises(Unfit) as refused:
            register_unit.register(office.office, city, typed)
        codes = {fault.code for fault in refused.value.errors}
        assert "bill_type_not_enabled" in codes, region
    imported = import_units.check(
        office.office, city, "u.xlsx",
        workbook([row(921, 票据种类="0921"), row(922, 票据种类="0921", 行政区划代码=NEIGHBOUR)]), CITY,
    )  # fmt: skip
    seen: tuple[RowOutcome, ...] = import_units.preview(office.office, city, imported).rows
    assert [one.outcome for one in seen] == ["refused", "registered"]


def test_an_authorization_of_a_bill_type_that_only_a_neighbour_has_is_a_finding(office: Installed) -> None:
    enabled_in(office, "0922", NEIGHBOUR)
    today = local_date(office.office.clock())
    unit_id = office.unit_id
    actions.grant([(unit_id, "0922", "700300001")], today, None, "演示〔2026〕1号")
    found = queries.quality_page("bill_type_not_enabled", Sight(True), Asked(), today, [HOSPITAL])
    assert [(one.code, one.detail) for one in found.rows] == [(HOSPITAL, "0922")]
    office.run("UPDATE registry_authorization SET valid_to = valid_from WHERE bill_type_id = '0922'")


def test_of_two_governing_departments_of_one_name_the_units_own_is_taken(office: Installed) -> None:
    today = local_date(office.office.clock())
    actions.register_governing_departments([("G-A", "教育局", NEIGHBOUR), ("G-B", "教育局", COUNTY)], today)
    actions.register_governing_departments([("G-C", "卫健委", CITY)], today)
    ground = queries.ground(CITY, today)
    assert [ground.governing_of("教育局", region) for region in (NEIGHBOUR, COUNTY, CITY)] == ["G-A", "G-B", ""]
    assert [ground.governing_of("卫健委", region) for region in (COUNTY, CITY)] == ["G-C", "G-C"]
    assert ground.governing_of("G-A", COUNTY) == "G-A"


def test_a_unit_with_two_reasons_is_one_locked_unit(office: Installed) -> None:
    supervisor = office.operator(Role.SUPERVISOR)
    assert registry_quality.locked_units(office.office, supervisor) == 0
    office.run("UPDATE registry_license SET valid_to = valid_from + 1 WHERE unit_id = %s", office.unit_id)
    office.run("UPDATE seal_certificate SET revoked_at = now() WHERE kind = 'unit'")
    assert registry_quality.locked_units(office.office, supervisor) == 1
    office.run("UPDATE registry_license SET valid_to = NULL WHERE unit_id = %s", office.unit_id)
    office.run("UPDATE seal_certificate SET revoked_at = NULL WHERE kind = 'unit'")


def test_a_unit_that_will_end_is_not_shown_as_ended_before_its_day(office: Installed) -> None:
    today = local_date(office.office.clock())
    asked = Asked((Condition("code", "eq", (HOSPITAL,)),))
    office.run("UPDATE registry_unit SET valid_to = %s WHERE code = %s", today + timedelta(days=9), HOSPITAL)
    for days, state in ((0, "online"), (8, "online"), (9, "ended")):
        (shown,) = queries.units_page(Sight(True), asked, today + timedelta(days=days)).rows
        assert shown.state == state
    office.run("UPDATE registry_unit SET valid_to = NULL WHERE code = %s", HOSPITAL)


def test_an_act_about_a_unit_places_it_once(office: Installed) -> None:
    supervisor = office.operator(Role.SUPERVISOR)
    with CaptureQueriesContext(connection) as asked, about_unit(office.office, supervisor, Act.PASS_STEP, HOSPITAL) as place:
        assert place.code == HOSPITAL
    assert sum("registry_unitrecord" in query["sql"] for query in asked.captured_queries) == 1


def test_a_file_of_units_costs_as_many_statements_as_one_of_a_few(office: Installed) -> None:
    actor, counts = county.county(office), []
    for first, many in ((1000, 5), (2000, 60)):
        rows = [row(first + serial, 核准依据=f"川演示〔2026〕{serial % 2}号") for serial in range(many)]
        kept = county.check(office, workbook(rows))
        with CaptureQueriesContext(connection) as asked:
            assert import_units.apply(office.office, actor, kept, skip_errors=False)["registered"] == many
        counts.append(len(asked.captured_queries))
    assert counts[1] <= counts[0]
    assert office.count("SELECT count(*) FROM registry_license WHERE number LIKE 'LY020%%'") == 60
    assert office.count("SELECT count(*) FROM registry_issuingpoint p JOIN registry_unit u ON u.id = p.unit_id "
                        "WHERE u.code = ANY(%s)", [uscc(2000 + serial) for serial in range(60)]) == 60  # fmt: skip


def test_rows_are_ended_together_and_what_has_not_begun_never_does(office: Installed) -> None:
    today = local_date(office.office.clock())
    unit_id = office.unit_id
    actions.grant([(unit_id, "0601", "700300001")], today + timedelta(days=5), None, "演示〔2026〕1号")
    ids = office.column(f"SELECT id FROM registry_authorization WHERE unit_id = {unit_id} ORDER BY id")
    standing = office.count("SELECT count(*) FROM registry_authorization WHERE unit_id = %s AND valid_to IS NULL", unit_id)
    assert actions.end_authorizations(unit_id, ids, today + timedelta(days=2)) == standing
    sql = "SELECT count(*) FROM registry_authorization WHERE unit_id = %s AND valid_to = greatest(valid_from, %s)"
    assert office.count(sql, unit_id, today + timedelta(days=2)) == standing
    assert actions.end_authorizations(unit_id, ids, today + timedelta(days=2)) == 0


def test_what_one_office_knew_of_a_unit_is_not_known_of_the_next_ones(office: Installed) -> None:
    before = premises.registers()
    assert before.of(HOSPITAL).code == HOSPITAL
    premises.open_office(office.office)
    assert premises.registers() is not before
