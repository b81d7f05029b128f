"""A site of the back office served in a thread, a browser before it, and what axe finds on its pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from playwright.sync_api import Browser, Page, sync_playwright

from tests import judges

PICTURES = Path("build/pages")  # looked at by people; the tests see only that they fit and that axe is content
SIZES = {390: 844, 1440: 900}
SERIOUS = ("serious", "critical")


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128  # a browser opens many connections at once; a dropped one is tried again only seconds later


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing: a test's output is its failures."""


@contextmanager
def served(**settings: Any) -> Iterator[str]:
    """The site under these settings; its address."""
    from django.core.wsgi import get_wsgi_application
    from django.test import override_settings

    with override_settings(ALLOWED_HOSTS=["*"], **settings):
        server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=_Server, handler_class=_Quiet)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser. Opened after the site and closed before it: while it runs, Django refuses this thread its database."""
    path = judges.need("chromium")
    judges.need("cjk-font")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


def open_page(browser: Browser, site: str, width: int, *, scripts: bool = True, complaints: list[str] | None = None) -> Page:
    """A page of this width whose complaints (policy, script, missing files) are written down."""
    size = {"width": width, "height": SIZES[width]}
    page = browser.new_context(base_url=site, viewport=size, java_script_enabled=scripts, locale="zh-CN").new_page()
    if complaints is not None:
        page.on("console", lambda m: complaints.append(m.text) if "status of 4" not in m.text else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    return page


def page_of(browser: Browser, site: str, who: str, width: int = 1440, *, scripts: bool = True) -> Page:
    """A page of one of the people of `people_site`."""
    page = open_page(browser, site, width, scripts=scripts)
    page.context.add_cookies([{"name": "who", "value": who, "url": site}])
    return page


def look_at(page: Page, name: str) -> None:
    """The page as it stands now: at both sizes it fits and axe is content; each is pictured."""
    for width, height in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        picture(page, name, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        assert page.locator("h1").count() == 1
        assert found_by_axe(page) == [], (name, width)


def found_by_axe(page: Page) -> list[str]:
    """What axe calls serious or critical on this page, with the first place of each."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(Path(judges.need("axe-core")).read_text(encoding="utf-8"))
    outcome = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{fault['id']}: {fault['nodes'][0]['html'][:160]} {fault['nodes'][0]['failureSummary'][:200]}"
        for fault in outcome["violations"]
        if fault["impact"] in SERIOUS
    ]


def picture(page: Page, name: str, width: int) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"manage-{name}-{width}.png", full_page=True)


def small_targets(page: Page) -> list[str]:
    """On the phone: what is to be touched and is less than 24 px wide or high, apart from links within a text."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('a, button, input, select, textarea, summary')]
            .filter(e => e.checkVisibility() && !e.closest('p, li, .skip, dd, td') && e.type !== 'hidden')
            .map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
            .filter(([, box]) => box.height < 24 || box.width < 24)
            .map(([html, box]) => html + ' ' + box.width + 'x' + box.height)"""
    )
    return found
