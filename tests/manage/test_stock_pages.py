"""The pages of stock over HTTP: each step is visible on the next person's page; foreign is the same answer as missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from piaoju.stock import queries
from tests import offices
from tests.journeys.stock_office import CLINIC, COLLEGE, DEPARTMENTS, UNITS, allotted, code, differences, segments
from tests.manage import people_site
from tests.offices import Installed

As = Callable[[str], Client]
BASE = "/manage/stock"


@pytest.fixture(scope="module")
def levels(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with offices.found(module_database, tmp_path_factory.mktemp("office"), units=UNITS, departments=DEPARTMENTS) as made:
        made.run(
            "INSERT INTO stock_requisitionlimit (unit_id, medium, bill_type_code, requisition_limit_sheets, valid_from, set_by)"
            " SELECT id, 'electronic', t, 9000000, '2020-01-01', 'test' FROM registry_unit, unnest(%s::text[]) t",
            ["0601", "0602", "0206", "0401"],
        )
        yield made


@pytest.fixture(scope="module")
def as_(levels: Installed) -> Iterator[As]:
    with people_site.opened(levels) as client:
        yield client


def text(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def send(client: Client, address: str, **values: object) -> str:
    """The address that the form leads to when what was sent is right."""
    response = client.post(address, values)
    assert response.status_code == 303, re.sub(r"<[^>]+>|\s+", " ", response.content.decode())[:3000]
    return str(response["Location"])


def test_asked_for_reviewed_and_allotted_each_on_the_page_of_the_next(as_: As, levels: Installed) -> None:
    asking = text(as_("clinic"), f"{BASE}/requisitions/new")
    assert "还可申领" in asking and "北川羌族自治县演示人民医院" in asking
    here = send(as_("clinic"), f"{BASE}/requisitions/new", holder=CLINIC, bill_type_code="0601", sheets="1,200", reason="门诊")
    number = here.rsplit("/", 1)[1]
    assert "待审核" in text(as_("clinic"), here) and "撤回" in text(as_("clinic"), here)
    assert f">{number}</a>" in text(as_("county"), f"{BASE}/requisitions?state=submitted")
    assert "审核" in text(as_("county"), here)
    send(as_("county"), f"{here}/review", decision="approve", sheets="1000", remark="先发一千")
    assert "待发放" in text(as_("clinic"), here)
    assert "将发放 1,000 份" in text(as_("county-two"), f"{here}/allot")
    send(as_("county-two"), f"{here}/allot")
    seen = text(as_("clinic"), here)
    assert "已发放" in seen and "发放的号码" in seen
    (moved,) = queries.movements_from(f"requisition:{number}")
    assert f"{moved.first_number:010d}–{moved.last_number:010d}" in text(as_("clinic"), f"{BASE}/segments")
    assert differences() == []


def test_whoever_asked_cannot_decide_on_any_page(as_: As, levels: Installed) -> None:
    here = send(
        as_("county"), f"{BASE}/requisitions/from-above", holder="510726", bill_type_code="0602", sheets="5",
    )  # fmt: skip
    number = int(here.rsplit("/", 1)[1])
    person = people_site.actor(levels, "city").person_id
    levels.run("UPDATE stock_requisition SET requested_person_id = %s WHERE id = %s", person, number)
    response = as_("city").post(f"{here}/review", {"decision": "approve", "sheets": "5"})
    assert response.status_code == 403 and "same_person" in response.content.decode()
    assert queries.requisition(number).state == "submitted"
    send(as_("county"), f"{here}/withdraw")


def test_a_wrong_number_of_sheets_is_said_and_what_was_typed_stays(as_: As) -> None:
    response = as_("clinic").post(
        f"{BASE}/requisitions/new", {"holder": CLINIC, "bill_type_code": "0601", "sheets": "99000000", "reason": "很多"}
    )
    page = response.content.decode()
    assert response.status_code == 422 and "requisition_over_limit" in page and 'value="99000000"' in page and "很多" in page


def test_several_are_allotted_at_once_and_one_that_fails_stops_no_other(as_: As) -> None:
    numbers = []
    for kind in ("0601", "0602"):
        here = send(as_("clinic"), f"{BASE}/requisitions/new", holder=CLINIC, bill_type_code=kind, sheets="10")
        numbers.append(here.rsplit("/", 1)[1])
    send(as_("county"), f"{BASE}/requisitions/{numbers[0]}/review", decision="approve", sheets="10")
    question = as_("county").post(f"{BASE}/requisitions/allot", {"chosen": numbers}).content.decode()
    assert "将要发放" in question and queries.requisition(int(numbers[0])).state == "approved"
    answer = as_("county").post(f"{BASE}/requisitions/allot", {"chosen": numbers, "go": "1"}).content.decode()
    assert "已发放 " in answer and "requisition_step_over" in answer
    assert queries.requisition(int(numbers[0])).state == "allotted"
    send(as_("clinic"), f"{BASE}/requisitions/{numbers[1]}/withdraw")


def test_numbers_are_given_back_lost_and_void_by_two_persons(as_: As, levels: Installed) -> None:
    (part,) = allotted(levels, 50, "0602")
    (segment,) = [row for row in segments(levels, CLINIC, "0602") if row.first_number == part.first]
    here = f"{BASE}/segments/{segment.id}"
    assert all(word in text(as_("clinic"), here) for word in ("退回", "报告遗失", "申请作废", "下一号码"))
    send(as_("clinic"), f"{here}/return", first=part.last - 9, last=part.last, reason="多余")
    lost = send(as_("clinic"), f"{here}/loss", first=part.last - 19, last=part.last - 10, reason="终端丢失")
    assert "填写公告" in text(as_("clinic"), lost) and "审批" in text(as_("county"), lost)
    response = as_("county").post(f"{lost}/decide", {"decision": "approve"})
    assert response.status_code == 422 and "notice_missing" in response.content.decode()
    send(as_("clinic"), f"{lost}/notice", medium="北川日报", on="2026-11-01")
    send(as_("county"), f"{lost}/decide", decision="approve")
    void = send(as_("clinic"), f"{here}/void", first=part.last - 24, last=part.last - 20, reason="版式停用")
    send(as_("county"), f"{void}/decide", decision="refuse", remark="不同意")
    life = text(as_("clinic"), f"{BASE}/numbers?code={code(levels, '0602')}&number={part.last - 15}")
    assert [word in life for word in ("赋码", "分发", "发放", "报失", "作废", "已作废")] == [True] * 6
    assert differences() == []


def test_a_number_that_carries_a_bill_says_so(as_: As, levels: Installed) -> None:
    from tests.journeys.asking import issued
    from tests.journeys.stock_office import item
    from tests.offices import body, line

    (outcome,) = levels.issue(body("PAGE-1", lines=[line("1.00", item_code=item(COLLEGE, "0401"))]), unit_code=COLLEGE)
    number = issued(outcome)["number"]
    life = text(as_("college"), f"{BASE}/numbers?code={code(levels, '0401')}&number={number}")
    assert "已开具" in life and "绵阳演示职业技术学院" in life
    for odd in ("9" * 5_000, "²", "-1", "x"):
        unknown = as_("college").get(f"{BASE}/numbers", {"code": code(levels, "0401"), "number": odd})
        assert unknown.status_code == 404 and "number_unknown" in unknown.content.decode()


def test_the_province_opens_numbers_and_gives_them_down(as_: As, levels: Installed) -> None:
    opened = {"bill_type_code": "0101", "sheets": "500", "year": "1", "medium": "electronic"}
    send(as_("province"), f"{BASE}/opening", **opened)
    given = {"way": "510000:510700", "bill_type_code": "0101", "sheets": "100", "year": "1", "medium": "electronic"}
    send(as_("province"), f"{BASE}/distribution", **given)
    page = text(as_("city"), f"{BASE}/segments?state=held&bill_type_code=0101")
    assert "绵阳市财政局" in page and "100" in page
    assert "四川省财政厅" not in page.split("<main")[1]
    response = as_("county").post(f"{BASE}/opening", opened)
    assert response.status_code == 422 and "not_the_supplier" in response.content.decode()
    assert differences() == []


def test_limits_and_top_ups_are_set_by_the_unit_s_own_department(as_: As) -> None:
    given = {"unit_code": CLINIC, "bill_type_code": "0601", "medium": "electronic", "sheets": "5000000"}
    send(as_("county"), f"{BASE}/limits", **given)
    send(as_("county"), f"{BASE}/top-ups", unit_code=CLINIC, bill_type_code="0601", threshold="100", top_up="200")
    send(as_("county"), f"{BASE}/top-ups", unit_code=CLINIC, bill_type_code="0601")
    less = {"unit_code": CLINIC, "bill_type_code": "0601", "threshold": "9", "top_up": "8"}
    wrong = as_("county").post(f"{BASE}/top-ups", less)
    assert wrong.status_code == 422 and "top_up_invalid" in wrong.content.decode()
    foreign = as_("county").post(f"{BASE}/limits", given | {"unit_code": COLLEGE})
    missing = as_("county").post(f"{BASE}/limits", given | {"unit_code": "12510726MD2999999X"})
    assert (foreign.status_code, missing.status_code) == (404, 404)


PAGES = (
    "segments", "segments/{segment}", "segments/{segment}/return", "segments/{segment}/loss", "segments/{segment}/void",
    "segments/{segment}/destruction", "requisitions", "requisitions/new", "requisitions/from-above",
    "requisitions/{requisition}", "requisitions/{requisition}/review", "requisitions/{requisition}/allot",
    "requisitions/{requisition}/withdraw", "movements", "numbers", "disposals", "opening", "distribution", "limits", "top-ups",
)  # fmt: skip


@pytest.fixture(scope="module")
def things(levels: Installed, as_: As) -> dict[str, str]:
    """A segment and a requisition of the county's unit."""
    send(as_("clinic"), f"{BASE}/requisitions/new", holder=CLINIC, bill_type_code="0602", sheets="3")
    return {
        "segment": str(segments(levels, CLINIC, "0602")[0].id),
        "requisition": str(levels.count("SELECT max(id) FROM stock_requisition")),
    }


@pytest.mark.parametrize("page", [page for page in PAGES if "{" in page])
def test_a_foreign_thing_and_a_missing_one_look_the_same(as_: As, things: dict[str, str], page: str) -> None:
    def plain(who: str, address: str) -> tuple[int, str]:
        response = as_(who).get(f"{BASE}/{address}")
        body = response.content.decode().split('role="alert"')[-1]
        return response.status_code, re.sub(r"<code>[0-9a-f]{16}</code>", "", body).replace(address, "")

    missing = {"segment": "999999", "requisition": "999999"}
    assert plain("college", page.format(**things)) == plain("college", page.format(**missing))
    assert plain("college", page.format(**things))[0] in (403, 404)
    assert as_("clinic").get(f"{BASE}/{page.format(**things)}").status_code in (200, 403)


@pytest.mark.parametrize("page", PAGES)
def test_nobody_signed_in_is_led_to_the_sign_in_and_a_maintainer_sees_nothing(as_: As, things: dict[str, str], page: str) -> None:
    address = f"{BASE}/{page.format(**things)}"
    assert as_("").get(address).status_code == 303
    assert as_("maintainer").get(address).status_code == 403


def test_a_list_shows_a_person_only_what_is_in_sight(as_: As, levels: Installed) -> None:
    for who, seen, unseen in (
        ("college", "绵阳演示职业技术学院", "北川羌族自治县演示人民医院"),
        ("county", "北川羌族自治县演示人民医院", "绵阳演示职业技术学院"),
        ("handler", "北川羌族自治县演示人民医院", "绵阳演示职业技术学院"),
    ):
        page = text(as_(who), f"{BASE}/segments?size=200").split("<main")[1]
        assert seen in page and unseen not in page, who
    whole = text(as_("auditor"), f"{BASE}/segments?size=200")
    assert "北川羌族自治县演示人民医院" in whole and "绵阳演示职业技术学院" in whole
    city = text(as_("city"), f"{BASE}/segments?size=200").split("<main")[1]
    assert "北川羌族自治县演示人民医院" in city and "四川省财政厅" not in city
