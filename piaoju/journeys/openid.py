"""统一身份: other systems learn who someone is, by OpenID Connect's authorization code with PKCE and nothing else.

A sign-in that ended here is at its end there too: every call asks for the session anew.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection, transaction
from jwt.algorithms import ECAlgorithm

from piaoju.crypto import envelope
from piaoju.identity import actions as identity
from piaoju.identity import queries as identities
from piaoju.identity.errors import GrantInvalid, RelyingPartyUnknown
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Scope, SessionView
from piaoju.journeys import acting, refuse
from piaoju.journeys.office import Office
from piaoju.kit.errors import PiaojuError, Refused
from piaoju.seal.signers.keystore import write_private

SCOPE = "openid profile"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}").fullmatch
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}").fullmatch
_ADDRESSES_MAX = 10
_TOKEN_SECONDS = 600


class AddressRefused(Refused):
    code = "relying_party_address"
    label = "回调地址须是 https 的完整地址（本机调试可用 http://127.0.0.1 或 localhost），不带 # 部分，最多十个。请改正"


class RequestUnfit(Refused):
    """What comes back to the relying party as an error of RFC 6749; `code_value` is one of its words."""

    code = "invalid_request"
    label = "登录请求不合规范：须是授权码方式，带 S256 的 code_challenge"


@dataclass(frozen=True, slots=True)
class Asked:
    """An authorization request, as it came."""

    client_id: str
    address: str
    response_type: str
    scope: str
    state: str
    nonce: str
    challenge: str
    challenge_method: str


def register(office: Office, actor: OperatorActor, name: str, addresses: Sequence[str]) -> tuple[str, str]:
    """登记依赖方系统: its client_id and its secret, told once. Raises AddressRefused."""
    client_id, secret = f"rp-{office.random_bytes(8).hex()}", _text(office.random_bytes(32))
    with acting.acting(office, actor, Act.REGISTER_RELYING_PARTY, scope=Scope(), subject=f"relying_party:{client_id}"):
        if not 1 <= len(addresses) <= _ADDRESSES_MAX or not name.strip() or not all(map(_is_fit, addresses)):
            raise AddressRefused
        identity.register_relying_party(
            client_id, name.strip()[:100], secret, list(addresses), office.clock(), actor.name
        )
    return client_id, secret


def revoke(office: Office, actor: OperatorActor, client_id: str) -> None:
    """注销依赖方系统: it learns nothing from its next call on. Raises RelyingPartyUnknown."""
    with acting.acting(
        office, actor, Act.REGISTER_RELYING_PARTY, scope=Scope(), subject=f"relying_party:{client_id[:40]}",
        missing=RelyingPartyUnknown,
    ):  # fmt: skip
        identity.revoke_relying_party(client_id, office.clock())


def name_of(asked: Asked) -> str:
    """The system that asks, if it may be answered at all. Raises RelyingPartyUnknown for one we must not send anyone to."""
    party = identities.relying_party(asked.client_id)
    if asked.address not in party.addresses:  # compared whole: no prefix, no pattern (RFC 9700 4.1.3)
        raise RelyingPartyUnknown("回调地址没有登记过。请联系系统管理员核对登记的地址")
    return party.name


def authorize(office: Office, session: SessionView, asked: Asked) -> str:
    """The address to send the person back to, with a code or with an error. Raises RelyingPartyUnknown."""
    name_of(asked)
    try:
        _demand_fit(asked)
    except RequestUnfit as unfit:
        acting.record_refusal(office, session.actor.name, "openid_authorize", _subject(asked.client_id), unfit.code_value)
        return _back(asked, {"error": unfit.code_value, "error_description": "request not supported"})
    code = _text(office.random_bytes(32))
    with transaction.atomic(), connection.cursor() as cursor:
        identity.grant_code(
            code, asked.client_id, session.session_id, address=asked.address, nonce=asked.nonce,
            challenge=asked.challenge, at=office.clock(),
        )  # fmt: skip
        _record(office, cursor, session.actor.name, "openid_authorize", asked.client_id, acting.DONE)
    return _back(asked, {"code": code, "iss": issuer(office)})


def exchange(
    office: Office, client_id: str, secret: str, *, grant_type: str, code: str, address: str, verifier: str
) -> dict[str, Any]:
    """The tokens for a code. Raises RelyingPartyUnknown, RequestUnfit, GrantInvalid, each with its record."""
    actor = f"relying_party:{client_id[:40]}" if client_id.isascii() and client_id.isprintable() else "relying_party:?"
    refusal: PiaojuError | None = None
    token = _text(office.random_bytes(32))
    claims: dict[str, Any] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        try:
            party = identities.relying_party_of_secret(client_id, secret)
            if grant_type != "authorization_code":
                raise RequestUnfit(code="unsupported_grant_type")
            if _VERIFIER(verifier) is None:
                raise GrantInvalid
            granted = identity.use_code(
                code, party.client_id, address=address, verifier=verifier, token=token, at=office.clock()
            )
            claims = _claims(office, _session(office, granted.session_id), client_id, granted.nonce)
        except PiaojuError as raised:
            refusal = raised  # a code used twice takes back what it gave: that must be committed
        _record(office, cursor, actor, "openid_token", client_id, refusal.code_value if refusal else acting.DONE)
    if refusal is not None:
        raise refusal
    signed = jwt.encode(claims, _key(office), algorithm="ES256", headers={"kid": _key_id(office)})
    return {"access_token": token, "token_type": "Bearer", "expires_in": _TOKEN_SECONDS, "id_token": signed, "scope": SCOPE}


def person(office: Office, token: str) -> dict[str, Any]:
    """Who is signed in, with the appointments of now. Raises GrantInvalid also for a session that has ended."""
    granted = identities.session_of_openid_token(token, office.clock())
    session = _session(office, granted.session_id)
    return {
        "sub": _subject_of(office, session, granted.client_id),
        "name": session.actor.person_name,
        "preferred_username": session.actor.username,
        "appointments": [
            {
                "role": one.role.value, "region_code": one.region_code, "unit_code": one.unit_code,
                "bill_types": sorted(one.bill_types),
            }
            for one in session.actor.appointments
        ],
    }  # fmt: skip


def issuer(office: Office) -> str:
    """Who we are, to relying parties."""
    return f"{office.public_url}/openid"


def configuration(office: Office) -> dict[str, Any]:
    """OpenID Connect Discovery 1.0."""
    us = issuer(office)
    return {
        "issuer": us,
        "authorization_endpoint": f"{us}/authorize",
        "token_endpoint": f"{us}/token",
        "userinfo_endpoint": f"{us}/userinfo",
        "jwks_uri": f"{us}/jwks",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": SCOPE.split(),
        "claims_supported": ["sub", "name", "preferred_username", "appointments", "auth_time", "nonce", "amr", "sid"],
        "authorization_response_iss_parameter_supported": True,
    }


def keys(office: Office) -> dict[str, Any]:
    """The public half of the key that signs identity tokens."""
    read: Mapping[str, Any] = ECAlgorithm.to_jwk(_key(office).public_key(), as_dict=True)
    return {"keys": [{**read, "use": "sig", "alg": "ES256", "kid": _key_id(office)}]}


def _demand_fit(asked: Asked) -> None:
    if asked.response_type != "code":
        raise RequestUnfit(code="unsupported_response_type")
    if "openid" not in asked.scope.split():
        raise RequestUnfit(code="invalid_scope")
    if asked.challenge_method != "S256" or _CHALLENGE(asked.challenge) is None or len(asked.nonce) > 200:
        raise RequestUnfit


def _back(asked: Asked, answer: dict[str, str]) -> str:
    if asked.state:
        answer["state"] = asked.state[:500]
    return f"{asked.address}{'&' if urlsplit(asked.address).query else '?'}{urlencode(answer)}"


def _is_fit(address: str) -> bool:
    parts = urlsplit(address)
    loopback = parts.hostname in {"127.0.0.1", "localhost"}
    secure = parts.scheme == "https" or (parts.scheme == "http" and loopback)
    return secure and bool(parts.netloc) and not parts.fragment and "@" not in parts.netloc and len(address) <= 500


def _session(office: Office, session_id: int) -> SessionView:
    """The session, still in force. Raises GrantInvalid."""
    try:
        return identities.session_by_id(session_id, office.sign_in_policy, office.clock())
    except PiaojuError as error:
        raise GrantInvalid from error


def _claims(office: Office, session: SessionView, client_id: str, nonce: str) -> dict[str, Any]:
    now = int(office.clock().timestamp())
    claims = {
        "iss": issuer(office),
        "sub": _subject_of(office, session, client_id),
        "aud": client_id,
        "iat": now,
        "exp": now + _TOKEN_SECONDS,
        "auth_time": int(session.started_at.timestamp()),
        "amr": _AMR.get(session.method, ["pwd"]),
    }
    return claims | ({"nonce": nonce} if nonce else {})


# RFC 8176's words for how someone signed in.
_AMR = {
    "totp": ["pwd", "otp", "mfa"],
    "recovery_code": ["pwd", "mfa"],
    "passkey": ["hwk", "user", "mfa"],
    "ukey": ["hwk", "pin", "mfa"],
}


def _subject_of(office: Office, session: SessionView, client_id: str) -> str:
    """A name of the person that two systems cannot compare with each other."""
    return envelope.blind_index(office.index_key, f"openid:{client_id}:{session.actor.person_id}").hex()


def _record(office: Office, cursor: Any, actor: str, act: str, client_id: str, outcome: str) -> None:
    refuse.record_act(cursor, office, actor=actor, act=act, subject=_subject(client_id), outcome=outcome, trace_id="")


def _subject(client_id: str) -> str:
    return f"relying_party:{client_id[:40]}" if client_id.isascii() and client_id.isprintable() else "relying_party:?"


def _key(office: Office) -> ec.EllipticCurvePrivateKey:
    return _key_in(office.data_folder / "keys" / "openid.pem")


@lru_cache(maxsize=4)
def _key_in(place: Path) -> ec.EllipticCurvePrivateKey:
    """This installation's key for identity tokens, made at first use."""
    if not place.exists():
        form = serialization.PrivateFormat.PKCS8
        made = ec.generate_private_key(ec.SECP256R1())
        write_private(place, made.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    read = serialization.load_pem_private_key(place.read_bytes(), None)
    if not isinstance(read, ec.EllipticCurvePrivateKey):
        raise RuntimeError(f"{place} holds no P-256 key")
    return read


def _key_id(office: Office) -> str:
    point = serialization.PublicFormat.UncompressedPoint
    public = _key(office).public_key().public_bytes(serialization.Encoding.X962, point)
    return hashlib.sha256(public).hexdigest()[:16]


def _text(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")
