"""One act of a person: permitted, in one transaction, with one record; a refusal leaves its record and nothing else."""

from __future__ import annotations

import dataclasses
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection

from piaoju.identity import rules
from piaoju.identity.errors import ActNotPermitted, OperatorNotInForce, SamePerson
from piaoju.identity.rights import Act
from piaoju.identity.types import Role, Scope
from piaoju.journeys.acting import acting, reading, record_unrecorded
from piaoju.kit.errors import NotFound, PiaojuError, Refused
from tests.offices import HOSPITAL, Installed

OWN = Scope(("510000",), HOSPITAL)
FOREIGN = Scope(("510700", "510000"), "12510700MD2000044Q")


class ThingUnknown(NotFound):
    code = "thing_unknown"
    label = "没有这一件。请核对"


def records(installed: Installed, subject: str) -> list[tuple[str, str, str]]:
    with psycopg.connect(installed.url) as database:
        sql = "SELECT actor, act, outcome FROM identity_auditrecord WHERE subject = %s ORDER BY id"
        return [tuple(row) for row in database.execute(sql, [subject])]


def leaves(installed: Installed) -> int:
    return installed.count("SELECT count(*) FROM ledger_pending_leaf WHERE source = 'audit'")


def test_an_act_leaves_one_record_which_is_a_leaf(shared: Installed) -> None:
    keeper = shared.operator(Role.UNIT_KEEPER)
    before = leaves(shared)
    with acting(shared.office, keeper, Act.ENROL_OPERATOR, scope=OWN, subject="s-1"):
        pass
    assert records(shared, "s-1") == [(keeper.name, "enrol_operator", "done")]
    assert leaves(shared) == before + 1


def test_a_refused_act_leaves_its_record_and_nothing_else(shared: Installed) -> None:
    keeper = shared.operator(Role.UNIT_KEEPER)
    before = shared.count("SELECT count(*) FROM identity_person")
    with pytest.raises(Refused), acting(shared.office, keeper, Act.ENROL_OPERATOR, scope=OWN, subject="s-2") as cursor:
        cursor.execute("INSERT INTO identity_person (name, registered_at) VALUES ('甲', now())")
        raise Refused
    assert shared.count("SELECT count(*) FROM identity_person") == before
    assert records(shared, "s-2") == [(keeper.name, "enrol_operator", "refused")]


def test_what_a_constraint_refuses_leaves_its_record_too(shared: Installed) -> None:
    keeper = shared.operator(Role.UNIT_KEEPER)
    with pytest.raises(DatabaseError), acting(shared.office, keeper, Act.ENROL_OPERATOR, scope=OWN, subject="s-3") as cursor:
        cursor.execute("INSERT INTO identity_person (name) VALUES (NULL)")
    assert records(shared, "s-3") == [(keeper.name, "enrol_operator", "database_refused")]


def test_an_act_that_no_appointment_allows_is_not_permitted(shared: Installed) -> None:
    handler = shared.operator(Role.HANDLER)
    with pytest.raises(ActNotPermitted), acting(shared.office, handler, Act.ENROL_OPERATOR, scope=OWN, subject="s-4"):
        raise AssertionError("the act began")
    assert records(shared, "s-4") == [(handler.name, "enrol_operator", "act_not_permitted")]


def test_what_is_foreign_gives_the_answer_of_what_is_missing(shared: Installed) -> None:
    keeper = shared.operator(Role.UNIT_KEEPER)

    def absent() -> Scope:
        raise ThingUnknown

    answers = []
    for scope in (FOREIGN, absent):
        with pytest.raises(NotFound) as refusal, acting(
            shared.office, keeper, Act.ENROL_OPERATOR, scope=scope, subject="s-5", missing=ThingUnknown
        ):
            raise AssertionError("the act began")
        answers.append((type(refusal.value), refusal.value.code_value, refusal.value.detail))
    assert answers[0] == answers[1]
    assert [outcome for _, _, outcome in records(shared, "s-5")] == ["not_in_scope", "thing_unknown"]
    with pytest.raises(ThingUnknown):
        reading(keeper, Act.READ_OPERATORS, FOREIGN, missing=ThingUnknown)
    reading(keeper, Act.READ_OPERATORS, OWN)


def test_a_forged_actor_is_not_believed(shared: Installed) -> None:
    handler = shared.operator(Role.HANDLER)
    forged = dataclasses.replace(handler, appointments=shared.operator(Role.UNIT_KEEPER).appointments)
    with pytest.raises(OperatorNotInForce), acting(shared.office, forged, Act.ENROL_OPERATOR, scope=OWN, subject="s"):
        raise AssertionError("the act began")


def test_acts_do_not_nest(shared: Installed) -> None:
    keeper = shared.operator(Role.UNIT_KEEPER)
    arguments: dict[str, Any] = {"scope": OWN, "subject": "s"}
    with (
        pytest.raises(RuntimeError),
        acting(shared.office, keeper, Act.ENROL_OPERATOR, **arguments),
        acting(shared.office, keeper, Act.ENROL_OPERATOR, **arguments),
    ):
        raise AssertionError("one act began inside another")
    assert not connection.in_atomic_block


def test_two_accounts_of_one_person_are_one_person(shared: Installed) -> None:
    keeper = shared.operator(Role.UNIT_KEEPER)
    other_account = dataclasses.replace(keeper, operator_id=999, username="second")
    with pytest.raises(SamePerson):
        rules.refuse_same_person(keeper.person_id, other_account)
    rules.refuse_same_person(keeper.person_id, shared.operator(Role.CHECKER))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE identity_auditrecord SET outcome = 'done'",
        "DELETE FROM identity_auditrecord",
        "TRUNCATE identity_auditrecord",
        "DELETE FROM identity_appointment",
        "DELETE FROM identity_operator",
        "DELETE FROM identity_person",
        "DELETE FROM identity_ukey",
    ],
)
def test_the_database_forgets_no_record_and_no_person(shared: Installed, statement: str) -> None:
    shared.operator(Role.UNIT_KEEPER)
    with pytest.raises(psycopg.errors.RestrictViolation):
        shared.run(statement)


def test_a_refusal_to_show_something_is_recorded_once(shared: Installed) -> None:
    keeper = shared.operator(Role.UNIT_KEEPER)
    refusals: list[PiaojuError] = [ThingUnknown(), ActNotPermitted()]
    for refusal in [*refusals, *refusals, Refused()]:
        record_unrecorded(shared.office, keeper, "read_operators", "/manage/x", refusal)
    assert [outcome for _, _, outcome in records(shared, "/manage/x")] == ["thing_unknown", "act_not_permitted"]
