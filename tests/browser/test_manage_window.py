"""The issuing window in a real browser, by keyboard: few keys, one bill whatever happens at the save, nothing typed lost."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from piaoju.standard import money
from tests.manage import standing, window_site
from tests.manage.at_window import WINDOW, at, checker_typed, cut, told, type_bill, typed
from tests.manage.window_site import CHECKER, CLERK, KEEPER, Site


@pytest.fixture(scope="module")
def site(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with window_site.opened(module_database, tmp_path_factory.mktemp("office")) as opened:
        yield opened


def test_a_bill_of_three_items_takes_at_most_25_key_presses(browser: Browser, site: Site) -> None:
    with at(browser, site) as page:
        checker_typed(page)
        page.focus("#w-name")
        page.evaluate("window.pressed = 0; document.addEventListener('keydown', () => window.pressed++, true)")
        type_bill(page, "秦一")
        page.keyboard.press("F8")
        told(page, "已开具")
        assert page.evaluate("window.pressed") <= 25
        assert page.evaluate("document.activeElement.id") == "w-name"
    ((total, handler, checker, _),) = site.bills("秦一")
    assert (total, handler, checker) == (84_100, CLERK, CHECKER)


def test_enter_pressed_twice_at_the_sum_is_one_bill(browser: Browser, site: Site) -> None:
    with at(browser, site) as page:
        checker_typed(page)
        page.focus("#w-name")
        type_bill(page, "秦二")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "total"
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        page.keyboard.press("F8")
        told(page, "已开具")
    assert len(site.bills("秦二")) == 1


@pytest.mark.parametrize("arrives", [True, False], ids=["the answer is lost", "the question is lost"])
def test_a_network_cut_at_the_save_loses_nothing_and_makes_one_bill(browser: Browser, site: Site, arrives: bool) -> None:
    payer = "秦三" if arrives else "秦四"
    with at(browser, site) as page:
        checker_typed(page)
        page.focus("#w-name")
        type_bill(page, payer)
        before = typed(page)
        cut(page, "issue", arrives=arrives)
        page.keyboard.press("F8")
        expect(page.locator("#window-problem h2")).to_contain_text("网络断了")
        assert typed(page) == before
        assert len(site.bills(payer)) == arrives
        page.unroute(f"**{WINDOW}")
        page.keyboard.press("F8")
        told(page, "已开具")
        assert typed(page) == [CHECKER]
    assert len(site.bills(payer)) == 1


def test_what_was_changed_after_a_lost_answer_is_told_as_issued_and_not_issued_again(browser: Browser, site: Site) -> None:
    with at(browser, site) as page:
        checker_typed(page)
        page.focus("#w-name")
        type_bill(page, "秦五")
        cut(page, "issue", arrives=True)
        page.keyboard.press("F8")
        expect(page.locator("#window-problem h2")).to_contain_text("网络断了")
        page.unroute(f"**{WINDOW}")
        page.fill("#w-name", "秦五改")
        page.keyboard.press("F8")
        told(page, "上一张改动以前已经开出")
    assert (len(site.bills("秦五")), site.bills("秦五改")) == (1, [])


def test_a_session_that_ends_at_the_save_is_opened_again_over_the_page_and_the_same_cell_goes_on(
    browser: Browser, site: Site
) -> None:
    with at(browser, site) as page:
        checker_typed(page)
        page.focus("#w-name")
        type_bill(page, "秦六")
        before = typed(page)
        page.context.clear_cookies(name="piaoju_session")
        page.keyboard.press("F8")
        expect(page.locator("#signed-out")).to_be_visible()
        assert typed(page) == before
        page.context.add_cookies([site.cookie(CHECKER)])  # somebody else signs in: the page stays its author's
        page.click("#signed-in-now")
        expect(page.locator("#signed-out-words")).to_contain_text("请用原来的账号登录")
        expect(page.locator("#signed-out")).to_be_visible()
        page.context.add_cookies([site.cookie(CLERK)])
        other = page.context.new_page()
        other.goto(f"{WINDOW}/signed-in")
        expect(page.locator("#signed-out")).to_be_hidden()
        assert page.evaluate("document.activeElement.dataset.cell") == "amount"
        assert typed(page) == before
        page.keyboard.press("F8")
        told(page, "已开具")
    assert len(site.bills("秦六")) == 1


def test_what_was_sent_without_a_login_is_among_the_drafts_even_if_the_page_is_closed(browser: Browser, site: Site) -> None:
    with at(browser, site) as page:
        checker_typed(page)
        cut(page, "draft", arrives=False)
        page.focus("#w-name")
        type_bill(page, "秦七")
        page.context.clear_cookies(name="piaoju_session")
        page.keyboard.press("F8")
        expect(page.locator("#signed-out")).to_be_visible()
        context = page.context
        page.close(run_before_unload=False)
        context.add_cookies([site.cookie(CLERK)])
        again = context.new_page()
        again.goto(WINDOW)
        again.goto("/manage/drafts")
        expect(again.get_by_role("row", name="秦七")).to_have_count(0)  # a list masks names; the newest is first
        again.get_by_role("row", name="秦＊").first.get_by_role("link").first.click()
        expect(again.locator("#w-name")).to_have_value("秦七")
        expect(again.locator("[data-cell=amount]").nth(2)).to_have_value("225.00")
        expect(again.locator("#items-known")).to_have_text("可收项目 18 个")
        again.keyboard.press("F8")
        told(again, "已开具")
    ((total, *_),) = site.bills("秦七")
    assert total == 84_100


def test_a_refusal_is_said_in_the_servers_words_beside_the_cell_and_what_was_typed_stays(browser: Browser, site: Site) -> None:
    with at(browser, site) as page:
        checker_typed(page)
        page.fill("#w-phone", "138-x")
        page.focus("#w-name")
        expect(page.locator("#w-phone + .fault")).to_contain_text("手机号只能含数字")
        type_bill(page, "秦八", ("12.5*",))
        before = typed(page)
        page.keyboard.press("F8")
        expect(page.locator("#window-problem h2")).to_contain_text("有 1 处需要改正")
        assert page.evaluate("document.activeElement.id") == "window-problem"
        expect(page.locator("#line-faults")).to_contain_text("第 1 行 金额")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.dataset.cell") == "amount"
        assert typed(page) == before
        page.keyboard.type("12.5*18")
        page.keyboard.press("F8")
        expect(page.locator("#in-words")).to_have_text("贰佰贰拾伍元整")
        expect(page.locator("#window-problem li")).to_contain_text("手机号只能含数字")
    assert site.bills("秦八") == []


def test_last_payer_template_and_a_row_taken_out_by_keyboard(browser: Browser, site: Site) -> None:
    with at(browser, site) as page:
        checker_typed(page)
        page.focus("#w-name")
        type_bill(page, "秦九")
        page.keyboard.press("F6")
        page.fill("#template-name", "三项")
        page.click("#template-keep")
        expect(page.locator("#template-list li")).to_have_count(1)
        page.keyboard.press("Escape")
        page.keyboard.press("F8")
        told(page, "已开具")
        page.keyboard.press("F3")
        expect(page.locator("#w-name")).to_have_value("秦九")
        page.keyboard.press("F6")
        page.keyboard.press("1")
        expect(page.locator("#total")).to_have_text("¥ 841.00")
        page.keyboard.press("Control+Delete")
        expect(page.locator("#total")).to_have_text("¥ 421.00")
        page.keyboard.press("F8")
        told(page, "已开具")
    assert sorted(total for total, *_ in site.bills("秦九")) == [42_100, 84_100]


def test_where_the_unit_wants_it_a_second_person_issues_what_the_first_typed(browser: Browser, site: Site) -> None:
    with at(browser, site, KEEPER, "/manage/review-rule") as keeper:
        keeper.get_by_label("复核", exact=False).first.select_option("from")
        keeper.get_by_label("起始金额").fill("800")
        keeper.get_by_role("button", name="设置").click()
        expect(keeper.locator(".told")).to_contain_text("800.00")
    with at(browser, site) as page:
        type_bill(page, "秦十")
        expect(page.locator("#issue-word")).to_have_text("提交复核并开下一张")
        page.keyboard.press("F8")
        told(page, "已提交复核")
    assert site.bills("秦十") == []
    with at(browser, site, CHECKER, "/manage/reviews") as checker:
        checker.get_by_role("row", name="秦＊").get_by_role("link").first.click()
        expect(checker.locator(".sum")).to_contain_text("捌佰肆拾壹元整")
        shown = checker.get_by_role("img", name="票面，第 1 页，共 1 页")
        shown.scroll_into_view_if_needed()
        assert shown.evaluate("async one => { await one.decode(); return one.naturalWidth }") > 900
        assert standing.found_by_axe(checker) == []
        standing.picture(checker, "window-review", 1440)
        checker.get_by_role("button", name="提交复核意见").click()
        expect(checker.locator(".told")).to_contain_text("已开具")
    ((total, handler, second, _),) = site.bills("秦十")
    assert (total, handler, second) == (84_100, CLERK, CHECKER)


def test_the_window_reckons_as_the_server_does(browser: Browser, site: Site) -> None:
    chance = random.Random(20_261_123)
    values = [chance.randrange(10 ** chance.randrange(1, 17)) for _ in range(300)] + [0, 1, 10, 100, 101, 1_000_000, 10**16]
    pairs = [(chance.randrange(1, 10**9), chance.randrange(1, 10**9)) for _ in range(300)]
    with at(browser, site) as page:
        words = page.evaluate("values => values.map(v => money.words(BigInt(v)))", [str(v) for v in values])
        products = page.evaluate(
            "pairs => pairs.map(([a, b]) => String(money.multiply(BigInt(a), BigInt(b))))", [[str(a), str(b)] for a, b in pairs]
        )
        sums = page.evaluate("['12.5*18', '3*0.005', '100-0.5', '1+2*3', '2*'].map(t => String(money.reckon(t)))")
    assert words == [money.in_words(v) for v in values]
    assert products == [str(money.multiply(a, b)) for a, b in pairs]
    assert sums == ["22500", "2", "9950", "700", "null"]


@pytest.mark.parametrize("width", sorted(standing.SIZES))
def test_a_window_at_work_fits_and_axe_finds_nothing_serious(browser: Browser, site: Site, width: int) -> None:
    with at(browser, site, width=width) as page:
        type_bill(page, "秦末", ("420", "196"))
        page.keyboard.press("Enter")
        page.keyboard.type("zl")
        expect(page.locator("#pick li")).not_to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert standing.found_by_axe(page) == []
        standing.picture(page, "window-at-work", width)
        page.keyboard.press("Escape")
        for key, name in (("F1", "all-keys"), ("F6", "templates"), ("F10", "enlarged")):
            page.keyboard.press(key)
            expect(page.locator(f"#{name}")).to_be_visible()
            assert standing.found_by_axe(page) == []
            page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        expect(page.locator("#give-up")).to_be_visible()


def test_f9_issues_and_opens_the_print_which_is_counted(browser: Browser, site: Site) -> None:
    with at(browser, site) as page:
        checker_typed(page)
        page.focus("#w-name")
        type_bill(page, "秦印", ("10",))
        with page.context.expect_page() as opened:
            page.keyboard.press("F9")
        told(page, "已开具")
        opened.value.wait_for_load_state()
        assert "/manage/window/print/" in opened.value.url
    counted = "SELECT count(*) FROM issuing_print p JOIN issuing_bill b USING (bill_code, bill_number) WHERE b.payer_name = %s"
    assert site.installed.count(counted, "秦印") == 1


def test_while_the_line_stays_cut_the_page_says_so_and_asks_before_it_is_closed(browser: Browser, site: Site) -> None:
    with at(browser, site) as page:
        page.context.set_offline(True)
        type_bill(page, "秦断", ("10",))
        expect(page.locator("#kept")).to_contain_text("网络断了，内容还在这一页")
        asked: list[str] = []
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
        page.close(run_before_unload=True)
        page.wait_for_timeout(500)
        assert asked == ["beforeunload"] and typed(page)[0] == "秦断"
        page.context.set_offline(False)
        expect(page.locator("#kept")).to_contain_text("草稿已保存", timeout=15_000)  # by itself


def sealed_in(page: Page, before: str) -> str:
    """What the browser keeps, as soon as it is something else."""
    kept = before
    while kept == before:
        page.wait_for_timeout(100)
        kept = page.evaluate("Object.values(localStorage).join()")
    return kept


def closed_while_cut(page: Page, payer: str) -> str:
    """A bill is typed without a line and its tab closed; what the browser has of it then."""
    checker_typed(page)
    page.focus("#w-name")
    page.context.set_offline(True)
    type_bill(page, payer, ("42", "196"))
    page.locator("#w-name").focus()  # the last cell is left
    expect(page.locator("#kept")).to_contain_text("网络断了")
    kept = sealed_in(page, "")
    for _ in range(2):  # sealed anew at every attempt: the second from here on has what was typed last
        kept = sealed_in(page, kept)
    page.close(run_before_unload=False)
    page.context.set_offline(False)
    return kept


def test_what_was_typed_while_the_line_was_cut_is_back_when_the_tab_was_closed(browser: Browser, site: Site) -> None:
    with at(browser, site) as page:
        kept = closed_while_cut(page, "秦封")
        assert kept and "秦封" not in kept and "lines" not in kept
        colleague = page.context.new_page()
        page.context.add_cookies([site.cookie(CHECKER)])
        colleague.goto("/manage/reviews")
        assert colleague.evaluate("localStorage.length") == 1
        page.context.add_cookies([site.cookie(CLERK)])
        again = page.context.new_page()
        again.goto(WINDOW)
        told(again, "断网时填写的一张已填回")
        expect(again.locator("#w-name")).to_have_value("秦封")
        expect(again.locator("[data-cell=amount]").nth(0)).to_have_value("42.00")
        expect(again.locator("[data-cell=amount]").nth(1)).to_have_value("196.00")
        expect(again.locator("#kept")).to_contain_text("草稿已保存")
        assert again.evaluate("localStorage.length") == 0
        again.keyboard.press("F8")
        told(again, "已开具")
    assert len(site.bills("秦封")) == 1


def test_signing_out_leaves_nothing_of_it_in_the_browser(browser: Browser, site: Site) -> None:
    with at(browser, site) as page:
        page.context.add_cookies([site.cookie(CLERK) | {"value": site.leaving}])
        assert closed_while_cut(page, "秦退")
        other = page.context.new_page()
        other.goto("/manage/")
        other.get_by_role("button", name="退出").click()
        expect(other.get_by_text("已退出登录")).to_be_visible()
        assert other.evaluate("localStorage.length") == 0
        page.context.add_cookies([site.cookie(CLERK)])
        other.goto(WINDOW)
        expect(other.locator("#items-known")).to_contain_text("个")
        assert other.locator("#w-name").input_value() == ""
