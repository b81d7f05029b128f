"""Where an act happens, from the registry as of a day, and what a person may see of it: never from a code's prefix."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from piaoju.identity import rights
from piaoju.identity.rights import Act, ScopeKind
from piaoju.identity.types import Appointment, OperatorActor, Scope
from piaoju.registry import queries as registry
from piaoju.registry.types import Sight, UnitPlace
from piaoju.reporting.types import Portion, Reach


def of_unit(unit_code: str, on: date) -> Scope:
    """A unit, the region it stands in and all above. Raises UnitUnknown."""
    return of_place(registry.unit_place(unit_code, on))


def of_place(place: UnitPlace) -> Scope:
    """The same, of a unit that is placed already."""
    return Scope(region_codes=place.region_codes, unit_code=place.code, governing_code=place.governing_code)


def of_region(region_code: str, on: date) -> Scope:
    """A region and all above it. Raises RegionUnknown."""
    return Scope(region_codes=registry.region_lineage(region_code, on))


def asked(find: Callable[[str, date], Scope], code: str, on: date) -> Callable[[], Scope]:
    """The same, asked inside the act's transaction: what is missing then is a recorded refusal."""
    return lambda: find(code, on)


def acts_of(appointment: Appointment) -> frozenset[Act]:
    """What an appointment allows, within its scope."""
    return rights.GRANTS[appointment.role]


def sight(actor: OperatorActor, act: Act, on: date) -> Sight:
    """What this person may see by this act: every appointment adds its own."""
    regions: set[str] = set()
    units: set[str] = set()
    governing: set[str] = set()
    for one in actor.appointments:
        if act not in rights.GRANTS[one.role]:
            continue
        kind = rights.SCOPE_KINDS[one.role]
        if kind == ScopeKind.WHOLE or (kind == ScopeKind.REGION and not one.region_code):
            return Sight(everything=True)
        if kind == ScopeKind.REGION:
            regions.add(one.region_code)
        elif kind == ScopeKind.UNIT:
            units.add(one.unit_code)
        else:
            governing.add(one.unit_code)
    below = registry.region_subtree(regions, on) if regions else []
    return Sight(False, frozenset(below), frozenset(units), frozenset(governing))


def reach(actor: OperatorActor, act: Act) -> Reach:
    """Which bills this person may see by this act: every appointment adds its own, in its own bill types."""
    portions = []
    for one in actor.appointments:
        if act not in rights.GRANTS[one.role]:
            continue
        kind = rights.SCOPE_KINDS[one.role]
        unit = one.unit_code if kind == ScopeKind.UNIT else ""
        governing = one.unit_code if kind == ScopeKind.GOVERNING else ""
        region = one.region_code if kind == ScopeKind.REGION else ""
        if kind in (ScopeKind.UNIT, ScopeKind.GOVERNING) and not one.unit_code:
            continue
        portions.append(Portion(unit, region, governing, one.bill_types))
    return Reach(tuple(portions))


def reach_by_name(actor: OperatorActor, act: str) -> Reach:
    """The same, for a door that knows the act by its name only."""
    return reach(actor, Act(act))
