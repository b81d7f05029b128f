"""What everything that is valid in time has in common: the predicate of a day, and the words for a constraint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.db import IntegrityError
from django.db.models import Q

from piaoju.kit.errors import PiaojuError


def in_force(on: date, prefix: str = "") -> Q:
    """The rows of a table that hold on a day."""
    return Q(**{f"{prefix}valid_from__lte": on}) & (
        Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gt": on})
    )


@contextmanager
def explained(refusal: PiaojuError, constraint: str) -> Iterator[None]:
    """Somebody was first, between our look and our write: the constraint made the refusal, these are its words."""
    try:
        yield
    except IntegrityError as fault:
        if constraint not in str(fault):
            raise
        raise refusal from fault
