"""What is known of bulletins. Re-exported by `queries`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from piaoju.kit.listing import Asked, Found, Source, find
from piaoju.registry.types import Sight
from piaoju.reporting.models import Bulletin


@dataclass(frozen=True, slots=True)
class BulletinRow:
    """One bulletin in a list."""

    id: int
    region_code: str
    region_name: str
    month: date
    size: int
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class BulletinKept:
    """One bulletin as it was made."""

    id: int
    region_code: str
    region_name: str
    month: date
    size: int
    content: Mapping[str, Any]
    names: Mapping[str, str]
    digest: bytes
    made_at: datetime
    made_by: str


_SOURCE = Source(
    table="reporting_bulletin AS b",
    fields={name: f"b.{name}" for name in BulletinRow.__dataclass_fields__},
    key=("id",),
)


def bulletins_page(sight: Sight, asked: Asked) -> Found[BulletinRow]:
    """The bulletins of the regions in sight. Raises FieldUnknown."""
    scope = "true" if sight.everything else "b.region_code = ANY(%s)"
    values = [] if sight.everything else [list(sight.region_codes)]
    with connection.cursor() as cursor:
        return find(cursor, _SOURCE, asked, BulletinRow, scope=scope, scope_values=values)


def bulletin(bulletin_id: int) -> BulletinKept | None:
    """The bulletin of this number."""
    row = Bulletin.objects.filter(pk=bulletin_id).values(*BulletinKept.__dataclass_fields__).first()
    return None if row is None else BulletinKept(**{**row, "digest": bytes(row["digest"])})
