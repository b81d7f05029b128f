"""Role × page and call × object: every cell is stated in matrix.py and asked here; nothing leaks, nothing is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.manage import matrix

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tests.manage.world import World


def asked() -> dict[str, matrix.Page]:
    """The rows that are asked here."""
    return {name: row for name, row in matrix.PAGES.items() if not row.elsewhere}


@pytest.fixture(scope="module")
def world(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    from django.test import override_settings

    from tests.manage import world as worlds

    with override_settings(ALLOWED_HOSTS=["*"]), worlds.made(module_database, tmp_path_factory.mktemp("office")) as made:
        yield made


def urls() -> dict[str, Any]:
    """Every named url of the back office and its view."""
    from django.urls import URLPattern, URLResolver

    from piaoju.manage.urls import urlpatterns

    def walk(patterns: list[Any]) -> Iterator[tuple[str, Any]]:
        for one in patterns:
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns)
            else:
                assert isinstance(one, URLPattern)
                assert one.name, f"{one.pattern} has no name: the matrix knows pages by name"
                yield one.name, one.callback

    return dict(walk(urlpatterns))


def ask(world: World, name: str, who: str, place: str) -> HttpResponse:
    from django.urls import reverse

    row = matrix.PAGES[name]
    browser, address = world.browsers[who], reverse(name, args=row.arguments(world, place))
    browser.cookies.pop("messages", None)  # what another page said before is no part of this answer
    if row.post is None:
        return browser.get(address)  # type: ignore[return-value]
    return browser.post(address, row.post(world, place))  # type: ignore[return-value]


def sign_of(response: HttpResponse, posted: bool) -> str:
    """What an answer is, as the matrix writes it."""
    if response.status_code == 303 and response["Location"].startswith("/manage/sign-in"):
        return "s"
    if response.status_code in (302, 303) and not posted and response["Location"] == "/manage/":
        return "h"
    if response.status_code == 404:
        return "-"
    if response.status_code == 403:
        return "x"
    good = (200, 204, 303, 409, 422) if posted else (200,)
    return "y" if response.status_code in good else str(response.status_code)


def letters(response: HttpResponse, *hidden: str) -> str:
    """An answer without what differs each time: numbers used once, instants, and the code that was asked for."""
    text = response.content.decode()
    for word in sorted((word for word in hidden if len(word) > 6), key=len, reverse=True):
        text = text.replace(word, "…")
    text = re.sub(r'(nonce|value)="[^"]{16,}"', "", text)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|<code>[0-9a-f]{16}</code>", "", text)


def missing_rows(names: Any) -> list[str]:
    return sorted(set(names) ^ set(matrix.PAGES))


def test_every_page_has_its_row_and_every_row_its_page() -> None:
    assert missing_rows(urls()) == []


def test_a_page_without_a_row_is_seen() -> None:
    assert missing_rows({**urls(), "manage-planted": None}) == ["manage-planted"]


def test_what_is_asked_elsewhere_is_asked_there() -> None:
    for name, row in matrix.PAGES.items():
        if row.elsewhere:
            file, test = row.elsewhere.split("::")
            assert f"def {test}(" in (Path(__file__).parent / file).read_text(encoding="utf-8"), name


def test_every_page_says_for_whom_it_is() -> None:
    """Each view went through `frame.view` or a wrapper that names its act and methods."""
    assert [name for name, callback in urls().items() if not hasattr(callback, "act") or not hasattr(callback, "methods")] == []


def test_every_row_states_every_cell() -> None:
    for name, row in asked().items():
        width = len(matrix.KINDS[row.about]) if row.about else 1
        assert set(row.answers) == set(matrix.WHO), name
        wrong = {who: signs for who, signs in row.answers.items() if len(signs) != width or set(signs) - set("y-xsh")}
        assert wrong == {}, name


@pytest.mark.parametrize("name", sorted(asked()))
def test_each_role_gets_from_each_page_the_answer_that_is_stated(world: World, name: str) -> None:
    row = matrix.PAGES[name]
    wrong = []
    for who in matrix.WHO:
        for place, stated in zip(matrix.KINDS[row.about] if row.about else ("",), row.answers[who], strict=True):
            got = sign_of(ask(world, name, who, place), posted=row.post is not None)
            if got != stated:
                wrong.append(f"{who} {place}: {got} instead of {stated}")
    assert wrong == []


@pytest.mark.parametrize("name", sorted(name for name, row in matrix.PAGES.items() if row.about))
def test_foreign_is_letter_by_letter_the_same_answer_as_missing(world: World, name: str) -> None:
    row = matrix.PAGES[name]
    compared = 0
    for who in matrix.WHO:
        places = [p for p, sign in zip(matrix.KINDS[row.about], row.answers[who], strict=True) if sign == "-"]
        if "missing" not in places:
            continue
        of_missing = letters(ask(world, name, who, "missing"), *row.arguments(world, "missing"))
        for place in places:
            of_foreign = letters(ask(world, name, who, place), *row.arguments(world, place))
            assert of_foreign == of_missing, (who, place)
            compared += place != "missing"
    assert compared, "a page about objects is foreign to someone"


def test_no_page_shows_a_name_from_elsewhere_to_people_of_one_unit(world: World) -> None:
    """The lists, too: what a handler of one unit reads names no other unit."""
    from django.urls import reverse

    foreign = ("绵阳演示职业技术学院", "北川演示小学", "梓潼演示小学", "演示交通管理局", "四川省演示第一人民医院")
    for name, row in asked().items():
        if row.about or row.post is not None:
            continue
        for who in ("keeper", "handler", "checker", "finance"):
            if row.answers[who] == "y":
                page = world.browsers[who].get(reverse(name, args=row.arguments(world, ""))).content.decode(errors="replace")
                assert [word for word in foreign if word in page] == [], (name, who)
