"""Operators and appointments: who may make, end and unlock them, and what one person alone can never do."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import psycopg
import pytest
from django.contrib.auth import hashers

from piaoju.identity import queries as identity
from piaoju.identity.types import Appointment, OperatorActor, Role
from piaoju.journeys import appoint, operators, sign_in
from piaoju.journeys.operators import NewOperator
from piaoju.standard import codes
from tests.journeys.signing_in import VISIT, refusal, visit
from tests.offices import HOSPITAL, Installed

_serial = iter(range(1, 10_000))


def id_number(serial: int) -> str:
    body = f"51010019{70 + serial % 30}0101{serial % 1000:03d}"
    return next(body + last for last in "0123456789X" if codes.is_id_number(body + last))


def new(role: Role = Role.HANDLER, *, unit_code: str = HOSPITAL, region_code: str = "", **changes: object) -> NewOperator:
    serial = next(_serial)
    place = Appointment(role, region_code, "" if region_code or role in WHOLE else unit_code)
    made = NewOperator(f"new.one{serial}", "张三", id_number(serial), "13800000000", place)
    return dataclasses.replace(made, **changes)


WHOLE = {Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR, Role.MAINTAINER}


@pytest.fixture
def keeper(shared: Installed) -> OperatorActor:
    return shared.operator(Role.UNIT_KEEPER)


@pytest.fixture
def system(shared: Installed) -> OperatorActor:
    return shared.operator(Role.SYSTEM_ADMINISTRATOR)


@pytest.fixture
def security(shared: Installed) -> OperatorActor:
    return shared.operator(Role.SECURITY_ADMINISTRATOR)


@pytest.fixture(autouse=True)
def _forgotten_failures(shared: Installed) -> Iterator[None]:
    shared.run("DELETE FROM identity_signinfailure")
    yield


def actor(shared: Installed, username: str) -> OperatorActor:
    return identity.operator_actor(username, shared.office.clock())


def test_a_keeper_enrols_the_people_of_the_unit_and_they_are_at_work_at_once(shared: Installed, keeper: OperatorActor) -> None:
    made = operators.enrol(shared.office, keeper, new())
    assert made.is_in_force and actor(shared, made.username).roles == {Role.HANDLER}
    outcome = sign_in.with_password(shared.office, VISIT, made.username, made.initial_password)
    assert isinstance(outcome, sign_in.SignedIn)
    assert sign_in.session(shared.office, outcome.token).limit == "password"
    assert shared.count("SELECT count(*) FROM identity_auditrecord WHERE subject = %s", f"operator:{made.username}") == 1


@pytest.mark.parametrize(
    ("flaw", "changes", "code"),
    [
        ("username with capitals", {"username": "New.One"}, "username_invalid"),
        ("username too short", {"username": "ab"}, "username_invalid"),
        ("wrong last digit", {"id_number": "510100197001010011"}, "id_number_invalid"),
        ("no name", {"name": " "}, "person_unclear"),
        ("phone with letters", {"phone": "1380000000x"}, "person_unclear"),
        ("no unit", {"appointment": Appointment(Role.HANDLER)}, "not_found"),
        ("a region for a clerk", {"appointment": Appointment(Role.HANDLER, "510000", HOSPITAL)}, "appointment_unclear"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)  # fmt: skip
def test_a_flawed_enrolment_makes_nothing(
    shared: Installed, keeper: OperatorActor, flaw: str, changes: dict[str, object], code: str
) -> None:
    before = shared.count("SELECT count(*) FROM identity_operator") + shared.count("SELECT count(*) FROM identity_person")
    assert refusal(lambda: operators.enrol(shared.office, keeper, new(**changes))) == code
    after = shared.count("SELECT count(*) FROM identity_operator") + shared.count("SELECT count(*) FROM identity_person")
    assert before == after


def test_a_username_is_given_once_and_an_id_number_is_one_person(shared: Installed, keeper: OperatorActor) -> None:
    first = new()
    operators.enrol(shared.office, keeper, first)
    same_username = dataclasses.replace(new(), username=first.username)
    assert refusal(lambda: operators.enrol(shared.office, keeper, same_username)) == "username_taken"
    other_name = dataclasses.replace(new(), id_number=first.id_number, name="李四")
    assert refusal(lambda: operators.enrol(shared.office, keeper, other_name)) == "person_name_differs"
    again = dataclasses.replace(new(), id_number=first.id_number)
    operators.enrol(shared.office, keeper, again)
    assert actor(shared, first.username).person_id == actor(shared, again.username).person_id


def test_the_id_number_is_nowhere_in_clear(shared: Installed, keeper: OperatorActor) -> None:
    made = new()
    operators.enrol(shared.office, keeper, made)
    with psycopg.connect(shared.url) as database:
        for table in ("identity_person", "identity_auditrecord", "identity_operator"):
            rows = database.execute(f"SELECT t::text FROM {table} AS t").fetchall()
            told = " ".join(row[0] for row in rows)
            assert made.id_number not in told and made.id_number.encode().hex() not in told
            assert made.phone not in told


@pytest.mark.parametrize("role", [Role.UNIT_KEEPER, Role.SUPERVISOR, Role.AUDITOR, Role.SECURITY_ADMINISTRATOR])
def test_a_keeper_appoints_nobody_above_the_clerks(shared: Installed, keeper: OperatorActor, role: Role) -> None:
    region = "510000" if role in {Role.SUPERVISOR, Role.AUDITOR} else ""
    wanted = new(role, region_code=region)
    assert refusal(lambda: operators.enrol(shared.office, keeper, wanted)) in {"not_found", "act_not_permitted"}


def test_a_supervisor_begins_when_a_second_person_approves(
    shared: Installed, system: OperatorActor, security: OperatorActor
) -> None:
    made = operators.enrol(shared.office, system, new(Role.SUPERVISOR, region_code="510000"))
    assert not made.is_in_force and actor(shared, made.username).roles == frozenset()
    assert refusal(lambda: appoint.approve(shared.office, system, made.appointment_id)) == "act_not_permitted"
    appoint.approve(shared.office, security, made.appointment_id)
    assert actor(shared, made.username).roles == {Role.SUPERVISOR}
    assert refusal(lambda: appoint.approve(shared.office, security, made.appointment_id)) == "appointment_decided"


def test_the_person_who_requested_cannot_approve_from_another_account(shared: Installed) -> None:
    first = shared.operator(Role.SUPERVISOR, person="双号人")
    second_account = shared.operator(Role.SUPERVISOR, region_code="510100", person="双号人")
    assert first.person_id == second_account.person_id and first.username != second_account.username
    made = operators.enrol(shared.office, first, new(Role.SUPERVISOR, region_code="510100"))
    assert refusal(lambda: appoint.approve(shared.office, second_account, made.appointment_id)) == "same_person"
    assert actor(shared, made.username).roles == frozenset()


def test_the_database_refuses_the_same_person_twice_even_by_hand(shared: Installed, system: OperatorActor) -> None:
    made = operators.enrol(shared.office, system, new(Role.SUPERVISOR, region_code="510000"))
    with pytest.raises(psycopg.errors.CheckViolation):
        shared.run(
            "UPDATE identity_appointment SET approved = true, decided_at = now(), decided_person_id = requested_person_id "
            "WHERE id = %s",
            made.appointment_id,
        )


def test_nobody_acts_on_themselves(shared: Installed, system: OperatorActor, keeper: OperatorActor) -> None:
    attempts = [
        lambda: operators.suspend(shared.office, system, system.username, "试"),
        lambda: operators.reset_password(shared.office, keeper, keeper.username),
        lambda: operators.reset_second_factor(shared.office, keeper, keeper.username),
        lambda: appoint.request(shared.office, system, system.username, Appointment(Role.SECURITY_ADMINISTRATOR)),
    ]
    assert [refusal(attempt) for attempt in attempts] == ["same_person"] * 4


def test_a_declined_appointment_never_begins(shared: Installed, system: OperatorActor, security: OperatorActor) -> None:
    made = operators.enrol(shared.office, system, new(Role.MAINTAINER))
    assert refusal(lambda: appoint.decline(shared.office, security, made.appointment_id, " ")) == "reason_missing"
    appoint.decline(shared.office, security, made.appointment_id, "人员不符")
    assert actor(shared, made.username).roles == frozenset()
    assert refusal(lambda: appoint.approve(shared.office, security, made.appointment_id)) == "appointment_decided"


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR),
        (Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR),
        (Role.AUDIT_ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR),
        (Role.AUDITOR, Role.HANDLER),
        (Role.SUPERVISOR, Role.AUDITOR),
    ],
)
def test_roles_that_watch_each_other_are_never_one_persons(
    shared: Installed, system: OperatorActor, security: OperatorActor, held: Role, wanted: Role
) -> None:
    region = {Role.AUDITOR: "510000", Role.SUPERVISOR: "510000"}
    made = operators.enrol(shared.office, system, new(held, region_code=region.get(held, "")))
    appoint.approve(shared.office, security, made.appointment_id)
    place = Appointment(wanted, region.get(wanted, ""), HOSPITAL if wanted == Role.HANDLER else "")
    requester = shared.operator(Role.SUPERVISOR) if wanted == Role.HANDLER else system

    def give() -> None:
        found, is_in_force = appoint.request(shared.office, requester, made.username, place)
        if not is_in_force:
            appoint.approve(shared.office, security, found)

    assert refusal(give) == "roles_exclude"
    assert actor(shared, made.username).roles == {held}
    person_id = actor(shared, made.username).person_id
    with pytest.raises((psycopg.errors.ExclusionViolation, psycopg.errors.UniqueViolation)):
        shared.run(
            "INSERT INTO identity_appointment (operator_id, person_id, role, branch, region_code, unit_code, bill_types, "
            "valid_from, two_person, requested_at, requested_by, decided_at, decided_by, approved, ended_by, ended_reason) "
            "SELECT id, %s, 'x', 9, '', '', '[]', now(), false, now(), '', now(), '', true, '', '' "
            "FROM identity_operator WHERE username = %s",
            person_id, made.username,
        )  # fmt: skip


def test_an_ended_appointment_gives_nothing_from_then_on_and_frees_the_person(
    shared: Installed, system: OperatorActor, security: OperatorActor
) -> None:
    made = operators.enrol(shared.office, system, new(Role.AUDITOR, region_code="510000"))
    appoint.approve(shared.office, security, made.appointment_id)
    appoint.end(shared.office, security, made.appointment_id, "调岗")
    assert actor(shared, made.username).roles == frozenset()
    found, _ = appoint.request(shared.office, system, made.username, Appointment(Role.MAINTAINER))
    appoint.approve(shared.office, security, found)
    assert actor(shared, made.username).roles == {Role.MAINTAINER}


def test_what_lies_in_another_unit_is_not_there(shared: Installed, keeper: OperatorActor) -> None:
    elsewhere = shared.operator(Role.HANDLER, unit_code="12510700MD2000044Q")
    missing = refusal(lambda: operators.suspend(shared.office, keeper, "no.such.one", "试"))
    assert missing == refusal(lambda: operators.suspend(shared.office, keeper, elsewhere.username, "试")) == "operator_unknown"
    assert refusal(lambda: operators.reset_password(shared.office, keeper, elsewhere.username)) == "operator_unknown"
    assert refusal(lambda: appoint.end(shared.office, keeper, 10**9, "试")) == "appointment_unknown"


def test_a_keeper_unlocks_no_supervisor_who_is_also_a_clerk_of_the_unit(shared: Installed, keeper: OperatorActor) -> None:
    made = operators.enrol(shared.office, keeper, new())
    system, security = shared.operator(Role.SYSTEM_ADMINISTRATOR), shared.operator(Role.SECURITY_ADMINISTRATOR)
    found, _ = appoint.request(shared.office, system, made.username, Appointment(Role.SUPERVISOR, "510000"))
    assert refusal(lambda: operators.reset_password(shared.office, keeper, made.username)) == "operator_unknown"
    appoint.approve(shared.office, security, found)
    assert refusal(lambda: operators.reset_password(shared.office, keeper, made.username)) == "operator_unknown"


def test_a_suspended_operator_cannot_sign_in_and_a_restored_one_can(shared: Installed, keeper: OperatorActor) -> None:
    made = operators.enrol(shared.office, keeper, new())
    assert refusal(lambda: operators.suspend(shared.office, keeper, made.username, "")) == "reason_missing"
    operators.suspend(shared.office, keeper, made.username, "离岗")
    attempt = lambda: sign_in.with_password(shared.office, VISIT, made.username, made.initial_password)  # noqa: E731
    assert refusal(attempt) == "operator_suspended"
    operators.restore(shared.office, keeper, made.username)
    assert attempt()


def test_a_reset_ends_what_is_open_and_gives_a_password_for_one_sign_in(shared: Installed, keeper: OperatorActor) -> None:
    made = operators.enrol(shared.office, keeper, new())
    outcome = sign_in.with_password(shared.office, VISIT, made.username, made.initial_password)
    password = operators.reset_password(shared.office, keeper, made.username)
    assert isinstance(outcome, sign_in.SignedIn)
    assert refusal(lambda: sign_in.session(shared.office, outcome.token)) == "session_ended"
    assert refusal(lambda: sign_in.with_password(shared.office, VISIT, made.username, made.initial_password)) == "sign_in_refused"
    again = sign_in.with_password(shared.office, visit(source="10.0.0.9"), made.username, password)
    assert isinstance(again, sign_in.SignedIn)
    assert sign_in.session(shared.office, again.token).limit == "password"


def test_nobody_alone_gets_into_anothers_account(shared: Installed, keeper: OperatorActor) -> None:
    supervisor = shared.operator(Role.SUPERVISOR)
    made = operators.enrol(shared.office, keeper, new())
    operators.reset_password(shared.office, keeper, made.username)
    assert refusal(lambda: operators.reset_second_factor(shared.office, keeper, made.username)) == "same_person"
    operators.reset_second_factor(shared.office, supervisor, made.username)
    assert refusal(lambda: operators.reset_password(shared.office, supervisor, made.username)) == "same_person"
    with pytest.raises(psycopg.errors.CheckViolation):
        shared.run(
            "UPDATE identity_operator SET password_reset_person_id = factor_reset_person_id WHERE username = %s",
            made.username,
        )


def test_passwords_are_kept_as_argon2_only(shared: Installed, keeper: OperatorActor) -> None:
    made = operators.enrol(shared.office, keeper, new())
    with psycopg.connect(shared.url) as database:
        (kept,) = database.execute("SELECT password FROM identity_operator WHERE username = %s", [made.username]).fetchone()
    assert kept.startswith("argon2$argon2id$") and hashers.check_password(made.initial_password, kept)
