"""总览: the figures of a region or a unit, each a link to the list that it is the sum of, beside the period before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import premises, see_coverage, see_overview
from piaoju.journeys.see_overview import Below, OverviewSeen, Where
from piaoju.ledger.types import Figures
from piaoju.manage import frame, texts
from piaoju.manage.overview import asked, buckets, coverage, periods, tilemap, written
from piaoju.manage.overview.asked import Asked
from piaoju.registry.errors import RegionUnknown
from piaoju.reporting import queries as reporting
from piaoju.standard import bill_types

_OWN = {1: "省本级", 2: "市本级", 3: "县本级"}
_HEADS = {1: "市州", 2: "区县", 3: "开票单位", 4: "票据种类"}
_BILL_NAMES = {kind.code: kind.name for kind in bill_types.BILL_TYPES}


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure: its name, sheets and amount, how it moved, and the list that it is the sum of."""

    name: str
    sheets: str
    second: str
    change: written.Change
    address: str
    red: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table of what lies below."""

    name: str
    address: str
    bills: str
    sheets: str
    net: str
    red: str
    change: written.Change


@frame.view(Act.READ_TOTALS)
def overview(request: HttpRequest, region: str = "", unit: str = "") -> HttpResponseBase:
    """The overview of a region or a unit; of the viewer's own, if none is named. `part=figures` is what an open page asks."""
    office, actor = premises.office(), frame.actor_of(request)
    place = see_overview.where(office, actor, region, unit)
    about = asked.read(request.GET, frame.now(), request.path)
    known = request.GET.get("known", "")
    if request.GET.get("part") == "figures":
        present = see_overview.figures(actor, place, about.question)
        if known == _mark(present.sum):
            return HttpResponse(status=204)
    found = see_overview.seen(actor, place, about.period.compared, about.question)
    context = _figures(found, about) | {"mark": _mark(found.now)}
    if request.GET.get("part") == "figures":
        return HttpResponse(render_to_string("manage/overview/_figures.html", context, request))
    context |= _around(request, found, about)
    crumbs: tuple[frame.Crumb, ...] = tuple((name, about.address(region=code)) for code, name in place.above)
    title = "总览" if not (region or unit) else f"总览 · {place.name}"
    return frame.page(
        request, "manage/overview/overview.html", context, title=title, crumbs=crumbs, help="overview",
        status=422 if about.faults else 200,
    )  # fmt: skip


def _figures(found: OverviewSeen, about: Asked) -> dict[str, Any]:
    """What is put in place again when a bill was issued."""
    whole = Below("", found.where.name, found.now, found.before)
    return {
        "tiles": _tiles(found, about),
        "lines": [_line(found.where, one, about) for one in _ordered(found)],
        "whole": _line(found.where, whole, about),
        "below_head": _HEADS[found.where.level],
        "below_title": {1: "各市州", 2: "各区县", 3: "各单位", 4: "按票据种类"}[found.where.level],
        "amount_unit": written.UNITS[about.unit],
        "as_of": texts.instant(found.as_of),
        "snapshot": found.snapshot,
        "chart": _chart(found, about),
        "flow": _flow(found, about),
        "period": about.period,
    }


def _around(request: HttpRequest, found: OverviewSeen, about: Asked) -> dict[str, Any]:
    """What stays as it is while the page is open."""
    compared = about.period.compared
    return {
        "where": found.where,
        "words": [(word, about.address(period=key), key == about.period.word) for key, word in periods.WORDS.items()],
        "custom": request.GET.get("period") == "custom",
        "kept": about.kept(),
        "units": [(word, about.address(unit=key), key == about.unit) for key, word in written.UNITS.items()],
        "chips": about.chips(found.where),
        "choices": about.choices(),
        "faults": about.faults,
        "low": texts.instant(compared.low),
        "high": texts.instant(min(compared.high, frame.now()) if compared.low < frame.now() else compared.high),
        "blocks": _blocks(frame.actor_of(request), found.where),
        "steps": list(reversed(tilemap.STEPS)),
        "audit": reporting.audit_state(),
        "history": _history(frame.actor_of(request), found.where),
    }


def _tiles(found: OverviewSeen, about: Asked) -> list[Tile]:
    now, before, where = found.now, found.before, found.where

    def money(fen: int) -> str:
        return f"{written.amount(fen, about.unit)} {written.UNITS[about.unit]}"

    def tile(name: str, sheets: int, was: int, second: str, address: str, *, red: bool = False) -> Tile:
        return Tile(name, texts.number(sheets), second, written.change(sheets, was), address, red)

    bills = about.bills
    return [
        tile("申领", now.requisitioned_sheets, before.requisitioned_sheets, f"发放 {texts.number(now.allotted_sheets)} 张",
             about.facts(where, "requisitioned")),
        tile("开具", now.issued_sheets, before.issued_sheets, money(now.issued_fen), bills(where, kind="normal")),
        tile("冲红", now.red_sheets, before.red_sheets, money(-now.red_fen), bills(where, kind="red"), red=True),
        tile("净额", now.net_sheets, before.net_sheets, money(now.net_fen), bills(where)),
        tile("换开", now.converted_sheets, before.converted_sheets, _share(now), about.facts(where, "converted")),
        tile("发放", now.allotted_sheets, before.allotted_sheets,
             f"退回 {texts.number(now.returned_sheets)} 张，作废 {texts.number(now.voided_sheets)} 张",
             about.facts(where, "allotted")),
    ]  # fmt: skip


def _share(now: Figures) -> str:
    if not now.issued_sheets:
        return "本期没有开具"
    tenths = (2000 * now.converted_sheets + now.issued_sheets) // (2 * now.issued_sheets)
    return f"占开具 {tenths // 10}.{tenths % 10}%"


def _ordered(found: OverviewSeen) -> list[Below]:
    return sorted(found.below, key=lambda one: (not one.code, -one.now.net_fen, one.code))


def _line(where: Where, one: Below, about: Asked) -> Line:
    name, address, bills = one.name, "", ""
    if where.level == 4 and one.code:
        name, bills = f"{one.code} {_BILL_NAMES.get(one.code, '')}".strip(), about.bills(where, bill_type=one.code)
    elif where.level == 3 and one.code:
        address, bills = about.address(unit_code=one.code), about.bills(where, unit_code=one.code)
    elif one.code:
        address, bills = about.address(region=one.code), about.bills(where, region_code=one.code)
    elif one.name != where.name:
        name, bills = _OWN.get(where.level, where.name), about.bills(where, region_code_cmp="eq")
    else:
        bills = about.bills(where)
    now = one.now
    return Line(
        name, address, bills, texts.number(now.net_sheets), written.amount(now.net_fen, about.unit),
        written.amount(-now.red_fen, about.unit) if now.red_fen else "", written.change(now.net_fen, one.before.net_fen),
    )  # fmt: skip


def _flow(found: OverviewSeen, about: Asked) -> list[dict[str, Any]]:
    """The table beside the chart: each hour, day or month, with its bills one link away."""
    grain = about.period.compared.grain
    return [
        {
            "label": buckets.label(at, grain),
            "bills": about.bills(found.where, during=buckets.span(at, grain)),
            "sheets": texts.number(figures.net_sheets),
            "net": written.amount(figures.net_fen, about.unit),
            "red": texts.number(figures.red_sheets),
        }
        for at, figures in found.flow
    ]


def _chart(found: OverviewSeen, about: Asked) -> dict[str, Any]:
    """Both periods side by side, by their place in the period; what lies ahead is empty, what had nothing is zero. In fen."""
    compared = about.period.compared
    now, was = dict(found.flow), dict(found.flow_before)
    present = buckets.starts(compared.low, compared.high, compared.grain)
    past = buckets.starts(compared.before_low, compared.before_end, compared.grain)
    shown = [now.get(at, Figures()) if at <= found.as_of else None for at in present]
    missing = max(0, len(past) - len(present))
    return {
        "kind": "flow",
        "labels": [buckets.label(at, compared.grain) for at in present]
        + [f"上期 {buckets.label(at, compared.grain)}" for at in past[len(present) :]],
        "now": [figures and figures.net_fen for figures in shown] + [None] * missing,
        "red": [figures and figures.red_sheets for figures in shown] + [None] * missing,
        "was": [was.get(at, Figures()).net_fen for at in past] + [None] * max(0, len(present) - len(past)),
    }


def _blocks(actor: OperatorActor, where: Where) -> list[tilemap.Block]:
    """The tile map of the province, for whoever may read the registry."""
    if where.level != 1 or not rights.may_anywhere(actor, Act.READ_REGISTRY):
        return []
    try:
        found = see_coverage.seen(premises.office(), actor, where.region_code)
    except RegionUnknown:
        return []
    return tilemap.blocks(found.here.below, coverage.address_of)


def _history(actor: OperatorActor, where: Where) -> str:
    """Where a unit's own people export all of it."""
    if not where.unit_code or not rights.may_anywhere(actor, Act.EXPORT_HISTORY):
        return ""
    return f"/manage/overview/units/{where.unit_code}/history"


def _mark(figures: Figures) -> str:
    """What tells these figures from any others."""
    return hashlib.sha256(repr(figures).encode()).hexdigest()[:16]
