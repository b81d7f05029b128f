"""The list: exact conditions, two sums, pages by key, files; on rows that were counted by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.offices import Installed

COUNT = 1_000


@pytest.fixture(scope="module", autouse=True)
def filled(shared: Installed) -> Iterator[None]:
    from tests.manage import samples

    samples.fill(shared.url, COUNT)
    yield


def shown(query: str = "") -> str:
    from django.http import HttpResponse

    from piaoju.manage import lists
    from tests.manage import samples

    response = lists.answer(samples.asked(query), samples.BILLS)
    assert isinstance(response, HttpResponse)
    return response.content.decode()


def test_the_sums_of_the_page_and_of_the_whole_result_are_both_exact() -> None:
    page = shown()
    whole = sum(-n * 101 if n % 9 == 0 else n * 101 for n in range(1, COUNT + 1))
    of_page = sum(-n * 101 if n % 9 == 0 else n * 101 for n in range(COUNT - 19, COUNT + 1))
    assert f"{whole // 100:,}.{whole % 100:02d}" in page and f"{of_page // 100:,}.{of_page % 100:02d}" in page
    assert "全部结果合计 1,000 张 · 其中红票 111 张" in page and "第 1–20 条，共 1,000 条" in page
