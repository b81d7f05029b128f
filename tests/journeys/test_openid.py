"""OpenID Connect as a relying party meets it: the whole way once, and every way round it refused."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from django.test import Client, override_settings

from piaoju.identity.types import Role
from piaoju.journeys import openid, premises, sign_in
from tests.journeys.signing_in import PASSWORD, VISIT, at, code, enrol, refusal
from tests.offices import Installed

ADDRESS = "https://other.example.cn/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@pytest.fixture(scope="module")
def party(shared: Installed) -> tuple[str, str]:
    return openid.register(shared.office, shared.operator(Role.SYSTEM_ADMINISTRATOR), "非税系统", [ADDRESS])


@pytest.fixture(autouse=True)
def _ours(shared: Installed) -> Iterator[None]:
    premises.open_office(shared.office)
    shared.run("DELETE FROM identity_signinfailure")
    with override_settings(ALLOWED_HOSTS=["pj.example.cn"]):
        yield


def browser(shared: Installed, username: str = "") -> Client:
    """A browser; with a username, signed in."""
    client = Client(HTTP_HOST="pj.example.cn")
    if username:
        enrol(shared, username)
        begun = sign_in.with_password(shared.office, VISIT, username, PASSWORD)
        assert isinstance(begun, sign_in.Begun)
        entered = sign_in.with_code(shared.office, VISIT, begun.pending, code(shared.office.clock()))
        client.cookies["piaoju_session"] = entered.token
    return client


def question(party: tuple[str, str], **changes: str) -> str:
    asked = {
        "client_id": party[0], "redirect_uri": ADDRESS, "response_type": "code", "scope": "openid profile", "state": "s1",
        "nonce": "n1", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    } | changes  # fmt: skip
    return "/openid/authorize?" + urlencode(asked)


def coded(client: Client, party: tuple[str, str]) -> str:
    response = client.get(question(party))
    assert response.status_code == 302, response.content.decode()
    return parse_qs(urlsplit(response["Location"]).query)["code"][0]


def exchanged(party: tuple[str, str], given: str, **changes: str) -> Any:
    form = {
        "grant_type": "authorization_code", "code": given, "redirect_uri": ADDRESS, "code_verifier": VERIFIER,
        "client_id": party[0], "client_secret": party[1],
    } | changes  # fmt: skip
    return Client(HTTP_HOST="pj.example.cn").post("/openid/token", form)


def asked_who(token: str) -> Any:
    return Client(HTTP_HOST="pj.example.cn").get("/openid/userinfo", headers={"Authorization": f"Bearer {token}"})


def test_the_whole_way_tells_the_other_system_who_is_signed_in(shared: Installed, party: tuple[str, str]) -> None:
    client = browser(shared, "o.one")
    response = client.get(question(party))
    back = urlsplit(response["Location"])
    query = parse_qs(back.query)
    assert response["Location"].startswith(ADDRESS + "?") and query["state"] == ["s1"] and query["iss"] == ["http://127.0.0.1:8000/openid"]
    basic = base64.b64encode(f"{party[0]}:{party[1]}".encode()).decode()
    answer = Client(HTTP_HOST="pj.example.cn").post(
        "/openid/token",
        {"grant_type": "authorization_code", "code": query["code"][0], "redirect_uri": ADDRESS, "code_verifier": VERIFIER},
        headers={"Authorization": f"Basic {basic}"},
    )
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
    tokens = answer.json()
    published = Client(HTTP_HOST="pj.example.cn").get("/openid/jwks").json()
    key = jwt.PyJWK(published["keys"][0])
    claims = jwt.decode(tokens["id_token"], key, algorithms=["ES256"], audience=party[0], issuer="http://127.0.0.1:8000/openid")
    assert claims["nonce"] == "n1" and claims["amr"] == ["pwd", "otp", "mfa"]
    who = asked_who(tokens["access_token"]).json()
    assert who["sub"] == claims["sub"] and who["preferred_username"] == "o.one" and who["appointments"][0]["role"] == "handler"
    assert "d" not in published["keys"][0]


def test_what_is_offered_is_where_it_says(shared: Installed) -> None:
    found = Client(HTTP_HOST="pj.example.cn").get("/openid/.well-known/openid-configuration").json()
    assert found["issuer"] + "/token" == found["token_endpoint"] and found["code_challenge_methods_supported"] == ["S256"]


def test_a_person_who_is_not_signed_in_signs_in_first_and_comes_back(shared: Installed, party: tuple[str, str]) -> None:
    response = browser(shared).get(question(party))
    assert response.status_code == 302
    wanted = parse_qs(urlsplit(response["Location"]).query)["next"][0]
    assert response["Location"].startswith("/manage/sign-in?") and wanted == question(party)


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example.cn/callback"}, {"redirect_uri": ADDRESS + "/x"},
        {"redirect_uri": ADDRESS + "?x=1"}, {"redirect_uri": ""}, {"client_id": "rp-unknown"}, {"client_id": ""},
    ],
)  # fmt: skip
def test_nobody_is_sent_to_an_address_that_is_not_registered(
    shared: Installed, party: tuple[str, str], changes: dict[str, str]
) -> None:
    client = browser(shared, f"o.two{abs(hash(str(changes))) % 10**8}")
    assert client.get(question(party, **changes)).status_code == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"), ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge": ""}, "invalid_request"), ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"), ({"nonce": "n" * 201}, "invalid_request"),
    ],
)  # fmt: skip
def test_a_request_that_is_not_fit_goes_back_with_its_error(
    shared: Installed, party: tuple[str, str], changes: dict[str, str], error: str
) -> None:
    client = browser(shared, f"o.three{abs(hash(str(changes))) % 10**8}")
    query = parse_qs(urlsplit(client.get(question(party, **changes))["Location"]).query)
    assert query["error"] == [error] and query["state"] == ["s1"] and "code" not in query


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"), ({"client_id": "rp-unknown"}, 401, "invalid_client"),
        ({"code": "made-up"}, 400, "invalid_grant"), ({"redirect_uri": ADDRESS + "/x"}, 400, "invalid_grant"),
        ({"code_verifier": "w" * 43}, 400, "invalid_grant"), ({"code_verifier": ""}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)  # fmt: skip
def test_a_code_gives_nothing_to_whoever_cannot_prove_it_is_theirs(
    shared: Installed, party: tuple[str, str], changes: dict[str, str], status: int, error: str
) -> None:
    given = coded(browser(shared, f"o.four{abs(hash(str(changes))) % 10**8}"), party)
    answer = exchanged(party, given, **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_code_works_once_and_a_second_use_takes_back_what_it_gave(shared: Installed, party: tuple[str, str]) -> None:
    given = coded(browser(shared, "o.five"), party)
    token = exchanged(party, given).json()["access_token"]
    assert asked_who(token).status_code == 200
    assert exchanged(party, given).json()["error"] == "invalid_grant"
    assert asked_who(token).status_code == 401


def test_a_code_has_a_minute_and_a_token_ten(shared: Installed, party: tuple[str, str]) -> None:
    client, start = browser(shared, "o.six"), shared.office.clock()
    late, fresh = coded(client, party), coded(client, party)
    premises.open_office(at(shared.office, start + timedelta(seconds=62)))
    assert exchanged(party, late).json()["error"] == "invalid_grant"
    premises.open_office(shared.office)
    token = exchanged(party, fresh).json()["access_token"]
    premises.open_office(at(shared.office, shared.office.clock() + timedelta(minutes=10)))
    assert asked_who(token).status_code == 401


def test_another_systems_code_is_not_ours(shared: Installed, party: tuple[str, str]) -> None:
    other = openid.register(shared.office, shared.operator(Role.SYSTEM_ADMINISTRATOR), "另一系统", [ADDRESS])
    given = coded(browser(shared, "o.seven"), party)
    assert exchanged(other, given).json()["error"] == "invalid_grant"
    assert exchanged(party, given).status_code == 200


@pytest.mark.parametrize("end", ["sign out", "suspended", "party revoked"])
def test_what_ends_here_ends_there_at_the_next_call(shared: Installed, party: tuple[str, str], end: str) -> None:
    username = f"o.end{abs(hash(end)) % 10**6}"
    system = shared.operator(Role.SYSTEM_ADMINISTRATOR)
    ours = openid.register(shared.office, system, "将注销", [ADDRESS])
    client = browser(shared, username)
    token = exchanged(ours, coded(client, ours)).json()["access_token"]
    waiting = coded(client, ours)
    assert asked_who(token).status_code == 200
    if end == "sign out":
        client.post("/manage/sign-out")
    elif end == "suspended":
        shared.run("UPDATE identity_operator SET suspended_at = now() WHERE username = %s", username)
    else:
        openid.revoke(shared.office, system, ours[0])
    assert asked_who(token).status_code == 401
    assert exchanged(ours, waiting).status_code in (400, 401)


def test_two_systems_cannot_compare_their_people(shared: Installed, party: tuple[str, str]) -> None:
    other = openid.register(shared.office, shared.operator(Role.SYSTEM_ADMINISTRATOR), "第三系统", [ADDRESS])
    client = browser(shared, "o.eight")
    names = {asked_who(exchanged(one, coded(client, one)).json()["access_token"]).json()["sub"] for one in (party, other)}
    assert len(names) == 2


@pytest.mark.parametrize("address", ["http://other.example.cn/x", "https://u@evil.cn/x", "https://x.cn/a#b", "javascript:1", "", "https:///x"])
def test_an_address_that_could_be_another_is_not_registered(shared: Installed, address: str) -> None:
    system = shared.operator(Role.SYSTEM_ADMINISTRATOR)
    assert refusal(lambda: openid.register(shared.office, system, "x", [address])) == "relying_party_address"


def test_only_a_system_administrator_registers_another_system(shared: Installed) -> None:
    keeper = shared.operator(Role.UNIT_KEEPER)
    assert refusal(lambda: openid.register(shared.office, keeper, "x", [ADDRESS])) == "act_not_permitted"
    system = shared.operator(Role.SYSTEM_ADMINISTRATOR)
    assert refusal(lambda: openid.revoke(shared.office, system, "rp-none")) == "relying_party_unknown"


def test_every_exchange_and_every_refused_one_leaves_a_record(shared: Installed, party: tuple[str, str]) -> None:
    given = coded(browser(shared, "o.nine"), party)
    before = shared.count("SELECT count(*) FROM identity_auditrecord WHERE act = 'openid_token'")
    exchanged(party, given)
    exchanged(party, given)
    exchanged(party, "x", client_secret="wrong")
    assert shared.count("SELECT count(*) FROM identity_auditrecord WHERE act = 'openid_token'") == before + 3
