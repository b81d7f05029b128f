"""本人账号: what people do to their own password, second factor, passkeys and sessions. Nobody grants this; everyone may."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from piaoju.crypto import envelope
from piaoju.identity import actions as identity
from piaoju.identity import passkeys
from piaoju.identity import queries as identities
from piaoju.identity.errors import ChallengeInvalid, PasskeyInvalid, SessionUnknown, SignInRefused, UkeyUnknown
from piaoju.identity.types import Account, ChallengePurpose, Limit, SessionMethod, SessionView
from piaoju.journeys import acting, refuse, ukeys
from piaoju.journeys.office import Office
from piaoju.journeys.sign_in import SignedIn, Visit
from piaoju.kit.errors import NotPermitted, PiaojuError, Refused

FRESH = timedelta(minutes=15)
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read for something else


class PasswordsDiffer(Refused):
    code = "passwords_differ"
    label = "两次输入的新口令不一样。请重新输入"


class SignInAgain(NotPermitted):
    code = "sign_in_again"
    label = "登录已超过 15 分钟。为安全起见，请退出后重新登录，再改登录方式"


def change_password(office: Office, session: SessionView, present: str, new: str) -> None:
    """A new password; every other session of the person ends. Raises SignInRefused, PasswordWeak, PasswordUsedBefore."""
    account = _whose_password(office, session, present)
    with _own(office, session, "change_own_password") as at:
        identity.set_password(account.operator_id, new, office.sign_in_policy, at, must_change=False)
        identity.end_sessions_of(account.operator_id, at, "已改口令", but=session.session_id)


@dataclass(frozen=True, slots=True)
class NewTotp:
    """An authenticator's secret that is not yet in force."""

    handle: str  # what `finish_totp` asks for
    secret: str
    address: str  # what the QR code says


def begin_totp(office: Office, session: SessionView, visit: Visit) -> NewTotp:
    """A fresh secret for an authenticator. Raises SignInAgain."""
    _demand_fresh(office, session)
    secret, token = base64.b32encode(office.random_bytes(20)).decode(), office.random_bytes(32)
    sealed = envelope.seal(office.data_key, secret.encode(), b"new-totp", office.random_bytes(envelope.NONCE_BYTES))
    with transaction.atomic():
        identity.give_challenge(
            ChallengePurpose.NEW_TOTP, token, visit=visit.secret, host=visit.host, now=office.clock(),
            operator_id=session.actor.operator_id, sealed=sealed,
        )  # fmt: skip
    return _new_totp(session, base64.urlsafe_b64encode(token).decode(), secret)


def totp_again(office: Office, session: SessionView, visit: Visit, handle: str) -> NewTotp:
    """The same secret, for the same browser, to show the page once more. Raises ChallengeInvalid."""
    with transaction.atomic():
        return _new_totp(session, handle, _new_secret(office, session, visit, handle))


def finish_totp(office: Office, session: SessionView, visit: Visit, handle: str, code: str) -> tuple[SignedIn, list[str]]:
    """The authenticator is in force, shown by a first code: a new session, and recovery codes to keep.

    Raises ChallengeInvalid, SecondFactorInvalid.
    """
    with _own(office, session, "set_own_totp") as at:
        secret = _new_secret(office, session, visit, handle)
        account = identities.account_of(session.actor.operator_id)
        identity.set_totp(account, secret, code, office.data_key, office.random_bytes(envelope.NONCE_BYTES), at)
        identity.use_challenge(
            ChallengePurpose.NEW_TOTP, _bytes(handle), visit=visit.secret, host=visit.host, now=at
        )
        codes = _replace_codes(office, account.operator_id)
        identity.end_sessions_of(account.operator_id, at, "已换第二因素")
        token = base64.urlsafe_b64encode(office.random_bytes(32)).decode()
        identity.open_session(
            token, account.operator_id, SessionMethod.TOTP, source=visit.source, agent=visit.agent,
            policy=office.sign_in_policy, at=at,
        )  # fmt: skip
    return SignedIn(token, account.username), codes


def new_recovery_codes(office: Office, session: SessionView) -> list[str]:
    """Ten fresh recovery codes; those before are void."""
    _demand_fresh(office, session)
    with _own(office, session, "renew_recovery_codes"):
        return _replace_codes(office, session.actor.operator_id)


def passkey_options(office: Office, session: SessionView, visit: Visit) -> dict[str, Any]:
    """What the browser needs to make a passkey. Raises SignInAgain."""
    _demand_fresh(office, session)
    challenge, actor = office.random_bytes(32), session.actor
    with transaction.atomic():
        identity.give_challenge(
            ChallengePurpose.NEW_PASSKEY, challenge, visit=visit.secret, host=visit.host, now=office.clock(),
            operator_id=actor.operator_id,
        )  # fmt: skip
    present = [one.credential_id for one in identities.passkeys_of(actor.operator_id)]
    return passkeys.creation_options(visit.host, challenge, actor.operator_id, actor.username, actor.person_name, present)


def add_passkey(office: Office, session: SessionView, visit: Visit, label: str, answer: Mapping[str, Any]) -> None:
    """The passkey that the browser made. Raises ChallengeInvalid, PasskeyInvalid."""
    with _own(office, session, "add_own_passkey") as at:
        challenge = passkeys.challenge_of(answer)
        given = identity.use_challenge(
            ChallengePurpose.NEW_PASSKEY, challenge, visit=visit.secret, host=visit.host, now=at
        )
        if given.operator_id != session.actor.operator_id:
            raise ChallengeInvalid
        credential_id, credential = passkeys.created(visit.host, visit.origin, challenge, answer)
        identity.add_passkey(session.actor.operator_id, credential_id, credential, label.strip(), at)


def remove_passkey(office: Office, session: SessionView, passkey_id: int) -> None:
    """The passkey signs nobody in any more. Raises PasskeyInvalid for another's or none."""
    with _own(office, session, "remove_own_passkey") as at:
        if not identity.remove_passkey(session.actor.operator_id, passkey_id, at):
            raise PasskeyInvalid("没有这个通行密钥，或已移除。请刷新页面")


def end_own_session(office: Office, session: SessionView, session_id: int) -> None:
    """One of the person's own sessions ends. Raises SessionUnknown for another's or none."""
    with _own(office, session, "end_own_session") as at:
        if not identity.end_sessions_of(session.actor.operator_id, at, "本人结束", only=session_id):
            raise SessionUnknown


def _whose_password(office: Office, session: SessionView, present: str) -> Account:
    """The account, if this is its password; guesses from an open screen are counted like any other."""
    guesses, source = identity.account_index(office.index_key, session.actor.username), f"session {session.session_id}"
    with transaction.atomic():
        identity.take_turn(guesses, source)
        identity.refuse_if_locked(office.sign_in_policy, guesses, session.actor.username, source, office.clock())
        account = identity.operator_of_password(session.actor.username, present)
        if account is None:
            identity.count_failure(guesses, source, office.clock())
    if account is None:
        acting.record_refusal(office, session.actor.name, "change_own_password", session.actor.name, SignInRefused.code)
        raise SignInRefused("现在的口令不对。请核对后再试")
    return account


def report_ukey_lost(office: Office, session: SessionView, serial: str) -> None:
    """挂失: the person's own UKEY signs nobody in any more. Raises UkeyUnknown for another's or none."""
    with _own(office, session, "report_own_ukey_lost") as at:
        if identities.username_of_ukey(serial) != session.actor.username:
            raise UkeyUnknown
        identity.revoke_ukey(serial, at, session.actor.name, "本人挂失")
        ukeys.revoke_demonstration_certificate(office, serial, os.environ)


@contextmanager
def _own(office: Office, session: SessionView, act: str) -> Iterator[Any]:
    """One act of a person on their own account: in force, in one transaction, with its record; yields the instant."""
    actor, at = session.actor, office.clock()
    try:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            identities.lock_in_force(actor, at)
            yield at
            refuse.record_act(
                cursor, office, actor=actor.name, act=act, subject=actor.name, outcome=acting.DONE, trace_id=""
            )
    except PiaojuError as refusal:
        acting.record_refusal(office, actor.name, act, actor.name, refusal.code_value)
        refusal.is_recorded = True
        raise


def _demand_fresh(office: Office, session: SessionView) -> None:
    # Whoever finds an open screen must not be able to add a way in of their own.
    if session.limit == Limit.NONE and office.clock() - session.started_at > FRESH:
        raise SignInAgain


def _new_totp(session: SessionView, handle: str, secret: str) -> NewTotp:
    return NewTotp(handle, secret, identity.totp_address(session.actor.username, secret))


def _new_secret(office: Office, session: SessionView, visit: Visit, handle: str) -> str:
    given = identity.challenge_in_force(
        ChallengePurpose.NEW_TOTP, _bytes(handle), visit=visit.secret, host=visit.host, now=office.clock()
    )
    if given.operator_id != session.actor.operator_id or given.sealed is None:
        raise ChallengeInvalid
    return envelope.open(office.data_key, given.sealed, b"new-totp").decode()


def _replace_codes(office: Office, operator_id: int) -> list[str]:
    codes = [_code(office) for _ in range(RECOVERY_CODES)]
    identity.replace_recovery_codes(operator_id, codes)
    return codes


def _code(office: Office) -> str:
    """Twelve characters of 31: 59 bits."""
    letters: list[str] = []
    while len(letters) < 12:
        letters += [_ALPHABET[one % 31] for one in office.random_bytes(16) if one < 248]
    text = "".join(letters[:12])
    return f"{text[:4]}-{text[4:8]}-{text[8:]}"


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text)
    except ValueError as error:
        raise ChallengeInvalid from error
