"""The page of one bill in a real browser: reversed in part by a clerk, the rest decided by another; printed and reprinted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.manage import standing

if TYPE_CHECKING:
    from tests.offices import Installed


@pytest.fixture(scope="module")
def office(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installed, dict[str, Any]]]:
    """A bill of two lines, and two people with their sessions."""
    from piaoju.identity.types import Appointment, Role
    from piaoju.journeys import premises
    from piaoju.journeys.issue import Issued
    from tests import offices
    from tests.journeys.test_after_issue import hold_paper
    from tests.manage import world

    with offices.found(module_database, tmp_path_factory.mktemp("office")) as installed:
        premises.open_writer(installed.url, threads=1)
        hold_paper(installed, 10)
        lines = [offices.line("12000.00", "3"), offices.line("0.50")]
        list_of = [{"name": f"药品 {n}", "amount": "1.00", "related_item_code": lines[0]["item_code"]} for n in range(40)]
        (outcome,) = installed.issue(offices.body("PAGE", lines=lines, remark="住院押金", aux_lines=list_of))
        assert isinstance(outcome, Issued)
        bill = msgspec.json.decode(outcome.answer)
        sessions = {
            name: world.signed_in(installed, world.enrol(installed, name, Appointment(role, "", offices.HOSPITAL)))
            for name, role in (("clerk", Role.HANDLER), ("checker", Role.CHECKER))
        }
        bill["tokens"] = {name: session.cookies["piaoju_session"].value for name, session in sessions.items()}
        yield installed, bill
        premises.close_writer()


@pytest.fixture(scope="module")
def site(office: tuple[Installed, dict[str, Any]]) -> Iterator[str]:
    with standing.served() as address:
        yield address


def page_of(browser: Browser, site: str, bill: dict[str, Any], who: str, width: int, complaints: list[str]) -> Page:
    page = standing.open_page(browser, site, width, complaints=complaints)
    page.context.add_cookies([{"name": "piaoju_session", "value": bill["tokens"][who], "url": site}])
    return page


def test_a_bill_is_reversed_in_part_by_one_and_the_rest_is_decided_by_another(
    browser: Browser, site: str, office: tuple[Installed, dict[str, Any]]
) -> None:
    _, bill = office
    here, complaints = f"/manage/bills/{bill['code']}/{bill['number']}/", list[str]()
    clerk = page_of(browser, site, bill, "clerk", 1440, complaints)
    clerk.goto(here)
    expect(clerk.get_by_text("12,000.50").first).to_be_visible()
    clerk.get_by_role("link", name="冲红…").click()
    expect(clerk.get_by_text("不可撤销")).to_be_visible()
    clerk.get_by_label("冲红原因").select_option("退费")
    clerk.get_by_label("第 1 行", exact=False).check()
    clerk.get_by_label("第 2 行", exact=False).check()
    expect(clerk.get_by_text("已选 2 行，合计 12,000.50 元")).to_be_visible()
    clerk.get_by_label("第 1 行", exact=False).uncheck()
    expect(clerk.get_by_text("已选 1 行，合计 0.50 元")).to_be_visible()
    clerk.get_by_role("button", name="冲红").dblclick()
    expect(clerk.get_by_text("这是红票")).to_be_visible()
    expect(clerk.get_by_text("−0.50").first).to_be_visible()
    clerk.goto(here)
    expect(clerk.locator("h1 + .st")).to_have_text("部分冲红")
    assert clerk.get_by_role("row").filter(has_text="退费").count() == 1  # pressed twice, reversed once
    standing.picture(clerk, "bill-partly-reversed", 1440)
    clerk.get_by_role("link", name="冲红…").click()
    expect(clerk.get_by_text("由另一人审批")).to_be_visible()
    clerk.get_by_label("冲红原因").select_option("重复开具")
    clerk.get_by_role("button", name="冲红").click()
    expect(clerk.get_by_text("等另一人审批").first).to_be_visible()
    application = clerk.url
    checker = page_of(browser, site, bill, "checker", 390, complaints)
    checker.goto(application)
    checker.get_by_label("审批意见").select_option("approve")
    checker.get_by_role("button", name="提交审批意见").click()
    expect(checker.get_by_text("已批准，红票").first).to_be_visible()
    checker.goto(here)
    expect(checker.locator("h1 + .st")).to_have_text("已冲红")
    assert checker.evaluate("document.documentElement.scrollWidth") <= 390
    standing.picture(checker, "bill-reversed", 390)
    assert complaints == []


def test_each_print_opens_as_a_document_and_is_counted(
    browser: Browser, site: str, office: tuple[Installed, dict[str, Any]]
) -> None:
    _, bill = office
    page = page_of(browser, site, bill, "checker", 1440, [])
    page.goto(f"/manage/bills/{bill['code']}/{bill['number']}/")
    for word in ("打印", "补打"):
        with page.context.expect_page() as opened:
            page.get_by_role("button", name=word, exact=True).click()
        opened.value.close()
        page.reload()
    expect(page.get_by_text("共 2 次")).to_be_visible()


def test_a_long_list_is_folded_and_every_way_to_print_is_a_press_away(
    browser: Browser, site: str, office: tuple[Installed, dict[str, Any]]
) -> None:
    _, bill = office
    page = page_of(browser, site, bill, "clerk", 390, [])
    page.goto(f"/manage/bills/{bill['code']}/{bill['number']}/")
    expect(page.get_by_role("heading", name="后续事项")).to_be_visible()
    expect(page.get_by_text("药品 39")).to_be_hidden()
    page.get_by_text("40 项").click()
    expect(page.get_by_text("药品 39")).to_be_visible()
    page.get_by_role("button", name="预览、其他打印方式").click()
    with page.expect_response(lambda answer: "preview.png" in answer.url and "thermal58" in answer.url) as drawn:
        page.get_by_label("打印方式").select_option("thermal58")
    drawn.value.finished()
    roll, picture = (page.locator(place) for place in (".roll", ".roll img"))
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("one => one.clientHeight / one.clientWidth") > 3  # as wide as it can be read, and scrolled
    assert roll.evaluate("one => one.clientHeight") < 700 < roll.evaluate("one => one.scrollHeight")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    standing.picture(page, "bill-thermal", 390)
