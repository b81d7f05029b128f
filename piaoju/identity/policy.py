"""What passwords, locks and sessions must satisfy: profiles as data, and the pure decisions on them.

Sources: GB/T 22239-2019 8.1.4.1 (complexity, regular change, lock on failure, time-out); OWASP ASVS 5.0 6.2, 6.3, 7.3.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from piaoju.identity.errors import PasswordWeak

PASSWORD_CHARACTERS_MAX = 128  # ASVS 6.2.9: at least 64; more only feeds the hash
_CLASS_NAMES = "大写字母、小写字母、数字、符号"


@dataclass(frozen=True, slots=True)
class SignInPolicy:
    """One profile. Times are durations; zero history or no age means none is asked."""

    name: str
    password_characters_min: int
    password_classes_min: int
    password_history: int
    password_age: timedelta | None
    failures_max: int  # by account and source, within `failure_window`
    failures_of_account_max: int  # from all sources that the account never signed in from
    failures_of_source_max: int
    failure_window: timedelta
    idle: timedelta
    absolute: timedelta
    sessions_max: int


PROFILES: Mapping[str, SignInPolicy] = MappingProxyType({
    "dengbao3": SignInPolicy(
        "dengbao3", password_characters_min=10, password_classes_min=3, password_history=5, password_age=timedelta(days=90),
        failures_max=5, failures_of_account_max=50, failures_of_source_max=100, failure_window=timedelta(minutes=10),
        idle=timedelta(minutes=30), absolute=timedelta(hours=12), sessions_max=5,
    ),
    "asvs": SignInPolicy(
        "asvs", password_characters_min=12, password_classes_min=1, password_history=0, password_age=None,
        failures_max=5, failures_of_account_max=50, failures_of_source_max=100, failure_window=timedelta(minutes=10),
        idle=timedelta(minutes=30), absolute=timedelta(hours=12), sessions_max=5,
    ),
})  # fmt: skip


def refuse_weak(policy: SignInPolicy, password: str, *, known_words: tuple[str, ...], is_much_used: bool) -> None:
    """Raises PasswordWeak with the reason. `known_words`: the account's and the person's names, and the unit's."""
    if len(password) < policy.password_characters_min:
        raise PasswordWeak(f"口令太短：至少 {policy.password_characters_min} 个字符。请加长，例如用几个不相干的词")
    if len(password) > PASSWORD_CHARACTERS_MAX:
        raise PasswordWeak(f"口令太长：最多 {PASSWORD_CHARACTERS_MAX} 个字符。请缩短")
    if _classes(password) < policy.password_classes_min:
        raise PasswordWeak(f"口令太单一：{_CLASS_NAMES}里至少要有 {policy.password_classes_min} 种。请补上")
    folded = password.casefold()
    if any(len(word) >= 4 and word.casefold() in folded for word in known_words):
        raise PasswordWeak("口令里有用户名或姓名，容易被猜到。请换一个")
    if is_much_used or len(set(password)) < 5:
        raise PasswordWeak("这个口令太常见，会被最先试到。请换一个")


def password_is_old(policy: SignInPolicy, set_at: datetime, now: datetime) -> bool:
    """Whether the password must be changed at this sign-in."""
    return policy.password_age is not None and now - set_at >= policy.password_age


def session_has_run_out(policy: SignInPolicy, started_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Whether a session ended by itself: idle too long, or simply too old."""
    return now - seen_at >= policy.idle or now - started_at >= policy.absolute


def _classes(password: str) -> int:
    return len({"alpha" if c.islower() else "ALPHA" if c.isupper() else _kind(c) for c in password})


def _kind(character: str) -> str:
    category = unicodedata.category(character)
    return "digit" if category == "Nd" else "letter" if category == "Lo" else "symbol"
