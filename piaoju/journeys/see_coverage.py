"""上线率: which of the units somebody may see are online, in a region and what lies below it, on a day and over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import scopes
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.registry import queries as registry
from piaoju.registry.errors import RegionUnknown
from piaoju.registry.types import Sight

MONTHS_SHOWN = 12
_PROVINCE = 1


@dataclass(frozen=True, slots=True)
class Share:
    """How many units there are, and how many of them are online."""

    units: int = 0
    online: int = 0

    @property
    def rate(self) -> str:
        """The share that is online, in per cent with one place; never 100.0% while one is missing, and "—" of none."""
        if not self.units:
            return "—"
        tenths = (2000 * self.online + self.units) // (2 * self.units)
        if tenths == 1000 and self.online < self.units:
            tenths = 999
        return f"{tenths // 10}.{tenths % 10}%"

    def plus(self, other: Share) -> Share:
        return Share(self.units + other.units, self.online + other.online)


@dataclass(frozen=True, slots=True)
class RegionShare:
    """A region with all below it; `own` is the share of the region itself, without what lies below."""

    region: registry.RegionNode
    share: Share
    own: Share
    below: tuple[RegionShare, ...]


@dataclass(frozen=True, slots=True)
class CoverageSeen:
    """What a page tells of one region. Every part adds up to `here.share`."""

    day: date
    here: RegionShare
    above: tuple[registry.RegionNode, ...]  # what the viewer may open of what stands above, from the top
    industries: Mapping[str, Share]
    modes: Mapping[str, Share]
    over_time: tuple[registry.CoverageOfDay, ...]  # the ends of months, and this day


def home_region(actor: OperatorActor) -> str:
    """Where this person begins: the region of the first appointment that has one, else the province."""
    code = next((one.region_code for one in actor.appointments if one.region_code), "")
    return code or registry.province_code()


def seen(office: Office, actor: OperatorActor, region_code: str = "", on: date | None = None) -> CoverageSeen:
    """The coverage of a region as this person may see it. Raises RegionUnknown, also for a foreign one."""
    today = local_date(office.clock())
    day = min(on or today, today)
    sight = scopes.sight(actor, Act.READ_REGISTRY, day)
    nodes = {node.code: node for node in registry.regions_on(day)}
    counted = registry.coverage(sight, day)
    tree = _tree(nodes, counted)
    code = region_code or home_region(actor)
    here = tree.get(code)
    if here is None or not _may_open(sight, here):
        raise RegionUnknown
    codes = _codes(here)
    mine = [row for row in counted if row.region_code in codes]
    return CoverageSeen(
        day=day,
        here=here,
        above=tuple(_above(nodes, code, lambda one: _may_open(sight, tree[one.code]))),
        industries=_by(mine, lambda row: row.industry),
        modes=_by(mine, lambda row: row.mode),
        over_time=tuple(registry.coverage_over_time(sight, _days(day), codes)),
    )


def tree_of(sight: Sight, day: date) -> dict[str, RegionShare]:
    """Every region of a day with its share of the units in sight."""
    return _tree({node.code: node for node in registry.regions_on(day)}, registry.coverage(sight, day))


def _tree(nodes: Mapping[str, registry.RegionNode], counted: Sequence[registry.Coverage]) -> dict[str, RegionShare]:
    """Every region with its share; what hangs nowhere (a region that has ended) hangs under the province."""
    own: defaultdict[str, Share] = defaultdict(Share)
    for row in counted:
        own[row.region_code] = own[row.region_code].plus(Share(row.units, row.online))
    known = dict(nodes) | {
        code: registry.RegionNode(code, code, code, 3, "") for code in own if code not in nodes
    }
    top = next((code for code, node in known.items() if node.level == _PROVINCE), "")
    below: defaultdict[str, list[RegionShare]] = defaultdict(list)
    tree: dict[str, RegionShare] = {}
    for node in sorted(known.values(), key=lambda one: (-one.level, one.code)):
        parts = tuple(sorted(below[node.code], key=lambda one: one.region.code))
        share = _sum([own[node.code], *(part.share for part in parts)])
        tree[node.code] = RegionShare(node, share, own[node.code], parts)
        if node.code != top:
            below[node.parent_code or top].append(tree[node.code])
    return tree


def _may_open(sight: Sight, region: RegionShare) -> bool:
    """A supervisor opens what is theirs; others whatever holds units they may see."""
    if sight.everything or sight.region_codes:
        return sight.sees_region(region.region.code)
    return region.share.units > 0


def _above(
    nodes: Mapping[str, registry.RegionNode], code: str, may: Callable[[registry.RegionNode], bool]
) -> Iterable[registry.RegionNode]:
    found = []
    at = nodes.get(nodes[code].parent_code) if code in nodes else None
    while at is not None:
        found.append(at)
        at = nodes.get(at.parent_code)
    return (node for node in reversed(found) if may(node))


def _codes(region: RegionShare) -> list[str]:
    return [region.region.code, *(code for part in region.below for code in _codes(part))]


def _by(rows: Sequence[registry.Coverage], key: Callable[[registry.Coverage], str]) -> dict[str, Share]:
    found: defaultdict[str, Share] = defaultdict(Share)
    for row in rows:
        found[key(row)] = found[key(row)].plus(Share(row.units, row.online))
    return dict(sorted(found.items()))


def _sum(shares: Iterable[Share]) -> Share:
    whole = Share()
    for share in shares:
        whole = whole.plus(share)
    return whole


def _days(day: date) -> list[date]:
    """The last days of the months before, and this day."""
    days = [day]
    end = day.replace(day=1) - timedelta(days=1)
    for _ in range(MONTHS_SHOWN - 1):
        days.append(end)
        end = end.replace(day=1) - timedelta(days=1)
    return sorted(days)
