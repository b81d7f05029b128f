"""Detached SignedData: judged from outside, and not one byte of it may change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import gmalg
import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from piaoju.crypto import signed_data, sm2
from piaoju.crypto.certificates import Trust, check_chain
from tests.standard.crypto.judges import AT, SmallAuthority, SmallSigner, every_judge_accepts

MESSAGE = "<Header/><EInvoiceData>签名原文</EInvoiceData>".encode()


@pytest.fixture(scope="module")
def issuer() -> SmallAuthority:
    return SmallAuthority()


@pytest.fixture(scope="module")
def signer(issuer: SmallAuthority) -> SmallSigner:
    return SmallSigner(issuer)


def made(
    signer: SmallSigner, message: bytes = MESSAGE, at: datetime = AT, chain: tuple[bytes, ...] = ()
) -> bytes:
    attributes = signed_data.attributes(message, at)
    digest = signed_data.digest_to_sign(attributes, signer.key.public_key)
    return signed_data.assemble(attributes, signer.der, signer.key.sign_digest(digest), chain)


def test_what_is_assembled_reads_back_and_holds(issuer: SmallAuthority, signer: SmallSigner) -> None:
    signed = signed_data.parse(made(signer, chain=(issuer.root,)))
    assert signed_data.problems(signed, MESSAGE) == []
    assert signed.signing_time == AT
    assert signed.certificate == signer.certificate
    assert [one.der for one in signed.chain] == [issuer.root]


def test_independent_judges_accept_the_sm2_value_over_the_attributes(signer: SmallSigner) -> None:
    """Taken out by position and tag alone, without our parser."""
    content = made(signer)
    position = content.index(bytes.fromhex("a06a301906092a864886f70d010903"))
    attributes = b"\x31" + content[position + 1 : position + 2 + content[position + 1]]
    rest = content[position + len(attributes) :]
    algorithm = 2 + rest[1]
    assert rest[algorithm] == 0x04
    signature = rest[algorithm + 2 : algorithm + 2 + rest[algorithm + 1]]
    assert algorithm + 2 + len(signature) == len(rest)
    assert every_judge_accepts(signer.key.public_key, attributes, signature)
    judge = gmalg.SM3()
    judge.update(MESSAGE)
    assert attributes.endswith(b"\x04\x20" + judge.value())


def test_the_attributes_stand_in_der_order(signer: SmallSigner) -> None:
    encoded = signed_data.attributes(MESSAGE, AT)
    parts = [one.dump() for one in core.SetOf.load(encoded, spec=core.Sequence)]
    assert parts == sorted(parts) and len(parts) == 3


@given(st.binary(max_size=200), st.integers(-27_000 * 86_400, 8_000 * 86_400))
def test_any_message_and_second_reads_back(message: bytes, seconds: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=8))) + timedelta(seconds=seconds)
    signer = _KEPT
    signed = signed_data.parse(made(signer, message, at))
    assert signed_data.problems(signed, message) == [] and signed.signing_time == at


def test_no_byte_can_change_unnoticed(issuer: SmallAuthority, signer: SmallSigner) -> None:
    content, trust = made(signer), issuer.trust()
    for position in range(len(content)):
        for mask in (0x01, 0x80):
            changed = bytearray(content)
            changed[position] ^= mask
            assert _noticed(bytes(changed), trust), position


def test_bytes_before_after_or_missing_are_refused(signer: SmallSigner) -> None:
    content = made(signer)
    for changed in (
        b"",
        content[:-1],
        content + b"\0",
        b"\0" + content,
        content[: len(content) // 2],
        b"\x30\x80",
    ):
        with pytest.raises(signed_data.SignedDataUnreadable):
            signed_data.parse(changed)
    with pytest.raises(signed_data.SignedDataUnreadable, match="64 KB"):
        signed_data.parse(b"\x30" * 70_000)


def test_another_message_key_or_certificate_is_named(issuer: SmallAuthority, signer: SmallSigner) -> None:
    signed = signed_data.parse(made(signer))
    (problem,) = signed_data.problems(signed, MESSAGE + b" ")
    assert "原文" in problem
    other = SmallSigner(issuer, "别的单位", serial=77)
    attributes = signed_data.attributes(MESSAGE, AT)
    swapped = signed_data.assemble(attributes, other.der, signed.signature)
    (problem,) = signed_data.problems(signed_data.parse(swapped), MESSAGE)
    assert "签名值" in problem


def test_a_signature_over_the_message_itself_is_not_one_over_the_attributes(signer: SmallSigner) -> None:
    attributes = signed_data.attributes(MESSAGE, AT)
    wrong = signed_data.assemble(attributes, signer.der, signer.key.sign(MESSAGE))
    assert signed_data.problems(signed_data.parse(wrong), MESSAGE) != []
    bare = signer.key.sign_digest(sm2.digest_for(attributes, signer.key.public_key))
    assert (
        signed_data.problems(signed_data.parse(signed_data.assemble(attributes, signer.der, bare)), MESSAGE)
        == []
    )


def test_a_time_that_two_digits_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="2049"):
        signed_data.attributes(MESSAGE, datetime(2050, 1, 1, tzinfo=UTC))


def _noticed(content: bytes, trust: Trust) -> bool:
    try:
        signed = signed_data.parse(content)
    except signed_data.SignedDataUnreadable:
        return True
    return bool(signed_data.problems(signed, MESSAGE) or check_chain(signed.certificate, trust, AT))


_KEPT = SmallSigner(SmallAuthority())
