"""The list and the form in a real browser: at two sizes, by keyboard alone, without script, and before axe."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.manage import standing

LIST = "/manage/sample/bills"
PATHS = {
    "home": "/manage/",
    "list": LIST,
    "list-chips": f"{LIST}?payer=%E5%BC%A0&total_fen=300&total_fen_cmp=ge&issued_on=2026-11-03&issued_on_to=2026-11-09",
    "list-empty": f"{LIST}?payer=nobody&bill_type=0401",
    "list-faults": f"{LIST}?total_fen=abc",
    "form": "/manage/sample/unit",
    "refused": "/manage/forbidden",
    "help": "/manage/help",
    "help-lists": "/manage/help/lists",
}


@pytest.fixture(scope="module")
def site(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from django.conf import settings

    from tests import offices
    from tests.manage import samples

    ours = [name for name in settings.MIDDLEWARE if not name.startswith("piaoju.")]
    with offices.found(module_database, tmp_path_factory.mktemp("office")):
        samples.fill(module_database, 1_284)
        middleware = [*ours, "tests.manage.sample_site.SignedIn"]
        with standing.served(ROOT_URLCONF="tests.manage.sample_site", MIDDLEWARE=middleware) as address:
            yield address


@pytest.mark.parametrize("width", sorted(standing.SIZES))
@pytest.mark.parametrize("name", sorted(PATHS))
def test_each_page_fits_breaks_no_policy_and_axe_finds_nothing_serious(
    browser: Browser, site: str, name: str, width: int
) -> None:
    complaints: list[str] = []
    page = standing.open_page(browser, site, width, complaints=complaints)
    page.goto(PATHS[name])
    page.wait_for_timeout(50)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h1").count() == 1
    assert complaints == []
    standing.picture(page, f"component-{name}", width)
    assert standing.found_by_axe(page) == []
    if width == 390:
        assert standing.small_targets(page) == []
    page.context.close()


def test_axe_would_see_a_fault(browser: Browser, site: str) -> None:
    page = standing.open_page(browser, site, 1440)
    page.goto(LIST)
    page.evaluate("document.querySelector('.main').insertAdjacentHTML('beforeend', '<button></button><img src=x>')")
    assert {fault.split(":")[0] for fault in standing.found_by_axe(page)} >= {"button-name", "image-alt"}
    page.context.close()


def test_the_selection_bar_counts_sheets_and_amount_and_lets_go(browser: Browser, site: str) -> None:
    page = standing.open_page(browser, site, 1440)
    page.goto(LIST)
    ticks = page.locator("input[name=chosen]")
    for place in (1, 2, 6):  # 1283, 1282 and the red 1278
        ticks.nth(place).check()
    assert page.locator(".chosen [data-number]").inner_text() == "3"
    assert page.locator(".chosen [data-sum]").inner_text() == "1,299.87"  # (1283 + 1282 - 1278) * 1.01
    page.get_by_label("选择本页").check()
    assert page.locator(".chosen [data-number]").inner_text() == "20"
    page.get_by_role("button", name="不选了").click()
    page.wait_for_timeout(50)
    assert page.locator(".chosen [data-number]").inner_text() == "0"
    ticks.nth(0).check()
    page.get_by_role("button", name="申请冲红…").click()
    assert page.locator("dd").inner_text() == "51060226-1284"
    page.context.close()


def test_asking_and_turning_pages_keeps_the_frame_and_writes_the_address(browser: Browser, site: str) -> None:
    page = standing.open_page(browser, site, 1440)
    page.goto(LIST)
    page.evaluate("document.querySelector('header.bar').dataset.kept = '1'")
    page.fill("#f-payer", "张")
    page.get_by_role("button", name="查询", exact=True).press("Enter")
    page.wait_for_selector(".chip")
    assert "payer=%E5%BC%A0" in page.url
    page.get_by_role("link", name="下一页").click()
    page.wait_for_selector("text=第 21–40 条")
    assert "cursor=" in page.url and "payer=" in page.url
    page.get_by_role("link", name="票面金额（元）").click()
    page.wait_for_selector("th[aria-sort=ascending]")
    assert "第 1–20 条" in page.locator(".pager").inner_text() and "sort=total_fen" in page.url
    page.get_by_label("去掉条件：交款人").click()
    page.wait_for_selector(".chip", state="detached")
    assert page.evaluate("document.querySelector('header.bar').dataset.kept") == "1"
    assert page.locator(":focus").evaluate("e => e.tagName") != "BODY"
    page.go_back()
    page.wait_for_selector(".chip")
    page.context.close()


def test_without_script_the_list_is_asked_turned_and_chosen_from(browser: Browser, site: str) -> None:
    page = standing.open_page(browser, site, 390, scripts=False)
    page.goto(LIST)
    page.get_by_role("link", name="查询条件").click()
    page.fill("#f-payer", "张")
    page.get_by_role("button", name="查询", exact=True).click()
    expect(page.locator(".chip")).to_have_count(1)
    page.get_by_role("link", name="下一页").click()
    expect(page.locator(".pager")).to_contain_text("第 21–40 条")
    assert not page.get_by_text("已选").is_visible()
    page.locator("input[name=chosen]").first.check()
    page.get_by_role("button", name="推送").click()
    assert page.url.endswith("/manage/push")
    page.goto(LIST)
    page.get_by_role("link", name="菜单", exact=True).click()
    assert page.get_by_role("navigation", name="主菜单").is_visible()
    page.get_by_role("link", name="收起菜单").click()
    assert not page.get_by_role("navigation", name="主菜单").is_visible()
    page.context.close()


def test_the_keyboard_alone_fills_in_the_form_and_the_problem_takes_the_focus(browser: Browser, site: str) -> None:
    page = standing.open_page(browser, site, 1440)
    page.goto("/manage/sample/unit")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "跳到正文"
    page.keyboard.press("Enter")
    for _ in range(12):
        if page.evaluate("document.activeElement.id") != "i-code":
            page.keyboard.press("Tab")
    for typed in ("RULE", "第一小学"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert page.locator(":focus").evaluate("e => getComputedStyle(e).outlineWidth") == "3px"
    page.keyboard.type("2026-11-03")
    page.keyboard.press("Enter")
    page.wait_for_selector(".problem")
    page.wait_for_function("document.activeElement.className === 'problem'")
    assert "没有依据文件" in page.locator(".problem").inner_text()
    assert page.input_value("#i-name") == "第一小学"
    page.context.close()


def test_what_is_typed_is_kept_while_typing_and_there_after_coming_back(browser: Browser, site: str) -> None:
    page = standing.open_page(browser, site, 1440)
    page.goto("/manage/sample/unit")
    if page.get_by_role("button", name="丢弃草稿").count():
        page.get_by_role("button", name="丢弃草稿").click()
    page.fill("#i-name", "写了一半")
    page.locator("#i-opened").focus()
    page.wait_for_selector("#draft:has-text('草稿已存')")
    page.goto("/manage/")
    page.get_by_role("link", name="继续填写").click()
    assert page.input_value("#i-name") == "写了一半"
    page.get_by_role("button", name="丢弃草稿").click()
    assert page.input_value("#i-name") == ""
    page.context.close()


def test_a_double_press_sends_a_form_once(browser: Browser, site: str) -> None:
    from tests.manage import sample_site

    page = standing.open_page(browser, site, 1440)
    page.goto("/manage/sample/unit")
    for name, typed in {"code": "1", "name": "一次", "opened": "2026-11-03"}.items():
        page.fill(f"#i-{name}", typed)
    page.select_option("#i-industry", "education")
    sample_site.SAVED.clear()
    page.evaluate("() => { const b = document.querySelector('form.form button.main-act'); b.click(); b.click(); }")
    page.wait_for_selector(".told")
    assert len(sample_site.SAVED) == 1
    page.context.close()


@pytest.mark.parametrize("name", ["list", "form"])
def test_printing_shows_what_is_asked_and_hides_what_is_pressed(browser: Browser, site: str, name: str, tmp_path: Path) -> None:
    page = standing.open_page(browser, site, 1440)
    page.goto(PATHS["list-chips" if name == "list" else name])
    page.emulate_media(media="print")
    assert not page.locator("header.bar").is_visible() and not page.locator("nav.menu").is_visible()
    if name == "list":
        assert page.locator(".chip").first.is_visible() and page.locator("tfoot tr.whole").is_visible()
        assert not page.locator(".pager").is_visible() and not page.locator(".chosen").is_visible()
    page.context.close()
