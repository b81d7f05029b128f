"""The verbs of the query layer, inside someone's transaction."""

from __future__ import annotations

from datetime import datetime

from piaoju.reporting import models
from piaoju.reporting.errors import TooManyViews, ViewNameInvalid, ViewQueryTooLong

VIEWS_MAX = 20
NAME_CHARACTERS_MAX = 30
QUERY_CHARACTERS_MAX = 2_000


def save_view(operator_id: int, list_name: str, name: str, query: str, now: datetime) -> None:
    """The view is this person's under this name; one of that name is replaced. Raises ViewNameInvalid, TooManyViews."""
    name = name.strip()
    if not 0 < len(name) <= NAME_CHARACTERS_MAX or not name.isprintable():
        raise ViewNameInvalid
    if len(query) > QUERY_CHARACTERS_MAX or not query.isprintable():
        raise ViewQueryTooLong
    mine = models.SavedView.objects.filter(operator_id=operator_id, list_name=list_name)
    if mine.exclude(name=name).count() >= VIEWS_MAX:
        raise TooManyViews
    mine.update_or_create(
        operator_id=operator_id, list_name=list_name, name=name, defaults={"query": query, "saved_at": now}
    )


def drop_view(operator_id: int, number: int) -> bool:
    """The view is gone; False if this person has none of that number."""
    return models.SavedView.objects.filter(operator_id=operator_id, pk=number).delete()[0] > 0
