"""SM2 against the standard's example, two independent implementations, and every malformed signature."""

from __future__ import annotations

import ctypes.util
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gmalg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piaoju.crypto import der, keyfile, sm2, sm3
from piaoju.crypto.engine import Engine, EngineUnavailable
from piaoju.crypto.sm2 import N, PrivateKey, digest_for, verify_digest, verify_signature
from tests.standard.crypto import judges

# GB/T 32918.5 Annex A.2 (the recommended curve), with its key, message and nonce.
SECRET = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
POINT = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
MESSAGE = b"message digest"
E = bytes.fromhex("F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640")
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA


def written(r: int, s: int) -> bytes:
    return der.node(der.SEQUENCE, der.integer(r), der.integer(s))


def test_the_example_of_the_standard_holds() -> None:
    assert PrivateKey.from_secret(SECRET).public_key == POINT
    assert digest_for(MESSAGE, POINT) == E
    assert verify_digest(POINT, E, written(R, S))
    assert not verify_digest(POINT, sm3.digest(MESSAGE), written(R, S))
    assert not verify_signature(POINT, MESSAGE + b".", written(R, S))


@pytest.mark.parametrize("message", [b"", b"m", "财政票据".encode() * 500])
def test_independent_judges_accept_what_we_sign(message: bytes) -> None:
    key = PrivateKey.generate()
    signature = key.sign(message)
    assert judges.every_judge_accepts(key.public_key, message, signature)
    assert verify_signature(key.public_key, message, signature)
    assert not judges.openssl_accepts(key.public_key, message + b".", signature)
    assert not judges.gmalg_accepts(key.public_key, message + b".", signature)


def test_we_accept_what_others_sign_and_refuse_it_altered(tmp_path: Path) -> None:
    message = "由别人签名".encode()
    secret = sm2.new_secret()
    key = PrivateKey.from_secret(secret)
    r, s = gmalg.SM2(sk=secret, uid=b"1234567812345678", pk=key.public_key).sign(message)
    by_gmalg = written(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    assert verify_signature(key.public_key, message, by_gmalg)
    assert not verify_signature(key.public_key, message + b" ", by_gmalg)
    by_openssl = signed_by_openssl(tmp_path, secret, message, "-sigopt", "distid:1234567812345678")
    assert verify_signature(key.public_key, message, by_openssl)
    assert not verify_signature(PrivateKey.generate().public_key, message, by_openssl)


def test_a_signature_under_openssls_empty_default_id_is_refused(tmp_path: Path) -> None:
    secret = sm2.new_secret()
    key = PrivateKey.from_secret(secret)
    without_id = signed_by_openssl(tmp_path, secret, MESSAGE)
    assert judges.openssl_accepts(key.public_key, MESSAGE, without_id, user_id="")
    assert not verify_signature(key.public_key, MESSAGE, without_id)
    assert not judges.openssl_accepts(key.public_key, MESSAGE, key.sign(MESSAGE), user_id="")


def malformed() -> dict[str, bytes]:
    good = written(R, S)
    long_form = b"\x30\x81" + good[1:]
    padded = der.node(der.SEQUENCE, der.node(der.INTEGER, b"\0\0" + R.to_bytes(32, "big")), der.integer(S))
    negative = der.node(der.SEQUENCE, der.node(der.INTEGER, R.to_bytes(32, "big")), der.integer(S))
    return {
        "empty": b"",
        "r is zero": written(0, S),
        "s is zero": written(R, 0),
        "r is n": written(N, S),
        "s is n": written(R, N),
        "r plus n": written(R + N, S),
        "s plus n": written(R, S + N),
        "n minus s": written(R, N - S),
        "n minus r": written(N - R, S),
        "r plus s is n": written(R, N - R),
        "r and s exchanged": written(S, R),
        "negative r": negative,
        "trailing byte": good + b"\0",
        "trailing byte inside": der.node(der.SEQUENCE, good[2:], b"\0"),
        "third integer": der.node(der.SEQUENCE, good[2:], der.integer(1)),
        "one integer": der.node(der.SEQUENCE, der.integer(R)),
        "cut short": good[:-1],
        "long form length": long_form,
        "needless zero": padded,
        "raw r and s": R.to_bytes(32, "big") + S.to_bytes(32, "big"),
        "a set": b"\x31" + good[1:],
        "octet string": good.replace(b"\x02\x21", b"\x04\x21"),
        "indefinite length": b"\x30\x80" + good[2:] + b"\0\0",
        "huge length": b"\x30\x84\xff\xff\xff\xff",
    }


@pytest.mark.parametrize("flaw", malformed())
def test_a_malformed_signature_is_refused(flaw: str) -> None:
    assert not verify_digest(POINT, E, malformed()[flaw])


WELL_FORMED_BUT_WRONG = {"n minus s", "n minus r", "r and s exchanged"}


@pytest.mark.parametrize("flaw", sorted(malformed().keys() - WELL_FORMED_BUT_WRONG))
def test_a_malformed_signature_is_refused_before_it_reaches_libcrypto(flaw: str) -> None:
    assert sm2.read_signature(malformed()[flaw]) is None
    assert sm2.read_signature(written(R, S)) == (R, S)


@given(st.binary(max_size=200))
def test_no_bytes_make_verification_raise_or_pass(noise: bytes) -> None:
    assert verify_digest(POINT, E, noise) is False
    assert verify_signature(noise, MESSAGE, written(R, S)) is False
    assert verify_digest(POINT, noise, written(R, S)) is False


@settings(max_examples=40)
@given(st.integers(0, len(written(R, S)) * 8 - 1))
def test_one_flipped_bit_of_a_signature_is_refused(position: int) -> None:
    changed = bytearray(written(R, S))
    changed[position // 8] ^= 1 << position % 8
    assert not verify_digest(POINT, E, bytes(changed))


def test_a_point_off_the_curve_is_no_key() -> None:
    off = POINT[:-1] + bytes((POINT[-1] ^ 1,))
    assert not verify_digest(off, E, written(R, S))
    assert not verify_digest(b"\x02" + POINT[1:33], E, written(R, S))
    with pytest.raises(sm2.BadKey):
        digest_for(MESSAGE, POINT[1:])


@pytest.mark.parametrize("secret", [0, N - 1, N, 2**256 - 1])
def test_a_secret_outside_its_range_is_refused(secret: int) -> None:
    with pytest.raises(sm2.BadKey):
        PrivateKey.from_secret(secret)


def test_new_secrets_skip_what_is_out_of_range() -> None:
    draws = iter([b"\xff" * 32, b"\0" * 32, (5).to_bytes(32, "big")])
    assert PrivateKey.generate(lambda count: next(draws)).public_key == PrivateKey.from_secret(5).public_key


def test_only_a_digest_can_be_signed_raw() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        PrivateKey.from_secret(SECRET).sign_digest(MESSAGE)


def test_signatures_of_one_digest_differ_each_time() -> None:
    """A repeated nonce would give the key away."""
    signatures = PrivateKey.from_secret(SECRET).sign_digests([E] * 50)
    assert len({sm2.read_signature(one) for one in signatures}) == 50


def test_one_key_signs_in_many_threads_at_once() -> None:
    key = PrivateKey.generate()
    messages = [f"票据 {number}".encode() for number in range(400)]
    with ThreadPoolExecutor(8) as pool:
        signatures = list(pool.map(key.sign, messages))
        pairs = zip(messages, signatures, strict=True)
        verdicts = list(pool.map(lambda pair: verify_signature(key.public_key, *pair), pairs))
    assert all(verdicts)
    assert not verify_signature(key.public_key, messages[0], signatures[1])


def test_a_missing_or_foreign_library_is_named_with_its_remedy() -> None:
    with pytest.raises(EngineUnavailable, match="PIAOJU_LIBCRYPTO"):
        Engine("/nowhere/libcrypto.so.3")
    with pytest.raises(EngineUnavailable, match="PIAOJU_LIBCRYPTO"):
        Engine(ctypes.util.find_library("c") or "libc.so.6")


def test_the_hash_is_sm3() -> None:
    assert sm3.digest(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    judge = gmalg.SM3()
    judge.update("财政".encode() * 1000)
    assert sm3.digest("财政".encode() * 1000) == judge.value()
    done = judges.openssl("dgst", "-sm3", "-mac", "HMAC", "-macopt", "key:secret", "/dev/null")
    assert sm3.hmac(b"secret", b"").hex() in done.stdout.decode()


def signed_by_openssl(folder: Path, secret: bytes, message: bytes, *options: str) -> bytes:
    (folder / "key.pem").write_bytes(keyfile.encrypt(secret, b"pw", b"s" * 16, b"i" * 16, cost=1024))
    (folder / "message").write_bytes(message)
    done: subprocess.CompletedProcess[bytes] = judges.openssl(
        "dgst", "-sm3", "-sign", "key.pem", "-passin", "pass:pw", *options, "message", folder=folder
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
