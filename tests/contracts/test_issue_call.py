"""`POST /api/v1/bills` and the reading calls as a unit's system meets them: real HTTP to a real `piaoju serve`."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests import database as databases
from tests.faults.site_process import Site
from tests.offices import HOSPITAL, body, line

UNIVERSITY = "12510000MD2000036R"
TABLES = (
    "issuing_bill", "issuing_bill_line", "issuing_bill_document", "issuing_business_key", "issuing_bill_number",
    "issuing_intent", "verification_published_bill", "ledger_fact", "stock_voidednumber",
)  # fmt: skip


@dataclass(slots=True)
class Caller:
    """A unit's system with its token."""

    site: Site
    token: str

    def issue(self, order: dict[str, Any] | bytes) -> tuple[int, dict[str, str], bytes]:
        content = order if isinstance(order, bytes) else json.dumps(order).encode()
        return self.site.ask("POST", "/api/v1/bills", content, token=self.token)

    def issued(self, order: dict[str, Any]) -> dict[str, Any]:
        status, _, content = self.issue(order)
        assert status == 201, content
        answer: dict[str, Any] = json.loads(content)
        return answer

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        return self.site.get(f"/api/v1{path}", self.token)


@pytest.fixture(scope="module")
def callers(request: pytest.FixtureRequest) -> Iterator[tuple[Caller, Caller]]:
    """A hospital's system and a university's, on one site."""
    folder = databases.open_folder()
    site = Site(folder / "data")
    try:
        clients = site.found(HOSPITAL, UNIVERSITY)
        site.start()
        yield Caller(site, site.token(clients[HOSPITAL])), Caller(site, site.token(clients[UNIVERSITY]))
        site.stop()
    finally:
        site.kill_what_is_left()
        databases.remove(folder)


@pytest.fixture
def hospital(callers: tuple[Caller, Caller]) -> Caller:
    return callers[0]


@pytest.fixture
def university(callers: tuple[Caller, Caller]) -> Caller:
    return callers[1]


def written(site: Site) -> Counter[str]:
    """Rows of every table a bill leaves something in, and the numbers taken."""
    with site.connect() as connection:
        found = Counter({name: _one(connection, f"SELECT count(*) FROM {name}") for name in TABLES})
        found["numbers taken"] = _one(connection, "SELECT sum(next_number) FROM stock_counter")
    return found


def refusals(site: Site) -> Counter[str]:
    """How often issuing was refused, by code, as the audit records have it."""
    with site.connect() as connection:
        rows = connection.execute("SELECT outcome, count(*) FROM identity_auditrecord WHERE act = 'issue_bill' GROUP BY 1")
        return Counter(dict(rows.fetchall()))


def _one(connection: Any, statement: str) -> int:
    return int(connection.execute(statement).fetchone()[0])


def problem(answer: tuple[int, dict[str, str], bytes], status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal, in the form that the contract promises."""
    assert answer[0] == status, answer
    assert answer[1]["content-type"] == "application/problem+json"
    told: dict[str, Any] = json.loads(answer[2])
    assert told.keys() == {"type", "title", "status", "code", "detail", "trace_id", "errors"}
    assert (told["status"], told["code"]) == (status, code), told
    assert told["detail"] and told["trace_id"] == answer[1]["x-trace-id"]
    assert all(fault.keys() == {"pointer", "code", "detail"} and fault["detail"] for fault in told["errors"])
    return told


def test_a_bill_is_created_once_and_answered_the_same_for_ever(hospital: Caller) -> None:
    first = hospital.issue(body("A1"))
    again = hospital.issue(body("A1"))
    otherwise_written = hospital.issue(body("A1", remark=None, lines=[line("10.00") | {"quantity": "1.000"}]))
    assert (first[0], again[0], otherwise_written[0]) == (201, 200, 200)
    assert first[2] == again[2] == otherwise_written[2]
    answer = json.loads(first[2])
    assert (answer["total"], answer["business_number"], answer["unit_code"]) == ("10.00", "A1", HOSPITAL)


def test_another_content_under_a_used_business_number_conflicts(hospital: Caller) -> None:
    hospital.issued(body("C1"))
    before = written(hospital.site)
    problem(hospital.issue(body("C1", "11.00")), 409, "business_number_reused")
    assert written(hospital.site) == before


def test_two_units_may_use_the_same_business_number(hospital: Caller, university: Caller) -> None:
    ours = hospital.issued(body("S1"))
    status, _, items = university.get("/charge-items?bill_type=0401")
    item = json.loads(items)["items"][0]
    theirs = university.issued(body("S1", lines=[line("5.00", item_code=item["item_code"])]))
    assert status == 200 and ours["unit_code"] != theirs["unit_code"]
    assert (ours["code"], ours["number"]) != (theirs["code"], theirs["number"])


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic YTpi", "Bearer " + "x" * 5000])
def test_without_a_valid_token_nothing_is_told(hospital: Caller, header: str) -> None:
    request = (
        f"POST /api/v1/bills HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n"
        f"{f'Authorization: {header}' + chr(13) + chr(10) if header else ''}\r\n{{}}"
    )
    answer = raw(hospital.site, request.encode())
    assert answer.startswith(b"HTTP/1.1 401 ") and b"www-authenticate: bearer" in answer.lower()
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "token_invalid"


def test_a_bill_type_outside_the_clients_list_is_forbidden(hospital: Caller) -> None:
    before = written(hospital.site)
    problem(hospital.issue(body("T1", bill_type="0501")), 403, "bill_type_not_permitted")
    assert written(hospital.site) == before


DEEP = b'{"business_number":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
XML_BOMB = '<!DOCTYPE a [<!ENTITY b "&c;&c;"><!ENTITY c SYSTEM "file:///etc/passwd">]><a>&b;</a>'


def text(order: dict[str, Any]) -> bytes:
    return json.dumps(order).encode()


REFUSED: dict[str, tuple[bytes, str]] = {
    "a total that does not add": (text(body("R", total="10.01")), "total_mismatch"),
    "a line that does not multiply": (text(body("R", lines=[line("10.00") | {"standard": "9.99"}])), "amount_mismatch"),
    "an item not granted": (text(body("R", lines=[line("1.00", item_code="103043211")])), "item_not_granted"),
    "a negative amount": (text(body("R", lines=[line("1.00") | {"amount": "-1.00"}])), "amount_invalid"),
    "10,000 lines": (text(body("R", lines=[line("1.00")] * 10_000)), "lines_limit"),
    "no lines": (text(body("R", lines=[])), "invalid_request"),
    "a control character": (text(body("R", payer={"type": "person", "name": "李\u0007明"})), "control_character"),
    "a character in no font": (
        text(body("R", payer={"type": "person", "name": "李\U0010fffd明"})), "character_not_printable",
    ),
    "half a character": (text(body("R", remark="X")).replace(b'"X"', b'"\\ud800"'), "invalid_request"),
    "an unknown field": (text(body("R", colour="red")), "invalid_request"),
    "a number with a fraction": (text(body("R", total="X")).replace(b'"X"', b"10.00"), "invalid_request"),
    "a number with an exponent": (text(body("R", total="X")).replace(b'"X"', b"1e1"), "invalid_request"),
    "no number": (text(body("R", total="X")).replace(b'"X"', b"NaN"), "invalid_request"),
    "a field twice": (text(body("R"))[:-1] + b',"remark":"a","remark":"b"}', "invalid_request"),
    "a very deep value": (DEEP, "invalid_request"),
    "no JSON": (b"<bill/>", "invalid_request"),
    "no UTF-8": ("{\"business_number\": \"票\"}".encode("gb18030"), "invalid_request"),
    "nothing": (b"", "invalid_request"),
    "a list": (b"[]", "invalid_request"),
    "a very long number": (text(body("R", total="9" * 400)), "invalid_request"),
    "a business number too long": (text(body("R" * 51)), "too_long"),
}  # fmt: skip


@pytest.mark.parametrize("flaw", REFUSED)
def test_a_flawed_order_is_refused_by_its_code_and_writes_nothing(hospital: Caller, flaw: str) -> None:
    order, code = REFUSED[flaw]
    before = written(hospital.site)
    answer = hospital.issue(order)
    told = problem(answer, 422, code)
    assert told["errors"], told
    assert written(hospital.site) == before


def test_a_body_too_large_is_refused_before_it_is_read(hospital: Caller) -> None:
    before = written(hospital.site)
    size = 100 * 1024 * 1024
    head = (
        f"POST /api/v1/bills HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {hospital.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
    )
    answer, sent = flooded(hospital.site, head.encode(), b" " * 65536, size)
    assert answer.startswith(b"HTTP/1.1 413 ") and b'"code":"body_too_large"' in answer
    assert sent < size // 2
    assert written(hospital.site) == before


def test_a_body_of_undeclared_size_is_cut_at_the_limit(hospital: Caller) -> None:
    head = (
        f"POST /api/v1/bills HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {hospital.token}\r\n"
        f"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    size = 100 * 1024 * 1024
    answer, sent = flooded(hospital.site, head.encode(), b"10000\r\n" + b" " * 65536 + b"\r\n", size)
    assert answer.startswith(b"HTTP/1.1 413 ") and b'"code":"body_too_large"' in answer
    assert sent < size // 2


def test_a_caller_who_goes_in_the_middle_of_a_request_is_no_refusal(hospital: Caller) -> None:
    head = (
        f"POST /api/v1/bills HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {hospital.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    )
    before, recorded = written(hospital.site), refusals(hospital.site)
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", hospital.site.port)) as connection:
            connection.sendall(head.encode() + b'{"business_number":')
            time.sleep(0.2)  # the server has begun to read
    for number in range(8):  # refused and recorded, by each of the server's processes after those who went
        assert hospital.issue(body(f"GONE{number}", lines=[]))[0] == 422
    new = refusals(hospital.site) - recorded
    assert (new["body_too_large"], new.total()) == (0, 8), new
    assert written(hospital.site) == before


def test_markup_in_a_field_is_only_text(hospital: Caller) -> None:
    answer = hospital.issued(body("X1", remark=XML_BOMB))
    status, headers, xml = hospital.get(f"/bills/{answer['code']}/{answer['number']}/file?format=xml")
    assert (status, headers["content-type"]) == (200, "application/xml")
    assert b"<!DOCTYPE" not in xml and b"&lt;!DOCTYPE a [&lt;!ENTITY b" in xml


def test_a_stopped_bill_type_is_refused_from_the_next_order_on(university: Caller) -> None:
    item = priced_item(university)
    order = body("ST1", bill_type="0206", lines=[line(item["standard_max"], item_code=item["item_code"])])
    stopped = university.site.run("suspend", "bill_type", "--code", "0206", "--reason", "核查中")
    assert stopped.returncode == 0, stopped.stderr
    before = written(university.site)
    told = problem(university.issue(order), 422, "issuing_suspended")
    assert "核查中" in told["detail"]
    assert written(university.site) == before
    assert university.site.run("resume-issuing", "bill_type", "--code", "0206").returncode == 0
    university.issued(order)


def test_a_price_over_the_standard_is_refused(university: Caller) -> None:
    item = priced_item(university)
    over = str(Decimal(item["standard_max"]) + Decimal("0.01"))
    before = written(university.site)
    order = body("PO1", bill_type="0206", lines=[line(over, item_code=item["item_code"])])
    told = problem(university.issue(order), 422, "price_over_standard")
    assert told["errors"][0]["pointer"] == "/lines/0/standard"
    assert written(university.site) == before


def test_an_unknown_unit_is_refused_by_the_command(hospital: Caller, tmp_path: Path) -> None:
    (tmp_path / "bill.json").write_bytes(text(body("UU1")))
    before = written(hospital.site)
    done = hospital.site.run("issue", str(tmp_path / "bill.json"), "--unit", "915100000000000000", "--json")
    assert done.returncode == 1 and "unit_unknown" in done.stdout, done
    assert written(hospital.site) == before


def test_the_command_and_the_call_give_one_business_number_one_bill(hospital: Caller, tmp_path: Path) -> None:
    answer = hospital.issued(body("CC1"))
    (tmp_path / "bill.json").write_bytes(text(body("CC1")))
    before = written(hospital.site)
    done = hospital.site.run("issue", str(tmp_path / "bill.json"), "--unit", HOSPITAL, "--json")
    assert done.returncode == 0 and answer["number"] in done.stdout, done
    assert written(hospital.site) == before


def test_the_command_refuses_a_field_twice(hospital: Caller, tmp_path: Path) -> None:
    (tmp_path / "bill.json").write_bytes(text(body("CD1"))[:-1] + b',"remark":"a","remark":"b"}')
    before = written(hospital.site)
    done = hospital.site.run("issue", str(tmp_path / "bill.json"), "--unit", HOSPITAL, "--json")
    assert done.returncode == 1, done
    assert written(hospital.site) == before


def test_a_bill_is_read_by_number_and_by_business_number_and_as_files(hospital: Caller) -> None:
    answer = hospital.issued(body("G1"))
    place = f"/bills/{answer['code']}/{answer['number']}"
    by_number, by_business_number = hospital.get(place), hospital.get("/bills/by-business-number/G1")
    assert (by_number[0], by_business_number[0]) == (200, 200)
    # The place in the log is written behind the commit, so the later of the two may know it first.
    first, second = ({**json.loads(read[2]), "log": None} for read in (by_number, by_business_number))
    assert first == second
    assert first["check_code"] == answer["check_code"]
    for kind, start in {"xml": b"<?xml", "ofd": b"PK\x03\x04", "pdf": b"%PDF-"}.items():
        status, _, content = hospital.get(f"{place}/file?format={kind}")
        assert status == 200 and content.startswith(start)


@pytest.mark.parametrize(
    "path",
    ["/bills/{code}/{number}", "/bills/{code}/{number}/file?format=xml", "/bills/{code}/{number}/file?format=ofd",
     "/bills/by-business-number/O1"],
)  # fmt: skip
def test_another_units_bill_is_as_if_it_were_not(hospital: Caller, university: Caller, path: str) -> None:
    hospital.issue(body("O1"))
    answer = json.loads(hospital.get("/bills/by-business-number/O1")[2])
    missing = answer | {"number": "9999999999"}
    assert hospital.get(path.format(**answer))[0] == 200
    others = problem(university.get(path.format(**answer)), 404, "bill_not_found")
    absent = problem(university.get(path.format(**missing).replace("O1", "O-none")), 404, "bill_not_found")
    assert others | {"trace_id": ""} == absent | {"trace_id": ""}


@pytest.mark.parametrize(
    "path",
    ["/bills/5/7", "/bills/51040126/abc", "/bills/51040126/%00", "/bills/5104012%F0/0000000001", "/nowhere",
     "/bills/by-business-number/%00"],
)  # fmt: skip
def test_an_odd_address_is_not_found(hospital: Caller, path: str) -> None:
    answer = hospital.get(path)
    assert answer[0] == 404
    assert answer[1]["content-type"] == "application/problem+json"


def test_an_unknown_file_format_is_refused(hospital: Caller) -> None:
    answer = hospital.issued(body("F1"))
    status, headers, content = hospital.get(f"/bills/{answer['code']}/{answer['number']}/file?format=docx")
    assert (status, headers["content-type"]) == (422, "application/problem+json"), content


def test_a_missing_parameter_and_an_odd_form_are_refused_as_everything_else(hospital: Caller) -> None:
    told = problem(hospital.get("/bills/51040126/0000000001/file"), 422, "invalid_request")
    assert told["errors"][0]["pointer"] == "/query/format"
    for media, content in {
        "multipart/form-data": b"client_id=x",
        "application/x-www-form-urlencoded": b"&".join([b"a=1"] * 5_000),
    }.items():
        problem(hospital.site.ask("POST", "/api/v1/token", content, media=media), 422, "invalid_request")
    much = b"client_id=" + b"x" * 3 * 1024 * 1024
    answer = hospital.site.ask("POST", "/api/v1/token", much, media="application/x-www-form-urlencoded")
    problem(answer, 413, "body_too_large")


def test_generated_requests_meet_what_the_api_describes(hospital: Caller, tmp_path: Path) -> None:
    """Schemathesis, briefly: no call fails inside, and each answers as its description says."""
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"), "run", f"http://127.0.0.1:{hospital.site.port}/api/v1/openapi.json",
            "--header", f"Authorization: Bearer {hospital.token}", "--max-examples", "10", "--seed", "1",
            "--phases", "examples,coverage,fuzzing", "--no-color", "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        ],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:]


def test_the_api_describes_itself(hospital: Caller) -> None:
    status, _, content = hospital.site.get("/api/v1/openapi.json")
    told = json.loads(content)
    assert status == 200 and told["openapi"].startswith("3.1")
    calls = {(method, path) for path, methods in told["paths"].items() for method in methods}
    assert calls >= {
        ("post", "/api/v1/token"),
        ("post", "/api/v1/bills"),
        ("get", "/api/v1/bills/{code}/{number}"),
        ("get", "/api/v1/bills/{code}/{number}/file"),
        ("get", "/api/v1/bills/by-business-number/{business_number}"),
        ("get", "/api/v1/stock"),
        ("get", "/api/v1/charge-items"),
    }
    refusals = told["paths"]["/api/v1/bills"]["post"]["responses"]
    assert refusals.keys() >= {"200", "201", "401", "403", "409", "413", "422", "503"}


def test_the_api_has_pages_for_people(hospital: Caller) -> None:
    status, headers, content = hospital.site.get("/api/docs")
    assert status == 200 and headers["content-type"].startswith("text/html")
    assert "票据".encode() in content


def priced_item(caller: Caller) -> dict[str, Any]:
    """An item of 0206 with a highest price."""
    items = json.loads(caller.get("/charge-items?bill_type=0206")[2])["items"]
    found: dict[str, Any] = next(item for item in items if item["standard_max"])
    return found


def raw(site: Site, request: bytes) -> bytes:
    """The whole answer to these bytes."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def flooded(site: Site, head: bytes, part: bytes, size: int) -> tuple[bytes, int]:
    """The answer to a request that goes on and on, and how much of it went out before the answer came."""
    sent = 0
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as connection:
        connection.sendall(head)
        connection.setblocking(False)
        end = time.monotonic() + 60
        while time.monotonic() < end and sent < size:
            with suppress(BlockingIOError):
                answer = connection.recv(65536)
                return answer + _rest(connection), sent
            with suppress(BlockingIOError, BrokenPipeError):
                sent += connection.send(part)
    return b"", sent


def _rest(connection: socket.socket) -> bytes:
    connection.settimeout(2)
    with suppress(OSError):
        return connection.recv(65536)
    return b""


def test_a_bill_is_taken_back_by_the_call_of_the_contract(hospital: Caller, university: Caller) -> None:
    bill = hospital.issued(body("RED", lines=[line("10.00"), line("2.50")]))
    path = f"/api/v1/bills/{bill['code']}/{bill['number']}/reversals"

    def ask(caller: Caller, **asked: Any) -> tuple[int, dict[str, str], bytes]:
        return caller.site.ask("POST", path, json.dumps(asked).encode(), token=caller.token)

    before = written(hospital.site)
    assert problem(ask(university, business_number="R1", reason="退费"), 404, "bill_not_found")
    told = problem(ask(hospital, business_number="R1", reason="", amount="1.00"), 422, "invalid_request")
    assert {fault["pointer"] for fault in told["errors"]} == {"/reason", "/amount"}
    assert problem(ask(hospital, business_number="R1", reason="退费", lines=[{"line": 9}]), 422, "reversal_line_invalid")
    assert problem(ask(hospital, business_number="R1", reason="退费", lines=[{"line": "1"}]), 422, "invalid_request")
    assert written(hospital.site) == before
    first = ask(hospital, business_number="R1", reason="退费", lines=[{"line": 2}])
    again = ask(hospital, business_number="R1", reason="退费", lines=[{"line": 2}])
    assert (first[0], again[0], first[2]) == (201, 200, again[2])
    red = json.loads(first[2])
    assert (red["kind"], red["total"], red["reverses"]) == ("red", "-2.50", {"code": bill["code"], "number": bill["number"]})
    assert ask(hospital, business_number="R2", reason="退费")[0] == 201
    assert problem(ask(hospital, business_number="R3", reason="退费"), 409, "already_reversed")
    now = json.loads(hospital.get(f"/bills/{bill['code']}/{bill['number']}")[2])
    assert (now["status"], len(now["reversed_by"]), now["total"]) == ("reversed", 2, "12.50")
