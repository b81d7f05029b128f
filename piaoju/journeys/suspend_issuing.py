"""停开与恢复: the stop switch, with its record. It counts from the next commit of every process on."""

from __future__ import annotations

from dataclasses import replace

from django.db import connection, transaction

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Scope
from piaoju.journeys import refuse, scopes
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.kit.errors import FieldError, Refused
from piaoju.registry import actions as registry
from piaoju.registry import queries
from piaoju.registry.models import SuspensionScope


class SuspensionUnclear(Refused):
    code = "suspension_unclear"
    label = "停开要写明原因；除全部停开外还要写明代码。请补上再试"


class NotSuspended(Refused):
    code = "not_suspended"
    label = "这一范围没有停开。请刷新页面查看"


def suspend(office: Office, scope: str, code: str, reason: str, *, by: str) -> None:
    """Refuse issuing in this scope from now on, by the installation itself. Raises SuspensionUnclear."""
    _refuse_unclear(scope, code, reason)
    with transaction.atomic(), connection.cursor() as cursor:
        registry.suspend(scope, code, reason.strip(), office.clock(), by)
        refuse.record_act(
            cursor, office, actor=by, act="suspend", subject=f"{scope}:{code}", outcome="suspended", trace_id=""
        )


def lift(office: Office, scope: str, code: str, *, by: str) -> int:
    """Lift the suspensions of exactly this scope, by the installation itself; how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        lifted = registry.lift_suspension(scope, code, office.clock())
        refuse.record_act(
            cursor, office, actor=by, act="lift_suspension", subject=f"{scope}:{code}", outcome=str(lifted), trace_id=""
        )
    return lifted


def suspend_by(office: Office, actor: OperatorActor, scope: str, code: str, reason: str) -> None:
    """The same by a person, within what the person supervises. Raises SuspensionUnclear, NotFound for what is foreign."""
    with acting(
        office, actor, Act.SUSPEND_ISSUING, scope=lambda: _where(office, scope, code), subject=f"{scope[:12]}:{code[:50]}"
    ):
        _refuse_unclear(scope, code, reason)
        registry.suspend(scope, code, reason.strip(), office.clock(), actor.name)


def lift_by(office: Office, actor: OperatorActor, scope: str, code: str) -> int:
    """Lift by a person; how many. Raises NotSuspended, NotFound for what is foreign."""
    with acting(
        office, actor, Act.SUSPEND_ISSUING, scope=lambda: _where(office, scope, code), subject=f"{scope[:12]}:{code[:50]}"
    ):
        lifted = registry.lift_suspension(scope, code, office.clock())
        if not lifted:
            raise NotSuspended
    return lifted


def _where(office: Office, scope: str, code: str) -> Scope:
    """A unit or a region where it is; bill types, items and everything are the province's. Raises NotFound."""
    today = local_date(office.clock())
    if scope == SuspensionScope.UNIT:
        return scopes.of_unit(code, today)
    region = code if scope == SuspensionScope.REGION else queries.province_code()
    bill_type = code if scope == SuspensionScope.BILL_TYPE else ""
    return replace(scopes.of_region(region, today), bill_type=bill_type)


def _refuse_unclear(scope: str, code: str, reason: str) -> None:
    if scope in SuspensionScope.values and reason.strip() and len(reason) <= 200 and (scope == SuspensionScope.ALL) != bool(code):
        return
    pointer = "/code" if reason.strip() else "/reason"
    raise SuspensionUnclear(errors=[FieldError(pointer, "suspension_unclear", SuspensionUnclear.label)])
