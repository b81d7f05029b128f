"""导出: a list leaves the system as a file; the record says who took which list, how many rows, under which conditions."""

from __future__ import annotations

from django.db import connection, transaction

from piaoju.identity.types import OperatorActor
from piaoju.journeys import refuse
from piaoju.journeys.office import Office

_SUBJECT_MAX = 200


def record(office: Office, actor: OperatorActor, list_name: str, file_format: str, rows: int, conditions: str) -> None:
    """The record of an export. Conditions are named, their values are not: they may hold a person's name."""
    subject = f"list:{list_name} {file_format} {rows} {conditions}"[:_SUBJECT_MAX]
    with transaction.atomic(), connection.cursor() as cursor:
        refuse.record_act(cursor, office, actor=actor.name, act="export_list", subject=subject, outcome="done", trace_id="")
