"""Business figures for the collector: what is issued, what waits. No label carries personal data."""

from __future__ import annotations

from django.db import close_old_connections, connection
from prometheus_client import Gauge

from piaoju.journeys import premises
from piaoju.reporting import queries as reporting

_WAITING = Gauge("piaoju_orders_waiting", "orders accepted by this process and not yet answered")
_PENDING = Gauge("piaoju_log_pending_leaves", "facts and records committed and not yet in the log")
_UNSIGNED = Gauge("piaoju_intents", "numbers taken whose bill is not signed yet")
_NUMBERS_LEFT = Gauge("piaoju_numbers_left", "numbers allotted and not used, over all units")
_LEAVES = Gauge("piaoju_log_leaves", "leaves of the log")
_DIFFERENCES = Gauge("piaoju_differences", "open differences between bills, facts and totals: 0, or an incident")
_HOURS_AGE = Gauge("piaoju_audit_hours_age_seconds", "since the auditor last looked at the present hours; -1: never")
_ROUND_AGE = Gauge("piaoju_audit_round_age_seconds", "since the day or month looked at longest ago was looked at; -1: never")


def refresh() -> None:
    """Read the figures anew; each is one short query."""
    close_old_connections()
    _WAITING.set(premises.writer().waiting)
    with connection.cursor() as cursor:
        for gauge, sql in (
            (_PENDING, "SELECT count(*) FROM ledger_pending_leaf"),
            (_UNSIGNED, "SELECT count(*) FROM issuing_intent"),
            (_NUMBERS_LEFT, "SELECT coalesce(sum(last_number - next_number + 1), 0) FROM stock_counter"),
            (_LEAVES, "SELECT coalesce(max(position) + 1, 0) FROM ledger_leaf"),
        ):
            cursor.execute(sql)
            gauge.set(cursor.fetchone()[0])
    state, now = reporting.audit_state(), premises.office().clock()
    _DIFFERENCES.set(state.differences)
    for gauge, at in ((_HOURS_AGE, state.hours_checked_at), (_ROUND_AGE, state.all_checked_since)):
        gauge.set((now - at).total_seconds() if at else -1)
