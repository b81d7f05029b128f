"""Issuing in a browser's tests: the real site with its real writer and real sessions of a unit's people."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from piaoju.identity import actions as identity
from piaoju.identity.types import Role, SessionMethod
from piaoju.journeys import premises
from piaoju.registry import queries as registry
from tests import offices
from tests.manage import standing
from tests.offices import HOSPITAL, Installed

CLERK, CHECKER, KEEPER = "周小燕", "李明远", "王建国"


class Site:
    """Where it is, and who has a session there."""

    def __init__(self, installed: Installed, address: str, unit_code: str = HOSPITAL) -> None:
        self.installed = installed
        self.unit_code = unit_code
        self.address = address
        self.clerk_id = installed.operator(Role.HANDLER, unit_code=unit_code, person=CLERK).operator_id
        self.tokens = {
            person: self._session(role, person)
            for role, person in ((Role.HANDLER, CLERK), (Role.CHECKER, CHECKER), (Role.UNIT_KEEPER, KEEPER))
        }

        self.leaving = self.session_of(self.clerk_id)  # a session of the clerk's own that a test may end

    def _session(self, role: Role, person: str) -> str:
        return self.session_of(self.installed.operator(role, unit_code=self.unit_code, person=person).operator_id)

    def session_of(self, operator_id: int) -> str:
        """A new session of this account; its token."""
        office, token = self.installed.office, os.urandom(32).hex()
        identity.open_session(
            token, operator_id, SessionMethod.PASSKEY, source="127.0.0.1", agent="test", policy=office.sign_in_policy,
            at=office.clock(),
        )  # fmt: skip
        return token

    def cookie(self, person: str) -> Any:
        return {"name": "piaoju_session", "value": self.tokens[person], "url": self.address}

    def bills(self, payer: str) -> list[tuple[Any, ...]]:
        """What was issued to a payer."""
        import psycopg

        with psycopg.connect(self.installed.url) as connection:
            sql = "SELECT total_fen, handler, checker, business_number FROM issuing_bill WHERE payer_name = %s"
            return connection.execute(sql, [payer]).fetchall()


@contextmanager
def opened(url: str, folder: Path, unit_code: str = HOSPITAL) -> Iterator[Site]:
    """The site, served, with the people of this unit."""
    with offices.found(url, folder, units=(unit_code,)) as installed:
        premises.open_writer(url, threads=1)
        try:
            with standing.served() as address:
                yield Site(installed, address, unit_code)
        finally:
            premises.close_writer()


def initials(site: Site, bill_type: str, many: int) -> list[tuple[str, str]]:
    """Items of a fixed price that the hospital may charge: their code, and what finds them first on the keyboard."""
    from piaoju.kit import pinyin
    from piaoju.kit.clock import local_date
    from piaoju.registry import rules

    register = registry.unit_register(HOSPITAL)
    day = rules.day_of(register, local_date(site.installed.office.clock()))
    charges = [(item.code, pinyin.initials(item.name)) for (kind, _), (item, _) in day.charges.items() if kind == bill_type]
    return charges[:many]
