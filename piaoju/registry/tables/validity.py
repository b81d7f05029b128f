"""Constraints that every table valid in time has: intervals of days [valid_from, valid_to), one at a time."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models


def one_at_a_time(name: str, *fields: str) -> ExclusionConstraint:
    """For equal fields, no two rows are in force on one day."""
    days = models.Func("valid_from", "valid_to", function="daterange")
    return ExclusionConstraint(
        name=name,
        expressions=[*((models.F(field), RangeOperators.EQUAL) for field in fields), (days, RangeOperators.OVERLAPS)],
    )


def begins_before_it_ends(name: str) -> models.CheckConstraint:
    """An interval may be empty (ended on the day it was to begin), never turned round."""
    return models.CheckConstraint(condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")), name=name)
