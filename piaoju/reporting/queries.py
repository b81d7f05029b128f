"""What the query layer knows: bills, their places, totals, and the views people saved. Nobody else counts or sums bills."""

from __future__ import annotations

from piaoju.reporting import models
from piaoju.reporting.bills import bill, bills, places
from piaoju.reporting.fields import FIELDS
from piaoju.reporting.totals import totals
from piaoju.reporting.types import SavedViewRow

__all__ = ["FIELDS", "bill", "bills", "places", "saved_views", "totals"]


def saved_views(operator_id: int, list_name: str) -> list[SavedViewRow]:
    """The views this person saved for this list, in the order of saving."""
    rows = models.SavedView.objects.filter(operator_id=operator_id, list_name=list_name).order_by("id")
    return [SavedViewRow(row.id, row.name, row.query) for row in rows]
