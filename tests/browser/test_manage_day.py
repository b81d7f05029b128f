"""One day of the back office, by its people, signed in as they sign in: every step is seen on the next one's page.

The province enables a bill type, by two persons. A county registers its units from a file, gives one of them a keeper and brings
it online step by step; the keeper appoints a handler and a checker and asks for numbers; one officer reviews, another allots;
the handler types the first bill at the window, the checker approves it, and it is issued; the audit administrator reads it all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.manage import standing

if TYPE_CHECKING:
    from tests.offices import Installed

PEOPLE = {
    "sheng.jia": ("supervisor", "510000"),
    "sheng.yi": ("supervisor", "510000"),
    "shi.jia": ("supervisor", "510700"),
    "xian.jia": ("supervisor", "510726"),
    "xian.yi": ("supervisor", "510726"),
    "shenji": ("audit_administrator", ""),
}
NEW_PASSWORD = "a-New-passphrase-1"


@pytest.fixture(scope="module")
def installed(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    from piaoju.identity import actions as identity
    from piaoju.identity.types import Appointment, Role
    from tests import offices
    from tests.journeys.signing_in import PASSWORD, SECRET

    with offices.found(
        module_database, tmp_path_factory.mktemp("office"), departments=("510000", "510700", "510726")
    ) as office:
        at = office.office.clock()
        for username, (role, region) in PEOPLE.items():
            person = identity.enrol_person(
                name=username, id_number=username, phone="", key=office.office.data_key, index_key=office.office.index_key,
                nonces=(os.urandom(12), os.urandom(12)), at=at,
            )  # fmt: skip
            operator = identity.enrol_operator(
                username=username, password=PASSWORD, person_id=person, totp_secret=SECRET, key=office.office.data_key,
                nonce=os.urandom(12), at=at, by="test",
            )  # fmt: skip
            identity.appoint_by_installation(operator, Appointment(Role(role), region), at=at, by="test")
        yield office


@pytest.fixture(scope="module")
def site(installed: Installed) -> Iterator[str]:
    from piaoju.journeys import premises

    premises.open_writer(installed.url, threads=1)
    with standing.served() as address:
        yield address
    premises.close_writer()


def enter(browser: Browser, site: str, username: str, width: int = 1440) -> Page:
    """Sign in by password and code."""
    from tests.journeys.signing_in import PASSWORD, SECRET

    page = standing.open_page(browser, site, width)
    page.goto("/manage/")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("口令", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("动态口令或恢复码").fill(pyotp.TOTP(SECRET).now())
    page.keyboard.press("Enter")
    page.wait_for_selector("text=今天的待办")
    return page


def enter_first_time(browser: Browser, site: str, username: str, password: str, width: int = 1440) -> Page:
    """The first sign-in: the initial password is changed, an authenticator is set; only then there is work."""
    page = standing.open_page(browser, site, width)
    page.goto("/manage/")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("口令", exact=True).fill(password)
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('设置动态口令'), h1:has-text('改口令')")
    for _ in range(2):
        if "改口令" in page.locator("h1").inner_text():
            page.get_by_label("现在的口令").fill(password)
            page.get_by_label("新口令", exact=True).fill(NEW_PASSWORD)
            page.get_by_label("新口令再输一遍").fill(NEW_PASSWORD)
            press(page, "改口令")
        else:
            secret = page.locator(".secret-text").inner_text().replace(" ", "")
            page.get_by_label("验证器显示的六位数").fill(pyotp.TOTP(secret).now())
            press(page, "启用动态口令")
            page.wait_for_selector("text=恢复码")
            page.goto("/manage/")
        page.wait_for_load_state()
        if page.locator("h1", has_text="今天的待办").count():
            break
        page.goto("/manage/")
    page.goto("/manage/")
    assert page.locator("h1").inner_text() == "今天的待办"
    return page


def register_person(page: Page, serial: int, **facts: str) -> str:
    """A person registered on the page; the initial password shown."""
    from piaoju.standard import codes

    body = f"51072619900101{serial:03d}"
    number = next(body + last for last in "0123456789X" if codes.is_id_number(body + last))
    page.goto("/manage/people")
    page.get_by_role("link", name="登记操作员").click()
    page.get_by_label("真实姓名").fill(facts["name"])
    page.get_by_label("身份证号码").fill(number)
    page.get_by_label("手机号码").fill(f"1990000{serial:04d}")
    page.get_by_label("用户名").fill(facts["username"])
    page.get_by_label("角色").select_option(facts["role"])
    page.get_by_label("任职地").fill(facts["place"])
    press(page, "登记操作员")
    return page.locator(".big").inner_text()


def press(page: Page, name: str | re.Pattern[str]) -> None:
    """Press a button that leads to another page, and be there."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def distribute(page: Page, sheets: int) -> None:
    """Numbers of 0401 go down one level, to the first department below."""
    page.goto("/manage/stock/distribution")
    page.get_by_label("下级财政部门").select_option(index=1)
    page.get_by_label("票据种类").select_option("0401")
    page.get_by_label("份数").fill(str(sheets))
    press(page, "分发")
    assert "已分发" in page.locator("main").inner_text()


def finish_step(page: Page, unit: str) -> None:
    page.goto(f"/manage/units/{unit}/onboarding")
    page.get_by_role("link", name="办完这一步").click()
    press(page, "确认办完")


def type_at_the_window(page: Page) -> None:
    """A bill of one item for a second person to approve, by keyboard."""
    page.get_by_role("navigation", name="主菜单").get_by_role("link", name="开票窗口").click()
    page.select_option("#w-type", "0401")
    expect(page.locator("#items-known")).to_have_text("可收项目 1 个")
    page.focus("#w-name")
    page.keyboard.type("杨小姐")
    page.keyboard.press("F4")
    page.keyboard.type("700300001")
    page.keyboard.press("Enter")
    page.keyboard.type("10")
    expect(page.locator("#issue-word")).to_have_text("提交复核并开下一张")
    page.keyboard.press("F8")
    expect(page.locator("#window-told")).to_contain_text("已提交复核")


def test_from_a_new_bill_type_to_the_first_bill_of_a_new_unit(browser: Browser, site: str) -> None:
    from tests.journeys import registry_office as county_file

    unit = county_file.uscc(1)

    first = enter(browser, site, "sheng.jia")
    first.get_by_role("link", name="票据种类").click()
    first.get_by_role("link", name="申请启用或停用").click()
    first.get_by_label("种类代码").fill("0901")
    first.get_by_label("票据名称").fill("工会经费收入专用收据（电子）")
    first.get_by_label("依据文件").fill("川演示〔2026〕9号")
    press(first, "提出申请")
    second = enter(browser, site, "sheng.yi")
    second.locator(".duty", has_text="审批票种申请").get_by_role("link", name="去审批").click()
    second.get_by_role("link", name="工会经费收入专用收据").click()
    second.get_by_label("决定").select_option("approve")
    press(second, "办结")
    first.goto("/manage/bill-types?code=0901")
    assert "川演示〔2026〕9号" in first.locator("tbody").inner_text()

    county = enter(browser, site, "xian.jia")
    county.goto("/manage/imports/new")
    content = county_file.workbook([county_file.row(1), county_file.row(2)])
    county.get_by_label("单位表格").set_input_files(
        files=[{"name": "北川.xlsx", "mimeType": "application/octet-stream", "buffer": content}]
    )
    press(county, "上传并检查")
    press(county, "登记 2 家")
    password = register_person(county, 1, name="冯小霞", username="feng.xx", role="unit_keeper", place=unit)
    county.goto(f"/manage/units/{unit}/licenses")
    county.get_by_label("证照种类").select_option("legal_person")
    county.get_by_label("证照编号").fill("事证 1")
    press(county, "登记证照")
    finish_step(county, unit)
    county.get_by_role("link", name="签发演示证书").click()
    press(county, "签发演示证书与单位印章")
    standing.picture(county, "day-onboarding", 1440)

    keeper = enter_first_time(browser, site, "feng.xx", password, 390)
    finish_step(keeper, unit)
    assert keeper.locator("[aria-current=step]").inner_text().split()[1] == "号段"
    standing.picture(keeper, "day-keeper", 390)
    handler_password = register_person(keeper, 2, name="钱小文", username="qian.xw", role="handler", place=unit)
    checker_password = register_person(keeper, 3, name="孙复核", username="sun.fh", role="checker", place=unit)
    keeper.goto("/manage/review-rule")
    keeper.get_by_label("复核", exact=False).first.select_option("from")
    keeper.get_by_label("起始金额").fill("0")
    press(keeper, "设置")
    keeper.goto("/manage/stock/requisitions/new")
    keeper.get_by_label("票据种类").select_option("0401")
    keeper.get_by_label("申领份数").fill("100")
    press(keeper, "申领")
    number = keeper.url.rsplit("/", 1)[1]

    distribute(first, 1_000)
    distribute(enter(browser, site, "shi.jia"), 500)
    county.goto("/manage/")
    county.locator(".duty", has_text="审核、发放申领").get_by_role("link", name="去办理").click()
    county.get_by_role("link", name=number, exact=True).click()
    county.get_by_role("link", name="审核", exact=True).click()
    county.get_by_label("审核意见").select_option("approve")
    press(county, "提交审核意见")
    other = enter(browser, site, "xian.yi")
    other.goto(f"/manage/stock/requisitions/{number}")
    other.get_by_role("link", name="发放", exact=True).click()
    press(other, re.compile("^发放"))
    assert "已发放" in other.locator("main").inner_text(), other.locator("main").inner_text()
    keeper.goto("/manage/stock/segments")
    assert "100" in keeper.locator("tbody").inner_text()
    finish_step(keeper, unit)
    assert keeper.locator("[aria-current=step]").inner_text().split()[1] == "试开"

    handler = enter_first_time(browser, site, "qian.xw", handler_password)
    assert handler.get_by_role("navigation", name="主菜单").get_by_text("号段").count() == 1
    assert handler.get_by_role("navigation", name="主菜单").get_by_text("操作员").count() == 0
    type_at_the_window(handler)
    standing.picture(handler, "day-window", 1440)
    checker = enter_first_time(browser, site, "sun.fh", checker_password)
    checker.locator(".duty", has_text="复核票据").get_by_role("link", name="去复核").click()
    checker.get_by_role("row", name="杨＊姐").get_by_role("link").first.click()
    expect(checker.locator(".sum")).to_contain_text("壹拾元整")
    press(checker, "提交复核意见")
    told = checker.locator(".told").inner_text()
    assert "已开具" in told
    keeper.goto("/manage/bills")
    expect(keeper.locator("tbody")).to_contain_text("杨＊姐")
    standing.picture(keeper, "day-bills", 390)
    finish_step(handler, unit)
    finish_step(county, unit)
    county.goto(f"/manage/units/{unit}")
    assert "可以开具" in county.locator("main").inner_text()
    standing.picture(county, "day-online", 1440)

    auditor = enter(browser, site, "shenji")
    auditor.goto("/manage/audit?per=200")
    told = auditor.locator("tbody").inner_text()
    for words in ("申请启用票种", "审批票种申请", "批量登记单位", "登记操作员", "申领号码", "审核申领", "发放号码", "复核开票"):
        assert words in told, words
    standing.picture(auditor, "day-audit", 1440)
    assert county.goto("/manage/audit").status == 403
