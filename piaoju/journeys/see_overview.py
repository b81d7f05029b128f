"""总览: what a region or a unit comes to in a period, beside the period before, and what lies below it: all of one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from piaoju.identity import rights
from piaoju.identity.rights import Act, ScopeKind
from piaoju.identity.types import OperatorActor
from piaoju.journeys import scopes, see_coverage
from piaoju.journeys.acting import reading
from piaoju.journeys.office import Office
from piaoju.journeys.snapshot import one_snapshot
from piaoju.kit.clock import local_date
from piaoju.ledger.types import Figures
from piaoju.registry import queries as registry
from piaoju.registry.errors import RegionUnknown, UnitUnknown
from piaoju.registry.types import Sight
from piaoju.reporting import queries as reporting
from piaoju.reporting.types import Reach, TotalsDimension, TotalsFound, TotalsQuestion

BELOW: dict[int, TotalsDimension] = {1: "city", 2: "county", 3: "unit"}
_HOURS_UP_TO, _DAYS_UP_TO = timedelta(days=2), timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Compared:
    """The present period, the part of the one before that is as far gone, and all of the one before."""

    low: datetime
    high: datetime
    before_low: datetime
    before_high: datetime
    before_end: datetime

    @property
    def grain(self) -> TotalsDimension:
        length = self.high - self.low
        return "hour" if length <= _HOURS_UP_TO else "day" if length <= _DAYS_UP_TO else "month"


@dataclass(frozen=True, slots=True)
class Where:
    """What the page is about: a region with all below, or a unit; its name, and what stands above that may be opened."""

    region_code: str
    unit_code: str
    name: str
    level: int  # 1 province, 2 city, 3 county, 4 unit
    above: tuple[tuple[str, str], ...]  # (code, name) of regions, from the top


@dataclass(frozen=True, slots=True)
class Below:
    """A part of the whole: its code ('' for what hangs at the region itself), its name, and both figures."""

    code: str
    name: str
    now: Figures
    before: Figures


@dataclass(frozen=True, slots=True)
class OverviewSeen:
    """Everything a page says. `below` adds up to `now`, line by line; so does `flow`."""

    where: Where
    now: Figures
    before: Figures
    flow: tuple[tuple[datetime, Figures], ...]
    flow_before: tuple[tuple[datetime, Figures], ...]
    below: tuple[Below, ...]
    as_of: datetime
    snapshot: str


def where(office: Office, actor: OperatorActor, region_code: str = "", unit_code: str = "") -> Where:
    """What may be shown under this name. Raises RegionUnknown, UnitUnknown, also for what is foreign."""
    today = local_date(office.clock())
    own = _only_unit(actor)
    if unit_code or (own and not region_code):
        code = unit_code or own
        reading(actor, Act.READ_TOTALS, scopes.of_unit(code, today), missing=UnitUnknown)
        place = registry.unit_place(code, today)
        seen = scopes.sight(actor, Act.READ_TOTALS, today)
        names = registry.region_records(place.region_codes)
        standing = [(one, names[one].name) for one in reversed(place.region_codes) if seen.sees_region(one)]
        return Where(place.region_code, code, place.name, 4, tuple(standing))
    sight = scopes.sight(actor, Act.READ_TOTALS, today)
    code = region_code or see_coverage.home_region(actor)
    lineage = registry.region_lineage(code, today)
    if not _may_open(sight, code, today):
        raise RegionUnknown
    names = registry.region_records(lineage)
    above = tuple((one, names[one].name) for one in reversed(lineage[1:]) if sight.sees_region(one))
    return Where(code, "", names[code].name, names[code].level, above)


def figures(actor: OperatorActor, place: Where, question: TotalsQuestion) -> TotalsFound:
    """The sum alone: what an open page asks every second."""
    return reporting.totals(_about(place, question), scopes.reach(actor, Act.READ_TOTALS))


def seen(actor: OperatorActor, place: Where, period: Compared, question: TotalsQuestion) -> OverviewSeen:
    """What this place comes to. `question` says what else is asked (bill type, industry …); its period is not looked at."""
    reach = scopes.reach(actor, Act.READ_TOTALS)
    below: TotalsDimension = BELOW.get(place.level, "bill_type")
    ask = _asker(_about(place, question), reach)
    with one_snapshot():
        now = ask(period.low, period.high, (below,))
        before = ask(period.before_low, period.before_high, (below,))
        flow = ask(period.low, period.high, (period.grain,))
        flow_before = ask(period.before_low, period.before_end, (period.grain,))
        names = _names(below, now, before)
    return OverviewSeen(
        place, now.sum, before.sum, _flow(flow), _flow(flow_before), tuple(_below(now, before, names)), now.as_of,
        now.snapshot,
    )  # fmt: skip


def _asker(
    question: TotalsQuestion, reach: Reach
) -> Callable[[datetime, datetime, tuple[TotalsDimension, ...]], TotalsFound]:
    def ask(low: datetime, high: datetime, by: tuple[TotalsDimension, ...]) -> TotalsFound:
        return reporting.totals(replace(question, period_from=low, period_to=high, by=by), reach)

    return ask


def _about(place: Where, question: TotalsQuestion) -> TotalsQuestion:
    if place.unit_code:
        return replace(question, unit_code=place.unit_code, region_code="")
    return replace(question, region_code=place.region_code)


def _may_open(sight: Sight, region_code: str, today: date) -> bool:
    """A supervisor opens what is theirs; others whatever holds units they may see."""
    if sight.everything or sight.region_codes:
        return sight.sees_region(region_code)
    return any(row.units for row in registry.coverage(sight, today, registry.region_subtree([region_code], today)))


def _only_unit(actor: OperatorActor) -> str:
    """The unit of whoever works for one unit and nowhere else."""
    units = {one.unit_code if rights.SCOPE_KINDS[one.role] == ScopeKind.UNIT else "" for one in actor.appointments}
    return units.pop() if len(units) == 1 else ""


def _flow(found: TotalsFound) -> tuple[tuple[datetime, Figures], ...]:
    return tuple((key, line.figures) for line in found.rows if isinstance(key := line.keys[0], datetime))


def _names(below: TotalsDimension, now: TotalsFound, before: TotalsFound) -> dict[str, str]:
    codes = {str(line.keys[0]) for found in (now, before) for line in found.rows}
    if below == "unit":
        return registry.unit_names(codes)
    if below == "bill_type":
        return {}
    return {code: record.name for code, record in registry.region_records(codes).items()}


def _below(now: TotalsFound, before: TotalsFound, names: dict[str, str]) -> Sequence[Below]:
    figures_now = {str(line.keys[0]): line.figures for line in now.rows}
    figures_before = {str(line.keys[0]): line.figures for line in before.rows}
    return [
        Below(code, names.get(code, code), figures_now.get(code, Figures()), figures_before.get(code, Figures()))
        for code in sorted({*figures_now, *figures_before})
    ]
