"""Stock played through in a real browser: asked for, reviewed, allotted, given back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.manage import standing
from tests.manage.standing import page_of

BASE = "/manage/stock"
# States of pages that the pass over all pages (test_manage_pages.py) does not meet; {…} are things that the play made.
STATES = {
    "requisitions-unit": ("clinic", f"{BASE}/requisitions"),
    "number": ("clinic", f"{BASE}/numbers?code={{code}}&number={{number}}"),
    "number-missing": ("clinic", f"{BASE}/numbers?code={{code}}&number=9999999999"),
    "disposal": ("county", f"{BASE}/disposals/{{disposal}}"),
    "help": ("county", "/manage/help/requisitions"),
}


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return {}


@pytest.fixture(scope="module")
def site(module_database: str, tmp_path_factory: pytest.TempPathFactory, made: dict[str, str]) -> Iterator[str]:
    from tests import offices
    from tests.journeys.stock_office import CLINIC, DEPARTMENTS, UNITS, People, allotted, asked, code, segments
    from tests.manage import people_site

    with offices.found(module_database, tmp_path_factory.mktemp("office"), units=UNITS, departments=DEPARTMENTS) as office:
        office.run(
            "INSERT INTO stock_requisitionlimit (unit_id, medium, bill_type_code, requisition_limit_sheets, valid_from, set_by)"
            " SELECT id, 'electronic', t, 9000000, '2020-01-01', 'test' FROM registry_unit, unnest(%s::text[]) t",
            ["0601", "0602"],
        )
        from piaoju.journeys import report_loss, requisition

        (part,) = allotted(office, 200, "0602")
        (segment,) = [row for row in segments(office, CLINIC, "0602") if row.first_number == part.first]
        keeper = People(office).keeper()
        lost = report_loss.report_loss(office.office, keeper, segment.id, part.last - 9, part.last, "终端遗失")
        requisition.submit_for_unit(office.office, keeper, CLINIC, asked(50, "0602", reason="住院部"))
        made.update(disposal=str(lost), code=code(office, "0602"), number=f"{part.first:010d}")
        with standing.served(**people_site.settings(office)) as address:
            yield address


@pytest.mark.parametrize("name", sorted(STATES))
def test_each_state_fits_and_axe_is_content(browser: Browser, site: str, made: dict[str, str], name: str) -> None:
    who, path = STATES[name]
    page = page_of(browser, site, who)
    page.goto(path.format(**made))
    standing.look_at(page, f"stock-{name}")
    page.context.close()


def test_a_unit_asks_an_officer_reviews_another_allots_and_the_unit_gives_some_back(browser: Browser, site: str) -> None:
    unit = page_of(browser, site, "clinic")
    unit.goto(f"{BASE}/requisitions")
    unit.get_by_role("link", name="申领号码").click()
    unit.get_by_label("票据种类").select_option("0601")
    unit.get_by_label("申领份数").fill("300")
    unit.get_by_label("用途说明").fill("门诊窗口")
    unit.get_by_role("button", name="申领").click()
    assert unit.get_by_role("status").filter(has_text="等财政部门审核").count() == 1
    number = unit.url.rsplit("/", 1)[1]

    county = page_of(browser, site, "county")
    county.goto("/manage/")
    county.locator(".duty", has_text="审核、发放申领").get_by_role("link", name="去办理").click()
    county.get_by_role("link", name=number, exact=True).click()
    county.get_by_role("link", name="审核", exact=True).click()
    county.get_by_label("审核意见").select_option("approve")
    county.get_by_label("核准份数").fill("250")
    county.get_by_role("button", name="提交审核意见").click()
    assert "待发放" in county.locator("main").inner_text()

    other = page_of(browser, site, "county-two")
    other.goto(f"{BASE}/requisitions?state=approved")
    other.locator(f"input[name=chosen][value='{number}']").check()
    other.get_by_role("button", name="发放…").click()
    other.get_by_role("button", name="发放 1 份申领、250 份").click()
    assert "已发放 0" in other.locator("main").inner_text()

    unit.goto(f"{BASE}/requisitions/{number}")
    assert "发放的号码" in unit.locator("main").inner_text()
    unit.goto(f"{BASE}/segments?left_sheets=250")
    unit.locator("tbody").get_by_role("link").first.click()
    unit.get_by_role("link", name="退回").click()
    first = int(unit.get_by_label("起始号").input_value())
    unit.get_by_label("起始号").fill(str(first + 200))
    unit.get_by_label("原因").fill("用不完")
    unit.get_by_role("button", name="退回").click()
    assert unit.get_by_role("status").filter(has_text="已退回 50 份").count() == 1
    for page in (unit, county, other):
        page.context.close()


def test_the_life_of_a_number_is_read_without_script(browser: Browser, site: str, made: dict[str, str]) -> None:
    page = page_of(browser, site, "clinic", 390, scripts=False)
    page.goto(f"{BASE}/numbers")
    page.get_by_label("票据代码").fill(made["code"])
    page.get_by_label("票据号码").fill(made["number"])
    page.get_by_role("button", name="查这个号码").click()
    said = page.locator("main").inner_text()
    assert [word in said for word in ("赋码", "分发", "发放", "北川羌族自治县演示人民医院")] == [True] * 4
    page.context.close()
