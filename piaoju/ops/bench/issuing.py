"""Single issuing over HTTP: 10 lines, two real signatures, 32 connections; beside the same work without HTTP.

The limits: the same orders through the journey without HTTP (bare writer), in one process on one connection; and the rows
alone, by pgbench with as many clients, without signatures, XML or Python.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil

from piaoju.ops.bench import client, rows
from piaoju.ops.bench.figures import Figure
from piaoju.ops.demonstration import catalogue, units
from piaoju.ops.session import Session

CONNECTIONS = 32
GROUP = 16
_WARM_UP = 320
_WARM_SERVER = 2_000  # its keeper has started too, and has seen that issuing is busy


@dataclass(frozen=True, slots=True)
class Seller:
    """One unit that issues in the bench: its code, a bill type, ten items with prices."""

    unit_code: str
    bill_type: str
    items: tuple[tuple[str, str], ...]


def sellers() -> list[Seller]:
    """Every demonstration unit, with ten lines of what it may charge."""
    catalogued = {row.item_code: row for row in catalogue.charge_items()}
    found = []
    for unit in units.units():
        bill_type = unit.bill_types[0]
        items = [catalogued[code] for code in unit.item_codes if bill_type in catalogued[code].bill_types]
        priced = [(row.item_code, row.standard_max or "12.50") for row in items]
        found.append(Seller(unit.code, bill_type, tuple((priced * 10)[:10])))
    return found


def body(seller: Seller, business_number: str) -> bytes:
    """A bill of ten lines."""
    cents = Decimal("0.01")
    lines = [
        {"item_code": code, "quantity": "1", "standard": price, "amount": str(Decimal(price).quantize(cents))}
        for code, price in seller.items
    ]
    total = sum((Decimal(line["amount"]) for line in lines), Decimal(0))
    request: dict[str, Any] = {
        "business_number": business_number, "bill_type": seller.bill_type,
        "payer": {"type": "person", "name": "李明", "code": ""}, "lines": lines, "handler": "甲", "checker": "乙",
    }  # fmt: skip
    if seller.bill_type.startswith("06"):
        request["extension"] = {"own_pay_amount": str(total)}
    return json.dumps(request, ensure_ascii=False).encode()


def measure(opened: Session, clients: Sequence[dict[str, Any]], bills: int, port: int) -> list[Figure]:
    """Bills a second and CPU a bill, spread over units and on one unit, each beside its limits."""
    bare = _bare_writer(bills)
    alone = rows.measure(opened, clients=CONNECTIONS)
    server = start(opened, port)
    try:
        tokens = {row["unit_code"]: token(port, row) for row in clients}
        load(port, tokens, sellers(), _WARM_SERVER, "w")
        spread, spread_cpu = _measured(opened, lambda: load(port, tokens, sellers(), bills, "s"))
        one, one_cpu = _measured(opened, lambda: load(port, tokens, sellers()[:1], bills, "o"))
    finally:
        server.terminate()
        server.wait(60)
    return [
        Figure("bare writer, no HTTP, one process", bare, "bills/s"),
        Figure("rows alone, pgbench", alone, "bills/s"),
        Figure("POST /bills, 32 connections, 9 units", spread.rate, "bills/s", bare, "bare writer"),
        Figure("  the same beside the rows alone", spread.rate, "bills/s", alone, "pgbench"),
        Figure("  latency p50", spread.percentile_ms(0.5), "ms", note=f"p99 {spread.percentile_ms(0.99):.1f} ms"),
        *_cpu_figures(spread_cpu, spread, bills),
        Figure("POST /bills, 32 connections, one unit", one.rate, "bills/s", spread.rate, "9 units"),
        *_cpu_figures(one_cpu, one, bills),
    ]


def _cpu_figures(cpu: dict[str, float], load: client.Load, bills: int) -> list[Figure]:
    shares = {**cpu, "client": load.client_cpu_seconds}
    text = ", ".join(f"{name} {seconds / bills * 1e6:,.0f}" for name, seconds in shares.items())
    return [Figure("  CPU a bill", sum(shares.values()) / bills * 1e6, "µs", note=text)]


def _bare_writer(bills: int) -> float:
    """The journey without HTTP: groups of 16 on one connection of one process."""
    import psycopg

    from piaoju.journeys import premises, take_order
    from piaoju.journeys.issue import Issued, Order, issue_group
    from piaoju.journeys.registers import Registers

    registers, run = Registers(), os.urandom(4).hex()
    known = sellers()
    orders = []
    for number in range(_WARM_UP + bills):
        seller = known[number % len(known)]
        orders.append((seller.unit_code, body(seller, f"bare-{run}-{number}")))
    with psycopg.connect(os.environ["PIAOJU_DATABASE_URL"], autocommit=True) as connection:
        started = 0.0
        for first in range(0, len(orders), GROUP):
            if first >= _WARM_UP and not started:
                started = time.perf_counter()
            group = [
                Order(*take_order.from_body(content), unit_code, "command:bench")
                for unit_code, content in orders[first : first + GROUP]
            ]
            for outcome in issue_group(connection, premises.office(), registers, group):
                if not isinstance(outcome, Issued):
                    raise outcome
    return bills / (time.perf_counter() - started)


def start(opened: Session, port: int) -> subprocess.Popen[bytes]:
    """A server of this installation, ready."""
    folder = str(opened.installation.folder)
    command = [sys.executable, "-m", "piaoju.ops.cli", "serve", "--data", folder, "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    for _ in range(1200):  # a busy disk may hold the start up
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
            return server
        except OSError:
            time.sleep(0.1)
    server.terminate()
    raise RuntimeError("the server did not become ready in 120 s")


def token(port: int, row: dict[str, Any]) -> str:
    """A bearer token of this API client."""
    basic = base64.b64encode(f"{row['client_id']}:{row['client_secret']}".encode()).decode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/token", data=b"grant_type=client_credentials",
        headers={"Authorization": f"Basic {basic}"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=10) as response:
        granted: str = json.load(response)["access_token"]
    return granted


def load(
    port: int, tokens: dict[str, str], known: Sequence[Seller], bills: int, tag: str
) -> client.Load:
    """Issue so many bills one by one, over 32 connections."""
    run = f"{tag}{os.urandom(4).hex()}"
    requests = []
    for number in range(bills):
        seller = known[number % len(known)]
        requests.append(client.post("/api/v1/bills", tokens[seller.unit_code], body(seller, f"{run}-{number}")))
    done = client.run("127.0.0.1", port, requests, CONNECTIONS)
    if done.answers[201] != bills:
        raise RuntimeError(f"not every bill was issued: {dict(done.answers)}")
    return done


def _measured(opened: Session, work: Any) -> tuple[client.Load, dict[str, float]]:
    before = _cpu(opened.installation.folder)
    load = work()
    after = _cpu(opened.installation.folder)
    return load, {name: after[name] - before.get(name, 0.0) for name in after}


def _cpu(folder: Path) -> dict[str, float]:
    """CPU seconds so far of the server's processes and of the database, by kind."""
    spent = {"server": 0.0, "keeper": 0.0, "database": 0.0}
    for process in psutil.process_iter(["cmdline", "name"]):
        try:
            words = process.info["cmdline"] or []
            times = process.cpu_times()
            seconds = times.user + times.system
        except psutil.Error:
            continue
        if "piaoju.ops.keeper" in words:
            spent["keeper"] += seconds
        elif "serve" in words and str(folder) in words:
            spent["server"] += seconds
        elif (process.info["name"] or "").startswith("postgres"):
            spent["database"] += seconds
    return spent
