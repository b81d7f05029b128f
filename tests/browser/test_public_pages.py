"""The public pages in a real browser, without script: at 390 and 1440 pixels, by finger and by keyboard."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import psycopg
import pytest
from django.core.wsgi import get_wsgi_application
from django.test import override_settings
from PIL import Image
from playwright.sync_api import Browser, Page

from piaoju.kit.values import replace
from piaoju.verification import actions
from piaoju.verification.types import PublishedBillRow

PICTURES = Path("build/pages")  # looked at by people; the tests only see that they are not blank
DAY = dt.date(2026, 11, 22)
ROW = PublishedBillRow(
    unit_id=7,
    issued_at=dt.datetime(2026, 11, 22, 2, 30, tzinfo=dt.UTC),
    bill_code="51060226",
    bill_number=18419,
    check_code="7c40e9",
    issue_date=DAY,
    total_fen=812_640,
    bill_name="医疗住院收费票据",
    unit_name="江州第二人民医院",
    region_code="510600",
    payer_name="周小燕",
    payer_is_person=True,
    kind="normal",
    digest=bytes(range(32)),
    demonstration=True,
)
REVERSED = replace(ROW, bill_number=18377, total_fen=325_400, payer_name="吴大军")
RED = replace(
    REVERSED,
    bill_number=18416,
    kind="red",
    total_fen=-325_400,
    reverses_code="51060226",
    reverses_number=18377,
    reversal_reason="项目填写有误",
)
LISTED = [
    {
        "code": row.bill_code,
        "number": f"{row.bill_number:010d}",
        "check_code": row.check_code,
        "date": "2026-11-22",
        "amount": f"{row.total_fen // 100}.{row.total_fen % 100:02d}",
    }
    for row in (ROW, REVERSED)
]
VALID = "/q?c=51060226&n=0000018419&r=7c40e9&a=8126.40&d=20261122"
PATHS = {
    "home": "/",
    "form": "/verify",
    "valid": VALID,
    "reversed": "/q?c=51060226&n=0000018377&r=7c40e9&a=3254.00&d=20261122",
    "red": "/q?c=51060226&n=0000018416&r=7c40e9&a=-3254.00&d=20261122",
    "not_found": VALID.replace("8126.40", "8126.41"),
    "faults": "/q?c=5106&n=x&r=7c40&a=abc&d=20261322",
    "expired": VALID.replace("/q?", "/q/file?") + "&f=pdf&t=old:link",
}
SIZES = {390: 844, 1440: 900}


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing: a test's output is its failures."""


@pytest.fixture(scope="module")
def site(module_database: str) -> Iterator[str]:
    chosen = override_settings(
        ROOT_URLCONF="piaoju.public.urls", DEMONSTRATION=True, DEMONSTRATION_BILLS=LISTED, ALLOWED_HOSTS=["*"]
    )
    with chosen:
        with psycopg.connect(module_database) as outside, outside.cursor() as cursor:
            actions.publish(cursor, [ROW, REVERSED, RED])
        server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=_Quiet)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()


def opened(browser: Browser, site: str, width: int, complaints: list[str] | None = None) -> Page:
    """A page without script, whose complaints (policy, missing files) are written down."""
    page = browser.new_context(
        base_url=site, viewport={"width": width, "height": SIZES[width]}, java_script_enabled=False
    ).new_page()
    if complaints is not None:
        page.on("console", lambda message: complaints.append(message.text))
        page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
        page.on("response", lambda r: complaints.append(f"{r.status} {r.url}") if r.status == 404 else None)
    return page


@pytest.mark.parametrize("width", sorted(SIZES))
@pytest.mark.parametrize("name", sorted(PATHS))
def test_each_page_fits_its_screen_and_nothing_is_refused_by_its_own_policy(
    browser: Browser, site: str, name: str, width: int
) -> None:
    complaints: list[str] = []
    page = opened(browser, site, width, complaints)
    page.goto(PATHS[name])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.styleSheets.length && getComputedStyle(document.body).margin") == "0px"
    assert page.locator("h1").count() == 1
    assert [c for c in complaints if "status of 4" not in c] == []
    PICTURES.mkdir(parents=True, exist_ok=True)
    picture = PICTURES / f"public-{name}-{width}.png"
    page.screenshot(path=picture, full_page=True)
    with Image.open(picture) as seen:
        assert len(seen.convert("RGB").getcolors(1 << 24) or []) > 50
    page.context.close()


@pytest.mark.parametrize("name", sorted(PATHS))
@pytest.mark.parametrize("large", ["0", "1"])
def test_on_the_phone_every_target_is_a_finger_wide(
    browser: Browser, site: str, name: str, large: str
) -> None:
    page = opened(browser, site, 390)
    page.goto(PATHS[name] + ("&" if "?" in PATHS[name] else "?") + f"large={large}")
    assert page.locator("h1").count() == 1
    small = page.evaluate(
        """() => [...document.querySelectorAll('a:not(.skip), button, input, textarea, summary')]
            .filter(e => e.checkVisibility()).map(e => [e.outerHTML.slice(0, 60), e.getBoundingClientRect()])
            .filter(([, box]) => box.height < 44 || box.width < 44).map(([html, box]) => html + box.height)"""
    )
    # Links within the list of faults lead to fields that are targets themselves.
    assert [target for target in small if not target.startswith('<a href="#')] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("valid", "票据真实有效（样票）"),
        ("reversed", "已冲红，不能报销"),
        ("red", "这是红票，不能报销"),
        ("not_found", "查无此票"),
    ],
)
def test_the_verdict_is_the_first_thing_on_the_phone(
    browser: Browser, site: str, name: str, verdict: str
) -> None:
    page = opened(browser, site, 390)
    page.goto(PATHS[name])
    heading = page.get_by_role("heading", level=1, name=verdict)
    box = heading.bounding_box()
    assert box is not None and box["y"] + box["height"] < 200
    page.context.close()


def test_a_reversed_amount_is_struck_and_its_red_bill_is_one_tap_away(browser: Browser, site: str) -> None:
    page = opened(browser, site, 390)
    page.goto(PATHS["reversed"])
    assert "line-through" in page.locator(".pay b").evaluate("e => getComputedStyle(e).textDecorationLine")
    page.get_by_role("link", name="0000018416").click()
    assert page.locator("h1").inner_text() == "这是红票，不能报销"
    assert page.locator(".pay b").inner_text() == "¥ −3,254.00"
    page.context.close()


@pytest.mark.parametrize("width", sorted(SIZES))
def test_the_keyboard_alone_verifies_a_bill(browser: Browser, site: str, width: int) -> None:
    page = opened(browser, site, width)
    page.goto("/verify")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "跳到正文"
    page.keyboard.press("Enter")
    for typed in ("51060226", "0000018419", "7c40e9", "20261122", "8126.40"):
        page.keyboard.press("Tab")
        outline = page.locator(":focus").evaluate("e => getComputedStyle(e).outlineWidth")
        assert outline == "3px"
        page.keyboard.type(typed)
    page.keyboard.press("Tab")
    button = page.locator("button:focus")
    assert button.inner_text() == "查验这张票据"
    assert button.evaluate("e => getComputedStyle(e).outlineWidth") == "3px"
    page.keyboard.press("Enter")
    page.wait_for_selector(".verdict")
    assert page.locator("h1").inner_text() == "票据真实有效（样票）"
    page.context.close()


def test_a_mistyped_form_comes_back_as_typed_with_each_fault_beside_its_field(
    browser: Browser, site: str
) -> None:
    page = opened(browser, site, 390)
    page.goto("/verify")
    for name, typed in {"code": "5106", "number": "18419", "amount": "八千"}.items():
        page.fill(f"#{name}", typed)
    page.get_by_role("button", name="查验这张票据").click()
    assert page.locator("h2").first.inner_text() == "有 4 处需要改正"
    assert [page.input_value(f"#{name}") for name in ("code", "number", "amount")] == [
        "5106",
        "18419",
        "八千",
    ]
    assert page.locator("[aria-invalid=true]").count() == 4
    for field in page.locator("[aria-invalid=true]").all():
        described = field.get_attribute("aria-describedby") or ""
        assert page.locator(f"#{described}").inner_text()
    page.get_by_role("link", name="金额应为").click()
    assert page.url.endswith("#amount")
    page.context.close()


def test_large_letters_are_twenty_pixels_and_stay(browser: Browser, site: str) -> None:
    page = opened(browser, site, 390)
    page.goto(VALID)
    size = "e => getComputedStyle(e).fontSize"
    assert page.locator(".slip dd").first.evaluate(size) == "15px"
    page.get_by_role("link", name="大字").click()
    assert page.locator("h1").inner_text() == "票据真实有效（样票）"
    assert page.locator(".slip dd").first.evaluate(size) == "20px"
    page.goto("/verify")
    assert page.locator("#code").evaluate(size) == "20px"
    page.get_by_role("link", name="标准字").click()
    assert page.locator("#code").evaluate(size) == "17px"
    page.context.close()


def test_how_a_bill_was_verified_opens_without_script(browser: Browser, site: str) -> None:
    page = opened(browser, site, 390)
    page.goto(VALID)
    assert not page.get_by_text(bytes(range(32)).hex()).is_visible()
    page.get_by_text("这张票据是怎样核对的").click()
    assert page.get_by_text(bytes(range(32)).hex()).is_visible()
    page.context.close()


def test_a_bill_of_the_demonstration_is_one_tap_from_home(browser: Browser, site: str) -> None:
    page = opened(browser, site, 1440)
    page.goto("/")
    page.get_by_role("link", name="8,126.40").click()
    assert page.locator("h1").inner_text() == "票据真实有效（样票）"
    assert "周小燕" not in page.content()
    page.context.close()
