"""What the window's script is told: its own unit's things, refusals in words, nothing for a page that another person opened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, override_settings

from piaoju.identity.types import Role
from piaoju.journeys import premises
from tests import offices
from tests.manage import world as worlds
from tests.offices import HOSPITAL, Installed

WINDOW = "/manage/window"
_serial = iter(range(1, 1_000))


@pytest.fixture(scope="module")
def clerk(shared: Installed) -> Iterator[Client]:
    premises.open_writer(shared.url, threads=1)
    with override_settings(ALLOWED_HOSTS=["*"]):
        yield worlds.signed_in(shared, shared.operator(Role.HANDLER, person="周小燕").operator_id)
    premises.close_writer()


@pytest.fixture
def operator_id(shared: Installed) -> int:
    return shared.operator(Role.HANDLER, person="周小燕").operator_id


def sent(operator_id: int, **changes: Any) -> dict[str, Any]:
    body = offices.body(f"P-{next(_serial)}")
    return {"opened_by": operator_id, "unit": HOSPITAL, "point": "", "body": body, "sends": True} | changes


def ask(client: Client, what: str, sheet: Any, **more: str) -> tuple[int, dict[str, Any]]:
    text = sheet if isinstance(sheet, str) else json.dumps(sheet)
    response = client.post(WINDOW, {"what": what, "sheet": text, **more})
    return response.status_code, json.loads(response.content)


def test_a_bill_is_printed_for_its_own_unit_only(shared: Installed, clerk: Client, operator_id: int) -> None:
    status, told = ask(clerk, "issue", sent(operator_id))
    assert (status, told["outcome"]) == (200, "issued")
    printed = clerk.post(told["bill"]["print"])
    assert printed.content.startswith(b"%PDF")
    other = worlds.signed_in(shared, shared.operator(Role.HANDLER, unit_code="12510726MD2000028Q", person="别家").operator_id)
    missing = other.post(told["bill"]["print"].replace(told["bill"]["number"], "0000999999"))
    foreign = other.post(told["bill"]["print"])
    assert (foreign.status_code, missing.status_code) == (404, 404)


def test_items_are_given_to_whoever_issues_there(clerk: Client) -> None:
    mine = json.loads(clerk.get(f"{WINDOW}/items", {"unit": HOSPITAL, "bill_type": "0401"}).content)
    assert [row[0] for row in mine["items"]] == sorted(offices.settlement_items())
    assert mine["items"][0][5].startswith("wljs")
    for unit in ("12510726MD2000028Q", "12510726MD9999999X", ""):
        assert clerk.get(f"{WINDOW}/items", {"unit": unit, "bill_type": "0401"}).status_code == 404


def test_a_page_that_another_person_opened_is_not_taken(clerk: Client, operator_id: int) -> None:
    status, told = ask(clerk, "issue", sent(operator_id + 1))
    assert (status, told["code"]) == (409, "window_of_another")


@pytest.mark.parametrize(
    "sheet",
    ["", "{", "[]", "null", "[" * 100_000, '{"opened_by": 1}', '{"unit": 1, "body": {}}', '{"unit": "x", "body": []}'],
)
def test_what_cannot_be_read_is_refused_in_words(clerk: Client, operator_id: int, sheet: str) -> None:
    text = sheet.replace("{", f'{{"opened_by": {operator_id}, ' if sheet.startswith('{"u') else "{", 1)
    for what in ("issue", "draft", "check", "template", "drop_template", "other", ""):
        status, told = ask(clerk, what, text)
        assert status in (409, 422)
        assert told["detail"]
        assert told["trace_id"]


@pytest.mark.parametrize(
    "body",
    [
        {}, {"lines": {}}, {"payer": []}, {"lines": [1, None, "x"]}, {"payer": {"name": 7}}, {"extension": 3}, {"bill_type": 4},
        {"business_number": None}, {"remark": "\ud800"}, {"remark": "\u0000"}, {"payer": {"name": "\u0000\ud800"}},
        {"lines": [{"item_code": "x" * 5_000, "amount": "9" * 400, "quantity": "1"}]},
    ],
)  # fmt: skip
def test_any_body_is_kept_or_refused_and_never_breaks_the_page(clerk: Client, operator_id: int, body: dict[str, Any]) -> None:
    whole = {"business_number": f"B-{next(_serial)}", **body}
    for what in ("draft", "check", "issue", "template"):
        status, told = ask(clerk, what, sent(operator_id, body=whole), name="x")
        assert status in (200, 404, 409, 422), told
    assert clerk.get("/manage/drafts").status_code == 200


def test_the_same_business_number_with_other_content_names_the_bill_that_is_there(clerk: Client, operator_id: int) -> None:
    sheet = sent(operator_id)
    _, first = ask(clerk, "issue", sheet)
    _, again = ask(clerk, "issue", sheet)
    assert again["bill"] == first["bill"]
    sheet["body"]["remark"] = "改过"
    status, told = ask(clerk, "issue", sheet)
    assert (status, told["code"], told["already"]["number"]) == (409, "business_number_reused", first["bill"]["number"])


def test_a_preview_is_of_ones_own_draft_at_ones_own_unit(shared: Installed, clerk: Client, operator_id: int) -> None:
    sheet = sent(operator_id)
    number = sheet["body"]["business_number"]
    ask(clerk, "draft", sheet)
    question = {"unit": HOSPITAL, "bill_type": "0401", "number": number}
    pictured = clerk.get(f"{WINDOW}/preview.png", question)
    empty = clerk.get(f"{WINDOW}/preview.png", question | {"number": ""})
    assert pictured.content.startswith(b"\x89PNG") and empty.content.startswith(b"\x89PNG")
    assert pictured.content != empty.content
    for page in ("2", "0", "-1", "x", "99999"):  # a page that is not there is one that is
        assert clerk.get(f"{WINDOW}/preview.png", question | {"page": page}).content.startswith(b"\x89PNG")
    colleague = worlds.signed_in(shared, shared.operator(Role.HANDLER, person="同事").operator_id)
    stranger = worlds.signed_in(shared, shared.operator(Role.HANDLER, unit_code="12510726MD2000028Q", person="别家").operator_id)
    assert colleague.get(f"{WINDOW}/preview.png", question).status_code == 404
    assert colleague.get(f"{WINDOW}/preview.png", question | {"number": "none"}).status_code == 404
    foreign = stranger.get(f"{WINDOW}/preview.png", question)
    missing = stranger.get(f"{WINDOW}/preview.png", question | {"unit": "12510726MD9999999X"})
    assert (foreign.status_code, json.loads(foreign.content)["code"]) == (404, json.loads(missing.content)["code"])


def test_what_is_not_finished_is_neither_a_fault_nor_on_the_preview(clerk: Client, operator_id: int) -> None:
    (first, second, *_) = offices.settlement_items()
    unfinished = {"item_code": second, "quantity": "1", "amount": ""}
    of_first, of_second = ({"name": "一行", "amount": "1", "related_item_code": code} for code in (first, second))
    body = offices.body(f"P-{next(_serial)}", aux_lines=[of_second, of_first, {"name": "没填完"}])
    body["lines"] = [unfinished, {"item_code": first, "quantity": "1", "amount": "1.00"}]
    assert ask(clerk, "check", sent(operator_id, body=body))[1] == {"errors": [], "pages": 2}
    body["aux_lines"][1]["amount"] = "一元"
    _, told = ask(clerk, "check", sent(operator_id, body=body))
    assert [one["pointer"] for one in told["errors"]] == ["/aux_lines/1/amount"]
    body["lines"].append({"item_code": "", "quantity": "1", "amount": "5"})
    body["aux_lines"] = [{"name": "不对应哪一项", "amount": "一元"}]  # waits for no line, though one has no item yet
    _, told = ask(clerk, "check", sent(operator_id, body=body))
    assert [one["pointer"] for one in told["errors"]] == ["/aux_lines/0/amount"]
    body["aux_lines"] = [of_second | {"related_item_code": "999"}]
    _, told = ask(clerk, "check", sent(operator_id, body=body))
    assert [(one["pointer"], one["code"]) for one in told["errors"]] == [("/aux_lines/0/related_item_code", "aux_item_unknown")]
