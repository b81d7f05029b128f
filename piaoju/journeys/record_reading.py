"""调阅: whoever reads bills by command leaves a record that names the conditions without their values."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction

from piaoju.journeys import refuse
from piaoju.journeys.office import Office

_SUBJECT_MAX = 200


def record(office: Office, actor_name: str, act: str, conditions: Iterable[str]) -> None:
    """The record of a reading."""
    subject = f"conditions:{','.join(conditions)}"[:_SUBJECT_MAX]
    with transaction.atomic(), connection.cursor() as cursor:
        refuse.record_act(cursor, office, actor=actor_name, act=act, subject=subject, outcome="done", trace_id="")
