"""The one predicate of everything that is valid in time."""

from __future__ import annotations

from datetime import date

from django.db.models import Q


def in_force(on: date, prefix: str = "") -> Q:
    """The rows of a table that hold on a day."""
    return Q(**{f"{prefix}valid_from__lte": on}) & (
        Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gt": on})
    )
