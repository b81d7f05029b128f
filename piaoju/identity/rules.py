"""What is decided about identity without asking anyone."""

from __future__ import annotations

from datetime import UTC, datetime


def event_of(
    number: int, at: datetime, actor: str, act: str, subject: str, outcome: str, trace_id: str
) -> bytes:
    """An audit record as it is stored, as the bytes that are a leaf of the log: anyone can make them again."""
    parts = ["audit", str(number), at.astimezone(UTC).isoformat(), actor, act, subject, outcome, trace_id]
    return "\n".join(parts).encode()
