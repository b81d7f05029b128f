"""The smallest values of the registry. Re-exported by `types`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Validity:
    """A half-open interval of days; no end means until further notice."""

    valid_from: date
    valid_to: date | None

    def holds(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True, slots=True)
class UnitPlace:
    """Where a unit stands on a day: what permissions are about."""

    unit_id: int
    code: str
    name: str
    region_code: str
    region_codes: tuple[str, ...]
    governing_code: str
    connection_mode: str


@dataclass(frozen=True, slots=True)
class Sight:
    """Which units a person may see: all, or those of these regions, these units, and these governing departments."""

    everything: bool = False
    region_codes: frozenset[str] = frozenset()  # with everything below them, as of the day it was asked
    unit_codes: frozenset[str] = frozenset()
    governing_codes: frozenset[str] = frozenset()

    def sees_region(self, region_code: str) -> bool:
        return self.everything or region_code in self.region_codes


@dataclass(frozen=True, slots=True)
class UnitSpan:
    """What is said of a unit in a time."""

    unit_id: int
    name: str
    region_code: str
    governing_code: str
    industry: str
    connection_mode: str
    validity: Validity


@dataclass(frozen=True, slots=True)
class RegionRecord:
    """A region's name and level: 1 province, 2 city, 3 county."""

    code: str
    name: str
    short_name: str
    level: int
