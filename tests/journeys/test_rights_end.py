"""Rights that end are gone at the next act: suspended, ended, run out. Each test has an office of its own."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from piaoju.identity.errors import OperatorNotInForce
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Role, Scope
from piaoju.journeys.acting import acting
from tests.offices import HOSPITAL, Installed

OWN = Scope(("510000",), HOSPITAL)


def records(installed: Installed, subject: str) -> list[tuple[str, str, str]]:
    with psycopg.connect(installed.url) as database:
        sql = "SELECT actor, act, outcome FROM identity_auditrecord WHERE subject = %s ORDER BY id"
        return [tuple(row) for row in database.execute(sql, [subject])]


def suspend(installed: Installed, actor: OperatorActor) -> None:
    installed.run("UPDATE identity_operator SET suspended_at = now() WHERE id = %s", actor.operator_id)


def leaves(installed: Installed) -> int:
    return installed.count("SELECT count(*) FROM ledger_pending_leaf WHERE source = 'audit'")


def test_a_suspended_operator_is_refused_at_the_next_act(installed: Installed) -> None:
    keeper = installed.operator(Role.UNIT_KEEPER)
    suspend(installed, keeper)
    with pytest.raises(OperatorNotInForce), acting(installed.office, keeper, Act.ENROL_OPERATOR, scope=OWN, subject="s-6"):
        raise AssertionError("the act began")
    assert records(installed, "s-6") == [(keeper.name, "enrol_operator", "operator_not_in_force")]


def test_an_ended_appointment_is_refused_at_the_next_act(installed: Installed) -> None:
    keeper = installed.operator(Role.UNIT_KEEPER)
    installed.run("UPDATE identity_appointment SET valid_until = now() WHERE operator_id = %s", keeper.operator_id)
    with pytest.raises(OperatorNotInForce), acting(installed.office, keeper, Act.ENROL_OPERATOR, scope=OWN, subject="s"):
        raise AssertionError("the act began")


def test_an_appointment_that_runs_out_by_time_is_refused_without_any_change(installed: Installed) -> None:
    ends = installed.office.clock() + timedelta(days=1)
    keeper = installed.operator(Role.UNIT_KEEPER)
    installed.run("UPDATE identity_appointment SET valid_until = %s WHERE operator_id = %s", ends, keeper.operator_id)
    keeper = installed.operator(Role.UNIT_KEEPER)
    early = installed.with_clock(lambda: ends - timedelta(seconds=1)).office
    with acting(early, keeper, Act.ENROL_OPERATOR, scope=OWN, subject="s"):
        pass
    late = installed.with_clock(lambda: ends).office
    with pytest.raises(OperatorNotInForce), acting(late, keeper, Act.ENROL_OPERATOR, scope=OWN, subject="s"):
        raise AssertionError("the act began")


def test_a_suspension_waits_for_the_act_that_began_before_it(installed: Installed) -> None:
    keeper = installed.operator(Role.UNIT_KEEPER)
    with (
        psycopg.connect(installed.url, autocommit=True, options="-c lock_timeout=100") as other,
        acting(installed.office, keeper, Act.ENROL_OPERATOR, scope=OWN, subject="s-7"),
        pytest.raises(psycopg.errors.LockNotAvailable),
    ):
        other.execute("UPDATE identity_operator SET suspended_at = now() WHERE id = %s", [keeper.operator_id])
    assert records(installed, "s-7")[0][2] == "done"


