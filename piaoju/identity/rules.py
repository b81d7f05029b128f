"""What is decided about identity without asking anyone."""

from __future__ import annotations

from datetime import UTC, datetime

from piaoju.identity import rights
from piaoju.identity.errors import SamePerson
from piaoju.identity.types import OperatorActor


def event_of(
    number: int, at: datetime, actor: str, act: str, subject: str, outcome: str, trace_id: str
) -> bytes:
    """An audit record as it is stored, as the bytes that are a leaf of the log: anyone can make them again."""
    parts = ["audit", str(number), at.astimezone(UTC).isoformat(), actor, act, subject, outcome, trace_id]
    return "\n".join(parts).encode()


def refuse_same_person(first_person_id: int, actor: OperatorActor) -> None:
    """The second step of two is another person's, whatever account it comes from. Raises SamePerson."""
    if rights.same_person(first_person_id, actor):
        raise SamePerson
