"""Signing in by UKEY, through the software agent: what is believed, and every way in which it is not."""

from __future__ import annotations

import base64
import dataclasses
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import transaction

from piaoju.crypto import authority, keyfile, sm2
from piaoju.crypto.certificates import Certificate, pem_blocks
from piaoju.identity import queries as identities
from piaoju.identity.errors import OperatorNotInForce, UkeyRefused
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Role, Scope
from piaoju.journeys import note_revocations, own_account, sign_in, ukeys
from piaoju.journeys.acting import acting
from piaoju.kit.errors import Refused
from piaoju.ops import ukey_agent
from piaoju.seal import actions as seal
from piaoju.seal import models
from piaoju.seal.authority import AUTHORITY
from piaoju.seal.signers.keystore import KeyStore
from tests.journeys.signing_in import VISIT, at, certificate, enrol, later, refusal, told, visit
from tests.offices import PASSPHRASE, Installed

PIN = "135790"


class Key:
    """A person's key and certificate, as on a device."""

    def __init__(self, shared: Installed, issuer: sm2.PrivateKey | None = None, **changes: Any) -> None:
        now = shared.office.clock().replace(microsecond=0)
        self.key = sm2.PrivateKey.generate()
        times = {"not_before": now - timedelta(hours=1), "not_after": now + timedelta(days=1), "serial": next(_serials)}
        self.certificate = certificate(issuer or authority_of(shared), self.key, **(times | changes))

    def answer(self, challenge: str) -> tuple[str, bytes, bytes]:
        return challenge, self.key.sign(challenge.encode()), self.certificate


_serials = iter(range(1000, 10_000))


def authority_of(shared: Installed) -> sm2.PrivateKey:
    return KeyStore(shared.office.data_folder / "keys", PASSPHRASE.encode()).open("authority")


@pytest.fixture
def keeper(shared: Installed) -> OperatorActor:
    return shared.operator(Role.UNIT_KEEPER)


@pytest.fixture(autouse=True)
def _forgotten_failures(shared: Installed) -> Iterator[None]:
    shared.run("DELETE FROM identity_signinfailure")
    yield


def bound(shared: Installed, keeper: OperatorActor, username: str, **changes: Any) -> Key:
    enrol(shared, username)
    key = Key(shared, **({"name": f"{username}（演示）"} | changes))
    ukeys.bind(shared.office, keeper, username, key.certificate)
    return key


def challenge(shared: Installed) -> str:
    return sign_in.ukey_challenge(shared.office, VISIT)


def test_a_bound_ukey_signs_its_person_in(shared: Installed, keeper: OperatorActor) -> None:
    key = bound(shared, keeper, "u.one")
    entered = sign_in.with_ukey(shared.office, VISIT, *key.answer(challenge(shared)))
    session = sign_in.session(shared.office, entered.token)
    assert session.actor.username == "u.one" and session.method == "ukey" and session.limit == ""
    assert told(shared, "u.one") == [("operator:u.one", "signed_in")]


def test_a_challenge_is_good_for_one_answer(shared: Installed, keeper: OperatorActor) -> None:
    key = bound(shared, keeper, "u.two")
    answer = key.answer(challenge(shared))
    sign_in.with_ukey(shared.office, VISIT, *answer)
    assert refusal(lambda: sign_in.with_ukey(shared.office, VISIT, *answer)) == "challenge_invalid"


def test_a_challenge_has_sixty_seconds(shared: Installed, keeper: OperatorActor) -> None:
    key = bound(shared, keeper, "u.three")
    start = shared.office.clock()
    for seconds, accepted in ((59, True), (60, False)):
        given = sign_in.ukey_challenge(at(shared.office, start), VISIT)
        office = at(shared.office, start + timedelta(seconds=seconds))
        attempt = lambda given=given, office=office: sign_in.with_ukey(office, VISIT, *key.answer(given))  # noqa: E731
        if accepted:
            assert attempt().username == "u.three"
        else:
            assert refusal(attempt) == "challenge_invalid"


@pytest.mark.parametrize(
    ("flaw", "changes"),
    [("another browser", {"secret": b"w" * 32}), ("another host", {"host": "evil.example.cn"})],
)
def test_a_challenge_belongs_to_one_browser_and_host(
    shared: Installed, keeper: OperatorActor, flaw: str, changes: dict[str, object]
) -> None:
    key = bound(shared, keeper, f"u.four{len(flaw)}")
    given = challenge(shared)
    assert refusal(lambda: sign_in.with_ukey(shared.office, visit(**changes), *key.answer(given))) == "challenge_invalid"


def test_a_challenge_that_was_changed_is_refused(shared: Installed, keeper: OperatorActor) -> None:
    key = bound(shared, keeper, "u.five")
    for before, after in (("pj.example.cn", "pj.example.com"), ("/1\n", "/2\n"), ("\n", ""), ("piaoju", "\npiaoju")):
        given = challenge(shared).replace(before, after)
        assert refusal(lambda given=given: sign_in.with_ukey(shared.office, VISIT, *key.answer(given))) == "challenge_invalid"


@pytest.mark.parametrize(
    ("flaw", "words"),
    [
        ("expired", "已过有效期"), ("not yet valid", "尚未生效"), ("unknown authority", "不在信任之列"),
        ("revoked by the list", "吊销"), ("not bound", "没有绑定"), ("another's signature", "签名与证书不符"),
        ("an authority's own", "证书"), ("not SM2", "不能采信"), ("no certificate", "不能采信"),
    ],
    ids=lambda value: value,
)  # fmt: skip
def test_a_certificate_that_is_not_to_be_believed_is_refused_with_the_reason(
    shared: Installed, keeper: OperatorActor, flaw: str, words: str
) -> None:
    username, now = f"u.flaw{abs(hash(flaw)) % 10**8}", shared.office.clock()
    office, key = shared.office, bound(shared, keeper, username)
    if flaw == "expired":
        office = later(office, hours=23, minutes=59, seconds=59)
        key = bound(shared, keeper, username + "x", not_after=now.replace(microsecond=0) + timedelta(hours=2))
    elif flaw == "not yet valid":
        office = later(office, hours=-2)
    elif flaw == "unknown authority":
        key = Key(shared, sm2.PrivateKey.generate())
    elif flaw == "revoked by the list":
        revoke_in_list(shared, key)
    elif flaw == "not bound":
        key = Key(shared)
    elif flaw == "an authority's own":
        key = Key(shared, is_authority=True)
    given = sign_in.ukey_challenge(office, VISIT)
    given, signature, content = key.answer(given)
    if flaw == "another's signature":
        signature = Key(shared).key.sign(given.encode())
    elif flaw == "not SM2":
        content = not_sm2()
    elif flaw == "no certificate":
        content = b"nothing"
    with pytest.raises(UkeyRefused) as refused:
        sign_in.with_ukey(office, VISIT, given, signature, content)
    assert words in refused.value.detail
    assert told(shared)[-1][1] == "ukey_refused"


def revoke_in_list(shared: Installed, key: Key) -> None:
    """The authority's list names this certificate, as a list fetched from outside would."""
    read, now = Certificate.parse(key.certificate), shared.office.clock()
    models.Certificate.objects.create(
        kind="person", holder_code="x", holder_name="x", key_ref="", serial=read.serial_text, content=key.certificate,
        valid_from=read.not_before, valid_until=read.not_after,
    )  # fmt: skip
    folder = shared.office.data_folder
    with transaction.atomic():
        seal.revoke_certificate(read.serial_text, folder / "keys", folder / "trust.pem", PASSPHRASE.encode(), now)


def not_sm2() -> bytes:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(5)
    built = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_a_revoked_ukey_is_refused_at_the_next_request_with_the_reason(shared: Installed, keeper: OperatorActor) -> None:
    key = bound(shared, keeper, "u.six")
    entered = sign_in.with_ukey(shared.office, VISIT, *key.answer(challenge(shared)))
    actor = sign_in.session(shared.office, entered.token).actor
    serial = identities.ukeys_of(actor.operator_id)[0].serial
    assert refusal(lambda: ukeys.revoke(shared.office, keeper, serial, " ")) == "reason_missing"
    ukeys.revoke(shared.office, keeper, serial, "遗失")
    assert refusal(lambda: sign_in.session(shared.office, entered.token)) == "session_ended"
    with pytest.raises(OperatorNotInForce), acting(shared.office, actor, Act.READ_STOCK, scope=Scope(), subject="s"):
        raise AssertionError("the act began")
    assert refusal(lambda: sign_in.with_ukey(shared.office, VISIT, *key.answer(challenge(shared)))) == "ukey_refused"
    assert refusal(lambda: ukeys.revoke(shared.office, keeper, serial, "再次")) == "ukey_unknown"


def test_a_session_ends_when_its_certificate_does(shared: Installed, keeper: OperatorActor) -> None:
    ends = shared.office.clock().replace(microsecond=0) + timedelta(minutes=10)
    key = bound(shared, keeper, "u.seven", not_after=ends)
    entered = sign_in.with_ukey(shared.office, VISIT, *key.answer(challenge(shared)))
    assert sign_in.session(at(shared.office, ends - timedelta(seconds=1)), entered.token)
    assert refusal(lambda: sign_in.session(at(shared.office, ends), entered.token)) == "session_ended"


def test_a_certificate_is_bound_once_and_never_to_oneself(shared: Installed, keeper: OperatorActor) -> None:
    key = bound(shared, keeper, "u.eight", name="u.eight, u.nine")
    enrol(shared, "u.nine")
    assert refusal(lambda: ukeys.bind(shared.office, keeper, "u.nine", key.certificate)) == "ukey_bound"
    assert refusal(lambda: ukeys.bind(shared.office, keeper, keeper.username, Key(shared).certificate)) == "same_person"
    own = Key(shared, name=f"{keeper.person_name}（演示）").certificate  # whoever binds must not bind a way in of their own
    assert refusal(lambda: ukeys.bind(shared.office, keeper, "u.nine", own)) == "ukey_refused"
    stranger = Key(shared, sm2.PrivateKey.generate()).certificate
    assert refusal(lambda: ukeys.bind(shared.office, keeper, "u.nine", stranger)) == "ukey_refused"


def test_what_the_authoritys_list_revokes_ends_its_session_and_signs_nobody_in(shared: Installed, keeper: OperatorActor) -> None:
    key, other = bound(shared, keeper, "u.listed"), bound(shared, keeper, "u.unlisted")
    tokens = [sign_in.with_ukey(shared.office, VISIT, *one.answer(challenge(shared))).token for one in (key, other)]
    trust_file = shared.office.data_folder / "trust.pem"
    before = trust_file.read_bytes()
    try:
        revoked = {Certificate.parse(key.certificate).serial: shared.office.clock().replace(microsecond=0)}
        listed = authority.issue_crl(
            issuer=AUTHORITY, issuer_key=authority_of(shared).public_key, number=10**6, revoked=revoked,
            this_update=shared.office.clock(), next_update=later(shared.office, days=9).clock(), sign=authority_of(shared).sign,
        )  # fmt: skip
        trust_file.write_bytes(before + keyfile.write_pem("X509 CRL", listed))
        assert note_revocations.TrustFile().note(shared.office) == 1
        assert refusal(lambda: sign_in.session(shared.office, tokens[0])) == "session_ended"
        assert sign_in.session(shared.office, tokens[1]).actor.username == "u.unlisted"
        assert refusal(lambda: sign_in.with_ukey(shared.office, VISIT, *key.answer(challenge(shared)))) == "ukey_refused"
    finally:
        trust_file.write_bytes(before)


def test_a_demonstration_certificate_is_not_believed_in_production(shared: Installed, keeper: OperatorActor) -> None:
    key = bound(shared, keeper, "u.ten")
    office = dataclasses.replace(shared.office, demonstration=False)
    assert refusal(lambda: sign_in.with_ukey(office, VISIT, *key.answer(challenge(shared)))) == "ukey_refused"


def test_a_person_reports_the_own_ukey_lost(shared: Installed, keeper: OperatorActor) -> None:
    key = bound(shared, keeper, "u.eleven")
    entered = sign_in.with_ukey(shared.office, VISIT, *key.answer(challenge(shared)))
    session = sign_in.session(shared.office, entered.token)
    serial = identities.ukeys_of(session.actor.operator_id)[0].serial
    another = sign_in.with_ukey(shared.office, VISIT, *bound(shared, keeper, "u.twelve").answer(challenge(shared)))
    not_mine = sign_in.session(shared.office, another.token)
    assert refusal(lambda: own_account.report_ukey_lost(shared.office, not_mine, serial)) == "ukey_unknown"
    own_account.report_ukey_lost(shared.office, session, serial)
    assert refusal(lambda: sign_in.session(shared.office, entered.token)) == "session_ended"


# --- the agent


class Agent:
    def __init__(self, pem: bytes, origin: str = VISIT.origin) -> None:
        self.server = ukey_agent.server_of(ukey_agent.Device(pem), origin, 0)
        self.port = self.server.server_address[1]
        self.origin = origin
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def ask(self, path: str, content: object = None, *, method: str = "", **headers: str) -> tuple[int, dict[str, Any], Any]:
        body = None if content is None else json.dumps(content).encode()
        sent = {"Origin": self.origin, "Content-Type": "application/json"} | {k: v for k, v in headers.items() if v}
        if headers.get("Origin") == "":
            del sent["Origin"]
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, sent, method=method or None)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, json.loads(response.read()), response.headers
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read()), error.headers


@pytest.fixture(scope="module")
def device(shared: Installed) -> bytes:
    """What `demo` writes for a person of the demonstration."""
    keeper = shared.operator(Role.UNIT_KEEPER)
    return ukeys.make_for_demonstration(shared.office, keeper.username, PIN, PASSPHRASE.encode())


@pytest.fixture
def agent(device: bytes) -> Iterator[Agent]:
    running = Agent(device)
    yield running
    running.server.shutdown()
    running.server.server_close()


def test_the_agents_answer_signs_in(shared: Installed, agent: Agent, keeper: OperatorActor) -> None:
    given = challenge(shared)
    status, answer, headers = agent.ask("/v1/sign", {"challenge": given, "pin": PIN})
    assert status == 200 and headers["Access-Control-Allow-Origin"] == VISIT.origin
    signature, content = (base64.b64decode(answer[name]) for name in ("signature", "certificate"))
    entered = sign_in.with_ukey(shared.office, VISIT, given, signature, content)
    assert entered.username == keeper.username
    assert agent.ask("/v1/certificate")[1]["certificate"] == answer["certificate"]
    assert agent.ask("/v1/sign", method="OPTIONS")[0] == 200


@pytest.mark.parametrize(
    ("flaw", "asked"),
    [
        ("no prefix", "anything else\nx\ny\nz"),
        ("a bill's digest", "piaoju-ukey-sign-in/1"),
        ("another site", "piaoju-ukey-sign-in/1\nevil.example.cn\nabc\n2026-11-23T00:00:00+00:00"),
        ("too long", "piaoju-ukey-sign-in/1\npj.example.cn\n" + "a" * 700 + "\nx"),
        ("more lines", "piaoju-ukey-sign-in/1\npj.example.cn\na\nb\nc"),
    ],
)
def test_the_agent_signs_nothing_but_the_challenge_of_its_site(agent: Agent, flaw: str, asked: str) -> None:
    status, answer, _ = agent.ask("/v1/sign", {"challenge": asked, "pin": PIN})
    assert (status, answer["code"]) == (403, "challenge_strange")


@pytest.mark.parametrize("origin", ["https://evil.example.cn", "http://pj.example.cn", "null", ""])
def test_the_agent_answers_pages_of_its_site_only(agent: Agent, shared: Installed, origin: str) -> None:
    signing = {"challenge": challenge(shared), "pin": PIN}
    for path, content in (("/v1/sign", signing), ("/v1/certificate", None), ("/v1/status", None)):
        status, answer, headers = agent.ask(path, content, Origin=origin)
        assert (status, answer["code"]) == (403, "origin_strange") and headers["Access-Control-Allow-Origin"] is None


def test_the_agent_does_not_answer_a_name_that_was_pointed_at_it(agent: Agent) -> None:
    assert agent.ask("/v1/status", Host="evil.example.cn")[1]["code"] == "host_strange"


def test_the_agent_locks_after_six_wrong_pins(agent: Agent, shared: Installed) -> None:
    given = challenge(shared)
    for _ in range(6):
        assert agent.ask("/v1/sign", {"challenge": given, "pin": "000000"})[1]["code"] == "pin_wrong"
    assert agent.ask("/v1/sign", {"challenge": given, "pin": PIN})[1]["code"] == "pin_locked"


@pytest.mark.parametrize("content", [[], {"challenge": 1}, "x", {"pin": PIN}])
def test_the_agent_survives_nonsense(agent: Agent, content: object) -> None:
    assert agent.ask("/v1/sign", content)[0] == 403
    assert agent.ask("/v1/status")[0] == 200
    assert agent.ask("/elsewhere")[0] == 404


def test_what_is_no_ukey_is_not_taken_for_one(shared: Installed, device: bytes) -> None:
    for content in (b"", (shared.office.data_folder / "trust.pem").read_bytes(), device + device):
        with pytest.raises(Refused):
            ukey_agent.Device(content)


def test_a_software_ukey_holds_no_key_in_clear(device: bytes) -> None:
    assert b"ENCRYPTED PRIVATE KEY" in device and len(pem_blocks(device, "CERTIFICATE")) == 1
    with pytest.raises(keyfile.KeyFileUnreadable):
        keyfile.decrypt(device, b"000000")
