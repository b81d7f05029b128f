"""Verbs that write the registry, inside someone's transaction. Nothing is deleted: things end."""

from __future__ import annotations

from datetime import date, datetime

from piaoju.registry import models


def suspend(scope: str, scope_code: str, reason: str, at: datetime, by: str) -> None:
    """停开: refuse issuing in a scope from the next commit on, until lifted."""
    models.Suspension.objects.create(
        scope=scope, scope_code=scope_code, reason=reason, suspended_at=at, suspended_by=by
    )


def lift_suspension(scope: str, scope_code: str, at: datetime) -> int:
    """恢复: lift every suspension of exactly this scope; how many there were."""
    return models.Suspension.objects.filter(scope=scope, scope_code=scope_code, lifted_at=None).update(lifted_at=at)


def end_bill_type(code: str, on: date) -> None:
    """停用票据种类: from this day on nobody issues it."""
    models.BillType.objects.filter(code=code).update(valid_to=on)
