"""What the query layer knows: bills, their places, totals, and the views people saved. Nobody else counts or sums bills."""

from __future__ import annotations

from django.db.models import Min

from piaoju.reporting import models
from piaoju.reporting.auditing import AuditState, Slice, differences, next_slice
from piaoju.reporting.bills import bill, bills, places, rows
from piaoju.reporting.bulletins import BulletinKept, BulletinRow, bulletin, bulletins_page
from piaoju.reporting.cutting import CutTotals, totals_at
from piaoju.reporting.download_queries import (
    download,
    download_beyond,
    download_bills,
    download_link,
    download_state,
    downloads_page,
    downloads_to_clear,
    downloads_with_files,
)
from piaoju.reporting.facts import FactRow, fact_positions, facts
from piaoju.reporting.fields import FIELDS
from piaoju.reporting.saying import read_line
from piaoju.reporting.totals import totals
from piaoju.reporting.types import SavedViewRow

__all__ = [
    "FIELDS",
    "AuditState",
    "BulletinKept",
    "BulletinRow",
    "CutTotals",
    "FactRow",
    "Slice",
    "audit_state",
    "bill",
    "bills",
    "bulletin",
    "bulletins_page",
    "differences",
    "download",
    "download_beyond",
    "download_bills",
    "download_link",
    "download_state",
    "downloads_page",
    "downloads_to_clear",
    "downloads_with_files",
    "fact_positions",
    "facts",
    "next_slice",
    "places",
    "read_line",
    "rows",
    "saved_views",
    "totals",
    "totals_at",
]  # fmt: skip


def saved_views(operator_id: int, list_name: str) -> list[SavedViewRow]:
    """The views this person saved for this list, in the order of saving."""
    rows = models.SavedView.objects.filter(operator_id=operator_id, list_name=list_name).order_by("id")
    return [SavedViewRow(row.id, row.name, row.query) for row in rows]


def audit_state() -> AuditState:
    """How the books stand, as the auditor last saw them."""
    hours = models.AuditSlice.objects.filter(kind="hours").order_by("-checked_at").values_list("checked_at", flat=True).first()
    rest = models.AuditSlice.objects.exclude(kind="hours").aggregate(first=Min("checked_at"))["first"]
    return AuditState(models.Difference.objects.filter(cleared_at=None).count(), hours, rest)
