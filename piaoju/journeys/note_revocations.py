"""吊销列表生效: what an authority revoked signs nothing and signs nobody in, as soon as its list lies in DATA/trust.pem."""

from __future__ import annotations

from django.db import connection, transaction

from piaoju.crypto.certificates import Trust
from piaoju.identity import actions as identity
from piaoju.journeys import certificate_fitness, refuse
from piaoju.journeys.office import Office
from piaoju.seal import actions as seal

ACTOR = "trust.pem"


class TrustFile:
    """The trust file of an office, read again only when it has changed."""

    def __init__(self) -> None:
        self._seen: tuple[int, int] | None = None

    def note(self, office: Office) -> int:
        """Revoke here what the lists revoke; how many certificates. 0 while the file is as it was."""
        try:
            state = (office.data_folder / "trust.pem").stat()
        except FileNotFoundError:
            return 0
        if self._seen == (state.st_mtime_ns, state.st_size):
            return 0
        noted = note(office, certificate_fitness.trusted(office))
        self._seen = (state.st_mtime_ns, state.st_size)
        return noted


def note(office: Office, trust: Trust) -> int:
    """What these lists revoke is revoked here, with its record; how many certificates."""
    at = office.clock()
    with transaction.atomic(), connection.cursor() as cursor:
        signing = seal.note_revocations(trust)
        persons = identity.note_ukey_revocations(trust, at, ACTOR)
        for act, serials in (("revoke_certificate", signing), ("revoke_ukey", persons)):
            for serial in serials:
                refuse.record_act(
                    cursor, office, actor=ACTOR, act=act, subject=f"certificate:{serial[:40]}", outcome="done", trace_id=""
                )
    return len(signing) + len(persons)
