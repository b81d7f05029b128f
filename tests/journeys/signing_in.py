"""What the tests of signing in share: a visit, an account with secrets, a clock that can be moved, a UKEY."""

from __future__ import annotations

import base64
import dataclasses
import os
from collections.abc import Callable
from datetime import datetime, timedelta

import psycopg
import pyotp
import pytest
from django.contrib.auth import hashers

from piaoju.crypto import authority, sm2
from piaoju.identity import actions as identity
from piaoju.identity.types import Appointment, Role
from piaoju.journeys.office import Office
from piaoju.journeys.sign_in import Visit
from piaoju.kit.errors import PiaojuError
from tests.offices import HOSPITAL, Installed

# Half a second a test is spent on hashing at the real cost, and nothing here is about that cost.
hashers.Argon2PasswordHasher.memory_cost, hashers.Argon2PasswordHasher.time_cost = 1024, 1

PASSWORD = "correct-Horse-battery-7"
SECRET = base64.b32encode(b"a secret of twenty b").decode()
VISIT = Visit(b"v" * 32, "pj.example.cn", "https://pj.example.cn", "10.1.2.3", "test browser")


def visit(**changes: object) -> Visit:
    return dataclasses.replace(VISIT, **changes)


def enrol(installed: Installed, username: str, *, totp: bool = True, role: Role = Role.HANDLER) -> int:
    """An account with PASSWORD and, if asked, SECRET; its id."""
    office, at = installed.office, installed.office.clock()
    person_id = identity.enrol_person(
        name=username, id_number=username, phone="", key=office.data_key, index_key=office.index_key,
        nonces=(os.urandom(12), os.urandom(12)), at=at,
    )  # fmt: skip
    operator_id = identity.enrol_operator(
        username=username, password=PASSWORD, person_id=person_id, totp_secret=SECRET if totp else "",
        key=office.data_key, nonce=os.urandom(12), at=at, by="test",
    )  # fmt: skip
    identity.appoint_by_installation(operator_id, Appointment(role, "", HOSPITAL), at=at, by="test")
    return operator_id


def at(office: Office, moment: datetime) -> Office:
    return dataclasses.replace(office, clock=lambda: moment)


def later(office: Office, **by: float) -> Office:
    return at(office, office.clock() + timedelta(**by))


def code(moment: datetime, steps: int = 0) -> str:
    return pyotp.TOTP(SECRET).generate_otp(int(moment.timestamp()) // 30 + steps)


def refusal(attempt: Callable[[], object]) -> str:
    """The code of the refusal that this attempt meets."""
    with pytest.raises(PiaojuError) as refused:
        attempt()
    return refused.value.code_value


def told(installed: Installed, actor: str = "") -> list[tuple[str, str]]:
    """(actor, outcome) of the attempts on record, oldest first."""
    sql = "SELECT actor, outcome FROM identity_auditrecord WHERE act = 'sign_in' AND actor LIKE %s ORDER BY id"
    with psycopg.connect(installed.url) as database:
        return [tuple(row) for row in database.execute(sql, [f"%{actor}%"])]


def certificate(
    issuer_key: sm2.PrivateKey, key: sm2.PrivateKey, *, not_before: datetime, not_after: datetime, serial: int = 77,
    is_authority: bool = False, name: str = "张三演示",
) -> bytes:  # fmt: skip
    """A certificate under the demonstration authority's name, signed by this key."""
    from piaoju.seal.authority import AUTHORITY

    return authority.issue_certificate(
        authority.Subject(name, "测试"), key.public_key, issuer=AUTHORITY, issuer_key=issuer_key.public_key,
        serial=serial, not_before=not_before, not_after=not_after, sign=issuer_key.sign, is_authority=is_authority,
    )  # fmt: skip
