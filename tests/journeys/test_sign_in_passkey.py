"""Signing in by passkey: made by a software authenticator, believed only for its host, challenge and holder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from piaoju.identity import queries as identity
from piaoju.identity.types import SessionView
from piaoju.journeys import own_account, sign_in
from piaoju.journeys.sign_in import Visit
from tests.journeys.signing_in import PASSWORD, VISIT, code, enrol, later, refusal, told, visit
from tests.offices import Installed

FLAG = AuthenticatorData.FLAG


class Authenticator:
    """Holds one key for one host, as a phone would; each answer can be made wrong in one way."""

    def __init__(self, host: str = VISIT.host) -> None:
        self.key, self.host, self.count = ec.generate_private_key(ec.SECP256R1()), host, 0
        self.id = os.urandom(32)

    def make(self, options: dict[str, Any], visit: Visit = VISIT) -> dict[str, Any]:
        said = json.loads(json.dumps(options["publicKey"]))
        data = AttestedCredentialData.create(b"\0" * 16, self.id, ES256.from_cryptography_key(self.key.public_key()))
        held = AuthenticatorData.create(self._host_hash(), FLAG.UP | FLAG.UV | FLAG.AT, 0, bytes(data))
        attested = AttestationObject.create("none", held, {})
        client = self._client("webauthn.create", said["challenge"], visit)
        return self._answer({"clientDataJSON": websafe_encode(client), "attestationObject": websafe_encode(bytes(attested))})

    def get(
        self, options: dict[str, Any], visit: Visit = VISIT, *, verified: bool = True, kind: str = "webauthn.get"
    ) -> dict[str, Any]:
        said = json.loads(json.dumps(options["publicKey"]))
        self.count += 1
        flags = FLAG.UP | (FLAG.UV if verified else FLAG(0))
        held = AuthenticatorData.create(self._host_hash(), flags, self.count)
        client = self._client(kind, said["challenge"], visit)
        digest = hashes.Hash(hashes.SHA256())
        digest.update(client)
        signature = self.key.sign(bytes(held) + digest.finalize(), ec.ECDSA(hashes.SHA256()))
        return self._answer({
            "clientDataJSON": websafe_encode(client), "authenticatorData": websafe_encode(bytes(held)),
            "signature": websafe_encode(signature), "userHandle": None,
        })  # fmt: skip

    def _host_hash(self) -> bytes:
        digest = hashes.Hash(hashes.SHA256())
        digest.update(self.host.encode())
        return digest.finalize()

    def _client(self, kind: str, challenge: str, visit: Visit) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": visit.origin, "crossOrigin": False}).encode()

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        named = websafe_encode(self.id)
        return {"id": named, "rawId": named, "type": "public-key", "response": response, "clientExtensionResults": {}}


@pytest.fixture(autouse=True)
def _forgotten_failures(shared: Installed) -> Iterator[None]:
    shared.run("DELETE FROM identity_signinfailure")
    yield


def session_of(shared: Installed, username: str) -> SessionView:
    begun = sign_in.with_password(shared.office, VISIT, username, PASSWORD)
    assert isinstance(begun, sign_in.Begun)
    entered = sign_in.with_code(shared.office, VISIT, begun.pending, code(shared.office.clock()))
    return sign_in.session(shared.office, entered.token)


def holding(shared: Installed, username: str) -> Authenticator:
    """Someone enrolled who has added a passkey."""
    enrol(shared, username)
    session, phone = session_of(shared, username), Authenticator()
    made = phone.make(own_account.passkey_options(shared.office, session, VISIT))
    own_account.add_passkey(shared.office, session, VISIT, "手机", made)
    return phone


def test_a_passkey_signs_its_holder_in(shared: Installed) -> None:
    phone = holding(shared, "k.one")
    entered = sign_in.with_passkey(shared.office, VISIT, phone.get(sign_in.passkey_options(shared.office, VISIT)))
    session = sign_in.session(shared.office, entered.token)
    assert session.actor.username == "k.one" and session.method == "passkey" and session.limit == ""
    assert told(shared, "k.one")[-1] == ("operator:k.one", "signed_in")


def test_an_answer_is_accepted_once(shared: Installed) -> None:
    answer = holding(shared, "k.two").get(sign_in.passkey_options(shared.office, VISIT))
    sign_in.with_passkey(shared.office, VISIT, answer)
    assert refusal(lambda: sign_in.with_passkey(shared.office, VISIT, answer)) == "challenge_invalid"


def test_a_challenge_has_two_minutes(shared: Installed) -> None:
    answer = holding(shared, "k.three").get(sign_in.passkey_options(shared.office, VISIT))
    assert refusal(lambda: sign_in.with_passkey(later(shared.office, minutes=2), VISIT, answer)) == "challenge_invalid"


@pytest.mark.parametrize(
    ("flaw", "code"),
    [
        ("another browser", "challenge_invalid"),
        ("another origin", "passkey_invalid"),
        ("another host's passkey", "passkey_invalid"),
        ("not unlocked by its holder", "passkey_invalid"),
        ("made for something else", "passkey_invalid"),
        ("another's key", "passkey_invalid"),
        ("unknown passkey", "passkey_invalid"),
        ("counter runs backwards", "passkey_invalid"),
        ("nonsense", "passkey_invalid"),
        ("removed", "passkey_invalid"),
    ],
    ids=lambda value: value,
)
def test_a_wrong_answer_is_refused(shared: Installed, flaw: str, code: str) -> None:
    username = f"k.flaw{abs(hash(flaw)) % 10**8}"
    phone, where = holding(shared, username), VISIT
    if flaw == "counter runs backwards":
        phone.count = 5
        sign_in.with_passkey(shared.office, VISIT, phone.get(sign_in.passkey_options(shared.office, VISIT)))
        phone.count = 5
    options = sign_in.passkey_options(shared.office, VISIT)
    answer = phone.get(options)
    if flaw == "another browser":
        where = visit(secret=b"w" * 32)
    elif flaw == "another origin":
        answer = phone.get(options, visit(origin="https://evil.example.cn"))
    elif flaw == "another host's passkey":
        phone.host = "evil.example.cn"
        answer = phone.get(options)
    elif flaw == "not unlocked by its holder":
        answer = phone.get(options, verified=False)
    elif flaw == "made for something else":
        answer = phone.get(options, kind="webauthn.create")
    elif flaw == "another's key":
        phone.key = ec.generate_private_key(ec.SECP256R1())
        answer = phone.get(options)
    elif flaw == "unknown passkey":
        answer = Authenticator().get(options)
    elif flaw == "nonsense":
        answer = {"id": 5, "response": {"clientDataJSON": "{"}}
    elif flaw == "removed":
        session = session_again(shared, username)
        (kept,) = identity.passkeys_of(session.actor.operator_id)
        own_account.remove_passkey(shared.office, session, kept.passkey_id)
    assert refusal(lambda: sign_in.with_passkey(shared.office, where, answer)) == code
    assert told(shared)[-1][1] == code


def session_again(shared: Installed, username: str) -> SessionView:
    """Another session of the same person: the code of this half minute was used."""
    shared.run("UPDATE identity_operator SET totp_last_step = 0 WHERE username = %s", username)
    return session_of(shared, username)


def test_a_passkey_is_registered_once_and_only_by_whoever_asked(shared: Installed) -> None:
    phone = holding(shared, "k.four")
    enrol(shared, "k.five")
    session = session_of(shared, "k.five")
    made = phone.make(own_account.passkey_options(shared.office, session, VISIT))
    assert refusal(lambda: own_account.add_passkey(shared.office, session, VISIT, "x", made)) == "passkey_invalid"
    fresh = Authenticator().make(own_account.passkey_options(shared.office, session, VISIT))
    other = session_again(shared, "k.four")
    assert refusal(lambda: own_account.add_passkey(shared.office, other, VISIT, "x", fresh)) == "challenge_invalid"
    assert identity.passkeys_of(session.actor.operator_id) == ()


def test_a_passkey_is_added_only_after_a_fresh_sign_in(shared: Installed) -> None:
    enrol(shared, "k.six")
    session = session_of(shared, "k.six")
    stale = later(shared.office, minutes=16)
    assert refusal(lambda: own_account.passkey_options(stale, session, VISIT)) == "sign_in_again"


def test_a_suspended_holder_is_refused(shared: Installed) -> None:
    phone = holding(shared, "k.seven")
    shared.run("UPDATE identity_operator SET suspended_at = now() WHERE username = 'k.seven'")
    options = sign_in.passkey_options(shared.office, VISIT)
    assert refusal(lambda: sign_in.with_passkey(shared.office, VISIT, phone.get(options))) == "operator_suspended"
