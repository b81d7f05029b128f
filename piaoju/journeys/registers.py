"""What this process remembers of the registry, the seals and the clients; always older than the revision it was read at.

The issuing transaction reads the present revision with its locks, and asks anew where the remembered one is older: a stop,
a revoked client or a changed price counts from the next commit on.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from django.db import close_old_connections

from piaoju.identity import queries as identity
from piaoju.identity.types import ClientActor
from piaoju.journeys.signing import Identities
from piaoju.registry import queries as registry
from piaoju.registry.types import UnitRegister
from piaoju.seal import queries as seal

_REGISTERS_MAX = 10_000  # units remembered by one process, about 5 kB each
_IDENTITY_SECONDS = 1  # how long a certificate is believed without asking the database


class Registers:
    """A cache; safe for the threads of one process."""

    def __init__(self) -> None:
        self._registers: dict[str, UnitRegister] = {}
        self._identities: dict[str, tuple[datetime, Identities]] = {}
        self._lock = threading.Lock()

    def of(self, unit_code: str, *, at_least: int = 0) -> UnitRegister:
        """The register of a unit, read at this revision or later. Raises UnitUnknown."""
        found = self._registers.get(unit_code)
        if found is None or found.revision < at_least:
            close_old_connections()
            found = registry.unit_register(unit_code)
            with self._lock:
                if len(self._registers) >= _REGISTERS_MAX:
                    self._registers.clear()
                self._registers[unit_code] = found
        return found

    def identities(self, register: UnitRegister, at: datetime) -> Identities:
        """Whose keys sign for this unit: its own and its finance department's. Raises when a certificate is not good."""
        found = self._identities.get(register.code)
        if found is None or not timedelta(0) <= at - found[0] <= timedelta(seconds=_IDENTITY_SECONDS):
            close_old_connections()
            unit = seal.signing_identity(register.code, at)
            supervisor = seal.supervision_identity(register.supervisor_area_code, at)
            found = (at, Identities(unit, supervisor))
            with self._lock:
                if len(self._identities) >= _REGISTERS_MAX:
                    self._identities.clear()
                self._identities[register.code] = found
        return found[1]

    def permit_again(self, client: ClientActor, at: datetime) -> None:
        """The client is still enrolled for this unit. Raises TokenInvalid."""
        close_old_connections()
        identity.client_in_force(client, at)
