"""What an operator proves itself with: password, one-time code, recovery code, passkey, UKEY. In someone's transaction."""

from __future__ import annotations

import gzip
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyotp
from django.contrib.auth import hashers, password_validation
from django.db.models import F

from piaoju.crypto import envelope, sm3
from piaoju.identity import models, passkeys, policy
from piaoju.identity.errors import ChallengeInvalid, PasskeyInvalid, PasswordUsedBefore, SecondFactorInvalid, TooManyFailures
from piaoju.identity.policy import SignInPolicy
from piaoju.identity.types import Account, ChallengeGiven, ChallengePurpose

TOTP_SECONDS = 30
TRIES_MAX = 5
RECOVERY_CODES = 10
PASSKEYS_MAX = 10
_STEPS_EITHER_WAY = 1
_WAITING_MAX = 20_000  # challenges of one purpose that nobody has answered yet: hundreds a second
CHALLENGE_LASTS: Mapping[str, timedelta] = {
    ChallengePurpose.UKEY: timedelta(seconds=60),
    ChallengePurpose.PASSKEY: timedelta(minutes=2),
    ChallengePurpose.NEW_PASSKEY: timedelta(minutes=2),
    ChallengePurpose.SECOND_FACTOR: timedelta(minutes=5),
    ChallengePurpose.NEW_TOTP: timedelta(minutes=10),
}


def account(operator: models.Operator) -> Account:
    """What signing in needs to know of an operator read with its person."""
    return Account(
        operator.id, operator.username, operator.person.name, operator.totp_secret_sealed is not None,
        operator.suspended_at is not None, operator.suspended_reason,
    )  # fmt: skip


def operator_of_password(username: str, password: str) -> Account | None:
    """The account, suspended or not, whose password this is; takes as long when there is none."""
    operator = models.Operator.objects.select_related("person").filter(username=username).first()
    kept = operator.password if operator is not None and operator.password.startswith("argon2") else ""
    matches = hashers.check_password(password[: policy.PASSWORD_CHARACTERS_MAX + 1], kept or _dummy())
    return account(operator) if operator is not None and kept and matches else None


def set_password(operator_id: int, password: str, rule: SignInPolicy, at: datetime, *, must_change: bool) -> None:
    """The operator's password from now on. Raises PasswordWeak, PasswordUsedBefore."""
    operator = models.Operator.objects.select_related("person").get(pk=operator_id)
    words = (operator.username, *operator.username.split("."), operator.person.name)
    policy.refuse_weak(rule, password, known_words=words, is_much_used=_is_much_used(password))
    past = models.PastPassword.objects.filter(operator=operator).order_by("-id")
    used = [operator.password, *past.values_list("password", flat=True)[: max(0, rule.password_history - 1)]]
    if rule.password_history and any(hashers.check_password(password, one) for one in used if one != "!"):
        raise PasswordUsedBefore
    if operator.password != "!":
        models.PastPassword.objects.create(operator=operator, password=operator.password, set_at=operator.password_changed_at)
    kept = list(past.values_list("id", flat=True)[: rule.password_history])
    models.PastPassword.objects.filter(operator=operator).exclude(id__in=kept).delete()
    models.Operator.objects.filter(pk=operator.pk).update(
        password=hashers.make_password(password), password_changed_at=at, must_change_password=must_change,
        password_reset_person_id=None,
    )


def give_challenge(
    purpose: ChallengePurpose,
    token: bytes,
    *,
    visit: bytes,
    host: str,
    now: datetime,
    operator_id: int | None = None,
    sealed: bytes | None = None,
) -> datetime:
    """Remember a challenge for its short life; when that ends. What ran out is forgotten."""
    expires_at = now + CHALLENGE_LASTS[purpose]
    models.Challenge.objects.filter(expires_at__lte=now).delete()
    models.Challenge.objects.filter(purpose=purpose, visit=sm3.digest(visit)).delete()  # one a visit
    if models.Challenge.objects.filter(purpose=purpose)[_WAITING_MAX : _WAITING_MAX + 1].exists():
        raise TooManyFailures("现在登录的人太多。请一分钟后再试", retry_after_seconds=60)
    models.Challenge.objects.create(
        digest=sm3.digest(token), purpose=purpose, visit=sm3.digest(visit), host=host, operator_id=operator_id,
        sealed=sealed, expires_at=expires_at,
    )  # fmt: skip
    return expires_at


def challenge_in_force(
    purpose: ChallengePurpose, token: bytes, *, visit: bytes, host: str, now: datetime
) -> ChallengeGiven:
    """The challenge, locked until the transaction ends. Raises ChallengeInvalid for another's, another host's, an old one."""
    row = models.Challenge.objects.select_for_update().filter(digest=sm3.digest(token), purpose=purpose).first()
    if row is None or row.expires_at <= now or row.host != host or not hmac.compare_digest(bytes(row.visit), sm3.digest(visit)):
        raise ChallengeInvalid
    return ChallengeGiven(bytes(row.digest), row.operator_id, bytes(row.sealed) if row.sealed else None, row.tries)


def use_challenge(purpose: ChallengePurpose, token: bytes, *, visit: bytes, host: str, now: datetime) -> ChallengeGiven:
    """The challenge, used now: the same one is never accepted again. Raises ChallengeInvalid."""
    row = challenge_in_force(purpose, token, visit=visit, host=host, now=now)
    models.Challenge.objects.filter(pk=row.digest).delete()
    return row


def count_try(challenge: ChallengeGiven) -> None:
    """One wrong answer; after the last the challenge is gone."""
    if challenge.tries + 1 >= TRIES_MAX:
        models.Challenge.objects.filter(pk=challenge.digest).delete()
    else:
        models.Challenge.objects.filter(pk=challenge.digest).update(tries=F("tries") + 1)


def accept_totp(operator_id: int, code: str, key: bytes, now: datetime) -> bool:
    """Whether this is the one-time code of now (30 s either way), not used before (RFC 6238 5.2)."""
    operator = models.Operator.objects.get(pk=operator_id)
    if operator.totp_secret_sealed is None:
        return False
    secret = envelope.open(key, bytes(operator.totp_secret_sealed), _totp_context(operator.username)).decode()
    step = _step_of(secret, code, now)
    if step is None:
        return False
    # In one statement: of two requests with the same code one finds the step already used.
    used = models.Operator.objects.filter(pk=operator.pk, totp_last_step__lt=step).update(totp_last_step=step)
    return used == 1


def set_totp(account: Account, secret: str, code: str, key: bytes, nonce: bytes, now: datetime) -> None:
    """The operator's authenticator from now on, shown to work by a first code. Raises SecondFactorInvalid."""
    step = _step_of(secret, code, now)
    if step is None:
        raise SecondFactorInvalid
    sealed = envelope.seal(key, secret.encode(), _totp_context(account.username), nonce)
    models.Operator.objects.filter(pk=account.operator_id).update(
        totp_secret_sealed=sealed, totp_last_step=step, factor_reset_person_id=None
    )


def totp_address(username: str, secret: str) -> str:
    """The otpauth address that an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name="财政电子票据")


def replace_recovery_codes(operator_id: int, codes: Sequence[str]) -> None:
    """These codes, and no older ones, each sign in once."""
    models.RecoveryCode.objects.filter(operator_id=operator_id).delete()
    models.RecoveryCode.objects.bulk_create(
        [models.RecoveryCode(digest=_recovery_digest(operator_id, code), operator_id=operator_id) for code in codes]
    )


def use_recovery_code(operator_id: int, code: str) -> bool:
    """Whether this was an unused recovery code of the operator; it is used now."""
    removed, _ = models.RecoveryCode.objects.filter(digest=_recovery_digest(operator_id, code), operator_id=operator_id).delete()
    return removed == 1


def add_passkey(operator_id: int, credential_id: bytes, credential: bytes, label: str, at: datetime) -> None:
    """A passkey more. Raises PasskeyInvalid for one that is known or one too many."""
    known = models.Passkey.objects.filter(credential_id=credential_id).exists()
    if known or models.Passkey.objects.filter(operator_id=operator_id, removed_at=None).count() >= PASSKEYS_MAX:
        raise PasskeyInvalid(f"这个通行密钥已登记过，或已有 {PASSKEYS_MAX} 个。请先移除不用的")
    models.Passkey.objects.create(
        operator_id=operator_id, credential_id=credential_id, credential=credential, label=label[:60] or "通行密钥", added_at=at
    )


def remove_passkey(operator_id: int, passkey_id: int, at: datetime) -> bool:
    """Whether a passkey of this operator was removed now."""
    return models.Passkey.objects.filter(pk=passkey_id, operator_id=operator_id, removed_at=None).update(removed_at=at) == 1


def operator_of_passkey(host: str, origin: str, challenge: bytes, answer: Mapping[str, Any]) -> Account:
    """Whose passkey answered this challenge. Raises PasskeyInvalid, also where the counter runs backwards (a copy)."""
    row = (
        models.Passkey.objects.select_for_update(of=("self",))
        .select_related("operator__person")
        .filter(credential_id=passkeys.credential_id_of(answer), removed_at=None)
        .first()
    )
    if row is None:
        raise PasskeyInvalid
    count = passkeys.asserted(host, origin, challenge, bytes(row.credential), answer)
    if (count or row.sign_count) and count <= row.sign_count:
        raise PasskeyInvalid("这个通行密钥的计数倒退，可能被复制。请移除它，并重新登记")
    models.Passkey.objects.filter(pk=row.pk).update(sign_count=count)
    return account(row.operator)


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, around now."""
    otp = pyotp.TOTP(secret)
    present = int(now.timestamp()) // TOTP_SECONDS
    for step in range(present - _STEPS_EITHER_WAY, present + _STEPS_EITHER_WAY + 1):
        if hmac.compare_digest(otp.generate_otp(step).encode(), code.strip().encode()):
            return step
    return None


def _totp_context(username: str) -> bytes:
    return f"totp:{username}".encode()


def _recovery_digest(operator_id: int, code: str) -> bytes:
    return sm3.digest(f"{operator_id}:{code.replace('-', '').replace(' ', '').lower()}".encode())


def _is_much_used(password: str) -> bool:
    """Whether it is a much used password, or one with the usual digits and signs around it."""
    folded = password.lower()
    return bool({folded, folded.strip("0123456789!@#$%^&*?+=._- ")} & _most_used_passwords())


@lru_cache(maxsize=1)
def _most_used_passwords() -> frozenset[str]:
    """The 20,000 most used passwords, as Django ships them."""
    path = Path(password_validation.__file__).parent / "common-passwords.txt.gz"
    return frozenset(gzip.decompress(path.read_bytes()).decode().split())


@lru_cache(maxsize=1)
def _dummy() -> str:
    return hashers.make_password("an account that is not there")
