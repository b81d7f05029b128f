"""全部历史和证明: whoever has the file can check every fact against the signed head, with nothing of this installation."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import pytest

from piaoju.crypto import merkle
from piaoju.crypto.merkle import Node
from piaoju.identity.errors import ActNotPermitted
from piaoju.identity.types import OperatorActor, Role
from piaoju.journeys import download_bills, export_history, fetch_download, keep_books, make_download
from piaoju.kit.errors import NotFound
from piaoju.ledger import checkpoint_text
from tests import offices
from tests.offices import HOSPITAL, Installed

BILLS = 5


@pytest.fixture(scope="module")
def bundle(shared: Installed) -> zipfile.ZipFile:
    shared.issue(*(offices.body(f"H-{n}", f"{n + 1}.00") for n in range(BILLS)))
    keep_books.keep_log(shared.office)
    shared.issue(offices.body("H-late", "9.00"))  # not in the log yet: not in the file either
    keeper = shared.operator(Role.UNIT_KEEPER)
    number = export_history.request(shared.office, keeper, HOSPITAL, make_download.KEPT)
    make_download.make_download(shared.office, download_id=number)
    row = download_bills.of_person(keeper, number)
    assert row.state == "ready" and row.bills == BILLS, row.failure
    token = fetch_download.make_link(shared.office, keeper, number)
    opened = fetch_download.open_download(shared.office, keeper, number, token, 0)
    assert opened.name.endswith(".zip")
    return zipfile.ZipFile(io.BytesIO(b"".join(opened.pieces(0, row.size_bytes))))


def facts(bundle: zipfile.ZipFile) -> list[dict[str, Any]]:
    return [json.loads(line) for line in bundle.read("facts.ndjson").splitlines()]


def test_every_fact_is_proved_against_the_signed_head(shared: Installed, bundle: zipfile.ZipFile) -> None:
    head = checkpoint_text.parse(bundle.read("checkpoint.txt").decode())
    found = facts(bundle)
    assert sum(fact["event"].startswith("piaoju-fact/1\nissued\n") for fact in found) == BILLS
    assert any("\nallotted\n" in fact["event"] for fact in found)
    for fact in found:
        leaf = Node.from_bytes(bytes.fromhex(fact["leaf"]))
        assert merkle.leaf(fact["event"].encode(), leaf.sums) == leaf
        path = [Node.from_bytes(bytes.fromhex(node)) for node in fact["path"]]
        assert merkle.verify_inclusion(leaf, fact["index"], head.size, path, head.root)
        changed = merkle.leaf(fact["event"].replace("1", "2").encode(), leaf.sums)
        assert not merkle.verify_inclusion(changed, fact["index"], head.size, path, head.root)


def test_every_bill_is_there_as_it_was_signed(bundle: zipfile.ZipFile) -> None:
    events = "".join(fact["event"] for fact in facts(bundle))
    names = [name for name in bundle.namelist() if name.startswith("bills/")]
    assert len(names) == BILLS
    for name in names:
        assert hashlib.new("sm3", bundle.read(name)).hexdigest() in events
    listed = bundle.read("清单.csv").decode("utf-8-sig")
    for name in set(bundle.namelist()) - {"清单.csv"}:
        assert f"{name},{len(bundle.read(name))},{hashlib.new('sm3', bundle.read(name)).hexdigest()}" in listed


def test_only_the_unit_s_own_keeper_may(shared: Installed) -> None:
    def ask(actor: OperatorActor, unit_code: str) -> None:
        export_history.request(shared.office, actor, unit_code, make_download.KEPT)

    with pytest.raises(ActNotPermitted):
        ask(shared.operator(Role.HANDLER), HOSPITAL)
    with pytest.raises(NotFound):
        ask(shared.operator(Role.UNIT_KEEPER), "12510726MD2000028Q")
