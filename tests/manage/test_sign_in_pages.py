"""Signing in through the pages: cookies, redirects, confinement, and what is not possible without a session."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from django.test import Client, override_settings

from piaoju.identity import actions as identity
from piaoju.identity import credentials
from tests.journeys.signing_in import PASSWORD, SECRET, code, enrol
from tests.offices import Installed

HOST = "pj.example.cn"
pytestmark = pytest.mark.usefixtures("hosts")


@pytest.fixture
def hosts() -> object:
    with override_settings(ALLOWED_HOSTS=[HOST]):
        yield


def browser() -> Client:
    return Client(HTTP_HOST=HOST, enforce_csrf_checks=False)


def hidden(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found, page
    return found[1]


def first_step(client: Client, username: str, password: str = PASSWORD, **more: str) -> tuple[int, str]:
    client.get("/manage/sign-in")
    response = client.post("/manage/sign-in", {"username": username, "secret_password": password, **more})
    return response.status_code, response.content.decode()


def signed_in(shared: Installed, username: str, **more: str) -> Client:
    enrol(shared, username)
    client = browser()
    status, page = first_step(client, username, **more)
    assert status == 200, page
    response = client.post(
        "/manage/sign-in/code",
        {"pending": hidden(page, "pending"), "next": hidden(page, "next"), "secret_code": code(shared.office.clock())},
    )
    assert response.status_code == 303, response.content.decode()
    onwards = client.get(response["Location"])  # the first page knows where to go on
    client.entered = onwards["Location"]  # type: ignore[attr-defined]
    return client


def test_a_page_asks_for_signing_in_and_comes_back_to_itself(shared: Installed) -> None:
    response = browser().get("/manage/account?x=1")
    assert response.status_code == 303 and response["Location"] == "/manage/sign-in?next=%2Fmanage%2Faccount%3Fx%3D1"
    client = signed_in(shared, "p.one", next="/manage/account?x=1")
    assert client.entered == "/manage/account?x=1"  # type: ignore[attr-defined]
    page = client.get("/manage/account")
    assert page.status_code == 200 and "p.one" not in page.headers.get("Content-Security-Policy", "")
    assert page["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/manage", "//evil.example", "/\\evil.example", "javascript:1", "/api/docs"]
)
def test_signing_in_leads_nowhere_else(shared: Installed, elsewhere: str) -> None:
    client = signed_in(shared, f"p.next{abs(hash(elsewhere)) % 10**6}", next=elsewhere)
    assert client.entered == "/manage/"  # type: ignore[attr-defined]


def test_the_cookies_are_closed_to_scripts_and_other_sites(shared: Installed) -> None:
    client = signed_in(shared, "p.two")
    session, visit = client.cookies["piaoju_session"], client.cookies["piaoju_visit"]
    assert session["httponly"] and session["samesite"] == "Lax" and not session["max-age"]
    assert visit["httponly"] and visit["samesite"] == "Strict"
    with override_settings(SESSION_COOKIE_SECURE=True):
        response = browser().get("/manage/sign-in")
        assert response.cookies["__Host-piaoju_visit"]["secure"] and response.cookies["__Host-piaoju_visit"]["path"] == "/"


def test_a_copied_cookie_is_refused_after_signing_out(shared: Installed) -> None:
    client = signed_in(shared, "p.three")
    copy = browser()
    copy.cookies["piaoju_session"] = client.cookies["piaoju_session"].value
    assert copy.get("/manage/account").status_code == 200
    assert client.post("/manage/sign-out").status_code == 303
    assert copy.get("/manage/account").status_code == 303
    assert client.get("/manage/sign-out").status_code == 405


def test_a_token_that_was_planted_opens_nothing(shared: Installed) -> None:
    client = browser()
    client.cookies["piaoju_session"] = "planted"
    assert client.get("/manage/account").status_code == 303
    client.cookies["piaoju_session"] = "x" * 5000
    assert client.get("/manage/account").status_code == 303


def test_signing_in_without_the_forms_secret_is_refused(shared: Installed) -> None:
    enrol(shared, "p.four")
    client = Client(HTTP_HOST=HOST, enforce_csrf_checks=True)
    assert client.post("/manage/sign-in", {"username": "p.four", "secret_password": PASSWORD}).status_code == 403


def test_a_wrong_password_comes_back_with_the_name_and_without_the_password(shared: Installed) -> None:
    status, page = first_step(browser(), "p.nobody", "a wrong password")
    assert status == 403 and "sign_in_refused" in page and 'value="p.nobody"' in page and "a wrong password" not in page


def test_revoked_rights_are_gone_at_the_next_request(shared: Installed) -> None:
    client = signed_in(shared, "p.five")
    assert client.get("/manage/account").status_code == 200
    shared.run("UPDATE identity_operator SET suspended_at = now() WHERE username = 'p.five'")
    assert client.get("/manage/account").status_code == 303
    assert "账号已停用" in client.get("/manage/sign-in").content.decode()


def test_an_account_without_a_second_factor_can_only_set_one(shared: Installed) -> None:
    enrol(shared, "p.six", totp=False)
    client = browser()
    status, _ = first_step(client, "p.six")
    assert status == 303
    assert client.get("/manage/")["Location"].startswith("/manage/sign-in?")
    assert client.get("/manage/sign-in?next=/manage/help")["Location"] == "/manage/account/totp?next=%2Fmanage%2Fhelp"
    page = client.get("/manage/account/totp").content.decode()
    (shown,) = re.findall(r'secret-text">([A-Z2-7 ]+)<', page)
    secret = shown.replace(" ", "")
    handle = hidden(page, "handle")
    wrong = client.post("/manage/account/totp", {"handle": handle, "code": "000000"})
    assert wrong.status_code == 422 and secret in wrong.content.decode().replace(" ", "")
    before = client.cookies["piaoju_session"].value
    right = client.post("/manage/account/totp", {"handle": handle, "code": pyotp.TOTP(secret).at(shared.office.clock())})
    assert right.status_code == 200 and right.content.decode().count("<li>") >= 10
    assert client.cookies["piaoju_session"].value != before
    assert client.get("/manage/").status_code == 200
    shared_copy = browser()
    shared_copy.cookies["piaoju_session"] = before
    assert shared_copy.get("/manage/account").status_code == 303


def test_a_password_that_must_be_changed_is_changed_first(shared: Installed) -> None:
    enrol(shared, "p.seven")
    shared.run("UPDATE identity_operator SET must_change_password = true WHERE username = 'p.seven'")
    client = browser()
    _, page = first_step(client, "p.seven")
    entered = client.post(
        "/manage/sign-in/code", {"pending": hidden(page, "pending"), "secret_code": code(shared.office.clock())}
    )
    assert entered.status_code == 303 and client.get("/manage/").status_code == 303

    def change(present: str, new: str, again: str = "") -> int:
        typed = {"secret_present": present, "secret_new": new, "secret_again": again or new}
        return client.post("/manage/account/password", typed).status_code

    assert change("wrong", "a-New-passphrase-1") == 422
    assert change(PASSWORD, "short-A1") == 422
    assert change(PASSWORD, "Password123!") == 422
    assert change(PASSWORD, "p.seven-Aa1-long") == 422
    assert change(PASSWORD, PASSWORD) == 422
    assert change(PASSWORD, "a-New-passphrase-1", "another") == 422
    assert change(PASSWORD, "a-New-passphrase-1") == 303
    assert client.get("/manage/").status_code == 200


def test_the_login_methods_change_only_after_a_fresh_sign_in(shared: Installed) -> None:
    client = signed_in(shared, "p.eight")
    assert client.get("/manage/account/totp").status_code == 200
    shared.run(
        "UPDATE identity_session SET started_at = %s FROM identity_operator o WHERE o.id = operator_id AND username = 'p.eight'",
        shared.office.clock() - timedelta(minutes=16),
    )
    refused = client.get("/manage/account/totp")
    assert refused.status_code == 403 and "sign_in_again" in refused.content.decode()
    assert client.get("/manage/account").status_code == 200


def test_another_persons_session_cannot_be_ended_as_ones_own(shared: Installed) -> None:
    victim, thief = signed_in(shared, "p.nine"), signed_in(shared, "p.ten")
    number = shared.count(
        "SELECT max(s.id) FROM identity_session s JOIN identity_operator o ON o.id = s.operator_id WHERE o.username = 'p.nine'"
    )
    for given in (str(number), "0", "", "x", "9" * 30):
        assert thief.post("/manage/account/session/end", {"id": given}).status_code == 404
    assert victim.get("/manage/account").status_code == 200


def test_the_second_factors_secret_is_nowhere_in_clear(shared: Installed) -> None:
    enrol(shared, "p.eleven")
    assert shared.count("SELECT count(*) FROM identity_operator WHERE totp_secret_sealed LIKE %s", f"%{SECRET}%".encode()) == 0
    assert identity.totp_address("p.eleven", SECRET).startswith("otpauth://totp/")


def test_a_crowd_at_the_door_is_told_to_wait(shared: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_WAITING_MAX", 0)
    browser().post("/manage/sign-in/ukey-challenge")
    browser().post("/manage/sign-in/passkey-options")
    for path in ("ukey-challenge", "passkey-options"):
        response = browser().post(f"/manage/sign-in/{path}")
        assert response.status_code == 503 and response.json()["code"] == "sign_in_locked"
