"""自动补号: a front server works with the line cut, so its stock is topped up before it runs low, without being asked."""

from __future__ import annotations

import logging

from django.db import connection, transaction

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import refuse, stock_facts
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.journeys.stock_places import today, unit_at_stock
from piaoju.kit.errors import PiaojuError
from piaoju.registry import queries as registry
from piaoju.standard import bill_types, codes
from piaoju.stock import actions as stock
from piaoju.stock import queries, rules
from piaoju.stock.types import Code, Ground, Medium, TopUpRow

_ACTOR = "job:top_up"
_log = logging.getLogger("piaoju.journeys.stock_top_up")


def set_top_up(
    office: Office, actor: OperatorActor, unit_code: str, bill_type_code: str, sheets: tuple[int, int] | None,
    *, trace_id: str = "",
) -> None:  # fmt: skip
    """From today on: below the first number of sheets, up to the second; with none, no more. Raises TopUpInvalid."""
    with acting(
        office, actor, Act.SET_TOP_UP, trace_id=trace_id, subject=f"unit:{unit_code} {bill_type_code} {sheets}",
        scope=lambda: unit_at_stock(unit_code, today(office), bill_type_code).scope,
    ):  # fmt: skip
        if sheets is not None:
            rules.refuse_top_up(*sheets)
        unit = unit_at_stock(unit_code, today(office))
        stock.set_top_up(unit.unit_id, Medium.ELECTRONIC, bill_type_code, sheets, today=today(office), by=actor.name)


def top_up_all(office: Office) -> int:
    """Every unit with such an arrangement has its threshold again; how many were topped up. One that fails is told."""
    done = 0
    for arrangement in queries.top_ups_due(today(office), _codes(office)):
        try:
            done += _top_up(office, arrangement)
        except PiaojuError as refusal:
            _log.warning("unit %s is not topped up: %s", arrangement.unit_id, refusal.code_value)
    return done


def _codes(office: Office) -> dict[str, str]:
    """This year's code of each bill type."""
    year = today(office).year
    return {kind.code: codes.bill_code(office.profile.region2, kind.code, year) for kind in bill_types.BILL_TYPES}


def _top_up(office: Office, arrangement: TopUpRow) -> bool:
    at = office.clock()
    code = Code(arrangement.medium, arrangement.bill_type_code, _codes(office)[arrangement.bill_type_code])
    unit = unit_at_stock(registry.unit_code_of(arrangement.unit_id), today(office))
    unit.refuse_locked()
    why = Ground(at, _ACTOR, f"top_up:{arrangement.id}")
    with transaction.atomic(), connection.cursor() as cursor:
        stock.lock_stocks(cursor, code, [unit.department])
        # Two keepers count after the lock, so only the first of them finds it due.
        due = rules.top_up_due(
            queries.left_of_code(arrangement.unit_id, code), arrangement.threshold_sheets, arrangement.top_up_sheets
        )
        if due:
            stock_facts.post_requisitioned(cursor, unit, code, due, why)
            stock_facts.give_to_unit(cursor, unit, unit.department, code, due, why)
            refuse.record_act(
                cursor, office, actor=_ACTOR, act="allot_numbers", subject=f"unit:{unit.code} {code.bill_code} {due}",
                outcome="done", trace_id="",
            )  # fmt: skip
    return bool(due)
