"""The tile map: counties as tiles, in blocks of their city, by code alone; no drawing is kept, so none has to be approved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from piaoju.journeys.see_coverage import RegionShare, Share

# Five fixed steps, the same in every period: the lower limit in tenths of a per cent.
STEPS = ((950, "b5", "95% 以上"), (850, "b4", "85–95%"), (750, "b3", "75–85%"), (600, "b2", "60–75%"), (0, "b1", "不足 60%"))


@dataclass(frozen=True, slots=True)
class Tile:
    """One county: its two characters, its step, its address, and all of it in words."""

    code: str
    short: str
    step: str
    address: str
    title: str


@dataclass(frozen=True, slots=True)
class Block:
    """One city with its counties in the order of their codes."""

    code: str
    name: str
    rate: str
    address: str
    tiles: tuple[Tile, ...]


def blocks(cities: Sequence[RegionShare], address_of: Callable[[str], str]) -> list[Block]:
    """The cities in the order of their codes."""
    return [
        Block(
            city.region.code,
            city.region.short_name or city.region.name,
            city.share.rate,
            address_of(city.region.code),
            tuple(_tiles(city.below, address_of)),
        )
        for city in sorted(cities, key=lambda one: one.region.code)
    ]


def short_names(names: Sequence[str]) -> list[str]:
    """The first two characters of each; where two of one city would be equal, the second and third."""
    first = Counter(name[:2] for name in names)
    return [name[:2] if first[name[:2]] == 1 else name[1:3] for name in names]


def step(share: Share) -> str:
    """The class of the step a share falls into, by its exact value; none without a unit."""
    if not share.units:
        return "b0"
    return next(name for limit, name, _ in STEPS if 1000 * share.online >= limit * share.units)


def _tiles(counties: Sequence[RegionShare], address_of: Callable[[str], str]) -> list[Tile]:
    counties = sorted(counties, key=lambda one: one.region.code)
    shorts = [county.region.short_name for county in counties]
    if len(set(shorts)) < len(shorts) or not all(shorts):  # a county that moved here may be called like another
        shorts = short_names([county.region.name for county in counties])
    return [
        Tile(
            county.region.code,
            short,
            step(county.share),
            address_of(county.region.code),
            f"{county.region.code} {county.region.name} 上线率 {county.share.rate}，"
            f"{county.share.online:,} / {county.share.units:,} 家",
        )
        for county, short in zip(counties, shorts, strict=True)
    ]
