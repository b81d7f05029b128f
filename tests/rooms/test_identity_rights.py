"""Who may do what, where: the table of rights, and the pure decisions on it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from piaoju.identity import policy, rights
from piaoju.identity.errors import PasswordWeak
from piaoju.identity.policy import PROFILES
from piaoju.identity.rights import BRANCHES, GRANTS, SCOPE_KINDS, TWO_PERSON_ROLES, Act, may
from piaoju.identity.types import Appointment, OperatorActor, Role, Scope

HOSPITAL = Scope(("510726", "510700", "510000"), "U1", governing_code="G1")


def actor(*appointments: Appointment) -> OperatorActor:
    return OperatorActor(1, 1, "x", "某", appointments, 1)


def test_every_role_has_its_row_and_every_act_somebody() -> None:
    assert set(GRANTS) == set(SCOPE_KINDS) == set(BRANCHES) == set(Role)
    assert set(Act) - {act for acts in GRANTS.values() for act in acts} == set()


def test_whoever_audits_only_reads() -> None:
    for role in (Role.AUDITOR, Role.AUDIT_ADMINISTRATOR):
        assert {act for act in GRANTS[role] if not act.value.startswith(("read_", "download_", "export_"))} == set()
    assert {role for role in Role if Act.READ_AUDIT in GRANTS[role]} == {Role.AUDITOR, Role.AUDIT_ADMINISTRATOR}


def test_administrators_do_no_business_and_security_enrols_nobody() -> None:
    about_people = ("operator", "operators", "appointment", "credentials", "ukey", "sessions")
    people = {act for act in Act if act.value.endswith(about_people)}
    for role in (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR):
        business = {act for act in GRANTS[role] - people if not act.value.startswith("read_")}
        assert business <= {Act.REGISTER_RELYING_PARTY}
    assert not GRANTS[Role.SECURITY_ADMINISTRATOR] & {Act.ENROL_OPERATOR, Act.REQUEST_APPOINTMENT, Act.RESET_CREDENTIALS}
    assert Act.APPROVE_APPOINTMENT not in GRANTS[Role.SYSTEM_ADMINISTRATOR]


def test_what_watches_or_supervises_takes_two_persons() -> None:
    unit_roles = {Role.UNIT_KEEPER, Role.HANDLER, Role.CHECKER, Role.FINANCE}
    assert set(Role) - unit_roles == TWO_PERSON_ROLES


@pytest.mark.parametrize(
    ("region", "scope", "allowed"),
    [
        ("510726", HOSPITAL, True),
        ("510700", HOSPITAL, True),
        ("510000", HOSPITAL, True),
        ("", HOSPITAL, True),
        ("510100", HOSPITAL, False),
        ("510727", HOSPITAL, False),
        ("5107", HOSPITAL, False),  # a code's beginning is not a region
        ("510726", Scope(("510700", "510000")), False),  # the city's own, seen from the county
        ("510726", Scope(), False),
    ],
)
def test_a_region_reaches_down_never_up_or_aside(region: str, scope: Scope, allowed: bool) -> None:
    assert may(actor(Appointment(Role.SUPERVISOR, region)), Act.READ_OPERATORS, scope) is allowed


@pytest.mark.parametrize(
    ("role", "unit_code", "scope", "allowed"),
    [
        (Role.UNIT_KEEPER, "U1", HOSPITAL, True),
        (Role.UNIT_KEEPER, "U2", HOSPITAL, False),
        (Role.UNIT_KEEPER, "", Scope(), False),
        (Role.UNIT_KEEPER, "U1", dataclasses.replace(HOSPITAL, unit_code=""), False),
    ],
)
def test_a_unit_is_exactly_itself(role: Role, unit_code: str, scope: Scope, allowed: bool) -> None:
    assert may(actor(Appointment(role, "", unit_code)), Act.READ_OPERATORS, scope) is allowed


def test_a_governing_department_sees_its_own_units_by_its_own_code() -> None:
    act = next(iter(GRANTS[Role.GOVERNING]))
    assert may(actor(Appointment(Role.GOVERNING, "", "G1")), act, HOSPITAL)
    assert not may(actor(Appointment(Role.GOVERNING, "", "U1")), act, HOSPITAL)
    assert not may(actor(Appointment(Role.GOVERNING, "", "")), act, Scope())


def test_bill_types_restrict_what_is_about_one() -> None:
    keeper = actor(Appointment(Role.UNIT_KEEPER, "", "U1", frozenset({"0601"})))
    assert may(keeper, Act.SUBMIT_REQUISITION, dataclasses.replace(HOSPITAL, bill_type="0601"))
    assert not may(keeper, Act.SUBMIT_REQUISITION, dataclasses.replace(HOSPITAL, bill_type="0602"))
    assert may(keeper, Act.READ_OPERATORS, HOSPITAL)


def test_one_appointment_does_not_lend_its_place_to_another() -> None:
    both = actor(Appointment(Role.UNIT_KEEPER, "", "U2"), Appointment(Role.HANDLER, "", "U1"))
    assert not may(both, Act.ENROL_OPERATOR, HOSPITAL)


def test_nobody_without_an_appointment_may_anything() -> None:
    assert not any(may(actor(), act, HOSPITAL) or rights.may_anywhere(actor(), act) for act in Act)


@pytest.mark.parametrize(
    ("profile", "password", "fit"),
    [
        ("dengbao3", "Aa1aaaaaaaaaa", False),
        ("dengbao3", "Kite-7-harbor", True),
        ("dengbao3", "Kite-7-har", True),
        ("dengbao3", "Kite-7-ha", False),
        ("dengbao3", "kite harbor lantern", False),  # letters and spaces are two classes
        ("asvs", "kite harbor lantern", True),
        ("asvs", "Kite-7-harb", False),
        ("asvs", "zhang.san kite harbor", False),
        ("asvs", "iloveyou123!", False),
        ("asvs", "k" * 128 + "xyz12", False),
        ("dengbao3", "票据管理-Kite7-风筝", True),
    ],
)
def test_each_profile_takes_and_refuses_passwords_by_its_own_numbers(profile: str, password: str, fit: bool) -> None:
    def judge() -> None:
        much_used = password.rstrip("0123456789!") == "iloveyou"
        policy.refuse_weak(PROFILES[profile], password, known_words=("zhang.san", "zhang"), is_much_used=much_used)

    if fit:
        judge()
    else:
        with pytest.raises(PasswordWeak):
            judge()


def test_only_the_profile_that_asks_for_it_ages_passwords() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert policy.password_is_old(PROFILES["dengbao3"], start, start + timedelta(days=90))
    assert not policy.password_is_old(PROFILES["dengbao3"], start, start + timedelta(days=90, seconds=-1))
    assert not policy.password_is_old(PROFILES["asvs"], start, start + timedelta(days=9000))
