"""Commands that act for a person: signed in like at the page, with what the environment holds, signed out at the end."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from piaoju.identity.types import Limit, OperatorActor
from piaoju.journeys import sign_in
from piaoju.journeys.office import Office
from piaoju.kit.errors import NotPermitted

PASSWORD, CODE = "PIAOJU_PASSWORD", "PIAOJU_CODE"


class CredentialsMissing(NotPermitted):
    code = "credentials_missing"
    label = f"没有登录凭据。请把口令放进环境变量 {PASSWORD}，此刻的动态口令（或一个恢复码）放进 {CODE}"


class SettleFirst(NotPermitted):
    code = "settle_first"
    label = "这个账号还要先在网页上改口令或设动态口令，然后才能用命令办事"


@contextmanager
def signed_in(office: Office, username: str) -> Iterator[OperatorActor]:
    """Whoever this is, for as long as the block runs. Raises CredentialsMissing and what signing in refuses."""
    password, code = os.environ.get(PASSWORD, ""), os.environ.get(CODE, "")
    if not password or not code:
        raise CredentialsMissing
    host = socket.gethostname()
    visit = sign_in.Visit(secrets.token_bytes(32), host, f"command://{host}", "command", "command")
    begun = sign_in.with_password(office, visit, username, password)
    if isinstance(begun, sign_in.SignedIn):
        sign_in.sign_out(office, begun.token)
        raise SettleFirst
    entered = sign_in.with_code(office, visit, begun.pending, code)
    try:
        session = sign_in.session(office, entered.token)
        if session.limit != Limit.NONE:
            raise SettleFirst
        yield session.actor
    finally:
        sign_in.sign_out(office, entered.token)
