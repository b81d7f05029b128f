"""An issuing office for tests: the demonstration's reference data in a real database, keys in a folder of its own."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from piaoju.crypto.signers import Signer
from piaoju.identity import actions as identity_actions
from piaoju.identity import models as identity
from piaoju.identity import queries as identity_queries
from piaoju.identity import rights
from piaoju.identity.rights import ScopeKind
from piaoju.identity.types import Appointment, OperatorActor, Role
from piaoju.journeys import bill_now, found_demonstration, premises, reverse, take_order
from piaoju.journeys.found_demonstration import Client
from piaoju.journeys.issue import Order, Outcome, issue_group
from piaoju.journeys.office import Office
from piaoju.journeys.registers import Registers
from piaoju.kit.clock import Clock, system_clock
from piaoju.ops.demonstration import founding
from piaoju.ops.fonts import installed_fonts
from piaoju.registry import queries as registry
from piaoju.seal import signers
from piaoju.sites import tasks
from piaoju.standard import reversal_request
from piaoju.standard.profile import SICHUAN_2026_1

HOSPITAL = "12510000MD200001XY"
PASSPHRASE = "a passphrase of a test"


class RecordingQueue:
    """The queue of tests: what was enqueued, in order, until somebody runs it."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, dict[str, str | int]]] = []

    def enqueue(self, task: str, /, **arguments: str | int) -> None:
        assert task in tasks.TASKS, f"{task} is not bound in sites/tasks.py"
        self.waiting.append((task, arguments))

    def run(self, office: Office) -> None:
        """Do what waits, and what it enqueues in turn."""
        while self.waiting:
            task, arguments = self.waiting.pop(0)
            tasks.TASKS[task](office, **arguments)


@dataclass(slots=True)
class Installed:
    """A founded office and how to ask it for bills."""

    office: Office
    url: str
    clients: list[Client]

    @property
    def jobs(self) -> RecordingQueue:
        assert isinstance(self.office.jobs, RecordingQueue)
        return self.office.jobs

    @property
    def unit_id(self) -> int:
        return registry.unit_id_of(HOSPITAL)

    def with_signer(self, signer: Signer) -> Installed:
        return Installed(dataclasses.replace(self.office, signer=signer), self.url, self.clients)

    def with_clock(self, clock: Clock) -> Installed:
        return Installed(dataclasses.replace(self.office, clock=clock), self.url, self.clients)

    def operator(
        self, role: Role, *, unit_code: str = HOSPITAL, region_code: str = "510000", person: str = ""
    ) -> OperatorActor:
        """Someone at work in this role, enrolled at first asking; the same name in `person` is the same person."""
        kind = rights.SCOPE_KINDS[role]
        place = {ScopeKind.REGION: region_code, ScopeKind.WHOLE: ""}.get(kind, unit_code)
        username = f"{role}.{place}.{person}".lower().strip(".")
        office, at = self.office, self.office.clock()
        if not identity.Operator.objects.filter(username=username).exists():
            person_id = identity_actions.enrol_person(
                name=person or username, id_number=person or username, phone="", key=office.data_key,
                index_key=office.index_key, nonces=(os.urandom(12), os.urandom(12)), at=at,
            )  # fmt: skip
            account = identity.Operator.objects.create(
                username=username, password="!", person_id=person_id, enrolled_at=at, enrolled_by="test",
                password_changed_at=at,
            )  # fmt: skip
            region = place if kind == ScopeKind.REGION else ""
            scope = Appointment(role, region, "" if region else place)
            identity_actions.appoint_by_installation(account.pk, scope, at=at, by="test")
        return identity_queries.operator_actor(username, at)

    def run(self, sql: str, *parameters: Any) -> None:
        """One statement by hand, behind the back of every journey."""
        with psycopg.connect(self.url) as connection:
            connection.execute(sql, parameters)

    def issue(self, *bodies: dict[str, Any], unit_code: str = HOSPITAL) -> list[Outcome]:
        """Issue these in one group."""
        return self.issue_orders(*(order(body, unit_code) for body in bodies))

    def issue_orders(self, *orders: Order) -> list[Outcome]:
        """The same for orders of any kind."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return issue_group(connection, self.office, Registers(), orders)

    def count(self, sql: str, *parameters: Any) -> int:
        """One number asked of the database."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute(sql, parameters).fetchone()
        return int(row[0]) if row and row[0] is not None else 0

    def column(self, sql: str) -> list[int]:
        """A column of numbers asked of the database."""
        with psycopg.connect(self.url) as connection:
            return [int(row[0]) for row in connection.execute(sql)]


def reversal(installed: Installed, bill: dict[str, Any], business_number: str, reason: str = "金额开错", **more: Any) -> Order:
    """What asks for the red bill of this bill, or of some of its lines."""
    asked = reversal_request.from_json(msgspec.json.encode({"business_number": business_number, "reason": reason} | more))
    unit_code = bill["unit_code"]
    place = bill_now.place(registry.unit_id_of(unit_code), bill["code"], int(bill["number"]))
    return reverse.order(installed.office, place, asked, unit_code=unit_code, actor="command:test")


def order(body: dict[str, Any], unit_code: str = HOSPITAL) -> Order:
    request, digest = take_order.from_body(msgspec.json.encode(body))
    return Order(request, digest, unit_code, "command:test")


def body(business_number: str, amount: str = "10.00", **changes: Any) -> dict[str, Any]:
    """A settlement bill (0401) of one line: the shortest that can be issued."""
    return {
        "business_number": business_number,
        "bill_type": "0401",
        "payer": {"type": "person", "name": "李明"},
        "lines": [line(amount)],
        "handler": "甲",
        "checker": "乙",
    } | changes


def line(amount: str, quantity: str = "1", item_code: str = "", **changes: Any) -> dict[str, Any]:
    price = str((Decimal(amount) / Decimal(quantity)).quantize(Decimal("0.0001")))
    item_code = item_code or settlement_items()[0]
    return {"item_code": item_code, "quantity": quantity, "standard": price, "amount": amount} | changes


def settlement_items() -> list[str]:
    """The items that the hospital may charge on 0401."""
    plan = founding.plan()
    (unit,) = [unit for unit in plan.units if unit.code == HOSPITAL]
    return [item for bill_type, item in unit.grants if bill_type == "0401"]


@contextmanager
def found(
    url: str, folder: Path, *, units: Collection[str] = (HOSPITAL,), departments: Collection[str] = ("510000",)
) -> Iterator[Installed]:
    """The demonstration's hospital and its finance department, or more of them, founded in this database."""
    for name in ("keys", "log", "bills"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    before = os.environ.get("PIAOJU_KEY_PASSPHRASE")  # another office may be open around this one
    os.environ["PIAOJU_KEY_PASSPHRASE"] = PASSPHRASE
    try:
        office = Office(
            profile=SICHUAN_2026_1,
            demonstration=True,
            signer=signers.signer_for(folder / "keys", os.environ, production=False),
            clock=system_clock,
            random_bytes=os.urandom,
            data_key=os.urandom(16),
            index_key=os.urandom(32),
            check_code_secret=os.urandom(32),
            fonts=installed_fonts(),
            data_folder=folder,
            public_url="http://127.0.0.1:8000",
            jobs=RecordingQueue(),
        )
        plan = founding.plan()
        plan = dataclasses.replace(
            plan,
            units=[unit for unit in plan.units if unit.code in units],
            operators=[],
            clients=[client for client in plan.clients if client.unit_code in units],
            finance_departments={code: plan.finance_departments[code] for code in departments},
        )
        _, clients = found_demonstration.found(office, plan)
        premises.open_office(office)
        yield Installed(office, url, clients)
    finally:
        if before is None:
            del os.environ["PIAOJU_KEY_PASSPHRASE"]
