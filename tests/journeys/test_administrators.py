"""A new installation gets its three administrators once; a command acts for a person only as that person could."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from piaoju.identity import queries as identity
from piaoju.identity.errors import ActNotPermitted
from piaoju.identity.rights import Act
from piaoju.identity.types import Appointment, Role, Scope
from piaoju.journeys import found_administrators, operators, sign_in
from piaoju.journeys.acting import acting
from piaoju.journeys.operators import NewOperator
from piaoju.ops import as_operator
from tests.journeys.signing_in import PASSWORD, VISIT, code, enrol, refusal
from tests.journeys.test_operators import id_number
from tests.offices import HOSPITAL, Installed

PEOPLE = {
    role: (f"first.{role}"[:40].replace("_", "-"), "王五", id_number(number), "13900000000")
    for number, role in enumerate(found_administrators.FIRST_ROLES, start=501)
}


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, shared: Installed) -> Iterator[None]:
    for name in (as_operator.PASSWORD, as_operator.CODE):
        monkeypatch.delenv(name, raising=False)
    shared.run("DELETE FROM identity_signinfailure")
    yield


def test_the_three_first_administrators_are_three_people_and_made_once(shared: Installed) -> None:
    one_person = {role: (*PEOPLE[role][:2], id_number(501), PEOPLE[role][3]) for role in PEOPLE}
    assert refusal(lambda: found_administrators.found(shared.office, one_person)) == "administrators_unclear"
    two = {role: PEOPLE[role] for role in list(PEOPLE)[:2]}
    assert refusal(lambda: found_administrators.found(shared.office, two)) == "administrators_unclear"
    wrong = PEOPLE | {Role.AUDIT_ADMINISTRATOR: ("first.audit", "王五", "510100197001010011", "13900000000")}
    assert refusal(lambda: found_administrators.found(shared.office, wrong)) == "id_number_invalid"
    assert shared.count("SELECT count(*) FROM identity_operator WHERE username LIKE 'first.%%'") == 0
    passwords = found_administrators.found(shared.office, PEOPLE)
    for role, (username, *_) in PEOPLE.items():
        assert identity.operator_actor(username, shared.office.clock()).roles == {role}
        assert isinstance(sign_in.with_password(shared.office, VISIT, username, passwords[username]), sign_in.SignedIn)
    assert refusal(lambda: found_administrators.found(shared.office, PEOPLE)) == "administrators_there"
    assert shared.count("SELECT count(*) FROM identity_auditrecord WHERE act = 'found_administrator'") == 3


def test_a_command_acts_as_the_person_and_leaves_no_session(shared: Installed) -> None:
    enrol(shared, "c.one", role=Role.UNIT_KEEPER)
    os.environ[as_operator.PASSWORD], os.environ[as_operator.CODE] = PASSWORD, code(shared.office.clock())
    with as_operator.signed_in(shared.office, "c.one") as actor:
        assert actor.username == "c.one"
        with pytest.raises(ActNotPermitted), acting(shared.office, actor, Act.READ_AUDIT, scope=Scope(), subject="s"):
            raise AssertionError("the act began")
        place = Appointment(Role.HANDLER, "", HOSPITAL)
        made = operators.enrol(shared.office, actor, NewOperator("c.made", "张三", id_number(601), "13800000000", place))
        assert made.is_in_force
    assert shared.count("SELECT count(*) FROM identity_session WHERE ended_at IS NULL AND source = 'command'") == 0


@pytest.mark.parametrize(
    ("flaw", "password", "given", "refused"),
    [
        ("nothing", "", "", "credentials_missing"),
        ("no code", PASSWORD, "", "credentials_missing"),
        ("wrong password", "wrong", "000000", "sign_in_refused"),
        ("wrong code", PASSWORD, "000000", "sign_in_refused"),
    ],
)
def test_a_command_without_both_factors_does_nothing(
    shared: Installed, flaw: str, password: str, given: str, refused: str
) -> None:
    username = "c." + flaw.replace(" ", "-")
    enrol(shared, username)
    os.environ[as_operator.PASSWORD], os.environ[as_operator.CODE] = password, given

    def attempt() -> None:
        with as_operator.signed_in(shared.office, username):
            raise AssertionError("the act began")

    assert refusal(attempt) == refused


def test_a_command_does_not_stand_in_for_what_must_be_settled_first(shared: Installed) -> None:
    enrol(shared, "c.two", totp=False)
    os.environ[as_operator.PASSWORD], os.environ[as_operator.CODE] = PASSWORD, "000000"

    def attempt() -> None:
        with as_operator.signed_in(shared.office, "c.two"):
            raise AssertionError("the act began")

    assert refusal(attempt) == "settle_first"
    assert shared.count("SELECT count(*) FROM identity_session WHERE ended_at IS NULL AND source = 'command'") == 0
