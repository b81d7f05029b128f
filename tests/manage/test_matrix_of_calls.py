"""Call × object of the JSON API, as matrix.py states it: a unit's system sees its own unit's things and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from piaoju.ops.bench import tuition
from tests.manage import matrix

if TYPE_CHECKING:
    from pathlib import Path

    from django.http import HttpResponse

OURS, THEIRS = "12510000MD200001XY", "12510700MD2000044Q"


# What a call cannot be asked without.
_QUESTIONS = {"file": "?format=xml", "totals": "?from=2026-11-01T00:00:00Z&to=2027-01-01T00:00:00Z"}


@dataclass(slots=True)
class Calls:
    """Clients with their tokens, and the address of one issued bill."""

    secrets: dict[str, tuple[str, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    bill: dict[str, Any] = field(default_factory=dict)
    batch: str = ""

    def ask(self, call: str, who: str, *, missing: bool = False) -> HttpResponse:
        from django.test import Client

        from tests.offices import body

        method, path = call.split(" ")
        browser = Client()
        if path == "/api/v1/token":
            name, secret = self.secrets.get(who, ("", ""))
            return browser.post(path, {"client_id": name, "client_secret": secret})  # type: ignore[return-value]
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who in self.tokens else {}
        named = {"code": self.bill["code"], "number": self.bill["number"], "business_number": "M1", "id": self.batch}
        if "/batches" in path and method == "POST":
            from django.core.files.uploadedfile import SimpleUploadedFile

            named["id"] = "404" if missing else self.batch
            sent = {"file": SimpleUploadedFile("a.csv", tuition.commas(list(tuition.rows(1, "M")))), "mode": "check_only"}
            return browser.post(path.format(**named), sent, headers=headers)  # type: ignore[return-value]
        if missing:
            named |= {"number": "9999999999", "business_number": "M404", "id": "404"}
        path = path.format(**named) + _QUESTIONS.get(path.rpartition("/")[2], "")
        if method == "POST":
            red = {"business_number": "M3", "reason": "金额开错"}
            order = json.dumps(red if path.endswith("/reversals") else body("M2"))
            return browser.post(path, order, content_type="application/json", headers=headers)  # type: ignore[return-value]
        return browser.get(path, headers=headers)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def calls(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calls]:
    from piaoju.identity import actions as identity
    from piaoju.journeys import premises
    from tests import offices

    folder: Path = tmp_path_factory.mktemp("office")
    made = Calls()
    with offices.found(module_database, folder, units=(OURS, THEIRS), departments=("510000", "510700")) as installed:
        premises.open_writer(installed.url, threads=1)
        (issued,) = installed.issue(offices.body("M1"))
        made.bill = json.loads(issued.answer)
        units = {client.unit_code: client for client in installed.clients}
        made.secrets = {
            who: (units[code].client_id, units[code].client_secret) for who, code in (("own", OURS), ("foreign", THEIRS))
        }
        identity.enrol_client("revoked", "s" * 40, OURS, ["0401"])
        made.secrets["revoked"] = ("revoked", "s" * 40)
        for who in made.secrets:
            made.tokens[who] = json.loads(made.ask("POST /api/v1/token", who).content)["access_token"]
        made.batch = json.loads(made.ask("POST /api/v1/batches", "own").content)["id"]
        identity.revoke_client("revoked", installed.office.clock())
        yield made
        premises.close_writer()


def documented() -> set[str]:
    """Every call of the API's own document."""
    from piaoju.exchange.api import api

    paths = api.get_openapi_schema()["paths"]
    return {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


def sign_of(response: HttpResponse) -> str:
    return {2: "y"}.get(response.status_code // 100) or {404: "-", 401: "u", 409: "c", 422: "c"}.get(response.status_code) or "?"


def letters(response: HttpResponse) -> str:
    return re.sub(r'"trace_id":"[^"]*"', "", response.content.decode())


def test_every_call_has_its_row_and_every_row_its_call() -> None:
    assert documented() ^ set(matrix.CALLS) == set()
    assert {"GET /api/v1/planted"} ^ set(matrix.CALLS) != set()


@pytest.mark.parametrize("call", sorted(matrix.CALLS))
def test_each_client_gets_from_each_call_the_answer_that_is_stated(calls: Calls, call: str) -> None:
    stated = matrix.CALLS[call]
    assert set(stated) == set(matrix.CLIENTS)
    got = {who: sign_of(calls.ask(call, who)) for who in matrix.CLIENTS}
    assert got == stated


@pytest.mark.parametrize("call", sorted(call for call, stated in matrix.CALLS.items() if "-" in stated.values()))
def test_a_foreign_bill_is_letter_by_letter_the_same_answer_as_a_missing_one(calls: Calls, call: str) -> None:
    foreign, missing = calls.ask(call, "foreign"), calls.ask(call, "own", missing=True)
    assert (foreign.status_code, letters(foreign)) == (missing.status_code, letters(missing))
    assert letters(calls.ask(call, "foreign", missing=True)) == letters(foreign)


@pytest.mark.parametrize("call", ["GET /api/v1/stock", "GET /api/v1/charge-items"])
def test_lists_hold_only_what_is_the_clients_own(calls: Calls, call: str) -> None:
    ours, theirs = (json.loads(calls.ask(call, who).content)["items"] for who in ("own", "foreign"))
    assert ours and theirs
    assert ours != theirs
    kinds = {"own": {"0601", "0602", "0401"}, "foreign": {"0206", "0401"}}
    for who, items in (("own", ours), ("foreign", theirs)):
        named = {kind for item in items for kind in item.get("bill_types", [item.get("bill_type")])}
        assert named <= kinds[who]


def test_bills_and_totals_are_the_clients_own_and_agree(calls: Calls) -> None:
    for who, unit_code in (("own", OURS), ("foreign", THEIRS)):
        bills = json.loads(calls.ask("GET /api/v1/bills", who).content)
        total = json.loads(calls.ask("GET /api/v1/totals", who).content)
        assert {bill["unit_code"] for bill in bills["items"]} <= {unit_code}
        figures = total["sum"]  # a red bill is a bill of the list as well, and takes a sheet off what is left net
        assert bills["count"] == figures["issued"]["sheets"] + figures["red"]["sheets"]
        assert bills["total"] == figures["net"]["amount"]


def test_whoever_issues_issues_for_the_own_unit_and_under_the_own_business_number(calls: Calls) -> None:
    ours, theirs = (json.loads(calls.ask("POST /api/v1/bills", who).content) for who in ("own", "foreign"))
    assert (ours["unit_code"], theirs["unit_code"]) == (OURS, THEIRS)
    assert (
        ours["business_number"] == theirs["business_number"]
        and ours["code"] + ours["number"] != theirs["code"] + theirs["number"]
    )
