"""The form: what was typed stays, through faults, refusals, closed pages and expired logins; and it is sent once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from tests.offices import Installed

UNIT = {"code": "1251 0000 MD20 0001 XY", "name": "第一小学", "industry": "education", "opened": "2026年11月3日"}


@pytest.fixture(scope="module")
def site(shared: Installed) -> Iterator[None]:
    from django.conf import settings
    from django.test import override_settings

    ours = [name for name in settings.MIDDLEWARE if not name.startswith("piaoju.")]
    chosen = override_settings(
        ROOT_URLCONF="tests.manage.sample_site", MIDDLEWARE=[*ours, "tests.manage.sample_site.SignedIn"], ALLOWED_HOSTS=["*"]
    )
    with chosen:
        yield


@pytest.fixture
def browser(site: None) -> Client:
    from django.test import Client

    from piaoju.manage import models
    from tests.manage import sample_site

    models.FormDraft.objects.all().delete()
    sample_site.SAVED.clear()
    return Client()


def saved() -> list[dict[str, Any]]:
    from tests.manage import sample_site

    return sample_site.SAVED


def test_values_arrive_as_what_they_are(browser: Client) -> None:
    more = {"limit_fen": "3,000.5", "sheets": "1,200", "bill_types": ["0401", "0402"], "agreed": "1", "once": "a" * 32}
    answer = browser.post("/manage/sample/unit", UNIT | more)
    assert answer.status_code == 303 and answer["Location"] == "/manage/sample/bills"
    (values,) = saved()
    assert values["code"] == "12510000MD200001XY" and str(values["opened"]) == "2026-11-03" and values["once"] == "a" * 32
    assert (values["limit_fen"], values["sheets"], values["bill_types"], values["agreed"]) == (
        300_050,
        1_200,
        ["0401", "0402"],
        True,
    )
    assert "已登记 第一小学" in browser.get("/manage/").content.decode()
    assert "已登记 第一小学" not in browser.get("/manage/").content.decode()


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("code", "", "没有填写。请填写统一社会信用代码"),
        ("code", "1" * 19, "太长：最多 18 个字"),
        ("name", "a\x00b", "含有看不见的字符"),
        ("name", "甲\u200b乙", "含有看不见的字符"),
        ("industry", "other", "没有这个选项"),
        ("opened", "2026-02-30", "应为日期，如 2026-11-22"),
        ("limit_fen", "12.345", "应为金额，最多两位小数"),
        ("limit_fen", "1e3", "应为金额，最多两位小数"),
        ("sheets", "0", "应在 1 到 5,000 之间"),
        ("sheets", "٣", "应为整数"),
        ("bill_types", "9999", "没有这个选项"),
        ("reason", "x" * 2_001, "太长：最多 2000 个字"),
    ],
)
def test_a_fault_is_said_twice_and_everything_typed_is_still_there(browser: Client, name: str, typed: str, words: str) -> None:
    answer = browser.post("/manage/sample/unit", UNIT | {"secret_word": "swordfish", name: typed})
    page = answer.content.decode()
    assert answer.status_code == 422 and saved() == []
    assert page.count(words) == 2 and f'href="#i-{name}"' in page
    assert "有 1 处需要改正" in page and "<title>需要改正" in page
    assert "第一小学" in page or name == "name"
    assert "swordfish" not in page


@pytest.mark.parametrize(
    ("code", "status", "words", "there"),
    [
        ("TAKEN", 409, "这个代码已登记。请核对", 'href="#i-code"'),
        ("RULE", 422, "没有依据文件，不能启用。请先补依据文件", "basis_missing"),
    ],
)
def test_a_refusal_of_the_journey_comes_back_into_the_form(
    browser: Client, code: str, status: int, words: str, there: str
) -> None:
    answer = browser.post("/manage/sample/unit", UNIT | {"code": code})
    page = answer.content.decode()
    assert answer.status_code == status and words in page and there in page and 'value="第一小学"' in page and "追踪号" in page


def test_a_form_that_was_not_sent_is_filled_in_again_and_can_be_discarded(browser: Client) -> None:
    kept = browser.post("/manage/sample/unit", {"name": "半个名字", "secret_word": "swordfish"}, headers={"X-Piaoju-Draft": "1"})
    assert kept.status_code == 200 and "草稿已存" in kept.content.decode() and saved() == []
    page = browser.get("/manage/sample/unit").content.decode()
    assert 'value="半个名字"' in page and "没有提交的内容已填回" in page and "swordfish" not in page
    assert "/manage/sample/unit" in browser.get("/manage/").content.decode()
    assert browser.post("/manage/sample/unit", {"discard": "1"}).status_code == 303
    assert "半个名字" not in browser.get("/manage/sample/unit").content.decode()


def test_a_draft_lies_sealed_without_its_secrets_and_ends_with_the_form(browser: Client) -> None:
    from piaoju.manage import drafts, models

    browser.post("/manage/sample/unit", UNIT | {"code": "RULE", "secret_word": "swordfish"})
    (row,) = models.FormDraft.objects.all()
    assert "第一小学".encode() not in bytes(row.sealed) and b"swordfish" not in bytes(row.sealed)
    opened = drafts.read(7, "/manage/sample/unit")
    assert opened is not None and opened.values["name"] == ["第一小学"] and "secret_word" not in opened.values
    browser.post("/manage/sample/unit", UNIT)
    assert not models.FormDraft.objects.exists()


def test_a_form_sent_after_the_login_expired_is_there_again_after_signing_in(browser: Client) -> None:
    browser.get("/manage/sample/unit")
    browser.cookies["out"] = "1"
    answer = browser.post("/manage/sample/unit", UNIT | {"secret_word": "swordfish"})
    assert answer.status_code == 303 and answer["Location"] == "/manage/sign-in?next=%2Fmanage%2Fsample%2Funit"
    assert saved() == []
    del browser.cookies["out"]
    page = browser.get("/manage/sample/unit").content.decode()
    assert 'value="第一小学"' in page and "swordfish" not in page


@pytest.mark.parametrize("cookie", ["", "7", "7:forged", "8"])
def test_nobody_leaves_a_draft_for_somebody_else(browser: Client, cookie: str) -> None:
    from piaoju.manage import models

    browser.cookies["out"], browser.cookies["piaoju_last"] = "1", cookie
    browser.post("/manage/sample/unit", UNIT)
    assert not models.FormDraft.objects.exists()


def test_drafts_stay_few_and_small(browser: Client) -> None:
    from piaoju.kit.clock import system_clock
    from piaoju.manage import drafts, models

    for number in range(drafts.DRAFTS_MAX + 5):
        assert drafts.keep(7, f"/manage/{number}", {"a": ["b"]}, system_clock())
    assert models.FormDraft.objects.count() == drafts.DRAFTS_MAX
    assert not drafts.keep(7, "/manage/x", {"a": ["b" * drafts.DRAFT_BYTES_MAX]}, system_clock())
    assert not drafts.keep(7, "/manage/" + "x" * 300, {"a": ["b"]}, system_clock())


def test_a_secret_cannot_be_declared_so_that_it_would_be_kept() -> None:
    from piaoju.manage import forms

    with pytest.raises(ValueError, match="secret_"):
        type("Wrong", (forms.Form,), {"password": forms.secret("口令")})
    with pytest.raises(ValueError, match="secret_"):
        type("Wrong", (forms.Form,), {"secret_name": forms.text("名称")})


def test_every_page_carries_its_headers_and_runs_only_what_has_its_number(browser: Client) -> None:
    for path, status in (("/manage/", 200), ("/manage/sample/bills?total_fen=x", 422), ("/manage/forbidden", 403)):
        answer = browser.get(path)
        assert answer.status_code == status
        (nonce,) = set(re.findall(r'nonce="([^"]+)"', answer.content.decode()))
        assert (
            f"script-src 'nonce-{nonce}'" in answer["Content-Security-Policy"]
            and "unsafe" not in answer["Content-Security-Policy"]
        )
        assert answer["Cache-Control"] == "no-store" and answer["X-Content-Type-Options"] == "nosniff"
        page = answer.content.decode()
        assert not re.search(r"<[^>]+\s(style|on\w+)=", page) and re.findall(r"<script(?![^>]* src=)", page) == []
    first, second = (browser.get("/manage/")["Content-Security-Policy"] for _ in range(2))
    assert first != second


def test_the_login_page_is_where_one_who_is_not_signed_in_goes(browser: Client) -> None:
    browser.cookies["out"] = "1"
    answer = browser.get("/manage/sample/bills?payer=x")
    assert answer.status_code == 303 and answer["Location"] == "/manage/sign-in?next=%2Fmanage%2Fsample%2Fbills%3Fpayer%3Dx"
    swapped = browser.get("/manage/sample/bills", headers={"HX-Request": "true"})
    assert swapped.status_code == 204 and swapped["HX-Redirect"].startswith("/manage/sign-in")
