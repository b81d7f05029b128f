"""What the query layer knows."""

from __future__ import annotations

from piaoju.reporting import models
from piaoju.reporting.types import SavedViewRow


def saved_views(operator_id: int, list_name: str) -> list[SavedViewRow]:
    """The views this person saved for this list, in the order of saving."""
    rows = models.SavedView.objects.filter(operator_id=operator_id, list_name=list_name).order_by("id")
    return [SavedViewRow(row.id, row.name, row.query) for row in rows]
