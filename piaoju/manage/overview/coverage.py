"""上线率: by region with the tile map, by industry, by mode and over time; who is not online yet is one link away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from piaoju.identity.rights import Act
from piaoju.journeys import premises, see_coverage
from piaoju.journeys.see_coverage import CoverageSeen, RegionShare, Share
from piaoju.kit.clock import local_date
from piaoju.kit.errors import NotFound
from piaoju.manage import frame, texts, typed
from piaoju.manage.overview import boundary, tilemap
from piaoju.registry import queries as registry

_OWN = {1: "省本级", 2: "市本级", 3: "县本级"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of shares."""

    name: str
    address: str
    share: Share
    waiting: str  # the list of those that are not online yet

    @property
    def rate(self) -> str:
        return self.share.rate

    @property
    def units(self) -> str:
        return texts.number(self.share.units)

    @property
    def online(self) -> str:
        return texts.number(self.share.online)

    @property
    def missing(self) -> str:
        return texts.number(self.share.units - self.share.online)

    @property
    def width(self) -> str:
        """Of the meter, of 84."""
        return f"{84 * self.share.online / self.share.units:.1f}" if self.share.units else "0"


@frame.view(Act.READ_REGISTRY)
def coverage(request: HttpRequest, region: str = "") -> HttpResponseBase:
    """上线率 of a region: of the viewer's own, if none is named."""
    actor = frame.actor_of(request)
    day, fault = _day(request)
    found = see_coverage.seen(premises.office(), actor, region, day)
    here = found.here
    context: dict[str, Any] = {
        "found": found,
        "whole": Row(here.region.name, "", here.share, _waiting(here.region.code)),
        "rows": _below(found),
        "blocks": tilemap.blocks(here.below, address_of) if here.region.level == 1 else [],
        "counties": sum(len(city.below) for city in here.below),
        "steps": reversed(tilemap.STEPS),
        "boundary": boundary.of(premises.office().data_folder) if here.region.level == 1 else None,
        "industries": _named(found.industries, registry.INDUSTRY_LABELS, here.region.code, "industry"),
        "modes": _named(found.modes, registry.MODE_LABELS, here.region.code, "connection_mode"),
        "over_time": [(texts.day(one.day), Row("", "", Share(one.units, one.online), "")) for one in found.over_time],
        "chart": _chart(found),
        "shapes": _shapes(here),
        "day": texts.day(found.day),
        "live": found.day == local_date(frame.now()),  # the list of who is missing is of today
        "fault": fault,
    }
    crumbs: tuple[frame.Crumb, ...] = ("总览", *((node.name, address_of(node.code)) for node in found.above))
    title = "上线率" if not region else f"上线率 · {here.region.name}"
    return frame.page(
        request, "manage/overview/coverage.html", context, title=title, crumbs=crumbs, help="coverage",
        status=422 if fault else 200,
    )  # fmt: skip


@frame.view(Act.READ_REGISTRY)
def boundary_file(request: HttpRequest) -> HttpResponseBase:
    """The deployer's boundary file, for the map of this page. NotFound where there is none."""
    found = boundary.of(premises.office().data_folder)
    if found is None:
        raise NotFound
    return boundary.answer(found)


def address_of(region_code: str) -> str:
    return reverse("manage-coverage-region", args=[region_code])


def _day(request: HttpRequest) -> tuple[Any, str]:
    """The day that was asked for, or none and why it cannot be read."""
    given = request.GET.get("day", "").strip()
    if not given:
        return None, ""
    try:
        return typed.day(given), ""
    except typed.Unreadable as fault:
        return None, str(fault)


def _below(found: CoverageSeen) -> list[Row]:
    """What lies directly below, best first; the region's own units last. They add up to the whole."""
    here = found.here
    rows = [
        Row(part.region.name, address_of(part.region.code), part.share, _waiting(part.region.code))
        for part in sorted(here.below, key=_order)
        if part.share.units or part.region.level < 3 or len(here.below) < 30
    ]
    if here.own.units and here.below:
        rows.append(Row(_OWN[here.region.level], "", here.own, _waiting(here.region.code, "eq")))
    return rows


def _order(part: RegionShare) -> tuple[int, str]:
    share = part.share
    return (-(10**9 * share.online // share.units) if share.units else 1, part.region.code)


def _named(shares: Mapping[str, Share], labels: Mapping[str, str], region_code: str, field: str) -> list[Row]:
    return [
        Row(labels.get(key, key), "", share, _waiting(region_code, more={field: key})) for key, share in shares.items()
    ]  # fmt: skip


def _waiting(region_code: str, comparison: str = "", more: Mapping[str, str] | None = None) -> str:
    """The list of the units that are not online yet."""
    asked = {"region_code": region_code} | ({"region_code_cmp": comparison} if comparison else {}) | dict(more or {})
    return f"{reverse('manage-onboarding')}?{urlencode(asked)}"


def _chart(found: CoverageSeen) -> dict[str, Any]:
    return {
        "kind": "rate",
        "days": [texts.day(one.day) for one in found.over_time],
        "units": [one.units for one in found.over_time],
        "online": [one.online for one in found.over_time],
    }


def _shapes(here: RegionShare) -> dict[str, Any]:
    """What a boundary map colours: by code."""
    parts = [county for city in here.below for county in (city, *city.below)]
    return {
        part.region.code: {
            "step": tilemap.step(part.share), "rate": part.share.rate, "name": part.region.name,
            "href": address_of(part.region.code),
        }
        for part in parts
    }  # fmt: skip
