"""Signing in by password and second factor: what is let in, what is refused, and that every attempt leaves its record."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth import hashers
from django.db import connection

from piaoju.identity import actions as identity
from piaoju.identity import credentials
from piaoju.identity.errors import SignInRefused
from piaoju.identity.types import Limit
from piaoju.journeys import sign_in
from piaoju.journeys.sign_in import Begun, SignedIn
from tests.journeys.signing_in import PASSWORD, VISIT, at, code, enrol, later, refusal, told, visit
from tests.offices import Installed


@pytest.fixture(autouse=True)
def _no_failures_before(shared: Installed) -> Iterator[None]:
    shared.run("DELETE FROM identity_signinfailure")
    yield


def begun(shared: Installed, username: str) -> str:
    outcome = sign_in.with_password(shared.office, VISIT, username, PASSWORD)
    assert isinstance(outcome, Begun)
    return outcome.pending


def signed_in(shared: Installed, username: str, *, totp: bool = True) -> SignedIn:
    """Enrolled and signed in, by code if there is a second factor."""
    enrol(shared, username, totp=totp)
    if not totp:
        outcome = sign_in.with_password(shared.office, VISIT, username, PASSWORD)
        assert isinstance(outcome, SignedIn)
        return outcome
    return sign_in.with_code(shared.office, VISIT, begun(shared, username), code(shared.office.clock()))


def test_password_and_code_open_a_session_of_the_person(shared: Installed) -> None:
    token = signed_in(shared, "a.one").token
    session = sign_in.session(shared.office, token)
    assert session.actor.username == "a.one" and session.limit == Limit.NONE and session.method == "totp"
    assert told(shared, "a.one") == [("operator:a.one", "password_right"), ("operator:a.one", "signed_in")]
    assert shared.count("SELECT count(*) FROM identity_session WHERE digest = %s", token.encode()) == 0  # its digest only


def test_a_wrong_password_and_a_missing_account_get_the_same_answer(shared: Installed) -> None:
    enrol(shared, "a.two")
    answers = []
    for username, password in (("a.two", "wrong"), ("nobody.here", PASSWORD), ("a.two", ""), ("", "")):
        with pytest.raises(SignInRefused) as refused:
            sign_in.with_password(shared.office, VISIT, username, password)
        answers.append((refused.value.code_value, refused.value.detail))
    assert len(set(answers)) == 1
    assert [actor for actor, _ in told(shared)[-3:]] == ["operator:?", "operator:a.two", "operator:?"]


def test_a_missing_account_takes_as_long_as_a_wrong_password(shared: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    enrol(shared, "a.long")
    hashed: list[str] = []

    def counted(password: str, encoded: str) -> bool:
        hashed.append(encoded.split("$")[0])
        return right(password, encoded)

    right = hashers.check_password
    monkeypatch.setattr(hashers, "check_password", counted)
    for username in ("a.long", "nobody.at.all"):
        refusal(lambda username=username: sign_in.with_password(shared.office, VISIT, username, "wrong"))
    assert hashed == ["argon2", "argon2"]


def test_what_was_typed_as_a_username_is_never_recorded(shared: Installed) -> None:
    refusal(lambda: sign_in.with_password(shared.office, VISIT, "MyPassw0rd-typed-here", "x"))
    assert shared.count("SELECT count(*) FROM identity_auditrecord WHERE actor LIKE '%%typed-here%%'") == 0


def test_five_wrong_guesses_lock_this_source_and_no_other(shared: Installed) -> None:
    enrol(shared, "a.three")
    for _ in range(5):
        assert refusal(lambda: sign_in.with_password(shared.office, VISIT, "a.three", "wrong")) == "sign_in_refused"
    assert refusal(lambda: sign_in.with_password(shared.office, VISIT, "a.three", PASSWORD)) == "sign_in_locked"
    assert sign_in.with_password(shared.office, visit(source="10.9.9.9"), "a.three", PASSWORD)
    assert told(shared, "a.three")[-2][1] == "sign_in_locked"


def test_a_flood_that_meets_a_lock_leaves_one_record_a_window(shared: Installed) -> None:
    enrol(shared, "a.flood")
    start = shared.office.clock()
    office = at(shared.office, start)
    for _ in range(12):
        refusal(lambda: sign_in.with_password(office, VISIT, "a.flood", "wrong"))
    assert [outcome for _, outcome in told(shared, "a.flood")] == ["sign_in_refused"] * 5 + ["sign_in_locked"]
    again = at(shared.office, start + timedelta(minutes=10, seconds=1))
    for _ in range(7):
        refusal(lambda: sign_in.with_password(again, VISIT, "a.flood", "wrong"))
    assert [outcome for _, outcome in told(shared, "a.flood")].count("sign_in_locked") == 2


def test_no_more_challenges_wait_than_the_limit(shared: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_WAITING_MAX", 2)
    shared.run("DELETE FROM identity_challenge")
    for each in range(2):
        sign_in.ukey_challenge(shared.office, visit(secret=bytes([each]) * 32))
    sign_in.ukey_challenge(shared.office, visit(secret=bytes([1]) * 32))  # the same browser again takes its own place
    sign_in.ukey_challenge(shared.office, visit(secret=bytes([2]) * 32))
    assert refusal(lambda: sign_in.ukey_challenge(shared.office, visit(secret=bytes([3]) * 32))) == "sign_in_locked"
    shared.run("DELETE FROM identity_challenge")


def test_the_lock_ends_after_its_window_and_not_before(shared: Installed) -> None:
    enrol(shared, "a.four")
    start = shared.office.clock()
    for _ in range(5):
        refusal(lambda: sign_in.with_password(at(shared.office, start), VISIT, "a.four", "wrong"))
    before = at(shared.office, start + timedelta(minutes=10, seconds=-1))
    assert refusal(lambda: sign_in.with_password(before, VISIT, "a.four", PASSWORD)) == "sign_in_locked"
    assert sign_in.with_password(at(shared.office, start + timedelta(minutes=10)), VISIT, "a.four", PASSWORD)


def test_guesses_from_everywhere_lock_strangers_out_but_not_the_person(shared: Installed) -> None:
    signed_in(shared, "a.five")
    account = identity.account_index(shared.office.index_key, "a.five")
    for each in range(50):
        identity.count_failure(account, f"192.0.2.{each}", shared.office.clock())
    stranger = visit(source="198.51.100.1")
    assert refusal(lambda: sign_in.with_password(shared.office, stranger, "a.five", PASSWORD)) == "sign_in_locked"
    assert sign_in.with_password(shared.office, VISIT, "a.five", PASSWORD)


def test_guesses_at_once_are_counted_one_by_one(shared: Installed) -> None:
    enrol(shared, "a.six")
    codes: list[str] = []

    def guess() -> None:
        codes.append(refusal(lambda: sign_in.with_password(shared.office, VISIT, "a.six", "wrong")))
        connection.close()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["sign_in_locked"] * 3 + ["sign_in_refused"] * 5


def test_a_code_is_accepted_once(shared: Installed) -> None:
    enrol(shared, "a.seven")
    now = shared.office.clock()
    office = at(shared.office, now)
    sign_in.with_code(office, VISIT, begun(shared, "a.seven"), code(now))
    again = begun(shared, "a.seven")
    assert refusal(lambda: sign_in.with_code(office, VISIT, again, code(now))) == "sign_in_refused"
    assert sign_in.with_code(at(office, now + timedelta(seconds=30)), VISIT, again, code(now, 1))


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_good_for_thirty_seconds_either_way(shared: Installed, steps: int, accepted: bool) -> None:
    username = f"a.steps{steps + 2}"
    enrol(shared, username)
    office = at(shared.office, shared.office.clock())
    pending = begun(shared, username)
    attempt = lambda: sign_in.with_code(office, VISIT, pending, code(office.clock(), steps))  # noqa: E731
    if accepted:
        assert attempt().username == username
    else:
        assert refusal(attempt) == "sign_in_refused"


def test_wrong_codes_end_the_attempt_after_five(shared: Installed) -> None:
    enrol(shared, "a.eight")
    pending = begun(shared, "a.eight")
    office = at(shared.office, shared.office.clock())
    for _ in range(5):
        assert refusal(lambda: sign_in.with_code(office, VISIT, pending, "000000")) == "sign_in_refused"
    assert refusal(lambda: sign_in.with_code(office, VISIT, pending, code(office.clock()))) == "challenge_invalid"
    assert refusal(lambda: sign_in.with_password(office, VISIT, "a.eight", PASSWORD)) == "sign_in_locked"


@pytest.mark.parametrize(
    ("flaw", "changes"),
    [
        ("another browser", {"secret": b"w" * 32}),
        ("another host", {"host": "evil.example.cn"}),
    ],
)
def test_the_second_step_belongs_to_the_browser_and_host_of_the_first(
    shared: Installed, flaw: str, changes: dict[str, object]
) -> None:
    username = f"a.nine{len(flaw)}"
    enrol(shared, username)
    pending = begun(shared, username)
    now = shared.office.clock()
    assert refusal(lambda: sign_in.with_code(shared.office, visit(**changes), pending, code(now))) == "challenge_invalid"
    assert told(shared)[-1] == ("operator:?", "challenge_invalid")


def test_the_second_step_has_five_minutes(shared: Installed) -> None:
    enrol(shared, "a.ten")
    pending = begun(shared, "a.ten")
    office = later(shared.office, minutes=5)
    assert refusal(lambda: sign_in.with_code(office, VISIT, pending, code(office.clock()))) == "challenge_invalid"


def test_a_recovery_code_signs_in_once(shared: Installed) -> None:
    operator_id = enrol(shared, "a.eleven")
    identity.replace_recovery_codes(operator_id, ["abcd-efgh-jkmn", "pqrs-tuvw-xyz2"])
    token = sign_in.with_code(shared.office, VISIT, begun(shared, "a.eleven"), "ABCD efgh jkmn").token
    assert sign_in.session(shared.office, token).method == "recovery_code"
    pending = begun(shared, "a.eleven")
    assert refusal(lambda: sign_in.with_code(shared.office, VISIT, pending, "abcd-efgh-jkmn")) == "sign_in_refused"


def test_an_account_without_a_second_factor_is_confined_to_setting_one(shared: Installed) -> None:
    token = signed_in(shared, "a.twelve", totp=False).token
    assert sign_in.session(shared.office, token).limit == Limit.FACTOR


def test_an_old_password_must_be_changed_first(shared: Installed) -> None:
    operator_id = enrol(shared, "a.thirteen")
    shared.run("UPDATE identity_operator SET password_changed_at = now() - interval '90 days' WHERE id = %s", operator_id)
    token = sign_in.with_code(shared.office, VISIT, begun(shared, "a.thirteen"), code(shared.office.clock())).token
    assert sign_in.session(shared.office, token).limit == Limit.PASSWORD
    shared.run("UPDATE identity_operator SET password_changed_at = now() - interval '89 days' WHERE id = %s", operator_id)
    assert sign_in.session(shared.office, token).limit == Limit.NONE


def test_a_suspended_account_is_told_so_only_with_the_right_password(shared: Installed) -> None:
    operator_id = enrol(shared, "a.fourteen")
    shared.run("UPDATE identity_operator SET suspended_at = now(), suspended_reason = '离岗' WHERE id = %s", operator_id)
    assert refusal(lambda: sign_in.with_password(shared.office, VISIT, "a.fourteen", "wrong")) == "sign_in_refused"
    assert refusal(lambda: sign_in.with_password(shared.office, VISIT, "a.fourteen", PASSWORD)) == "operator_suspended"


def test_every_sign_in_has_a_new_token_and_signing_out_ends_it_for_every_copy(shared: Installed) -> None:
    first = signed_in(shared, "a.fifteen").token
    now = shared.office.clock() + timedelta(seconds=30)
    second = sign_in.with_code(at(shared.office, now), VISIT, begun(shared, "a.fifteen"), code(now)).token
    assert first != second
    sign_in.sign_out(shared.office, first)
    assert refusal(lambda: sign_in.session(shared.office, first)) == "session_ended"
    assert sign_in.session(shared.office, second)


def test_a_session_ends_by_idleness_and_by_age(shared: Installed) -> None:
    token = signed_in(shared, "a.sixteen").token
    start = sign_in.session(shared.office, token).started_at
    assert sign_in.session(at(shared.office, start + timedelta(minutes=30, seconds=-1)), token)
    assert sign_in.session(at(shared.office, start + timedelta(minutes=59)), token)  # it was seen, so it lives on
    idle = at(shared.office, start + timedelta(minutes=89))
    assert refusal(lambda: sign_in.session(idle, token)) == "session_ended"
    shared.run("UPDATE identity_session SET seen_at = %s", start + timedelta(hours=12))
    assert sign_in.session(at(shared.office, start + timedelta(hours=12, seconds=-1)), token)
    assert refusal(lambda: sign_in.session(at(shared.office, start + timedelta(hours=12)), token)) == "session_ended"


def test_a_suspension_ends_what_is_open_at_the_next_request(shared: Installed) -> None:
    token = signed_in(shared, "a.seventeen").token
    shared.run("UPDATE identity_operator SET suspended_at = now() WHERE username = 'a.seventeen'")
    assert refusal(lambda: sign_in.session(shared.office, token)) == "operator_not_in_force"


def test_no_more_sessions_than_allowed_are_open_at_once(shared: Installed) -> None:
    tokens = [signed_in(shared, "a.eighteen", totp=False).token]
    for _ in range(5):
        outcome = sign_in.with_password(shared.office, VISIT, "a.eighteen", PASSWORD)
        assert isinstance(outcome, SignedIn)
        tokens.append(outcome.token)
    assert refusal(lambda: sign_in.session(shared.office, tokens[0])) == "session_ended"
    assert all(sign_in.session(shared.office, token) for token in tokens[1:])
