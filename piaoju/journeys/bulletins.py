"""通报: a region's month as figures cut at a signed head of the log, which anyone who has the facts can derive again.

Figures are as of the checkpoint that the bulletin names; coverage is as of the month's last day, or of the day of the
checkpoint where that is earlier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import msgspec

from piaoju.crypto import sm3
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import scopes, see_coverage
from piaoju.journeys.acting import acting, reading
from piaoju.journeys.office import Office
from piaoju.journeys.see_overview import BELOW
from piaoju.journeys.snapshot import one_snapshot
from piaoju.kit.clock import SHANGHAI, local_date, midnight
from piaoju.ledger import queries as ledger
from piaoju.ledger.types import Checkpoint
from piaoju.registry import queries as registry
from piaoju.registry.errors import RegionUnknown
from piaoju.registry.types import Sight
from piaoju.reporting import actions, queries
from piaoju.reporting.errors import BulletinTooEarly, BulletinUnknown

Content = dict[str, Any]


def make(office: Office, actor: OperatorActor, region_code: str, month: date) -> int:
    """The bulletin of a region's month; its number. Raises RegionUnknown, BulletinTooEarly."""
    today = local_date(office.clock())
    month = month.replace(day=1)
    scope = scopes.asked(scopes.of_region, region_code, today)
    reading(actor, Act.MAKE_BULLETIN, scope(), missing=RegionUnknown)
    mark = ledger.checkpoint()
    if mark is None or not mark.size or month > today or mark.at <= midnight(month):
        raise BulletinTooEarly
    with one_snapshot():
        content = _content(region_code, month, mark)
    names = _names(content, region_code)
    subject = f"bulletin:{region_code} {month:%Y-%m} {mark.size}"
    with acting(office, actor, Act.MAKE_BULLETIN, scope=scope, subject=subject, missing=RegionUnknown):
        return actions.keep_bulletin(
            region_code, names[region_code], month, mark.size, content, names, _digest(content), office.clock(), actor.name
        )


def of_actor(office: Office, actor: OperatorActor, bulletin_id: int) -> queries.BulletinKept:
    """The bulletin, if this person may read the totals of its region. Raises BulletinUnknown."""
    found = queries.bulletin(bulletin_id)
    if found is None or not scopes.sight(actor, Act.READ_TOTALS, local_date(office.clock())).sees_region(found.region_code):
        raise BulletinUnknown
    return found


def differs(office: Office, actor: OperatorActor, bulletin_id: int) -> list[str]:
    """Derived anew from the facts at the same mark: which parts are not as they were made; none: the same to the fen."""
    kept = of_actor(office, actor, bulletin_id)
    mark = ledger.checkpoint(kept.size)
    if mark is None or mark.size != kept.size:
        return ["checkpoint"]
    with one_snapshot():
        again = _content(kept.region_code, kept.month, mark)
    parts = [part for part in again if again[part] != kept.content.get(part)]
    if not parts and _digest(again) != kept.digest:
        parts = ["digest"]
    return parts


def _content(region_code: str, month: date, mark: Checkpoint) -> Content:
    """The figures by code, as plain values."""
    low, high = midnight(month), midnight(_next(month))
    before, year = midnight((month - timedelta(days=1)).replace(day=1)), midnight(month.replace(month=1))
    level = registry.region_records([region_code])[region_code].level
    by = BELOW[level]
    last_day = min(_next(month) - timedelta(days=1), local_date(mark.at))
    below, types = (queries.totals_at(region_code, low, high, one, mark.size) for one in (by, "bill_type"))
    below_before = queries.totals_at(region_code, before, low, by, mark.size)
    of_year = queries.totals_at(region_code, year, high, "bill_type", mark.size)
    return {
        "region": region_code,
        "month": month.isoformat(),
        "mark": {"size": mark.size, "root": mark.root.hash.hex(), "at": mark.at.astimezone(SHANGHAI).isoformat()},
        "level": level,
        "figures": asdict(below.sum),
        "before": asdict(below_before.sum),
        "year": asdict(of_year.sum),
        "below": {key: asdict(figures) for key, figures in below.rows.items()},
        "below_before": {key: asdict(figures) for key, figures in below_before.rows.items()},
        "bill_types": {key: asdict(figures) for key, figures in types.rows.items()},
        "coverage": _coverage(region_code, last_day),
    }


def _coverage(region_code: str, day: date) -> Content:
    """How many units were online on a day, of the region and of what lies directly below."""
    tree = see_coverage.tree_of(Sight(everything=True), day)
    here = tree[region_code]
    return {
        "day": day.isoformat(),
        "whole": [here.share.units, here.share.online],
        "below": {part.region.code: [part.share.units, part.share.online] for part in here.below if part.share.units},
    }


def _names(content: Mapping[str, Any], region_code: str) -> dict[str, str]:
    codes = {region_code, *content["below"], *content["below_before"], *content["coverage"]["below"]} - {""}
    names = {code: record.name for code, record in registry.region_records(codes).items()}
    return names | registry.unit_names(codes - set(names))


def _digest(content: Content) -> bytes:
    return sm3.digest(msgspec.json.encode(content, order="sorted"))


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)
