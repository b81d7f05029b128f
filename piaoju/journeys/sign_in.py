"""登录: a person proves who they are, by password and second factor, by passkey, or by UKEY; every attempt leaves a record.

A failed attempt is counted and recorded in a transaction that commits; only then is it refused.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from django.db import connection, transaction

from piaoju.crypto import sm2, sm3
from piaoju.identity import actions as identity
from piaoju.identity import passkeys
from piaoju.identity import queries as identities
from piaoju.identity.errors import ChallengeInvalid, SignInRefused, TooManyFailures, UkeyRefused
from piaoju.identity.types import Account, ChallengePurpose, SessionMethod, SessionView
from piaoju.journeys import refuse, ukey_certificate
from piaoju.journeys.office import Office
from piaoju.kit.errors import PiaojuError

Outcome = TypeVar("Outcome")

UKEY_PREFIX = "piaoju-ukey-sign-in/1"  # an agent signs nothing that does not begin so
_SEEN_AGAIN = timedelta(minutes=1)
_USERNAME_MAX = 60


@dataclass(frozen=True, slots=True)
class Visit:
    """Where an attempt comes from: a secret of this browser, the host it asked, its address."""

    secret: bytes  # at least 16 random bytes, from a cookie that no script reads
    host: str
    origin: str  # scheme://host[:port], as the browser shows it
    source: str
    agent: str = ""
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    """A password was right: what is still to be shown."""

    pending: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session; its token goes into a cookie and nowhere else."""

    token: str
    username: str


class Failed(Exception):
    """An attempt that failed: its refusal, and whom it concerned."""

    def __init__(self, refusal: PiaojuError, username: str = "") -> None:
        super().__init__(refusal.code_value)
        self.refusal, self.username = refusal, username


def with_password(office: Office, visit: Visit, username: str, password: str) -> Begun | SignedIn:
    """The first of two factors. An account without a second one yet is signed in, confined to setting one.

    Raises SignInRefused (the same for a wrong password and a missing account), TooManyFailures.
    """
    username = username.strip()[:_USERNAME_MAX]

    def attempt() -> Begun | SignedIn:
        operator = identity.operator_of_password(username, password)
        if operator is None:
            raise SignInRefused
        _refuse_suspended(operator)
        if not operator.has_second_factor:
            return _open(office, visit, operator, SessionMethod.PASSWORD)
        pending = office.random_bytes(32)
        identity.give_challenge(
            ChallengePurpose.SECOND_FACTOR, pending, visit=visit.secret, host=visit.host, now=office.clock(),
            operator_id=operator.operator_id,
        )  # fmt: skip
        return Begun(_text(pending))

    return _attempted(office, visit, username, attempt)


def with_code(office: Office, visit: Visit, pending: str, code: str) -> SignedIn:
    """The second factor: a one-time code, or a recovery code. Raises ChallengeInvalid, SignInRefused, TooManyFailures."""
    operator = _whose(office, visit, pending)

    def attempt() -> SignedIn:
        now = office.clock()
        challenge = identity.challenge_in_force(
            ChallengePurpose.SECOND_FACTOR, _bytes(pending), visit=visit.secret, host=visit.host, now=now
        )
        _refuse_suspended(operator)
        method = SessionMethod.TOTP
        if not identity.accept_totp(operator.operator_id, code, office.data_key, now):
            if not identity.use_recovery_code(operator.operator_id, code):
                identity.count_try(challenge)
                raise Failed(SignInRefused("验证码不对。请核对手机时间，等下一个六位数再输，或用一个恢复码"), operator.username)
            method = SessionMethod.RECOVERY_CODE
        identity.use_challenge(
            ChallengePurpose.SECOND_FACTOR, _bytes(pending), visit=visit.secret, host=visit.host, now=now
        )
        return _open(office, visit, operator, method)

    return _attempted(office, visit, operator.username, attempt)


def passkey_options(office: Office, visit: Visit) -> dict[str, Any]:
    """What the browser needs to answer with a passkey."""
    challenge = office.random_bytes(32)
    with transaction.atomic():
        identity.give_challenge(
            ChallengePurpose.PASSKEY, challenge, visit=visit.secret, host=visit.host, now=office.clock()
        )
    return passkeys.request_options(visit.host, challenge)


def with_passkey(office: Office, visit: Visit, answer: Mapping[str, Any]) -> SignedIn:
    """A passkey alone, unlocked by its holder: two factors in one. Raises ChallengeInvalid, PasskeyInvalid, TooManyFailures."""

    def attempt() -> SignedIn:
        challenge = passkeys.challenge_of(answer)
        identity.use_challenge(ChallengePurpose.PASSKEY, challenge, visit=visit.secret, host=visit.host, now=office.clock())
        operator = identity.operator_of_passkey(visit.host, visit.origin, challenge, answer)
        _refuse_suspended(operator)
        return _open(office, visit, operator, SessionMethod.PASSKEY)

    return _attempted(office, visit, "", attempt)


def ukey_challenge(office: Office, visit: Visit) -> str:
    """The text that a UKEY signs: bound to this browser and host, good for one answer within 60 seconds."""
    token = office.random_bytes(32)
    with transaction.atomic():
        expires_at = identity.give_challenge(
            ChallengePurpose.UKEY, token, visit=visit.secret, host=visit.host, now=office.clock()
        )
    return "\n".join([UKEY_PREFIX, visit.host, _text(token), expires_at.isoformat(timespec="seconds")])


def with_ukey(office: Office, visit: Visit, challenge: str, signature: bytes, certificate: bytes) -> SignedIn:
    """A UKEY's signature over our challenge, by a bound certificate in force. Raises ChallengeInvalid, UkeyRefused."""

    def attempt() -> SignedIn:
        _use_ukey_challenge(office, visit, challenge)
        read = ukey_certificate.in_force(office, certificate)
        ukey = identity.ukey_of(sm3.digest(certificate))
        if ukey is None:
            raise UkeyRefused("这张 UKEY 证书没有绑定账号。请联系单位票据管理员绑定")
        if ukey.is_revoked:
            raise Failed(UkeyRefused("这个 UKEY 已吊销或挂失。请联系单位票据管理员换发"), ukey.account.username)
        if not sm2.verify_signature(read.public_key, challenge.encode(), signature):
            raise Failed(UkeyRefused("签名与证书不符。请确认插的是本人的 UKEY，重新登录"), ukey.account.username)
        _refuse_suspended(ukey.account)
        return _open(office, visit, ukey.account, SessionMethod.UKEY, ukey.ukey_id)

    return _attempted(office, visit, "", attempt)


def session(office: Office, token: str) -> SessionView:
    """Who is signed in under this token, with the rights of now. Raises SessionEnded, OperatorNotInForce."""
    now = office.clock()
    found = identities.session_of(token, office.sign_in_policy, now)
    if now - found.seen_at >= _SEEN_AGAIN:
        with transaction.atomic():
            identity.see_session(found.session_id, now)
    return found


def sign_out(office: Office, token: str) -> None:
    """The session is over, whoever still has its cookie."""
    with transaction.atomic(), connection.cursor() as cursor:
        username = identity.end_session(token, office.clock(), "退出")
        if username is not None:
            refuse.record_act(
                cursor, office, actor=f"operator:{username}", act="sign_out", subject="", outcome="done", trace_id=""
            )


def _attempted(office: Office, visit: Visit, username: str, attempt: Callable[[], Outcome]) -> Outcome:
    """Run one attempt: counted and recorded whether it succeeds or not. No username: nothing that can be guessed.

    Attempts that meet a lock leave one record a window together, so that a flood cannot fill the log.
    """
    account = identity.account_index(office.index_key, username)
    refusal: PiaojuError | None = None
    outcome: Outcome | None = None
    is_told = True
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        now, policy = office.clock(), office.sign_in_policy
        known = username if username and identities.account_exists(username) else "?"
        try:
            identity.refuse_source_if_locked(policy, visit.source, now)
            if username:
                identity.take_turn(account, visit.source)
                identity.refuse_if_locked(policy, account, username, visit.source, now)
            outcome = attempt()
        except TooManyFailures as locked:
            refusal = locked
            is_told = identity.note_lock(policy, account, visit.source, now)
        except (Failed, PiaojuError) as failed:
            refusal = failed.refusal if isinstance(failed, Failed) else failed
            known = (failed.username if isinstance(failed, Failed) else "") or known
            identity.count_failure(account, visit.source, now)
        if isinstance(outcome, SignedIn):
            known = outcome.username
            identity.forget_failures(account, visit.source)
        told = refusal.code_value if refusal else "signed_in" if isinstance(outcome, SignedIn) else "password_right"
        if is_told:
            _record(office, cursor, visit, known, told)
    if refusal is not None or outcome is None:
        raise refusal or ChallengeInvalid
    return outcome


def _record(office: Office, cursor: Any, visit: Visit, username: str, outcome: str) -> None:
    refuse.record_act(
        cursor, office, actor=f"operator:{username}", act="sign_in", subject=f"source:{visit.source}", outcome=outcome,
        trace_id=visit.trace_id,
    )  # fmt: skip


def _open(
    office: Office, visit: Visit, operator: Account, method: SessionMethod, ukey_id: int | None = None
) -> SignedIn:
    token = _text(office.random_bytes(32))
    identity.open_session(
        token, operator.operator_id, method, source=visit.source, agent=visit.agent, policy=office.sign_in_policy,
        at=office.clock(), ukey_id=ukey_id,
    )  # fmt: skip
    return SignedIn(token, operator.username)


def _refuse_suspended(operator: Account) -> None:
    if operator.is_suspended:
        detail = f"账号已停用：{operator.suspended_reason or '未写原因'}。请联系票据管理员"
        raise Failed(SignInRefused(detail, code="operator_suspended"), operator.username)


def _use_ukey_challenge(office: Office, visit: Visit, challenge: str) -> None:
    lines = challenge.split("\n")
    if len(challenge) > 600 or len(lines) != 4 or lines[0] != UKEY_PREFIX or lines[1] != visit.host:
        raise ChallengeInvalid
    identity.use_challenge(
        ChallengePurpose.UKEY, _bytes(lines[2]), visit=visit.secret, host=visit.host, now=office.clock()
    )


def _whose(office: Office, visit: Visit, pending: str) -> Account:
    """Whose password was right. Raises ChallengeInvalid, with its record."""
    try:
        with transaction.atomic():
            challenge = identity.challenge_in_force(
                ChallengePurpose.SECOND_FACTOR, _bytes(pending), visit=visit.secret, host=visit.host, now=office.clock()
            )
            if challenge.operator_id is None:
                raise ChallengeInvalid
            return identities.account_of(challenge.operator_id)
    except ChallengeInvalid as refusal:
        with transaction.atomic(), connection.cursor() as cursor:
            _record(office, cursor, visit, "?", refusal.code_value)
        raise


def _text(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise ChallengeInvalid from error
