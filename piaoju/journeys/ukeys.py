"""UKEY 绑定与吊销: a person's certificate signs them in from its binding until it is revoked, and nobody else ever."""

from __future__ import annotations

import os
from collections.abc import Mapping

from piaoju.crypto import keyfile, sm2, sm3
from piaoju.crypto.certificates import DEMONSTRATION_MARK, Certificate
from piaoju.identity import actions as identity
from piaoju.identity import queries as identities
from piaoju.identity.errors import ReasonMissing, UkeyRefused, UkeyUnknown
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, UkeyCertificate
from piaoju.journeys import operators, ukey_certificate
from piaoju.journeys.office import Office
from piaoju.seal import actions as seal
from piaoju.seal import signers
from piaoju.seal.types import Holder


def bind(office: Office, actor: OperatorActor, username: str, certificate: bytes) -> str:
    """绑定: the certificate signs this operator in from now on; its serial number.

    Raises OperatorUnknown, SamePerson, UkeyBound, UkeyRefused for a certificate that is another's or not to be believed.
    """
    with operators.over(office, actor, Act.BIND_UKEY, username) as operator_id:
        read = ukey_certificate.in_force(office, certificate)
        _refuse_another(read, identities.account_of(operator_id).person_name)
        identity.bind_ukey(operator_id, _kept(read), office.clock(), actor.name)
    return read.serial_text


def revoke(office: Office, actor: OperatorActor, serial: str, reason: str, environment: Mapping[str, str] = os.environ) -> None:
    """吊销: refused at the next request, its sessions over; past signatures stay good. Raises UkeyUnknown, ReasonMissing."""
    owner = identities.username_of_ukey(serial)
    with operators.over(office, actor, Act.REVOKE_UKEY, owner or "", missing=UkeyUnknown):
        if not reason.strip():
            raise ReasonMissing
        identity.revoke_ukey(serial, office.clock(), actor.name, reason.strip()[:200])
        revoke_demonstration_certificate(office, serial, environment)


def revoke_demonstration_certificate(office: Office, serial: str, environment: Mapping[str, str]) -> None:
    """Where our own demonstration authority issued it, the revocation list says so too."""
    if office.demonstration and seal.certified(serial):
        keys = office.data_folder / "keys"
        passphrase = signers.passphrase_of(keys, environment, may_create=False)
        seal.revoke_certificate(serial, keys, office.data_folder / "trust.pem", passphrase, office.clock())


def _refuse_another(certificate: Certificate, person_name: str) -> None:
    """A UKEY signs in alone: whoever binds it must not bind one of their own to another's account. Raises UkeyRefused."""
    if person_name not in certificate.subject_name:
        detail = f"证书属于“{certificate.subject_name}”，账号的实名是“{person_name}”。请换用本人的 UKEY 证书"
        raise UkeyRefused(detail)


def make_for_demonstration(office: Office, username: str, pin: str, passphrase: bytes) -> bytes:
    """A software UKEY of a demonstration operator, bound, inside the founding's transaction: what the agent reads.

    The key is encrypted under the PIN; the installation keeps the certificate only.
    """
    operator_id, _ = identities.person_of(username)
    name = identities.account_of(operator_id).person_name
    secret = sm2.new_secret(office.random_bytes)
    holder = Holder(f"person-{operator_id}", f"{name}（{DEMONSTRATION_MARK}）")
    public_key = sm2.PrivateKey(secret).public_key
    content = seal.certify_person(office.data_folder / "keys", passphrase, holder, public_key, office.clock())
    identity.bind_ukey(operator_id, _kept(Certificate.parse(content)), office.clock(), "demonstration")
    key = keyfile.encrypt(secret, pin.encode(), office.random_bytes(16), office.random_bytes(16))
    return key + keyfile.write_pem("CERTIFICATE", content)


def _kept(certificate: Certificate) -> UkeyCertificate:
    return UkeyCertificate(
        content=certificate.der,
        fingerprint=sm3.digest(certificate.der),
        serial=certificate.serial_text,
        subject_name=certificate.subject_name[:200],
        issuer_name=certificate.issuer_name[:200],
        valid_from=certificate.not_before,
        valid_until=certificate.not_after,
    )
