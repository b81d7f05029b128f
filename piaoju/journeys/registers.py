"""What this process remembers of the registry, the seals and the clients; always older than the revision it was read at.

The issuing transaction reads the present revision with its locks, and asks anew where the remembered one is older: a stop,
a revoked client or a changed price counts from the next commit on.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django.db import close_old_connections, connection, transaction

from piaoju.crypto import signed_data
from piaoju.identity import queries as identity
from piaoju.identity.types import ClientActor
from piaoju.issuing import actions as issuing
from piaoju.issuing import parcel
from piaoju.journeys.errors import CertificateNameDiffers
from piaoju.journeys.identities import Identities
from piaoju.kit.clock import local_date
from piaoju.registry import queries as registry
from piaoju.registry.types import UnitRegister
from piaoju.seal import queries as seal
from piaoju.seal.types import SigningIdentity

_REMEMBERED_MAX = 10_000  # units or clients remembered by one process, a unit with about 5 kB
_SEALS_BELIEVED_SECONDS = 1  # how long certificates are believed without asking the database

Remembered = TypeVar("Remembered")


class Registers:
    """A cache; safe for the threads of one process."""

    def __init__(self) -> None:
        self._registers: dict[str, UnitRegister] = {}
        self._identities: dict[str, Identities] = {}
        self._seals_revision: tuple[int, int, int] | None = None
        self._seals_seen_at = datetime.min.replace(tzinfo=UTC)
        self._clients: dict[str, ClientActor] = {}
        self._lock = threading.Lock()

    def of(self, unit_code: str, *, at_least: int = 0) -> UnitRegister:
        """The register of a unit, read at this revision or later. Raises UnitUnknown."""
        found = self._registers.get(unit_code)
        if found is None or found.revision < at_least:
            _heal()
            found = registry.unit_register(unit_code)
            self._remember(self._registers, unit_code, found)
        return found

    def identities(self, register: UnitRegister, at: datetime) -> Identities:
        """Whose keys sign for this unit: its own and its finance department's.

        Raises CertificateMissing, CertificateNameDiffers.
        """
        self._forget_identities_if_any_changed(at)
        read_at = self._seals_revision
        record = register.record_on(local_date(at))
        area_code = record.supervisor_area_code
        found = self._identities.get(register.code)
        moved = found is not None and found.supervisor.holder_code != area_code
        if found is None or moved or not (_in_force(found.unit, at) and _in_force(found.supervisor, at)):
            _heal()
            unit = seal.signing_identity(register.code, at)
            supervisor = seal.supervision_identity(area_code, at)
            found = Identities(unit, supervisor, _kept_texts(unit, supervisor))
            self._remember(self._identities, register.code, found)
            if read_at != self._seals_revision:  # what was read may be older than a change seen meanwhile
                self.forget_identities()
        if found.unit.holder_name != record.name:
            raise CertificateNameDiffers
        return found

    def forget_identities(self) -> None:
        """Read certificates and keep their texts anew: the database may be another than before."""
        with self._lock:
            self._identities.clear()

    def _forget_identities_if_any_changed(self, at: datetime) -> None:
        """Once a second, ask whether any certificate or seal was added or revoked."""
        if timedelta(0) <= at - self._seals_seen_at < timedelta(seconds=_SEALS_BELIEVED_SECONDS):
            return
        _heal()
        present = seal.revision()
        with self._lock:
            if present != self._seals_revision:
                self._identities.clear()
            self._seals_revision, self._seals_seen_at = present, at

    def client(self, client: ClientActor, revision: int, at: datetime) -> ClientActor:
        """The client as enrolled at this revision; asked once a revision. Raises TokenInvalid."""
        found = self._clients.get(client.client_id)
        if found is None or found.revision != revision:
            _heal()
            found = identity.client_in_force(client, at)
            self._remember(self._clients, client.client_id, found)
        return found

    def _remember(self, shelf: dict[str, Remembered], key: str, value: Remembered) -> None:
        """Keep a value; a full shelf is emptied, since everything on it can be asked for again."""
        with self._lock:
            if len(shelf) >= _REMEMBERED_MAX:
                shelf.clear()
            shelf[key] = value


def _heal() -> None:
    """A connection that was lost is opened anew; one in the middle of someone's act is theirs, and stays."""
    if not connection.in_atomic_block:
        close_old_connections()


def _kept_texts(*identities: SigningIdentity) -> tuple[parcel.Text, ...]:
    texts = [parcel.text_of(signed_data.carried_text(identity.certificate_der)) for identity in identities]
    with transaction.atomic(), connection.cursor() as cursor:
        issuing.keep_texts(cursor, texts)
    return tuple(texts)


def _in_force(identity: SigningIdentity, at: datetime) -> bool:
    return identity.valid_from <= at < identity.valid_until
