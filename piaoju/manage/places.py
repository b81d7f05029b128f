"""Where a person works and as what, in words for the bar."""

from __future__ import annotations

from datetime import date

from piaoju.identity import rights
from piaoju.identity.rights import ScopeKind
from piaoju.identity.types import OperatorActor, Role
from piaoju.kit.errors import NotFound
from piaoju.registry import queries as registry

_LEVELS = {1: "省级", 2: "市级", 3: "县级"}


def where(actor: OperatorActor, on: date) -> str:
    """The region or unit of the first appointment, by name."""
    first = next(iter(actor.appointments), None)
    if first is None:
        return "没有任职"
    try:
        if rights.SCOPE_KINDS[first.role] == ScopeKind.UNIT:
            return registry.unit_place(first.unit_code, on).name
        if first.region_code:
            return registry.region(first.region_code).name
    except NotFound:
        return first.unit_code or first.region_code
    return first.unit_code or "全省"


def role_of(actor: OperatorActor) -> str:
    """The role of the first appointment; a supervisor's with the level."""
    first = next(iter(actor.appointments), None)
    if first is None:
        return ""
    if first.role == Role.SUPERVISOR and first.region_code:
        try:
            return f"{_LEVELS.get(registry.region(first.region_code).level, '')}监管员"
        except NotFound:
            return str(first.role.label)
    return str(first.role.label)
