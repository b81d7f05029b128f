"""What these pages may show to whom; asked before anything is shown, so that foreign is the same answer as missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from django.http import HttpRequest

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import premises, scopes
from piaoju.journeys.acting import reading
from piaoju.kit.clock import local_date
from piaoju.kit.errors import NotFound
from piaoju.manage import frame
from piaoju.manage.lists import ListPage
from piaoju.registry import queries
from piaoju.registry.errors import RegionUnknown, UnitUnknown
from piaoju.registry.types import Sight, UnitPlace

UNITS = ("登记", ("单位", "/manage/units"))


def today() -> date:
    """The day in Asia/Shanghai, by the office's clock."""
    return local_date(premises.office().clock())


def sight(actor: OperatorActor) -> Sight:
    """What this person may see of the registry."""
    return scopes.sight(actor, Act.READ_REGISTRY, today())


def unit(request: HttpRequest, code: str, act: Act) -> UnitPlace:
    """The unit, if this person may do this about it. Raises UnitUnknown for a missing and for a foreign one."""
    place = queries.unit_place(code, today())
    reading(frame.actor_of(request), act, scopes.of_place(place), missing=UnitUnknown)
    return place


def region(request: HttpRequest, code: str, act: Act) -> None:
    """Nothing, if this person may do this about the region. Raises RegionUnknown for a missing and for a foreign one."""
    reading(frame.actor_of(request), act, scopes.of_region(code, today()), missing=RegionUnknown)


def province(request: HttpRequest, act: Act, missing: type[NotFound] = NotFound) -> None:
    """Nothing, if this person may do this for the whole province. Raises `missing` where only for a part of it."""
    reading(frame.actor_of(request), act, scopes.of_region(queries.province_code(), today()), missing=missing)


def may(actor: OperatorActor, act: Act, place: UnitPlace) -> bool:
    """Whether this person may do this about this unit: what a page offers."""
    return rights.may(actor, act, scopes.of_place(place))


def fitted(page: ListPage, actor: OperatorActor, act: Act) -> ListPage:
    """The list as it is for a person who may do this; without the links that lead there for everybody else."""
    if rights.may_anywhere(actor, act):
        return page
    return replace(page, links=(), columns=tuple(replace(column, link=None) for column in page.columns))


def own_regions(actor: OperatorActor, act: Act) -> list[str]:
    """The regions of the appointments by which a person may do this."""
    return [one.region_code for one in actor.appointments if act in rights.GRANTS[one.role] and one.region_code]


def unit_crumbs(place: UnitPlace) -> tuple[str | tuple[str, str], ...]:
    return (*UNITS, (place.name, f"/manage/units/{place.code}"))
