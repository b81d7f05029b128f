"""Every page of the back office, as the matrix lists them, in a real browser at both sizes, before axe; each pictured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.manage import matrix, standing

if TYPE_CHECKING:
    from tests.manage.world import World

# For each page the first role that sees it, and the place it sees it at.
SEEN = {
    name: (who, place)
    for name, row in matrix.PAGES.items()
    if row.post is None and not row.elsewhere
    for who, place in [
        next(
            (
                (who, place)
                for who in matrix.WHO
                for place, sign in zip(matrix.KINDS[row.about] if row.about else ("",), row.answers[who], strict=True)
                if sign == "y"
            ),
            ("", ""),
        )
    ]
    if who
}


# The help itself, and pages before anyone is signed in; one that says so and closes.
WITHOUT_HELP = {"manage-help", "manage-sign-in", "manage-window-signed-in"}
PARTS = {"manage-window-here", "manage-review-picture"}  # of a page that is open: who is signed in, the face of a draft


@pytest.fixture(scope="module")
def world(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    from tests.manage import world as worlds

    with worlds.made(module_database, tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.fixture(scope="module")
def addresses(world: World) -> dict[str, str]:
    """Each page's address; made before the browser, which leaves this thread no database."""
    from django.urls import reverse

    return {name: reverse(name, args=matrix.PAGES[name].arguments(world, place)) for name, (_, place) in SEEN.items()}


@pytest.fixture(scope="module")
def site(world: World) -> Iterator[str]:
    with standing.served() as address:
        yield address


@pytest.fixture(scope="module")
def contexts(site: str, world: World, addresses: dict[str, str]) -> Iterator[dict[str, BrowserContext]]:
    """A window for each role that is needed, signed in."""
    with standing.chromium() as browser:
        yield {who: window(browser, site, world, who) for who in {who for who, _ in SEEN.values()}}


def window(browser: Browser, site: str, world: World, who: str) -> BrowserContext:
    context = browser.new_context(base_url=site, locale="zh-CN")
    cookie = world.browsers[who].cookies.get("piaoju_session")
    if cookie is not None:
        context.add_cookies([{"name": "piaoju_session", "value": cookie.value, "url": site}])
    return context


@pytest.mark.parametrize("name", sorted(SEEN))
def test_each_page_fits_breaks_no_policy_and_axe_is_content_at_both_sizes(
    contexts: dict[str, BrowserContext], addresses: dict[str, str], name: str
) -> None:
    context, address = contexts[SEEN[name][0]], addresses[name]
    answer = context.request.get(address)
    assert answer.status == 200, address
    if not answer.headers["content-type"].startswith("text/html"):
        assert name in PARTS or "attachment" in answer.headers["content-disposition"]
        return
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for width, height in standing.SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        if page.url == "about:blank":
            page.goto(address)
        standing.picture(page, name.removeprefix("manage-"), width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("h1").count() == 1
        assert standing.found_by_axe(page) == []
        if width == 390:
            assert standing.small_targets(page) == []
    assert complaints == []
    assert page.locator("main > .help").count() == (name not in WITHOUT_HELP), "help beside each page"
    page.close()
