"""Whoever acts, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ClientActor:
    """经办主体: an API client of one unit, known by its token until the token expires."""

    revision: int
    client_id: str
    unit_code: str
    bill_types: frozenset[str]
    expires_at: datetime

    @property
    def name(self) -> str:
        return f"client:{self.client_id}"
