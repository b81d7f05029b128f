"""总览: every figure is the sum of the list it leads to, children add up to parents, and an open page learns of a new bill."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from types import SimpleNamespace

import pytest
from django.test import Client, override_settings

from piaoju.identity.types import Appointment, Role
from piaoju.journeys import convert_to_paper, keep_books, see_overview
from piaoju.journeys.see_coverage import Share
from piaoju.kit.clock import SHANGHAI
from piaoju.ledger.types import Figures
from piaoju.manage.overview import buckets, periods, tilemap, written
from piaoju.ops.demonstration import founding
from piaoju.reporting.types import TotalsQuestion
from tests import offices
from tests.journeys import stock_office
from tests.journeys.asking import issued
from tests.manage import world
from tests.offices import HOSPITAL, body, line

REGISTRY = "12510524MD2000095F"  # of the county 叙永
UNITS = (HOSPITAL, REGISTRY)
PAPER = "51040199"
AT = datetime(2026, 11, 24, 10, 13, 7, tzinfo=SHANGHAI)


@pytest.fixture(scope="module")
def site(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """Bills of a hospital of the province and one of a county, partly folded; a person of each kind, signed in."""
    departments = ("510000", "510524")
    with (
        override_settings(ALLOWED_HOSTS=["*"]),
        offices.found(module_database, tmp_path_factory.mktemp("office"), units=UNITS, departments=departments) as installed,
    ):
        installed.issue(*(body(f"p-{n}", f"{n + 1}0.25") for n in range(3)))
        keep_books.fold_totals()
        installed.issue(*(body(f"c-{n}", lines=[charged("7.77")]) for n in range(2)), unit_code=REGISTRY)
        people = {
            "province": Appointment(Role.SUPERVISOR, "510000"), "county": Appointment(Role.SUPERVISOR, "510524"),
            "handler": Appointment(Role.HANDLER, "", REGISTRY),
        }  # fmt: skip
        browsers = {
            who: world.signed_in(installed, world.enrol(installed, f"v.{who}", one)) for who, one in people.items()
        }
        yield SimpleNamespace(installed=installed, **browsers)


def charged(amount: str) -> dict[str, object]:
    """A line that the county's unit may charge."""
    (unit,) = [unit for unit in founding.plan().units if unit.code == REGISTRY]
    return line(amount, item_code=next(item for bill_type, item in unit.grants if bill_type == "0401"))


def text(browser: Client, address: str, status: int = 200) -> str:
    response = browser.get(address)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def tiles(page: str) -> dict[str, tuple[str, str, str]]:
    """Each tile's sheets, second line and address."""
    found = re.findall(
        r'<a class="panel fig[^"]*" href="([^"]+)"><span class="t">([^<]+)<.*?class="big">([^ <]+) .*?class="m">([^<]*)<', page
    )
    return {name: (sheets, second, unescape(address)) for address, name, sheets, second in found}


def whole_of(page: str) -> tuple[str, ...]:
    """Count and sum of the whole result, as a list's last line says."""
    line = re.search(r"全部结果合计(.*?)</tr>", page, re.DOTALL)
    assert line, page[-3000:]
    return tuple(re.sub(r"<[^>]+>|\s", " ", line[1]).split())


@pytest.mark.parametrize("period", ["today", "week", "month", "year"])
@pytest.mark.parametrize("place", ["", "/regions/510500", f"/units/{REGISTRY}"])
def test_each_tile_is_the_sum_of_the_list_it_leads_to(site: SimpleNamespace, period: str, place: str) -> None:
    shown = tiles(text(site.province, f"/manage/overview{place}?period={period}&unit=yuan"))
    assert list(shown) == ["申领", "开具", "冲红", "净额", "换开", "发放"]
    for name in ("开具", "净额"):
        sheets, amount, address = shown[name]
        words = whole_of(text(site.province, address))
        assert sheets in " ".join(words) and amount.removesuffix(" 元") in words, (name, words)
    sheets, _, address = shown["发放"]
    assert sheets in whole_of(text(site.province, address))


def test_what_was_typed_to_the_second_is_what_the_list_holds(site: SimpleNamespace) -> None:
    at = site.installed.office.clock().astimezone(SHANGHAI)
    low, high = at - timedelta(minutes=30), at + timedelta(minutes=1)
    written_period = f"from={low:%Y-%m-%d+%H:%M:%S}&to={high:%Y-%m-%d+%H:%M:%S}"
    shown = tiles(text(site.province, f"/manage/overview?period=custom&{written_period}&unit=yuan"))
    sheets, amount, address = shown["净额"]
    assert sheets == "5" and amount == "76.29 元"
    assert "76.29" in whole_of(text(site.province, address))


def test_children_add_up_to_parents_at_every_level(site: SimpleNamespace) -> None:
    office = site.installed.office
    actor = site.installed.operator(Role.SUPERVISOR)
    compared = periods.read(_query("period=month"), office.clock()).compared
    question = TotalsQuestion(compared.low, compared.high)
    seen = {}
    for region, unit in (("510000", ""), ("510500", ""), ("510524", ""), ("", REGISTRY)):
        place = see_overview.where(office, actor, region, unit)
        found = seen[region or unit] = see_overview.seen(actor, place, compared, question)
        whole = Figures()
        for one in found.below:
            whole = whole.plus(one.now)
        assert whole == found.now
        flowed = Figures()
        for _, figures in found.flow:
            flowed = flowed.plus(figures)
        assert flowed == found.now
    parts = {one.code: one.now for one in seen["510000"].below}
    assert parts["510500"] == seen["510500"].now
    assert {one.code: one.now for one in seen["510500"].below}["510524"] == seen["510524"].now
    assert {one.code: one.now for one in seen["510524"].below}[REGISTRY] == seen[REGISTRY].now
    assert seen["510524"].now.net_fen == 1554 and seen["510000"].now.net_fen == 7629


def test_an_open_page_learns_of_a_new_bill_and_of_nothing_else(site: SimpleNamespace) -> None:
    page = text(site.county, "/manage/overview?period=today&unit=yuan")
    (mark,) = re.findall(r'id="figures" data-mark="([0-9a-f]+)"', page)
    asked = "/manage/overview?period=today&unit=yuan&part=figures&known="
    assert site.county.get(asked + mark).status_code == 204
    site.installed.issue(body("live-1", "1.00"))
    assert site.county.get(asked + mark).status_code == 204, "a bill of the province is no news in the county"
    site.installed.issue(body("live-2", lines=[charged("1.00")]), unit_code=REGISTRY)
    fresh = site.county.get(asked + mark)
    assert fresh.status_code == 200 and b"<html" not in fresh.content
    assert tiles(fresh.content.decode())["净额"][:2] == ("3", "16.54 元")


def test_who_works_for_a_unit_begins_there(site: SimpleNamespace) -> None:
    assert tiles(text(site.handler, "/manage/overview?unit=yuan"))["开具"][0] == "3"
    text(site.handler, f"/manage/overview/units/{HOSPITAL}", 404)
    text(site.county, "/manage/overview/regions/510500", 404)


def test_what_cannot_be_read_is_named_and_nothing_else_is_lost(site: SimpleNamespace) -> None:
    page = text(site.province, "/manage/overview?period=custom&from=2026-13-01&to=x&industry=nope&bill_type=0401", 422)
    assert "自选期间" in page and "行业类型：没有" in page and 'value="2026-13-01"' in page


def test_the_period_before_is_as_far_gone() -> None:
    def read(given: str) -> see_overview.Compared:
        return periods.read(_query(given), AT).compared

    month = read("period=month")
    assert month.low == datetime(2026, 11, 1, tzinfo=SHANGHAI) and month.high == datetime(2026, 12, 1, tzinfo=SHANGHAI)
    assert month.before_low == datetime(2026, 10, 1, tzinfo=SHANGHAI)
    assert month.before_high == datetime(2026, 10, 24, 10, 13, 7, tzinfo=SHANGHAI) and month.before_end == month.low
    assert read("period=today").before_high == AT - timedelta(days=1)
    assert read("period=week").low == datetime(2026, 11, 23, tzinfo=SHANGHAI)
    march = periods.read(_query("period=month"), datetime(2026, 3, 31, 9, tzinfo=SHANGHAI)).compared
    assert march.before_high == march.low, "February is over"
    custom = read("period=custom&from=2026-11-01&to=2026-11-02+08:00")
    assert custom.high == datetime(2026, 11, 2, 8, 1, tzinfo=SHANGHAI) and custom.before_high == custom.low
    assert custom.low - custom.before_low == custom.high - custom.low
    assert len(buckets.starts(month.low, month.high, "day")) == 30
    assert len(buckets.starts(custom.low, custom.high, custom.grain)) == 33


def test_amounts_changes_and_rates_are_rounded_as_people_do() -> None:
    assert [written.amount(fen, "wan") for fen in (0, 49_999, 50_000, 149_999, -50_000, -49_999, 123_456_789_00)] == [
        "0.0", "0.0", "0.1", "0.1", "−0.1", "0.0", "12,345.7"
    ]  # fmt: skip
    assert [written.change(*pair) for pair in ((110, 100), (90, 100), (1, 0), (0, 0), (100_001, 100_000), (5, -5))] == [
        written.Change("up", "10.0%"), written.Change("down", "10.0%"), written.Change("", "此前为 0"),
        written.Change("", "不变"), written.Change("", "不到 0.1%"), written.Change("up", "200.0%"),
    ]  # fmt: skip
    assert [Share(*pair).rate for pair in ((0, 0), (3, 3), (10_000, 9_999), (8, 1))] == ["—", "100.0%", "99.9%", "12.5%"]
    assert [tilemap.step(Share(1000, online)) for online in (599, 600, 749, 750, 849, 850, 949, 950, 1000)] == [
        "b1", "b2", "b2", "b3", "b3", "b4", "b4", "b5", "b5"
    ]  # fmt: skip
    assert tilemap.short_names(["市中区", "沙湾区", "峨边彝族自治县", "峨边新区"]) == ["市中", "沙湾", "边彝", "边新"]


def _query(given: str) -> object:
    from django.http import QueryDict

    return QueryDict(given)


def test_what_was_reversed_put_on_paper_and_asked_for_is_on_its_tile_and_in_its_list(site: SimpleNamespace) -> None:
    """The last one here: it adds to what the others count."""
    installed, office = site.installed, site.installed.office
    bills = [issued(one) for one in installed.issue(body("rv-1", "30.00"), body("rv-2", "5.00"))]
    issued(installed.issue_orders(offices.reversal(installed, bills[0], "rv-red", lines=[{"line": 1, "amount": "10.00"}]))[0])
    stock_office.paper(installed, HOSPITAL, "0401", PAPER, 50)
    clerk = installed.operator(Role.HANDLER, person="clerk")
    convert_to_paper.convert(office, clerk, bills[1]["code"], int(bills[1]["number"]), PAPER, 101)
    for fold in range(2):
        shown = tiles(text(site.province, "/manage/overview?period=today&unit=yuan"))
        assert shown["冲红"][:2] == ("1", "−10.00 元") and shown["换开"][0] == "1"
        for name in ("冲红", "换开", "申领"):
            sheets, _, address = shown[name]
            assert sheets not in ("0", "") and sheets in whole_of(text(site.province, address)), (name, fold)
        assert "−10.00" in whole_of(text(site.province, shown["冲红"][2]))
        keep_books.fold_totals()
