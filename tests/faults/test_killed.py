"""64 clients on one unit's numbers while the server and the database are killed: nothing acknowledged is ever lost.

No number twice, no gap without its reason, every acknowledged bill there, every repeated request answered byte for
byte the same, totals = facts = log = exported files. `make faults` kills 50 + 20 times, `make test` 3 + 2.
"""

from __future__ import annotations

import json
import random
import time
from collections import defaultdict

import pytest

from tests.faults.clients import Clients
from tests.faults.receipts import Kept, faults, place_of
from tests.faults.site_process import Site
from tests.offices import HOSPITAL, body

SEED = 20261123
EXPORTED = 5


@pytest.mark.parametrize(
    ("server_kills", "database_kills", "bills_max"),
    [
        pytest.param(3, 2, 1_000, id="3 and 2"),
        pytest.param(50, 20, 10_000, id="50 and 20", marks=pytest.mark.slow),
    ],
)
def test_kills_lose_no_bill_and_no_number(
    site: Site, server_kills: int, database_kills: int, bills_max: int
) -> None:
    client = site.found(HOSPITAL)[HOSPITAL]
    site.start()
    clients = Clients(site, site.token(client), body("-"), seed=SEED, count=64, bills_max=bills_max)
    clients.start()
    try:
        _kill(site, clients, server_kills, database_kills)
    finally:
        clients.stop()
    assert clients.given_up == []
    # It was a test only if requests were under way when the kills came, and bills came between them.
    assert clients.outcomes["0"] >= server_kills and clients.acknowledged > 64, clients.outcomes
    assert clients.outcomes.keys() <= {"-1", "0", "200", "201", "500", "503"}, clients.outcomes
    clients.ask_all_again()
    _wait_for_the_books(site)
    assert faults(clients.receipts, _kept(site)) == []
    _export_some(site, site.token(client), clients)
    site.stop()
    assert site.examine() == []


def _kill(site: Site, clients: Clients, server_kills: int, database_kills: int) -> None:
    """At moments of chance, the same in every run: the server, or the database."""
    chance = random.Random(SEED)
    doomed = ["server"] * server_kills + ["database"] * database_kills
    chance.shuffle(doomed)
    for which in doomed:
        before = clients.outcomes["201"]
        while clients.outcomes["201"] == before and clients.acknowledged < clients.bills_max:
            time.sleep(0.01)  # the kill meets a site that works again
        time.sleep(chance.random())
        if which == "server":
            site.kill_server()
            site.start()
        else:
            site.kill_database()
            site.wait_until_ready()


def _wait_for_the_books(site: Site) -> None:
    """The keeper survived too: every event gets into the log and every total is folded."""
    waiting = "SELECT (SELECT count(*) FROM ledger_pending_leaf) + (SELECT count(*) FROM ledger_delta)"
    end = time.monotonic() + 120
    with site.connect() as connection:
        while time.monotonic() < end:
            row = connection.execute(waiting).fetchone()
            if row == (0,):
                return
            time.sleep(0.2)
    raise AssertionError(f"the keeper left {row} rows waiting")


def _kept(site: Site) -> Kept:
    with site.connect() as connection:
        bills = connection.execute("SELECT business_number, bill_code, bill_number FROM issuing_bill").fetchall()
        explained = connection.execute(
            "SELECT bill_code, bill_number FROM stock_voidednumber"
            " UNION ALL SELECT bill_code, bill_number FROM issuing_intent"
        ).fetchall()
        counters = defaultdict(list)
        for code, low, following in connection.execute(
            "SELECT s.bill_code, lower(s.span), c.next_number FROM stock_segment AS s"
            " JOIN stock_counter AS c ON c.unit_id = s.unit_id AND c.segment_id = s.id"
        ):
            counters[code].append((low, following))
    return Kept([(name, (code, number)) for name, code, number in bills], explained, counters)


def _export_some(site: Site, token: str, clients: Clients) -> None:
    """Some files as the interface gives them, laid where exported files are: fsck compares them with what is stored."""
    for name in sorted(clients.receipts.answers)[:EXPORTED]:
        code, number = place_of(clients.receipts.answers[name][0])
        for kind in ("xml", "ofd", "pdf"):
            status, _, content = site.get(f"/api/v1/bills/{code}/{number:010d}/file?format={kind}", token)
            assert status == 200, content
            (site.folder / "bills" / f"{code}-{number:010d}.{kind}").write_bytes(content)
        status, _, now = site.get(f"/api/v1/bills/by-business-number/{name}", token)
        assert (status, json.loads(now)["number"]) == (200, f"{number:010d}")
