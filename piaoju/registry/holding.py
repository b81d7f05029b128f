"""What everything that is valid in time has in common: the predicate of a day, and the words for a constraint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import IntegrityError
from django.db.models import DateField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Greatest

from piaoju.kit.errors import PiaojuError


def in_force(on: date) -> Q:
    """The rows of a table that hold on a day."""
    return Q(valid_from__lte=on) & (Q(valid_to__isnull=True) | Q(valid_to__gt=on))


def holds_sql(alias: str, on: date | str) -> str:
    """The same as SQL text, for a table by its alias; `on` is a day of the program's, never a person's text."""
    return f"{alias}.valid_from <= DATE '{on}' AND ({alias}.valid_to IS NULL OR {alias}.valid_to > DATE '{on}')"


def end_rows(rows: QuerySet[Any], on: date, **said: str) -> int:
    """These hold no more from this day on (one that has not begun never does); how many were to hold. `said` is set too."""
    ends = Greatest(F("valid_from"), Cast(Value(on), DateField()))
    return rows.exclude(valid_to__lte=on).exclude(valid_to=F("valid_from")).update(valid_to=ends, **said)


@contextmanager
def explained(refusal: PiaojuError, constraint: str) -> Iterator[None]:
    """Somebody was first, between our look and our write: the constraint made the refusal, these are its words."""
    try:
        yield
    except IntegrityError as fault:
        if constraint not in str(fault):
            raise
        raise refusal from fault
