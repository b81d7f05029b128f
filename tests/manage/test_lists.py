"""The list: exact conditions, two sums, pages by key, files; on rows that were counted by hand."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from python_calamine import CalamineWorkbook

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


def test_what_is_foreign_is_not_counted_not_summed_and_not_found_by_any_condition() -> None:
    assert "9,999.99" not in shown("per=200") and "共 1,000 条" in shown()
    assert "条件无结果" not in shown() and "没有符合全部条件的结果" in shown("payer=%E5%88%AB%E4%BA%BA&payer_cmp=eq")


def test_walking_the_pages_forward_and_back_meets_every_row_once() -> None:
    from piaoju.kit.listing import Asked, read_cursor
    from tests.manage import samples

    for sort, descending in (("number", True), ("total_fen", False), ("issued_on", True), ("payer", False)):
        seen: list[int] = []
        asked = Asked(sort=sort, descending=descending, limit=37)
        while True:
            found = samples.rows(samples.CLERK, asked)
            assert found.first_ordinal == len(seen) + 1 and found.whole.count == COUNT
            seen += [row.number for row in found.rows]
            if not found.next_cursor:
                break
            asked = replace(asked, position=read_cursor(found.next_cursor))
        assert len(seen) == COUNT and set(seen) == set(range(1, COUNT + 1))
        back: list[int] = [row.number for row in found.rows]
        while found.previous_cursor:
            found = samples.rows(samples.CLERK, replace(asked, position=read_cursor(found.previous_cursor)))
            back = [row.number for row in found.rows] + back
            assert found.first_ordinal + len(found.rows) + len(back) - len(found.rows) == COUNT + 1
        assert back == seen


@pytest.mark.parametrize(
    ("query", "keeps"),
    [
        ("total_fen=101.00", lambda n, fen: fen == 10_100),
        ("total_fen=300&total_fen_cmp=ge", lambda n, fen: fen >= 30_000),
        ("total_fen=%E2%88%92300&total_fen_cmp=le", lambda n, fen: fen <= -30_000),
        ("total_fen=900&total_fen_cmp=absolute_ge", lambda n, fen: abs(fen) >= 90_000),
        ("total_fen=1,000&total_fen_to=1,005.00&total_fen_cmp=between", lambda n, fen: 100_000 <= fen <= 100_500),
        ("bill_type=0401", lambda n, fen: n % 2 == 0),
        ("payer=100%25_", lambda n, fen: n % 7 == 0 and n % 50 != 0),
        ("payer=%3D1%2B1&payer_cmp=eq", lambda n, fen: n % 50 == 0),
        ("payer=%E5%BC%A01&payer_cmp=starts", lambda n, fen: str(n).startswith("1") and n % 7 != 0 and n % 50 != 0),
        ("issued_on=2026-11-03&issued_on_to=20261105", lambda n, fen: n % 20 in (2, 3, 4)),
        ("issued_on_to=2026/11/02", lambda n, fen: n % 20 in (0, 1)),
        ("item_code=03002&item_code_cmp=under", lambda n, fen: 20 <= n % 30 <= 29),
    ],
)
def test_a_condition_keeps_exactly_the_rows_it_says(query: str, keeps: Callable[[int, int], bool]) -> None:
    from django.http import QueryDict

    from piaoju.manage.lists import address
    from tests.manage import samples

    at = address.read(samples.BILLS, QueryDict(query))
    assert at.faults == [] and len(at.conditions) == 1
    found = samples.rows(samples.CLERK, replace(at.asked, limit=COUNT))
    wanted = {n: fen for n in range(1, COUNT + 1) if keeps(n, fen := -n * 101 if n % 9 == 0 else n * 101)}
    assert {row.number for row in found.rows} == set(wanted) and found.whole.count == len(wanted)
    assert found.whole.sums["total_fen"] == sum(wanted.values())
    assert wanted, "a condition that finds nothing shows nothing"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("total_fen=abc", "应为金额，最多两位小数"),
        ("total_fen=1.234", "应为金额，最多两位小数"),
        ("total_fen=9&total_fen_to=3&total_fen_cmp=between", "起（9）在止（3）之后"),
        ("issued_on=2026-13-01", "应为日期，如 2026-11-22"),
        ("issued_on=0001-01-01", "年份太早"),
        ("bill_type=9999", "没有这个选项"),
        ("payer=%00", "含有看不见的字符"),
        ("payer=" + "x" * 201, "请填写不超过 200 个字"),
    ],
)
def test_a_wrong_condition_is_said_beside_its_field_and_nothing_is_searched(query: str, words: str) -> None:
    page = shown(query)
    assert page.count(words) == 2 and "需要改正" in page and 'aria-invalid="true"' in page
    assert "查询结果" not in page and "共 1,000 条" not in page


@pytest.mark.parametrize("cursor", ["x", "eyJh", "W10.x", "a" * 5_000, "%00", "WzAsMV0.AAAA"])
def test_a_cursor_that_this_list_did_not_give_leads_to_the_first_page_and_says_so(cursor: str) -> None:
    page = shown(f"cursor={cursor}")
    assert "翻页位置读不懂" in page and "第 1–20 条" in page


def test_a_cursor_of_another_order_is_not_believed() -> None:
    import html

    page = html.unescape(shown("sort=payer"))
    (following,) = re.findall(r'rel="next" href="\?([^"]+)"', page)
    assert "第 21–40 条" in shown(following)
    assert "翻页位置读不懂" in shown(following.replace("sort=payer", "sort=total_fen"))


def test_an_empty_result_says_which_condition_removed_the_rows() -> None:
    page = shown("payer=nobody&bill_type=0401")
    assert "去掉「交款人 含 nobody」后有 500 张" in page and "去掉「票据种类" not in page


def test_chips_write_the_comparison_and_each_can_be_removed() -> None:
    page = shown("total_fen=900&total_fen_cmp=absolute_ge&bill_type=0402")
    assert "票面金额 绝对值 ≥</i>900.00 元" in page and 'aria-label="去掉条件：票面金额"' in page
    assert 'href="?bill_type=0402"' in page and 'href="?total_fen=900&amp;total_fen_cmp=absolute_ge"' in page


def test_files_carry_conditions_time_and_person_and_change_no_text() -> None:
    from django.db import connection

    from piaoju.manage import lists
    from tests.manage import samples

    answer = lists.answer(samples.asked("payer=%3D1%2B1&export=csv"), samples.BILLS)
    written = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert written[0] == ["票据查询"] and written[1] == ["条件", "交款人 含 =1+1"] and "钱小文（clerk）" in written[2][0]
    assert written[3] == ["票据代码", "票据号码", "交款人", "开票日期", "票面金额（元）"]
    assert written[4] == ["51060226", "0000001000", "=1+1", "2026-11-01", "1010.00"] and len(written) == 4 + 20 + 1
    answer = lists.answer(samples.asked("payer=%3D1%2B1&export=xlsx"), samples.BILLS)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer))).get_sheet_by_index(0).to_python()
    assert sheet[4] == ["51060226", "0000001000", "=1+1", "2026-11-01", 1010.0]
    whole = sum(-n * 101 if n % 9 == 0 else n * 101 for n in range(50, COUNT + 1, 50))
    with connection.cursor() as cursor:
        cursor.execute("SELECT actor, subject FROM identity_auditrecord WHERE act = 'export_list' ORDER BY id DESC LIMIT 1")
        assert cursor.fetchone() == ("operator:clerk", "list:sample-bills xlsx 20 payer")
    assert sheet[-1][0] == "全部结果合计 20" and round(float(str(sheet[-1][4])) * 100) == whole


def test_the_chosen_rows_reach_the_act_as_keys_or_as_the_whole_result() -> None:
    from piaoju.manage import lists
    from piaoju.manage.lists.choosing import NothingChosen, TooManyChosen
    from tests.manage import samples

    one = lists.chosen(samples.asked(post={"chosen": ["a", "b", "a"], "query": "bill_type=0401"}), samples.BILLS)
    assert (one.keys, one.whole) == (("a", "b"), False)
    whole = lists.chosen(samples.asked(post={"whole": "1", "query": "bill_type=0401"}), samples.BILLS)
    assert whole.whole and samples.rows(samples.CLERK, whole.asked).whole.count == 500
    with pytest.raises(NothingChosen):
        lists.chosen(samples.asked(post={}), samples.BILLS)
    with pytest.raises(TooManyChosen):
        lists.chosen(samples.asked(post={"chosen": [str(n) for n in range(501)]}), samples.BILLS)


def test_a_saved_view_is_its_owners_alone_and_leads_back_to_the_same_conditions() -> None:
    from dataclasses import replace as changed

    from piaoju.manage.home import pages
    from tests.manage import samples

    def save(**post: str) -> str:
        answer = pages.views(samples.asked(post={"list": "sample-bills", "here": "/manage/sample", **post}, path="/manage/views"))
        return answer["Location"] if answer.status_code == 303 else answer.content.decode()  # type: ignore[attr-defined]

    assert save(name="大额", query="total_fen=900&total_fen_cmp=ge") == "/manage/sample?total_fen=900&total_fen_cmp=ge"
    assert "大额</a>" in shown() and 'aria-current="true">大额' in shown("total_fen=900&total_fen_cmp=ge")
    (number,) = set(re.findall(r'name="drop" value="(\d+)"', shown()))
    other = changed(samples.CLERK, operator_id=8)
    pages.views(samples.asked(post={"drop": number}, path="/manage/views", actor=other))
    assert "大额" in shown()
    assert "视图名称应为 1 到 30 个看得见的字" in save(name="", query="") and "太长" in save(name="x", query="y" * 2_001)
    assert save(drop=number) == "/manage/sample" and "大额" not in shown()
    for elsewhere in ("https://example.cn/", "//example.cn/manage/", "/\\example.cn", "javascript:1"):
        assert save(name="a", query="", here=elsewhere) == "/manage/"


@pytest.mark.parametrize(("given", "place"), [("12", 12), ("", 0), ("²", 0), ("٣", 0), ("-1", 0), ("9" * 5_000, 0)])
def test_a_place_in_an_address_that_is_no_number_is_the_beginning(given: str, place: int) -> None:
    from piaoju.manage import typed

    assert typed.place(given) == place
