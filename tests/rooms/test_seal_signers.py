"""The software signer and its key files; no database."""

from __future__ import annotations

import os
import signal
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from piaoju.crypto import sm2
from piaoju.crypto.keyfile import KeyFileUnreadable
from piaoju.crypto.signers import Signer
from piaoju.seal.errors import (
    KeyMissing,
    KeyNameInvalid,
    PassphraseMissing,
    SignatureFaulty,
    SoftwareSignerRefused,
)
from piaoju.seal.signers import passphrase_of, signer_for, software
from piaoju.seal.signers.keystore import KeyStore, replace_public, write_private
from piaoju.seal.signers.software import SoftwareSigner


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    store = KeyStore(tmp_path / "keys", b"pw")
    store.open_or_create("unit-1")
    store.open_or_create("unit-2")
    return store


def digests_for(key: sm2.PrivateKey, count: int) -> list[bytes]:
    return [sm2.digest_for(f"票据 {number}".encode(), key.public_key) for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 300])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_batch_is_signed_in_order_by_the_named_key(
    keys: KeyStore, tmp_path: Path, count: int, threads: int
) -> None:
    signer: Signer = SoftwareSigner(tmp_path / "keys", b"pw", threads=threads)
    assert signer.in_process
    key = keys.open("unit-1")
    digests = digests_for(key, count)
    signatures = signer.sign(digests, "unit-1")
    assert len(signatures) == count
    assert all(sm2.verify_digest(key.public_key, *pair) for pair in zip(digests, signatures, strict=True))
    other = keys.open("unit-2").public_key
    assert not any(sm2.verify_digest(other, *pair) for pair in zip(digests, signatures, strict=True))


def test_many_callers_share_one_signer(keys: KeyStore, tmp_path: Path) -> None:
    signer = SoftwareSigner(tmp_path / "keys", b"pw", threads=2)
    key = keys.open("unit-2")
    batches = [digests_for(key, size) for size in (1, 20, 3, 64, 9, 30, 2, 50)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda batch: signer.sign(batch, "unit-2"), batches))
    for batch, answer in zip(batches, answers, strict=True):
        assert all(sm2.verify_digest(key.public_key, *pair) for pair in zip(batch, answer, strict=True))


def test_a_signer_works_on_after_a_fork(keys: KeyStore, tmp_path: Path) -> None:
    signer = SoftwareSigner(tmp_path / "keys", b"pw", threads=2)
    key = keys.open("unit-1")
    digests = digests_for(key, 20)
    before = signer.sign(digests, "unit-1")
    child = os.fork()
    if child == 0:
        signal.alarm(30)  # a dead pool would wait for ever
        signatures = signer.sign(digests, "unit-1")
        good = all(sm2.verify_digest(key.public_key, *pair) for pair in zip(digests, signatures, strict=True))
        fresh = not set(signatures) & set(before)
        (tmp_path / "child").write_bytes(signatures[0])
        os._exit(0 if good and fresh else 1)
    after = signer.sign(digests, "unit-1")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    # Parent and child may never draw the same nonce.
    assert (tmp_path / "child").read_bytes() not in after


def test_a_wrong_signature_in_the_sample_stops_the_batch(
    keys: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = SoftwareSigner(tmp_path / "keys", b"pw", threads=1)
    digests = digests_for(keys.open("unit-1"), software.SAMPLE_EVERY)
    honest = sm2.PrivateKey.sign_digests
    monkeypatch.setattr(
        sm2.PrivateKey, "sign_digests", lambda key, batch: honest(key, [bytes(32) for _ in batch])
    )
    with pytest.raises(SignatureFaulty):
        signer.sign(digests, "unit-1")


def test_an_unknown_key_a_wrong_passphrase_and_a_strange_name_are_refused(
    keys: KeyStore, tmp_path: Path
) -> None:
    with pytest.raises(KeyMissing):
        SoftwareSigner(tmp_path / "keys", b"pw").sign([bytes(32)], "unit-3")
    with pytest.raises(KeyFileUnreadable):
        SoftwareSigner(tmp_path / "keys", b"other").sign([bytes(32)], "unit-1")
    (tmp_path / "outside.pem").write_bytes((tmp_path / "keys" / "unit-1.pem").read_bytes())
    for name in ("../outside", "", ".hidden", "a/b", "a" * 65, "单位"):
        with pytest.raises(KeyNameInvalid):
            SoftwareSigner(tmp_path / "keys", b"pw").sign([bytes(32)], name)


def test_an_existing_key_is_never_replaced(keys: KeyStore, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "unit-1.pem"
    content = path.read_bytes()
    again = KeyStore(tmp_path / "keys", b"pw").open_or_create("unit-1")
    assert again.public_key == keys.open("unit-1").public_key
    assert write_private(path, b"other") is False
    assert path.read_bytes() == content
    assert sorted(one.name for one in path.parent.iterdir()) == ["unit-1.pem", "unit-2.pem"]


def test_two_founders_at_once_end_with_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        stores = [KeyStore(tmp_path / "keys", b"pw") for _ in range(6)]
        keys = list(pool.map(lambda store: store.open_or_create("authority").public_key, stores))
    assert len(set(keys)) == 1


def test_a_public_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "trust.pem"
    replace_public(path, b"first")
    replace_public(path, b"second")
    assert path.read_bytes() == b"second" and os.listdir(tmp_path) == ["trust.pem"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_the_production_profile_refuses_software_keys_unless_told(keys: KeyStore, tmp_path: Path) -> None:
    given = {"PIAOJU_KEY_PASSPHRASE": "pw"}
    with pytest.raises(SoftwareSignerRefused, match="PIAOJU_ALLOW_SOFTWARE_SIGNER"):
        signer_for(tmp_path / "keys", given, production=True)
    with pytest.raises(SoftwareSignerRefused):
        signer_for(tmp_path / "keys", {**given, "PIAOJU_ALLOW_SOFTWARE_SIGNER": "0"}, production=True)
    told = {**given, "PIAOJU_ALLOW_SOFTWARE_SIGNER": "1"}
    for signer in (
        signer_for(tmp_path / "keys", told, production=True),
        signer_for(tmp_path / "keys", given, production=False),
    ):
        assert len(signer.sign([bytes(31) + b"\1"], "unit-1")) == 1


def test_the_passphrase_comes_from_the_environment_then_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    with pytest.raises(PassphraseMissing, match="PIAOJU_KEY_PASSPHRASE"):
        passphrase_of(folder, {}, may_create=False)
    made = passphrase_of(folder, {}, may_create=True)
    assert len(made) >= 32
    assert passphrase_of(folder, {}, may_create=True) == passphrase_of(folder, {}, may_create=False) == made
    assert stat.S_IMODE((folder / "passphrase").stat().st_mode) == 0o600
    assert passphrase_of(folder, {"PIAOJU_KEY_PASSPHRASE": "told"}, may_create=True) == b"told"
    (folder / "passphrase").write_bytes(b" \n")
    with pytest.raises(PassphraseMissing):
        passphrase_of(folder, {}, may_create=True)
