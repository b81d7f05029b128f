"""Signing in as a person does, in a real browser: password and code, UKEY through its agent, passkey; with and without script."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page

from tests.manage import standing

if TYPE_CHECKING:
    from tests.offices import Installed

PIN = "246802"


@pytest.fixture(scope="module")
def shared(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    from tests import offices
    from tests.journeys.signing_in import enrol

    with offices.found(module_database, tmp_path_factory.mktemp("office")) as installed:
        for username in ("b.one390", "b.one1440", "b.two", "b.three", "b.noscript"):
            enrol(installed, username)
        enrol(installed, "b.new", totp=False)
        yield installed


@pytest.fixture(scope="module")
def agent(shared: Installed) -> Iterator[ThreadingHTTPServer]:
    """The software agent, holding the UKEY of b.two; its site is told once it is known."""
    from piaoju.journeys import ukeys
    from piaoju.ops import ukey_agent
    from tests.offices import PASSPHRASE

    device = ukey_agent.Device(ukeys.make_for_demonstration(shared.office, "b.two", PIN, PASSPHRASE.encode()))
    server = ukey_agent.server_of(device, "http://nowhere", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def site(shared: Installed, agent: ThreadingHTTPServer) -> Iterator[str]:
    with standing.served(UKEY_AGENT=f"http://127.0.0.1:{agent.server_address[1]}") as address:
        agent.RequestHandlerClass.origin = address  # type: ignore[attr-defined]
        yield address


def now_code() -> str:
    import pyotp

    from tests.journeys.signing_in import SECRET

    return pyotp.TOTP(SECRET).now()


def by_password(page: Page, username: str) -> None:
    from tests.journeys.signing_in import PASSWORD

    page.goto("/manage/sign-in?next=/manage/account")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("口令", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("width", sorted(standing.SIZES))
def test_password_and_code_by_keyboard_alone(browser: Browser, site: str, width: int) -> None:
    complaints: list[str] = []
    page = standing.open_page(browser, site, width, complaints=complaints)
    page.goto("/manage/sign-in")
    standing.picture(page, "sign-in", width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width and standing.found_by_axe(page) == []
    by_password(page, f"b.one{width}")
    page.wait_for_selector("#code")
    standing.picture(page, "sign-in-code", width)
    assert standing.found_by_axe(page) == [] and page.evaluate("document.activeElement.id") == "code"
    page.keyboard.type(now_code())
    page.keyboard.press("Enter")
    page.wait_for_url("**/manage/account")
    standing.picture(page, "own-account", width)
    assert page.locator("h1").inner_text() == "我的账号" and standing.found_by_axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.cookie") == "" or "piaoju_session" not in page.evaluate("document.cookie")
    assert complaints == []


def test_password_and_code_without_script(browser: Browser, site: str) -> None:
    page = standing.open_page(browser, site, 1440, scripts=False)
    by_password(page, "b.noscript")
    page.get_by_label("动态口令或恢复码").fill(now_code())
    page.get_by_role("button", name="登录").click()
    assert page.url.endswith("/manage/account")


def test_a_wrong_password_is_told_where_the_eye_is(browser: Browser, site: str) -> None:
    page = standing.open_page(browser, site, 390)
    page.goto("/manage/sign-in")
    page.get_by_label("用户名").fill("b.nobody")
    page.get_by_label("口令", exact=True).fill("not this one")
    page.get_by_role("button", name="下一步").click()
    assert page.locator(".problem").is_visible() and page.get_by_label("用户名").input_value() == "b.nobody"
    standing.picture(page, "sign-in-refused", 390)
    assert standing.found_by_axe(page) == []


def test_a_ukey_signs_in_through_its_agent(browser: Browser, site: str) -> None:
    complaints: list[str] = []
    page = standing.open_page(browser, site, 1440, complaints=complaints)
    page.goto("/manage/sign-in?next=/manage/account")
    page.get_by_label("UKEY 的 PIN").fill("000000")
    page.get_by_role("button", name="用 UKEY 登录").click()
    page.locator("#device-fault", has_text="PIN 不对").wait_for()
    page.get_by_label("UKEY 的 PIN").fill(PIN)
    page.get_by_role("button", name="用 UKEY 登录").click()
    page.wait_for_url("**/manage/account")
    assert "UKEY" in page.locator("aside").inner_text()
    assert complaints == []


def test_a_page_of_another_origin_gets_nothing_from_the_agent(browser: Browser, site: str) -> None:
    page = standing.open_page(browser, site.replace("127.0.0.1", "localhost"), 1440)
    page.goto("/manage/sign-in")
    page.get_by_label("UKEY 的 PIN").fill(PIN)
    page.get_by_role("button", name="用 UKEY 登录").click()
    page.locator("#device-fault", has_text="没有找到本机的 UKEY 程序").wait_for()


def test_a_passkey_is_registered_and_signs_in(browser: Browser, site: str) -> None:
    page = standing.open_page(browser, site.replace("127.0.0.1", "localhost"), 1440)
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    phone = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
    }  # fmt: skip
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": phone})
    by_password(page, "b.three")
    page.get_by_label("动态口令或恢复码").fill(now_code())
    page.keyboard.press("Enter")
    page.wait_for_url("**/manage/account")
    page.get_by_role("button", name="登记一个通行密钥").click()
    page.wait_for_selector("text=本机，")
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/manage/sign-in*")
    page.get_by_role("button", name="用通行密钥登录").click()
    page.wait_for_url("**/manage/")
    assert page.locator("h1").count() == 1


def test_a_new_account_sets_its_second_factor_before_anything_else(browser: Browser, site: str) -> None:
    import pyotp

    complaints: list[str] = []
    page = standing.open_page(browser, site, 390, complaints=complaints)
    by_password(page, "b.new")
    page.wait_for_url("**/manage/account/totp*")
    standing.picture(page, "own-totp", 390)
    assert standing.found_by_axe(page) == [] and page.evaluate("document.documentElement.scrollWidth") <= 390
    secret = page.locator(".secret-text").inner_text().replace(" ", "")
    page.get_by_label("验证器显示的六位数").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="启用动态口令").click()
    page.wait_for_selector(".codes")
    standing.picture(page, "own-recovery-codes", 390)
    assert page.locator(".codes li").count() == 10 and standing.found_by_axe(page) == []
    page.get_by_role("link", name="已抄好，开始办事").click()
    page.wait_for_url("**/manage/")
    assert complaints == []
