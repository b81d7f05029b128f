"""停开与恢复: the stop switch, with its record. It counts from the next commit of every process on."""

from __future__ import annotations

from django.db import connection, transaction

from piaoju.journeys import refuse
from piaoju.journeys.office import Office
from piaoju.kit.errors import Refused
from piaoju.registry import actions as registry
from piaoju.registry.models import SuspensionScope


class SuspensionUnclear(Refused):
    code = "suspension_unclear"
    label = "停开要写明原因；除全部停开外还要写明代码。请补上再试"


def suspend(office: Office, scope: str, code: str, reason: str, *, by: str) -> None:
    """Refuse issuing in this scope from now on. Raises SuspensionUnclear."""
    if scope not in SuspensionScope.values or not reason.strip() or (scope == SuspensionScope.ALL) == bool(code):
        raise SuspensionUnclear
    with transaction.atomic(), connection.cursor() as cursor:
        registry.suspend(scope, code, reason.strip(), office.clock(), by)
        refuse.record_act(
            cursor, office, actor=by, act="suspend", subject=f"{scope}:{code}", outcome="suspended", trace_id=""
        )


def lift(office: Office, scope: str, code: str, *, by: str) -> int:
    """Lift the suspensions of exactly this scope; how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        lifted = registry.lift_suspension(scope, code, office.clock())
        refuse.record_act(
            cursor, office, actor=by, act="lift_suspension", subject=f"{scope}:{code}", outcome=str(lifted), trace_id=""
        )
    return lifted
