"""票据查询 as a page: a line of words becomes chips, an empty result says which condition empties it, sums are of the whole."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from tests.offices import Installed


@pytest.fixture(scope="module")
def clerk(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installed, Client]]:
    """A hospital's clerk, and bills of three payers, one name full of signs."""
    from piaoju.identity.types import Role
    from tests import offices
    from tests.manage.world import signed_in

    with offices.found(module_database, tmp_path_factory.mktemp("office")) as installed:
        names = ("王小明", "王小明", "李伟芳", "=1+1", "<b>")
        orders = [
            offices.body(f"P{n}", amount, payer={"type": "person", "name": name})
            for n, (amount, name) in enumerate(zip(("10.00", "4000.00", "3000.00", "0.01", "7.00"), names, strict=True))
        ]
        assert all(hasattr(outcome, "answer") for outcome in installed.issue(*orders))
        actor = installed.operator(Role.HANDLER)
        yield installed, signed_in(installed, actor.operator_id)


def asked(client: Client, **given: str) -> str:
    response = client.get("/manage/bills?" + urlencode(given))
    assert response.status_code == 200, response.content.decode()
    return html.unescape(response.content.decode())


def read(client: Client, line: str) -> dict[str, list[str]]:
    response = client.get("/manage/bills?" + urlencode({"say": line, "read": "1"}))
    assert response.status_code == 303
    return parse_qs(response["Location"].partition("?")[2])


def numbers(page: str) -> list[str]:
    return re.findall(r'data-label="票据号码"[^>]*>(?:<a[^>]*>)?(\d{10})', page)


def test_a_line_of_words_becomes_conditions_that_find_just_those_bills(clerk: Any) -> None:
    _, client = clerk
    address = read(client, "今天 3千以上 王小明")
    assert address["total_fen"] == ["3000.00"] and address["total_fen_cmp"] == ["ge"] and address["payer_name"] == ["王小明"]
    page = asked(client, **{name: values[0] for name, values in address.items()})
    assert numbers(page) == ["0000000002"]
    assert "4,000.00" in page and "去掉条件：交款人" in page and 'value="今天 3千以上 王小明"' in page


def test_a_word_that_was_not_read_is_named_and_one_with_two_meanings_says_both(clerk: Any) -> None:
    _, client = clerk
    page = asked(client, say="100.001 李伟", payer_name="李伟")
    assert "「100.001」金额最多两位小数" in page
    assert "「李伟」读作 交款人 = 李伟；也可以读作" in page and "交款人 含 李伟" in page


def test_an_empty_result_says_which_condition_empties_it(clerk: Any) -> None:
    _, client = clerk
    page = asked(client, payer_name="王小明", total_fen="3000.00")
    assert "没有符合全部条件的结果" in page
    assert "去掉「交款人 = 王小明」后有 1 张" in page and "去掉「票面金额 = 3,000.00 元」后有 2 张" in page


def test_names_are_masked_on_the_page_and_signs_stay_what_they_are(clerk: Any) -> None:
    _, client = clerk
    page = asked(client)
    assert "王＊明" in page and ">王小明<" not in page
    assert numbers(asked(client, payer_name="=1+1")) == ["0000000004"]
    assert numbers(asked(client, payer_name="<b>")) == ["0000000005"]
    assert numbers(asked(client, payer_name="%", payer_name_cmp="contains")) == []


def test_count_and_sum_are_those_of_the_whole_result_and_of_the_totals(clerk: Any) -> None:
    from piaoju.kit.clock import system_clock
    from piaoju.reporting import queries as reporting
    from piaoju.reporting.types import Reach, TotalsQuestion

    _, client = clerk
    now = system_clock()
    total = reporting.totals(TotalsQuestion(now - timedelta(days=1), now + timedelta(days=1)), Reach.everything()).sum
    page = asked(client, per="20")
    assert re.search(r"全部结果合计 5 张", page) and "7,017.01" in page
    assert (total.net_sheets, total.net_fen) == (5, 701701)


def test_instants_and_ranges_survive_the_way_into_the_address_and_back(clerk: Any) -> None:
    _, client = clerk
    address = read(client, "今天 0.01-10元")
    assert address["issued_at"][0].endswith("00:00:00") and address["issued_at_to"][0].endswith("23:59:59")
    assert (address["total_fen"], address["total_fen_to"], address["total_fen_cmp"]) == (["0.01"], ["10.00"], ["between"])
    page = asked(client, **{name: values[0] for name, values in address.items()})
    assert len(numbers(page)) == 3
