"""The list behind a bill (清单), items of a fixed price, and the preview, at the window in a real browser."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
import pypdfium2
import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, expect

from piaoju.identity.types import Role
from piaoju.journeys import fetch_file, set_standard
from piaoju.kit.clock import local_date
from piaoju.standard import bill_xml
from piaoju.standard.bill import Bill
from piaoju.standard.face import printing
from piaoju.standard.face.outputs import png
from piaoju.standard.face.outputs.pdf_merged import in_one
from tests.manage import standing, window_site
from tests.manage.at_window import at, checker_typed, told, type_bill, typed
from tests.manage.window_site import CLERK, Site

T = TypeVar("T")
PASTE = """text => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""
FIXED, PRICE = "600200", "21.50"


@pytest.fixture(scope="module")
def site(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site; one of its items is at a price that the government fixes."""
    with window_site.opened(module_database, tmp_path_factory.mktemp("office")) as opened:
        office, officer = opened.installed.office, opened.installed.operator(Role.SUPERVISOR)
        set_standard.set_standard(
            office, officer, FIXED, minimum_e4=215_000, maximum_e4=215_000, basis_document="川发改价格〔2026〕1 号",
            on=local_date(office.clock()),
        )  # fmt: skip
        yield opened


def keys(page: Page, *words: str) -> None:
    """Each word, and Enter behind it."""
    for word in words:
        page.keyboard.type(word)
        page.keyboard.press("Enter")


def aside(work: Callable[[], T]) -> T:
    """In a thread of its own: while the browser runs, Django refuses this one its database."""

    def done() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(done).result()


def issued(site: Site, payer: str) -> Bill:
    """The bill of a payer, as signed."""
    with psycopg.connect(site.installed.url) as connection:
        sql = "SELECT bill_code, bill_number FROM issuing_bill WHERE payer_name = %s"
        ((code, number),) = connection.execute(sql, [payer]).fetchall()
    return bill_xml.read_document(aside(lambda: fetch_file.of_bill(code, number, "xml"))).bill


def test_a_list_is_typed_by_keyboard_and_stands_on_the_bill(browser: Browser, site: Site) -> None:
    with at(browser, site) as page:
        checker_typed(page)
        page.focus("#w-name")
        type_bill(page, "清一", ("420", "196"))
        page.keyboard.press("F5")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "第 1 行 明细名称"
        keys(page, "静脉输液", "次", "12.5", "4", "", "甲类")  # the amount is reckoned
        keys(page, "退棉签", "包", "0.0375", "-1", "", "")
        page.keyboard.press("Enter")  # an empty name: to the sum
        assert page.evaluate("document.activeElement.id") == "total"
        expect(page.locator("#list-sum")).to_contain_text("2 行，合计 49.9625 元，比票面合计少 566.0375")
        page.keyboard.press("Enter")
        told(page, "已开具")
        expect(page.locator("#list tr")).to_have_count(0)
    first, second = issued(site, "清一").aux_lines
    assert (first.name, first.measure, first.standard_e4, first.quantity_e4, first.amount_e4, first.remark) == (
        "静脉输液", "次", 125_000, 40_000, 500_000, "甲类"
    )  # fmt: skip
    assert first.related_item_name == "护理费"  # the line at which F5 was pressed
    assert (second.amount_e4, second.quantity_e4, second.related_item_code) == (-375, -10_000, first.related_item_code)


def test_rows_copied_from_a_spreadsheet_fill_the_list_and_live_faults_stand_at_their_rows(browser: Browser, site: Site) -> None:
    with at(browser, site) as page:
        checker_typed(page)
        page.focus("#w-name")
        type_bill(page, "清二", ("30",))
        page.keyboard.press("F5")
        rows = "阿莫西林\t盒\t10.00\t2\t20.00\t甲类\r\n棉签\t包\t5.00\t2\t\t\r\n氧气\t升\t\t\tx\t\r\n"
        page.evaluate(PASTE, rows)
        expect(page.locator("#list-sum")).to_contain_text("3 行，合计 30.00 元，与票面合计相等")
        page.locator("#list [data-cell=amount]").nth(2).focus()
        page.keyboard.press("Shift+Tab")
        expect(page.locator("#list-faults")).to_contain_text("清单第 3 行 金额")
        before = typed(page)
        page.keyboard.press("F8")
        expect(page.locator("#window-problem")).to_contain_text("清单第 3 行 金额")
        assert typed(page) == before
        page.locator("#window-problem a").first.click()
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "第 3 行 金额"
        page.keyboard.press("Control+Delete")
        page.keyboard.press("F8")
        told(page, "已开具")
    assert [(one.name, one.amount_e4) for one in issued(site, "清二").aux_lines] == [("阿莫西林", 200_000), ("棉签", 100_000)]


def test_a_list_is_kept_with_the_draft_and_comes_back_with_it(browser: Browser, site: Site) -> None:
    with at(browser, site) as page:
        type_bill(page, "清三", ("8",))
        page.keyboard.press("F5")
        keys(page, "挂号", "次", "4", "2")
        page.keyboard.press("F7")
        expect(page.locator("#kept")).to_contain_text("草稿已保存")
    with at(browser, site, CLERK, "/manage/drafts") as page:
        page.get_by_role("row", name="清＊").first.get_by_role("link").first.click()
        expect(page.locator("#list [data-cell=name]").first).to_have_value("挂号")
        expect(page.locator("#list [data-cell=amount]").first).to_have_value("8.00")


def test_an_item_of_a_fixed_price_asks_for_the_quantity_only(browser: Browser, site: Site) -> None:
    with at(browser, site) as page:
        checker_typed(page)
        page.fill("#w-name", "定价")
        page.keyboard.press("F4")
        page.keyboard.type(FIXED)
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.dataset.cell") == "quantity"
        page.keyboard.type("3")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.dataset.cell") == "item_code"  # the amount is passed by: it follows
        row = page.locator("#lines tr").first
        expect(row.locator("[data-cell=standard]")).to_have_attribute("readonly", "")
        assert row.locator("[data-cell=standard]").input_value() == PRICE
        page.keyboard.press("F8")
        told(page, "已开具")
    (line,) = issued(site, "定价").lines
    assert (line.quantity_e4, line.amount_fen) == (30_000, 6_450)


def test_the_preview_is_the_face_that_is_printed_afterwards(browser: Browser, site: Site) -> None:
    with at(browser, site) as page:
        empty = picture(page)
        checker_typed(page)
        page.focus("#w-name")
        type_bill(page, "清五", ("420", "196"))
        page.keyboard.press("F5")
        keys(page, "静脉输液", "次", "12.5", "4", "", "甲类")
        turn = page.locator("#face .turn")
        expect(turn).to_contain_text("第 1 页，共 2 页")
        assert picture(page) != empty
        standing.picture(page, "window-list", 1440)
        first = shown(page)
        turn.get_by_role("button", name="下一页").click()
        expect(turn).to_contain_text("第 2 页，共 2 页")
        second = shown(page)
        page.keyboard.press("F10")
        expect(page.locator("#enlarged img")).to_have_attribute("alt", "票面预览，第 2 页，共 2 页")
        assert standing.found_by_axe(page) == []
        page.keyboard.press("Escape")
        page.keyboard.press("F8")
        told(page, "已开具")
        expect(turn).to_be_hidden()
    # What was shown is, pixel by pixel, what the issued bill's own face gives without number, check code, code and seals.
    bill = issued(site, "清五")
    assert [first, second] == faces(site, bill)
    printed = texts(site, bill)
    assert bill.check_code in printed[0] and "静脉输液" in printed[1]


@pytest.mark.parametrize("width", sorted(standing.SIZES))
def test_a_list_at_work_fits_and_axe_finds_nothing_serious(browser: Browser, site: Site, width: int) -> None:
    with at(browser, site, width=width) as page:
        type_bill(page, "清末", ("420",))
        page.keyboard.press("F5")
        keys(page, "阿莫西林胶囊 0.25g×24 粒（铝塑泡罩包装）", "盒", "12.5", "4", "", "甲类")
        expect(page.locator("#face .turn")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert standing.found_by_axe(page) == []
        standing.picture(page, "window-list", width)


def picture(page: Page) -> str:
    """Which picture stands in the preview now, once it is there."""
    assert page.locator("#face img").evaluate("async one => { await one.decode(); return one.naturalWidth }") > 900
    return str(page.get_attribute("#face img", "src"))


def shown(page: Page) -> bytes:
    """The bytes of the picture in the preview."""
    source = picture(page)
    return bytes(page.evaluate("async s => [...new Uint8Array(await (await fetch(s)).arrayBuffer())]", source))


def faces(site: Site, bill: Bill) -> list[bytes]:
    """Every page of a bill's own face, as before it was issued."""
    office = site.installed.office
    face = printing.before_issue(bill, office.fonts)
    at_once = [dataclasses.replace(face, pages=(page,)) for page in face.pages]
    return [png.render(in_one((one,), office.fonts, "预览", office.clock()), 120) for one in at_once]


def texts(site: Site, bill: Bill) -> list[str]:
    """The text of every page of what is printed."""
    document: Any = pypdfium2.PdfDocument(aside(lambda: fetch_file.of_bill(bill.bill_code, bill.bill_number, "pdf")))
    return [page.get_textpage().get_text_range() for page in document]
