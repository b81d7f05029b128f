"""Pure decisions of the ledger: how a period is cut, which rollup rows exist, and the bytes of a leaf."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from piaoju.crypto import merkle
from piaoju.crypto.merkle import Sums
from piaoju.kit.clock import local
from piaoju.ledger.types import Dimension, Fact, FactKind


class Scope(IntEnum):
    """For whom a rollup row adds up."""

    unit = 1
    region = 2
    everyone = 3


class Grain(IntEnum):
    """How long a rollup row's bucket is; all are cut in Asia/Shanghai."""

    hour = 1
    day = 2
    month = 3


# Items by unit and hour hardly compress (a bill with ten items makes ten such rows), so they are not kept:
# a unit's partial day is read from its facts.
GRAINS: dict[tuple[Scope, bool], tuple[Grain, ...]] = {
    (Scope.unit, False): (Grain.hour, Grain.day, Grain.month),
    (Scope.unit, True): (Grain.day, Grain.month),
    (Scope.region, False): (Grain.hour, Grain.day, Grain.month),
    (Scope.region, True): (Grain.hour, Grain.day, Grain.month),
    (Scope.everyone, False): (Grain.hour, Grain.day, Grain.month),
    (Scope.everyone, True): (Grain.hour, Grain.day, Grain.month),
}


@dataclass(frozen=True, slots=True)
class Cut:
    """A period as stretches of whole buckets, read from the rollup, and edges, read from the facts."""

    whole: tuple[tuple[Grain, datetime, datetime], ...]
    edges: tuple[tuple[datetime, datetime], ...]

    @property
    def middle(self) -> tuple[datetime, datetime] | None:
        """The stretch the rollup covers; what is not folded yet is added for the same stretch."""
        if not self.whole:
            return None
        return min(low for _, low, _ in self.whole), max(high for _, _, high in self.whole)


def scope_for(by: Collection[Dimension], *, units: bool, regions: bool) -> Scope:
    """The widest scope whose rows can answer."""
    if units or "unit" in by:
        return Scope.unit
    if regions or "region" in by:
        return Scope.region
    return Scope.everyone


def grains_for(scope: Scope, by: Collection[Dimension], *, items: bool) -> tuple[Grain, ...]:
    """The grains that exist in a scope and are no coarser than the grouping."""
    finest = Grain.hour if "hour" in by else Grain.day if "day" in by else Grain.month
    return tuple(grain for grain in GRAINS[scope, items] if grain <= finest)


def cut(period_from: datetime, period_to: datetime, grains: Collection[Grain]) -> Cut:
    """The half-open period in as few whole buckets as these grains allow; they are disjoint and cover it."""
    whole: list[tuple[Grain, datetime, datetime]] = []
    gaps = [(period_from, period_to)]
    for grain in sorted(grains, reverse=True):
        rest: list[tuple[datetime, datetime]] = []
        for low, high in gaps:
            first, last = _ceiling(low, grain), _floor(high, grain)
            if first < last:
                whole.append((grain, first, last))
                rest += [(low, first), (last, high)]
            else:
                rest.append((low, high))
        gaps = [(low, high) for low, high in rest if low < high]
    return Cut(tuple(whole), tuple(gaps))


def sums_of(kind: int, sheets: int, amount_fen: int) -> Sums:
    """What a fact adds to the sums of the log: only bills count, red ones apart and as positive fen."""
    if kind == FactKind.issued:
        return Sums(sheets, amount_fen, 0, 0)
    if kind == FactKind.red:
        return Sums(0, 0, sheets, -amount_fen)
    return merkle.NOTHING


def event_of(fact: Fact) -> bytes:
    """The canonical event of a fact: the same bytes from the same row, for ever.

    Items and actor enter by their digest, so that a proof of inclusion can be shown to anyone.
    """
    detail = json.dumps([fact.items, fact.actor], ensure_ascii=False, separators=(",", ":"))
    return (
        f"piaoju-fact/1\n{FactKind(fact.kind).name}\n{fact.unit_id}\n"
        f"{fact.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}\n{fact.region_code}\n{fact.bill_type_code}\n"
        f"{fact.bill_code}\n{fact.bill_number}\n{fact.sheets}\n{fact.amount_fen}\n{fact.digest.hex()}\n"
        f"{merkle.digest(detail.encode()).hex()}\n"
    ).encode()


def fact_source_id(kind: int, bill_code: str, bill_number: int) -> str:
    """How a leaf names its fact, beside unit and instant."""
    return f"{int(kind)}:{bill_code}:{bill_number}"


def _floor(at: datetime, grain: Grain) -> datetime:
    at = local(at).replace(minute=0, second=0, microsecond=0)
    if grain >= Grain.day:
        at = at.replace(hour=0)
    return at.replace(day=1) if grain == Grain.month else at


def _ceiling(at: datetime, grain: Grain) -> datetime:
    start = _floor(at, grain)
    if start == at:
        return start
    if grain == Grain.month:
        return (start + timedelta(days=32)).replace(day=1)
    return start + timedelta(days=1 if grain == Grain.day else 0, hours=1 if grain == Grain.hour else 0)
