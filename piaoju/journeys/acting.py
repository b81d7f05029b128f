"""经办: one act of a person, permitted, in one transaction, with its record. Every verb of the back office goes through here."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection, transaction

from piaoju.identity import queries as identity
from piaoju.identity import rights
from piaoju.identity.errors import ActNotPermitted
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Scope
from piaoju.journeys import refuse
from piaoju.journeys.office import Office
from piaoju.kit.errors import NotFound, NotPermitted, PiaojuError

_log = logging.getLogger("piaoju.journeys.acting")

DONE = "done"
NOT_IN_SCOPE = "not_in_scope"
BROKEN = "database_refused"


@contextmanager
def acting(
    office: Office,
    actor: OperatorActor,
    act: Act,
    *,
    scope: Scope | Callable[[], Scope],
    subject: str,
    trace_id: str = "",
    missing: type[NotFound] = NotFound,
) -> Iterator[Any]:
    """One act of a person: permitted, in one transaction, with its audit record; yields the transaction's cursor.

    `scope` may be a function, asked inside the transaction, so that a thing that is missing is a recorded refusal too.
    A refusal leaves its own record after the rollback. Raises OperatorNotInForce, ActNotPermitted where no appointment
    allows the act anywhere, and `missing` for what lies outside the actor's scope: foreign is the same answer as missing.
    """
    outcome = DONE
    try:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            identity.lock_in_force(actor, office.clock())
            if not rights.may(actor, act, scope() if callable(scope) else scope):
                outcome = NOT_IN_SCOPE
                _refuse(actor, act, missing)
            yield cursor
            refuse.record_act(
                cursor, office, actor=actor.name, act=act.value, subject=subject, outcome=DONE, trace_id=trace_id
            )
    except PiaojuError as refusal:
        told = outcome if outcome != DONE and isinstance(refusal, NotFound) else refusal.code_value
        record_refusal(office, actor.name, act, subject, told, trace_id)
        refusal.is_recorded = True
        raise
    except DatabaseError:
        # A constraint made the refusal that nobody explained: it is recorded, and told as a fault of ours.
        record_refusal(office, actor.name, act, subject, BROKEN, trace_id)
        raise


def reading(actor: OperatorActor, act: Act, scope: Scope, *, missing: type[NotFound] = NotFound) -> None:
    """Nothing, if the actor may read this. Raises ActNotPermitted, or `missing` for what is foreign."""
    if not rights.may(actor, act, scope):
        _refuse(actor, act, missing)


def record_unrecorded(office: Office, actor: OperatorActor, act: str, subject: str, refusal: PiaojuError) -> None:
    """The record of a refusal to show something: no act began, and nobody wrote it down yet. For the doors."""
    if isinstance(refusal, NotFound | NotPermitted) and not refusal.is_recorded:
        record_refusal(office, actor.name, act, subject, refusal.code_value)
        refusal.is_recorded = True


def record_refusal(office: Office, actor_name: str, act: str, subject: str, outcome: str, trace_id: str = "") -> None:
    """The record of a refused act, in a transaction of its own."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            refuse.record_act(
                cursor, office, actor=actor_name, act=str(act), subject=subject, outcome=outcome, trace_id=trace_id
            )
    except DatabaseError as error:
        # The refusal was given either way; the missing record is told to the operator.
        _log.error("a refusal was not recorded: %s %s", type(error).__name__, trace_id)


def _refuse(actor: OperatorActor, act: Act, missing: type[NotFound]) -> None:
    raise missing() if rights.may_anywhere(actor, act) else ActNotPermitted()
