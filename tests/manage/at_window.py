"""A clerk at the issuing window in a browser: what one types there, what one is told, a line that breaks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Route, expect

from tests.manage import standing
from tests.manage.window_site import CHECKER, CLERK, Site

WINDOW = "/manage/window"


@contextmanager
def at(browser: Browser, site: Site, who: str = CLERK, path: str = WINDOW, width: int = 1440) -> Iterator[Page]:
    """A page of this person; at the window its items are known."""
    page = standing.open_page(browser, site.address, width)
    page.context.add_cookies([site.cookie(who)])
    page.goto(path)
    if path == WINDOW:
        page.select_option("#w-type", "0602")
        expect(page.locator("#items-known")).to_have_text("可收项目 18 个")
        page.focus("#w-name")
    yield page
    page.context.close()


def type_bill(page: Page, payer: str, amounts: tuple[str, ...] = ("420", "196", "225")) -> None:
    """A bill of up to three items, as a clerk types it; the last amount is not left."""
    page.keyboard.type(payer)
    page.keyboard.press("F4")
    for place, (wanted, amount) in enumerate(zip(("cw", "hl", "zc"), amounts, strict=False)):
        if place:
            page.keyboard.press("Enter")
        page.keyboard.type(wanted)
        page.keyboard.press("Enter")
        page.keyboard.type(amount)


def checker_typed(page: Page) -> None:
    if not page.input_value("#w-checker"):
        page.fill("#w-checker", CHECKER)


def told(page: Page, words: str) -> None:
    expect(page.locator("#window-told")).to_contain_text(words)


def cut(page: Page, what: str, *, arrives: bool) -> None:
    """The line breaks when this is sent: after the server has it, or before."""

    def answer(route: Route) -> None:
        if f"what={what}" not in (route.request.post_data or ""):
            route.continue_()
            return
        if arrives:
            route.fetch()
        route.abort("connectionreset")

    page.route(f"**{WINDOW}", answer)


def typed(page: Page) -> list[str]:
    """Everything that stands in the fields and lines now; 225 and 225.00 are the same."""
    found: list[str] = page.evaluate("[...document.querySelectorAll('#window input:not([type=checkbox])')].map(e => e.value)")
    return [text.removesuffix(".00") for text in found if text]
