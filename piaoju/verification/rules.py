"""Pure decisions: how a name is masked, whether five facts fit a bill, who may try again."""

from __future__ import annotations

import hmac
import unicodedata
from dataclasses import dataclass
from enum import IntEnum

from .types import PublishedBill, Question, RedBill, State

STAR = "＊"


def masked_name(name: str, *, is_person: bool) -> str:
    """周小燕 → 周＊燕: enough for the payer to know it, too little for a stranger to learn it."""
    signs = _written_signs(name.strip())
    if is_person:
        if len(signs) <= 1:
            return STAR
        if len(signs) == 2:
            return signs[0] + STAR
        # Never more than three stars: the length of a long name would name its owner.
        return signs[0] + STAR * min(len(signs) - 2, 3) + signs[-1]
    if len(signs) <= 4:
        return "".join(signs[:1]) + STAR * 3
    return "".join(signs[:2]) + STAR * 3 + "".join(signs[-2:])


def facts_fit(question: Question, bill: PublishedBill) -> bool:
    """True when every one of the five facts is the bill's; compares all of them, whatever the first says."""
    asked = _spelled(question)
    actual = _spelled(
        Question(bill.bill_code, bill.bill_number, bill.check_code, bill.issue_date, bill.total_fen)
    )
    return hmac.compare_digest(asked, actual)


def state_of(reversed_by: tuple[RedBill, ...]) -> State:
    """A bill with a red bill against it is reversed, wholly or in part."""
    return State.REVERSED if reversed_by else State.VALID


class Scope(IntEnum):
    """What a bucket of tries counts for; the order is the order in which rows are locked."""

    ADDRESS = 1
    NETWORK = 2
    PREFIX = 3
    EVERYONE = 4


@dataclass(frozen=True, slots=True)
class Bucket:
    """The tries and the failures of one key in the window now open."""

    scope: Scope
    tries: int
    failures: int


WINDOW_SECONDS = {Scope.ADDRESS: 600, Scope.NETWORK: 600, Scope.PREFIX: 3600, Scope.EVERYONE: 60}

# A person mistypes a few times; a reimbursement desk checks hundreds of bills and mistypes a few of them.
ADDRESS_TRIES_MAX = 1_200
ADDRESS_FAILURES_MAX = 20
NETWORK_FAILURES_MAX = 100
# While somebody guesses, right answers stay open to all, and wrong ones cost a newcomer this many tries.
HOT_ADDRESS_FAILURES_MAX = 3
PREFIX_FAILURES_HOT = 50
EVERYONE_FAILURES_HOT = 300


def everyone_hot(tries: int, failures: int) -> bool:
    """True when so many answers of this minute were 查无此票 that somebody must be guessing."""
    return failures > EVERYONE_FAILURES_HOT and failures * 2 > tries


def full_bucket(buckets: dict[Scope, Bucket]) -> Scope | None:
    """The bucket that refuses this try (itself counted already, as a failure), or None.

    The prefix and global buckets never shut out a person who has not failed: else a guesser could
    close the service for everybody. They only cut what each address may still get wrong.
    """
    address, network = buckets[Scope.ADDRESS], buckets[Scope.NETWORK]
    if address.tries > ADDRESS_TRIES_MAX or address.failures > ADDRESS_FAILURES_MAX:
        return Scope.ADDRESS
    if network.failures > NETWORK_FAILURES_MAX:
        return Scope.NETWORK
    if address.failures > HOT_ADDRESS_FAILURES_MAX:
        if buckets[Scope.PREFIX].failures > PREFIX_FAILURES_HOT:
            return Scope.PREFIX
        if everyone_hot(buckets[Scope.EVERYONE].tries, buckets[Scope.EVERYONE].failures):
            return Scope.EVERYONE
    return None


def _written_signs(text: str) -> list[str]:
    """Characters as a reader counts them: a variation selector or accent stays with its character."""
    signs: list[str] = []
    for character in text:
        if signs and unicodedata.category(character) in ("Mn", "Me", "Cf"):
            signs[-1] += character
        else:
            signs.append(character)
    return signs


def _spelled(question: Question) -> bytes:
    return "\x00".join(
        (
            question.bill_code,
            str(question.bill_number),
            question.check_code,
            question.issue_date.isoformat(),
            str(question.total_fen),
        )
    ).encode("utf-8", "surrogatepass")
