"""The log: dense, provable, signed; killed anywhere it loses nothing and leaves no gap."""

from __future__ import annotations

import os
import random
import shutil
import signal
import string
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from piaoju.crypto import merkle, sm2
from piaoju.crypto.merkle import Sums
from piaoju.ledger import actions as ledger
from piaoju.ledger import checkpoint_text, errors, queries, tree
from piaoju.ledger.types import Checkpoint, FactKind
from tests.rooms.ledger_samples import FIRST_MONTH, NOON, connect, fact, tamper

ORIGIN = "piaoju.test/log"


class OneKey:
    """A signer with one real key."""

    in_process = True

    def __init__(self) -> None:
        self.key = sm2.PrivateKey.generate()

    def sign(self, digests: Sequence[bytes], key_ref: str) -> list[bytes]:
        assert key_ref == "log"
        return [self.key.sign_digest(digest) for digest in digests]


@pytest.fixture(scope="module")
def signer() -> OneKey:
    return OneKey()


@pytest.fixture
def db(database: str) -> Iterator[psycopg.Connection]:
    with connect(database) as connection:
        ledger.ensure_partitions(connection, FIRST_MONTH, 6)
        yield connection


def post(db: psycopg.Connection, first: int, last: int, kind: FactKind = FactKind.issued) -> None:
    with db.transaction(), db.cursor() as cursor:
        ledger.post(
            cursor,
            [fact(n, kind=kind, at=NOON + timedelta(seconds=n)) for n in range(first, last)],
        )


def checkpoint(db: psycopg.Connection, folder: Path, signer: OneKey) -> Checkpoint | None:
    while ledger.sequence(db):
        pass
    return ledger.sign_checkpoint(
        db,
        folder,
        origin=ORIGIN,
        signer=signer,
        key_ref="log",
        public_key=signer.key.public_key,
        at=NOON,
    )


def test_leaves_get_dense_places_and_their_facts_are_found_there(
    db: psycopg.Connection,
) -> None:
    post(db, 1, 30)
    assert (
        queries.leaf_position(
            1,
            NOON + timedelta(seconds=7),
            FactKind.issued,
            "51060126",
            7,
            connection=db,
        )
        is None
    )
    assert ledger.sequence(db, limit=10) == 10
    assert [ledger.sequence(db, limit=10) for _ in range(3)] == [10, 9, 0]
    places = [
        queries.leaf_position(
            1,
            NOON + timedelta(seconds=n),
            FactKind.issued,
            "51060126",
            n,
            connection=db,
        )
        for n in range(1, 30)
    ]
    assert sorted(places) == list(range(29))
    assert db.execute("SELECT count(*) FROM ledger_pending_leaf").fetchone() == (0,)


def test_a_late_commit_comes_after_and_is_not_lost(db: psycopg.Connection, database: str) -> None:
    with connect(database) as slow:
        with slow.transaction(), slow.cursor() as cursor:
            ledger.post(cursor, [fact(1)])
            post(db, 2, 5)
            assert ledger.sequence(db) == 3
        assert ledger.sequence(db) == 1
    assert queries.leaf_position(1, NOON, FactKind.issued, "51060126", 1, connection=db) == 3


def test_a_checkpoint_is_signed_and_carries_the_sums(db: psycopg.Connection, data_folder: Path, signer: OneKey) -> None:
    post(db, 1, 11)
    post(db, 11, 14, FactKind.red)
    post(db, 14, 16, FactKind.voided)
    with db.cursor() as cursor:
        ledger.append_leaf(cursor, 1, NOON, "audit", "1", b"a record")
    made = checkpoint(db, data_folder, signer)
    assert made is not None
    assert (made.size, made.sums) == (16, Sums(10, 12300, 3, 3690))
    text = (data_folder / "checkpoint").read_text("utf-8")
    assert text == made.text
    assert checkpoint_text.is_signed(text, signer.key.public_key, sm2.verify_signature)
    head = checkpoint_text.parse(text)
    assert (head.origin, head.size, head.root, head.at) == (
        ORIGIN,
        16,
        made.root,
        made.at,
    )
    assert queries.checkpoint(connection=db) == made
    assert checkpoint(db, data_folder, signer) is None  # nothing new


def test_no_checkpoint_survives_a_changed_character(signer: OneKey) -> None:
    root = merkle.leaf(b"x", Sums(1, 2, 0, 0))
    content = checkpoint_text.body(ORIGIN, 1, root, NOON)
    text = ""
    while not text.endswith("=\n"):  # the lengths of signature whose Base64 has spare bits at its end
        text = checkpoint_text.signed(content, ORIGIN, signer.key.public_key, signer.key.sign(content))

    def good(candidate):
        return checkpoint_text.is_signed(candidate, signer.key.public_key, sm2.verify_signature)

    assert good(text)
    assert not checkpoint_text.is_signed(text, OneKey().key.public_key, sm2.verify_signature)
    for at in range(len(text)):
        assert not good(text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]), at
        assert not good(text[:at] + text[at + 1 :]), at
    assert not good(text + "\n")
    last = len(text.rstrip("=\n")) - 1
    same = [text[:last] + letter + text[last + 1 :] for letter in string.ascii_letters + string.digits + "+/"]
    assert [candidate for candidate in same if good(candidate)] == [text]


@pytest.mark.parametrize("size", [1, 5, 256, 257, 700])
def test_every_kind_of_proof_verifies_with_tiles_without_and_with_broken_ones(
    db: psycopg.Connection, data_folder: Path, signer: OneKey, size: int
) -> None:
    post(db, 1, size // 2 + 1)
    checkpoint(db, data_folder, signer)
    post(db, size // 2 + 1, size + 1)
    head = checkpoint(db, data_folder, signer)
    assert head is not None and head.size == size
    broken = data_folder.parent / (data_folder.name + "-broken")
    shutil.copytree(data_folder, broken)
    for path in (broken / "tile").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1])
    rng = random.Random(size)
    for folder in (data_folder, data_folder / "nothing-here", broken):
        for position in {0, size - 1, *(rng.randrange(size) for _ in range(5))}:
            proof = queries.inclusion_proof(folder, position, size, connection=db)
            assert proof.root == head.root
            assert proof.event is not None and merkle.leaf(proof.event, proof.leaf.sums) == proof.leaf
            assert merkle.verify_inclusion(proof.leaf, position, size, proof.path, head.root)
            forged = merkle.leaf(proof.event.replace(b"1230", b"1231"), proof.leaf.sums)
            assert not merkle.verify_inclusion(forged, position, size, proof.path, head.root)
        for old in {0, size // 2, size}:
            grown = queries.consistency_proof(folder, old, size, connection=db)
            assert merkle.verify_consistency(old, size, grown.old_root, head.root, grown.path)
    shutil.rmtree(broken)


def test_there_is_no_proof_for_what_is_not_there(db: psycopg.Connection, data_folder: Path) -> None:
    post(db, 1, 4)
    ledger.sequence(db)
    for position, size in [(3, 3), (-1, 3), (0, 4), (5, 9)]:
        with pytest.raises(errors.NotInLog):
            queries.inclusion_proof(data_folder, position, size, connection=db)
    with pytest.raises(errors.NotInLog):
        queries.consistency_proof(data_folder, 2, 9, connection=db)


def test_tiles_are_the_same_however_the_log_grew_and_can_be_rebuilt(
    db: psycopg.Connection, data_folder: Path, signer: OneKey
) -> None:
    for first, last in [(1, 4), (4, 255), (255, 258), (258, 900)]:
        post(db, first, last)
        checkpoint(db, data_folder / "grown", signer)
    log = tree.Tree(data_folder / "once", tree.leaves_in(db))
    log.extend(0, 899)
    once = {path.relative_to(data_folder / "once") for path in (data_folder / "once").rglob("*") if path.is_file()}
    names = {str(path) for path in once}
    assert names == {
        "tile/0/000",
        "tile/0/001",
        "tile/0/002",
        "tile/0/003.p/131",
        "tile/1/000.p/3",
    }
    for path in once:
        assert (data_folder / "grown" / path).read_bytes() == (data_folder / "once" / path).read_bytes()
    shutil.rmtree(data_folder / "grown")
    post(db, 900, 901)
    head = checkpoint(db, data_folder / "grown", signer)
    assert head is not None and (data_folder / "grown/tile/0/000").exists()


def test_large_indexes_are_folders_of_three_digits() -> None:
    assert str(tree.tile_path(Path("log"), 0, 1234067)) == "log/tile/0/x001/x234/067"
    assert str(tree.tile_path(Path("log"), 2, 5, 7)) == "log/tile/2/005.p/7"


def test_a_rewritten_leaf_stops_the_signing(db: psycopg.Connection, data_folder: Path, signer: OneKey) -> None:
    post(db, 1, 6)
    checkpoint(db, data_folder, signer)
    shutil.rmtree(data_folder)
    tamper(
        db,
        "ledger_leaf",
        "UPDATE ledger_leaf SET issued_fen = issued_fen + 1 WHERE position = 2",
    )
    post(db, 6, 9)
    with pytest.raises(errors.LogInconsistent):
        checkpoint(db, data_folder, signer)
    assert queries.checkpoint(connection=db).size == 5


def test_the_database_refuses_a_gap(db: psycopg.Connection) -> None:
    post(db, 1, 4)
    ledger.sequence(db)
    for position in (4, 9):
        with pytest.raises(psycopg.errors.CheckViolation, match="连续"):
            db.execute(
                "INSERT INTO ledger_leaf VALUES (%s, 1, now(), 'audit', 'x', decode(repeat('00', 32), 'hex'), 0,0,0,0)",
                [position],
            )


def test_a_second_sequencer_waits_its_turn(db: psycopg.Connection, database: str) -> None:
    post(db, 1, 4)
    with connect(database) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('piaoju sequencer', 0))")
        assert ledger.sequence(db) == 0
    deadline = time.monotonic() + 10
    while not (done := ledger.sequence(db)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert done == 3


SEQUENCER = """
import json, sys, pathlib, datetime, psycopg
from piaoju.crypto import sm2
from piaoju.ledger import actions
address, folder, secret = sys.argv[1:]
class OneKey:
    in_process = True
    key = sm2.PrivateKey.from_secret(bytes.fromhex(secret))
    def sign(self, digests, key_ref):
        return [self.key.sign_digest(d) for d in digests]
signer = OneKey()
with psycopg.connect(address, autocommit=True) as connection:
    print("ready", flush=True)
    while True:
        actions.sequence(connection, 7)
        actions.sign_checkpoint(connection, pathlib.Path(folder), origin="piaoju.test/log", signer=signer,
            key_ref="log", public_key=signer.key.public_key, at=datetime.datetime.now(datetime.UTC))
"""


def test_a_sequencer_killed_again_and_again_loses_nothing_and_leaves_no_gap(
    db: psycopg.Connection, database: str, data_folder: Path
) -> None:
    secret = sm2.new_secret()
    key = sm2.PrivateKey.from_secret(secret)
    hexed = secret.hex() if isinstance(secret, bytes) else f"{secret:064x}"
    done = threading.Event()
    posted = 0

    def write() -> None:
        nonlocal posted
        with connect(database) as own:
            while not done.is_set() and posted < 20_000:
                post(own, posted + 1, posted + 4)
                posted += 3

    writer = threading.Thread(target=write)
    writer.start()
    rng = random.Random(50)
    kills = 0
    try:
        for _ in range(12):
            command = [
                sys.executable,
                "-c",
                SEQUENCER,
                database,
                str(data_folder),
                hexed,
            ]
            with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) as process:
                assert process.stdout is not None and process.stdout.readline() == b"ready\n"
                time.sleep(rng.uniform(0.02, 0.25))
                assert process.poll() is None
                process.send_signal(signal.SIGKILL)
                kills += 1
    finally:
        done.set()
        writer.join()
    signer = OneKey()
    signer.key = key
    deadline = time.monotonic() + 20
    while db.execute("SELECT count(*) FROM ledger_pending_leaf").fetchone() != (0,) and time.monotonic() < deadline:
        ledger.sequence(db)
    checkpoint(db, data_folder, signer)
    rows = db.execute("SELECT position, source_id FROM ledger_leaf ORDER BY position").fetchall()
    assert [position for position, _ in rows] == list(range(posted))
    assert len({source_id for _, source_id in rows}) == posted
    heads = [row[0] for row in db.execute("SELECT text FROM ledger_checkpoint ORDER BY size")]
    assert kills == 12 and len(heads) > 3
    leaves = tree.leaves_in(db)(0, posted)
    for text in heads:
        assert checkpoint_text.is_signed(text, key.public_key, sm2.verify_signature)
        head = checkpoint_text.parse(text)
        assert head.root == merkle.root(leaves[: head.size])
    last = checkpoint_text.parse((data_folder / "checkpoint").read_text("utf-8"))
    assert last.size == posted
    assert last.root == tree.Tree(data_folder, tree.leaves_in(db)).root(posted)
