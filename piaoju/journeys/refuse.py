"""A refusal leaves its record, in a transaction of its own after the rollback, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import psycopg
from django.db import DatabaseError, close_old_connections, transaction
from django.db import connection as django_connection

from piaoju.identity import actions as identity
from piaoju.journeys.office import Office
from piaoju.kit.errors import PiaojuError
from piaoju.ledger import actions as ledger

if TYPE_CHECKING:
    from piaoju.journeys.issue import Order, Outcome

_log = logging.getLogger("piaoju.journeys.refuse")


def record_refusals(
    connection: psycopg.Connection[Any] | None, office: Office, orders: Sequence[Order], outcomes: Sequence[Outcome]
) -> None:
    """One audit record for each order that was refused; each becomes a leaf of the log."""
    refused = [
        (order, outcome)
        for order, outcome in zip(orders, outcomes, strict=True)
        if isinstance(outcome, PiaojuError) and not order.is_recorded_by_caller
    ]
    if not refused or connection is None or connection.closed:
        return
    try:
        with connection.transaction():
            cursor = connection.cursor()
            for order, refusal in refused:
                record_act(
                    cursor, office, actor=order.actor, act="issue_bill", subject=f"unit:{order.unit_code}",
                    outcome=refusal.code_value, trace_id=order.trace_id,
                )  # fmt: skip
    except psycopg.Error as error:
        # The refusal was given either way; the missing record is told to the operator.
        _log.error("%d refusals were not recorded: %s", len(refused), type(error).__name__)


def record_refusal(office: Office, *, actor: str, unit_code: str, outcome: str, trace_id: str) -> None:
    """The record of an order that was refused before it could wait with others."""
    try:
        with transaction.atomic(), django_connection.cursor() as cursor:
            record_act(
                cursor, office, actor=actor, act="issue_bill", subject=f"unit:{unit_code}", outcome=outcome,
                trace_id=trace_id,
            )  # fmt: skip
    except DatabaseError as error:
        _log.error("a refusal was not recorded: %s %s", type(error).__name__, trace_id)
    finally:
        close_old_connections()


def record_act(
    cursor: Any, office: Office, *, actor: str, act: str, subject: str, outcome: str, trace_id: str
) -> None:
    """One audit record and its pending leaf, in the caller's transaction."""
    at = office.clock()
    number, event = identity.record_act(
        cursor, at=at, actor=actor, act=act, subject=subject, outcome=outcome, trace_id=trace_id
    )
    ledger.append_leaf(cursor, 0, at, "audit", str(number), event)
