"""Sealed fields and key files: opened by the right key only, and openssl reads the same files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piaoju.crypto import envelope, keyfile, sm2
from piaoju.crypto.certificates import Certificate, check_chain
from piaoju.crypto.engine import PUBLIC_PREFIX
from tests.standard.crypto import judges

KEY, NONCE = bytes(range(16)), bytes(range(12))


@given(st.binary(max_size=300), st.binary(max_size=30))
def test_what_is_sealed_opens_under_its_key_and_context(plain: bytes, context: bytes) -> None:
    assert envelope.open(KEY, envelope.seal(KEY, plain, context, NONCE), context) == plain


def test_sm4_gcm_gives_the_values_of_rfc_8998() -> None:
    """A.1: the cipher text; our associated data differs, so the tag is judged by the round trip."""
    key = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    nonce = bytes.fromhex("00001234567800000000ABCD")
    pairs = ["AA", "BB", "CC", "DD", "EE", "FF", "EE", "AA"]
    plain = b"".join(bytes.fromhex(pair) * 8 for pair in pairs)
    expected = bytes.fromhex(
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
    )
    assert envelope.seal(key, plain, b"", nonce)[13:-16] == expected


def test_every_changed_byte_key_or_context_is_noticed() -> None:
    sealed = envelope.seal(KEY, "身份证号".encode(), b"unit 1", NONCE)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(envelope.EnvelopeBroken):
            envelope.open(KEY, bytes(changed), b"unit 1")
    for key, content, context in (
        (KEY[::-1], sealed, b"unit 1"),
        (KEY, sealed, b"unit 2"),
        (KEY, sealed[:20], b"unit 1"),
        (KEY, b"", b""),
    ):
        with pytest.raises(envelope.EnvelopeBroken):
            envelope.open(key, content, context)


def test_a_wrong_tag_is_named_even_after_a_refused_certificate() -> None:
    """A forged certificate leaves an error in the library, and cryptography then reports another one."""
    issuer = judges.SmallAuthority()
    signer = judges.SmallSigner(issuer)
    forged = Certificate.parse(signer.der.replace("示例医院".encode(), "示例医元".encode()))
    assert check_chain(forged, issuer.trust(), judges.AT) != []
    sealed = envelope.seal(KEY, b"text", b"", NONCE)
    with pytest.raises(envelope.EnvelopeBroken):
        envelope.open(KEY, sealed[:-1] + bytes((sealed[-1] ^ 1,)), b"")


def test_the_blind_index_is_equal_for_equal_texts_only() -> None:
    assert envelope.blind_index(KEY, "51010119900101") == envelope.blind_index(KEY, "51010119900101")
    assert envelope.blind_index(KEY, "51010119900101") != envelope.blind_index(KEY, "51010119900102")
    assert envelope.blind_index(KEY, "5") != envelope.blind_index(KEY[::-1], "5")
    assert len(envelope.blind_index(KEY, "")) == 16


def test_openssl_reads_our_key_files(tmp_path: Path) -> None:
    secret = sm2.new_secret()
    (tmp_path / "ours.pem").write_bytes(keyfile.encrypt(secret, b"open sesame", b"a" * 16, b"b" * 16))
    done = judges.openssl(
        "pkey",
        "-in",
        "ours.pem",
        "-passin",
        "pass:open sesame",
        "-pubout",
        "-outform",
        "DER",
        folder=tmp_path,
    )
    assert done.stdout == PUBLIC_PREFIX + sm2.PrivateKey(secret).public_key
    wrong = judges.openssl("pkey", "-in", "ours.pem", "-passin", "pass:other", "-pubout", folder=tmp_path)
    assert wrong.returncode != 0


def test_we_read_openssls_key_files(tmp_path: Path) -> None:
    judges.openssl("genpkey", "-algorithm", "SM2", "-out", "plain.pem", folder=tmp_path)
    judges.openssl(
        "pkcs8",
        "-topk8",
        "-scrypt",
        "-v2",
        "sm4-cbc",
        "-in",
        "plain.pem",
        "-out",
        "theirs.pem",
        "-passout",
        "pass:pw",
        folder=tmp_path,
    )
    public = judges.openssl("pkey", "-in", "plain.pem", "-pubout", "-outform", "DER", folder=tmp_path).stdout
    secret = keyfile.decrypt((tmp_path / "theirs.pem").read_bytes(), b"pw")
    assert PUBLIC_PREFIX + sm2.PrivateKey(secret).public_key == public


def test_a_wrong_passphrase_or_a_damaged_file_is_refused() -> None:
    pem = keyfile.encrypt(sm2.new_secret(), b"right", b"a" * 16, b"b" * 16, cost=1024)
    for content, passphrase in (
        (pem, b"wrong"),
        (pem, b""),
        (b"", b"right"),
        (b"-----BEGIN PRIVATE KEY-----", b"right"),
        (pem.replace(b"\nMI", b"\nMA"), b"right"),
        (pem[:120] + pem[200:], b"right"),
    ):
        with pytest.raises(keyfile.KeyFileUnreadable):
            keyfile.decrypt(content, passphrase)


def test_a_key_file_may_not_ask_for_endless_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    pem = keyfile.encrypt(sm2.new_secret(), b"pw", b"a" * 16, b"b" * 16, cost=1024)
    assert len(keyfile.decrypt(pem, b"pw")) == 32
    monkeypatch.setattr(keyfile, "SCRYPT_COST_MAX", 512)
    with pytest.raises(keyfile.KeyFileUnreadable, match="scrypt"):
        keyfile.decrypt(pem, b"pw")
