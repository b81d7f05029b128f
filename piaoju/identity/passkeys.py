"""Passkeys (W3C WebAuthn level 2) as bytes and JSON: options out, answers in. The cryptography is python-fido2's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from piaoju.identity.errors import PasskeyInvalid

_NAME = "财政电子票据管理系统"
_VERIFIED = UserVerificationRequirement.REQUIRED  # PIN or finger: the passkey alone is two factors


def creation_options(
    host: str, challenge: bytes, user_id: int, username: str, person_name: str, present: Sequence[bytes]
) -> dict[str, Any]:
    """What the browser needs to make a passkey that it can find again by itself."""
    user = PublicKeyCredentialUserEntity(name=username, id=user_id.to_bytes(8, "big"), display_name=person_name)
    options, _ = _server(host, "").register_begin(
        user, [AttestedCredentialData(one) for one in present], ResidentKeyRequirement.REQUIRED, _VERIFIED,
        challenge=challenge,
    )  # fmt: skip
    return dict(options)


def request_options(host: str, challenge: bytes) -> dict[str, Any]:
    """What the browser needs to answer with any passkey of this host."""
    options, _ = _server(host, "").authenticate_begin(None, _VERIFIED, challenge=challenge)
    return dict(options)


def challenge_of(answer: Mapping[str, Any]) -> bytes:
    """The challenge that an answer says it answers. Raises PasskeyInvalid."""
    try:
        return CollectedClientData(websafe_decode(answer["response"]["clientDataJSON"])).challenge
    except (ValueError, KeyError, TypeError) as error:
        raise PasskeyInvalid from error


def created(host: str, origin: str, challenge: bytes, answer: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """(credential id, credential) of a new passkey. Raises PasskeyInvalid."""
    try:
        made = _server(host, origin).register_complete(_state(challenge), answer)
    except (ValueError, KeyError, TypeError) as error:
        raise PasskeyInvalid from error
    if made.credential_data is None:
        raise PasskeyInvalid
    return made.credential_data.credential_id, bytes(made.credential_data)


def credential_id_of(answer: Mapping[str, Any]) -> bytes:
    """Which passkey an answer says it is from. Raises PasskeyInvalid."""
    try:
        return websafe_decode(answer["id"])
    except (ValueError, KeyError, TypeError) as error:
        raise PasskeyInvalid from error


def asserted(host: str, origin: str, challenge: bytes, credential: bytes, answer: Mapping[str, Any]) -> int:
    """The signature counter, if the answer is this passkey's over this challenge. Raises PasskeyInvalid."""
    try:
        _server(host, origin).authenticate_complete(_state(challenge), [AttestedCredentialData(credential)], answer)
        return AuthenticationResponse.from_dict(answer).response.authenticator_data.counter
    except (ValueError, KeyError, TypeError) as error:
        raise PasskeyInvalid from error


def _server(host: str, origin: str) -> Fido2Server:
    # The origin is compared whole: a sub-domain or another port is another site.
    return Fido2Server(PublicKeyCredentialRpEntity(name=_NAME, id=host.split(":")[0]), verify_origin=lambda said: said == origin)


def _state(challenge: bytes) -> dict[str, Any]:
    return {"challenge": websafe_encode(challenge), "user_verification": _VERIFIED}
