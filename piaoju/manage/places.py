"""Where a person works and as what, in words for the bar."""

from __future__ import annotations

from piaoju.identity.types import OperatorActor


def where(actor: OperatorActor) -> str:
    """The region or unit of the first appointment."""
    first = next(iter(actor.appointments), None)
    return (first.unit_code or first.region_code or "全省") if first else ""


def role_of(actor: OperatorActor) -> str:
    """The role of the first appointment."""
    first = next(iter(actor.appointments), None)
    return str(first.role.label) if first else "未任职"
