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
    ten_days = 4  # 旬: from the 1st, 11th and 21st of a month
    quarter = 5
    year = 6


FINEST_FIRST = (Grain.hour, Grain.day, Grain.ten_days, Grain.month, Grain.quarter, Grain.year)
# Which rows there are. A bucket of a region has as many rows as items, however long it is: there any period must be told in
# few buckets. What hardly compresses is not kept: units by hour, items of a unit or a county by day. Facts tell the edge there.
GRAINS: dict[tuple[Scope, bool], tuple[Grain, ...]] = {
    (Scope.unit, False): (Grain.day, Grain.month),
    (Scope.unit, True): (Grain.ten_days, Grain.month),
    (Scope.region, False): FINEST_FIRST,
    (Scope.region, True): (Grain.ten_days, Grain.month),
    (Scope.everyone, False): FINEST_FIRST,
    (Scope.everyone, True): (Grain.day, Grain.month),
}
# Items whatever their bill type, kept beside: most questions do not ask for it, and an item is charged on several types of bills.
UNTYPED: dict[Scope, tuple[Grain, ...]] = {
    Scope.region: (Grain.quarter, Grain.year),
    Scope.everyone: FINEST_FIRST,
}
EVERY_TYPE = ""  # the bill type code of these rows


@dataclass(frozen=True, slots=True)
class Piece:
    """A half-open stretch of time that counts, or that was counted too much and is taken off again."""

    low: datetime
    high: datetime
    taken_off: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """A period as whole buckets, read from the rollup, and edges, read from the facts.

    A period that begins late in a bucket takes the bucket and takes off what came before: fewer buckets than from inside.
    """

    whole: tuple[tuple[Grain, Piece], ...]
    edges: tuple[Piece, ...]
    middle: tuple[datetime, datetime] | None  # what the buckets come to; what is not folded yet is added for the same stretch


def scope_for(by: Collection[Dimension], *, units: bool, regions: bool) -> Scope:
    """The widest scope whose rows can answer."""
    if units or "unit" in by:
        return Scope.unit
    if regions or "region" in by:
        return Scope.region
    return Scope.everyone


def grains_for(scope: Scope, by: Collection[Dimension], *, items: bool, typed: bool = True) -> tuple[Grain, ...]:
    """The grains that exist in a scope and are no coarser than the grouping; `typed`: the bill type is asked for."""
    coarsest = Grain.hour if "hour" in by else Grain.day if "day" in by else Grain.month if "month" in by else Grain.year
    there = {*GRAINS[scope, items], *(UNTYPED.get(scope, ()) if items and not typed else ())}
    return tuple(grain for grain in FINEST_FIRST[: FINEST_FIRST.index(coarsest) + 1] if grain in there)


def is_untyped(scope: Scope, grain: Grain, *, items: bool, typed: bool) -> bool:
    """Whether such a question reads the rows of every bill type together."""
    return items and not typed and grain in UNTYPED.get(scope, ())


def buckets(grain: Grain, piece: Piece, most: int) -> list[datetime] | None:
    """The beginnings of the whole buckets in a piece; None if they are more than so many."""
    found: list[datetime] = []
    at = piece.low
    while at < piece.high:
        if len(found) == most:
            return None
        found.append(at)
        at = _ceiling(at + timedelta(microseconds=1), grain)
    return found


def cut(period_from: datetime, period_to: datetime, grains: Collection[Grain]) -> Cut:
    """The half-open period in few whole buckets of these grains: added up, less what is taken off, they are the period."""
    whole: list[tuple[Grain, Piece]] = []
    gaps = [Piece(period_from, period_to)]
    for grain in reversed(FINEST_FIRST):
        if grain not in grains:
            continue
        rest: list[Piece] = []
        for gap in gaps:
            first, last = _nearest(gap.low, grain), _nearest(gap.high, grain)
            if first >= last or abs(first - gap.low) + abs(last - gap.high) >= gap.high - gap.low:
                rest.append(gap)  # what would have to be taken off is more than what was to be told
                continue
            whole.append((grain, Piece(first, last, gap.taken_off)))
            rest += [_missing(gap.low, first, gap.taken_off), _missing(last, gap.high, gap.taken_off)]
        gaps = [gap for gap in rest if gap.low < gap.high]
    if not whole:
        return Cut((), tuple(gaps), None)
    first = next((gap.low if gap.taken_off else gap.high for gap in gaps if period_from in (gap.low, gap.high)), period_from)
    last = next((gap.high if gap.taken_off else gap.low for gap in gaps if period_to in (gap.low, gap.high)), period_to)
    return Cut(tuple(whole), tuple(gaps), (first, last))


def _missing(low: datetime, high: datetime, taken_off: bool) -> Piece:
    """What is missing between two instants, or what is too much if they stand the other way round."""
    return Piece(low, high, taken_off) if low <= high else Piece(high, low, not taken_off)


def _nearest(at: datetime, grain: Grain) -> datetime:
    """The bound of a bucket that is nearest."""
    low, high = _floor(at, grain), _ceiling(at, grain)
    return low if at - low < high - at else high


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
    if grain == Grain.hour:
        return at
    at = at.replace(hour=0)
    match grain:
        case Grain.ten_days:
            return at.replace(day=1 + min((at.day - 1) // 10, 2) * 10)
        case Grain.month:
            return at.replace(day=1)
        case Grain.quarter:
            return at.replace(day=1, month=at.month - (at.month - 1) % 3)
        case Grain.year:
            return at.replace(day=1, month=1)
    return at


_LONGER: dict[Grain, timedelta] = {  # from the beginning of a bucket into the next one
    Grain.hour: timedelta(hours=1), Grain.day: timedelta(days=1), Grain.month: timedelta(days=32),
    Grain.quarter: timedelta(days=93), Grain.year: timedelta(days=367),
}  # fmt: skip


def _ceiling(at: datetime, grain: Grain) -> datetime:
    start = _floor(at, grain)
    if start == at:
        return start
    if grain == Grain.ten_days:
        return start + timedelta(days=10) if start.day < 21 else _floor(start + timedelta(days=12), Grain.month)
    return _floor(start + _LONGER[grain], grain)
