"""Exports: texts unchanged, sums right, no formula; masked unless a reason is recorded; killed and gone on with."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from arro3.io import read_parquet
from django.test import Client, override_settings
from python_calamine import CalamineWorkbook

from piaoju.identity import queries as identity
from piaoju.identity.errors import ActNotPermitted
from piaoju.identity.types import Appointment, OperatorActor, Role
from piaoju.journeys import (
    download_bills,
    export_bills,
    export_history,
    fetch_download,
    keep_books,
    make_download,
    make_export,
)
from piaoju.journeys.export_bills import ReasonMissing, TooManyForOnce, Wanted
from piaoju.kit.listing import Condition
from piaoju.reporting import queries
from piaoju.reporting.errors import DownloadNotFound, NoBills
from tests import offices
from tests.manage import world
from tests.offices import Installed

NAMES = ["=1+1", "@SUM(A1)", "-5", "+86", '引"号\'', "http://a.cn", "_x0041_", "欧阳小明", "王 明"]
NAMES += [f"周{n}燕" for n in range(14)]
FENS = [(n + 1) * 1_00 + n for n in range(len(NAMES))]


@pytest.fixture(scope="module")
def issued(shared: Installed) -> Installed:
    shared.issue(*(
        offices.body(f"E-{n}", f"{FENS[n] // 100}.{FENS[n] % 100:02d}", payer={"type": "person", "name": name})
        for n, name in enumerate(NAMES)
    ))  # fmt: skip
    assert shared.count("SELECT count(*) FROM issuing_bill") == len(NAMES)
    return shared


@pytest.fixture
def keeper(issued: Installed) -> OperatorActor:
    return issued.operator(Role.UNIT_KEEPER)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch, shared: Installed) -> Iterator[None]:
    monkeypatch.setattr(make_export, "ROWS_A_CHUNK", 5)
    monkeypatch.setattr(export_bills, "ROWS_A_CHUNK", 5)
    yield
    shared.jobs.waiting.clear()
    shared.run("TRUNCATE reporting_download CASCADE")
    download_bills.clear_downloads(shared.office)


def wanted(file_format: str, *conditions: Condition, **changes: Any) -> Wanted:
    given = {"sort": "bill_number", "descending": False, "full_payers": True, "reason": "年终对账用"} | changes
    return Wanted(conditions, "条件的文字", given.pop("sort"), given.pop("descending"), file_format, **given)


def content(installed: Installed, actor: OperatorActor, asked: Wanted) -> bytes:
    with export_bills.at_once(installed.office, actor, asked) as file:
        return file.read()


def made(installed: Installed, actor: OperatorActor, asked: Wanted) -> bytes:
    """The same file by the job."""
    number = export_bills.request(installed.office, actor, asked, "开票时间")
    make_download.make_download(installed.office, download_id=number)
    return fetched(installed, actor, number)


def fetched(installed: Installed, actor: OperatorActor, number: int) -> bytes:
    row = download_bills.of_person(actor, number)
    assert row.state == "ready", (row.state, row.failure)
    token = fetch_download.make_link(installed.office, actor, number)
    opened = fetch_download.open_download(installed.office, actor, number, token, 0)
    return b"".join(opened.pieces(0, row.size_bytes))


def read(file_format: str, file: bytes) -> tuple[list[str], list[int]]:
    """The payers and the amounts in fen, as independent readers find them."""
    if file_format == "xlsx":
        lines = CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_index(0).to_python()
        top = next(n for n, line in enumerate(lines) if line[0] == "票据代码")
        name, total = lines[top].index("交款人"), lines[top].index("票面金额（元）")
        assert all(isinstance(line[total], float) for line in lines[top + 1 :])
        assert Decimal(str(lines[-1][total])) * 100 == sum(FENS)
        rows = lines[top + 1 : -1]
        return [line[name] for line in rows], [int(Decimal(str(line[total])) * 100) for line in rows]
    if file_format == "ndjson":
        rows = [json.loads(line, parse_float=Decimal) for line in file.decode().splitlines()][1:]
        return [row["payer_name"] for row in rows], [int(row["total"] * 100) for row in rows]
    if file_format == "parquet":
        table = read_parquet(io.BytesIO(file)).read_all()
        totals = [int(Decimal(str(value)) * 100) for value in table.column("total").to_pylist()]
        return table.column("payer_name").to_pylist(), totals
    import csv

    lines = list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))
    top = next(n for n, line in enumerate(lines) if line[0] == "票据代码")
    name, total = lines[top].index("交款人"), lines[top].index("票面金额（元）")
    return [line[name] for line in lines[top + 1 : -1]], [int(Decimal(line[total]) * 100) for line in lines[top + 1 : -1]]


@pytest.mark.parametrize("file_format", ["xlsx", "csv", "ndjson", "parquet"])
@pytest.mark.parametrize("way", [content, made])
def test_texts_are_unchanged_and_sums_are_right(issued: Installed, keeper: OperatorActor, file_format: str, way: Any) -> None:
    names, fens = read(file_format, way(issued, keeper, wanted(file_format)))
    assert names == NAMES and fens == FENS


def test_no_name_is_a_formula_and_the_head_says_what_it_is(issued: Installed, keeper: OperatorActor) -> None:
    import zipfile

    file = content(issued, keeper, wanted("xlsx"))
    with zipfile.ZipFile(io.BytesIO(file)) as book:
        assert not any(b"<f>" in book.read(name) for name in book.namelist())
    head: dict[str, str] = dict(
        line[:2] for line in CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_index(0).to_python()[1:6]
    )
    assert head["条件"] == "条件的文字" and f"{len(NAMES)} 张" in head["合计"] and "年终对账用" in head["交款人"]
    assert keeper.username in head["导出人"] and "快照" in head["数据截至"]


def test_names_are_masked_unless_a_reason_is_given_and_recorded(issued: Installed, keeper: OperatorActor) -> None:
    names, _ = read("csv", content(issued, keeper, wanted("csv", full_payers=False, reason="")))
    assert names != NAMES and all("＊" in name or "*" in name for name in names if len(name) > 1)
    handler = issued.operator(Role.HANDLER)
    with pytest.raises(ActNotPermitted):
        content(issued, handler, wanted("csv"))
    for reason in ("", "用", "x" * 101, "有\x07铃"):
        with pytest.raises(ReasonMissing):
            content(issued, keeper, wanted("csv", reason=reason))
    content(issued, keeper, wanted("csv", Condition("payer_name", "eq", ("欧阳小明",)), reason="核对退款"))
    subject = text(issued, "SELECT subject FROM identity_auditrecord WHERE act = 'export_payers' ORDER BY id DESC LIMIT 1")
    assert "用途：核对退款" in subject and "payer_name" in subject and "欧阳" not in subject


def test_what_waits_for_its_job_names_nobody(issued: Installed, keeper: OperatorActor) -> None:
    asked = wanted("csv", Condition("payer_name", "eq", ("欧阳小明",)))
    number = export_bills.request(issued.office, keeper, asked, "交款人")
    assert "欧阳" not in text(issued, f"SELECT wanted::text || conditions || title FROM reporting_download WHERE id = {number}")
    make_download.make_download(issued.office, download_id=number)
    assert read("csv", fetched(issued, keeper, number))[0] == ["欧阳小明"]


def text(installed: Installed, sql: str) -> str:
    with psycopg.connect(installed.url) as connection:
        row = connection.execute(sql).fetchone()
    assert row
    return str(row[0])


class Killed(BaseException):
    """kill -9, as far as a test can have it."""


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "parquet"])
def test_killed_anywhere_it_goes_on_to_the_same_rows(
    issued: Installed, keeper: OperatorActor, file_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = export_bills.request(issued.office, keeper, wanted(file_format), "")
    collect, finish = make_export.RowsMaker.collect, make_export.RowsMaker.finish
    collected: list[int] = []

    def dies_now_and_then(maker: make_export.RowsMaker) -> bool:
        going_on = collect(maker)
        collected.append(maker.at.chunks)
        if len(collected) % 2 == 0:
            raise Killed
        return going_on

    def dies_once(maker: make_export.RowsMaker) -> int:
        monkeypatch.setattr(make_export.RowsMaker, "finish", finish)
        finish(maker)
        raise Killed

    monkeypatch.setattr(make_export.RowsMaker, "collect", dies_now_and_then)
    monkeypatch.setattr(make_export.RowsMaker, "finish", dies_once)
    kills = 0
    while download_bills.of_person(keeper, number).state != "ready":
        try:
            make_download.make_download(issued.office, download_id=number)
        except Killed:
            kills += 1
        assert kills < 30
    assert kills >= 4
    names, fens = read(file_format, fetched(issued, keeper, number))
    assert names == NAMES and fens == FENS


def test_a_right_that_ended_ends_the_link(issued: Installed, keeper: OperatorActor) -> None:
    number = export_bills.request(issued.office, keeper, wanted("csv"), "")
    make_download.make_download(issued.office, download_id=number)
    from dataclasses import replace

    with pytest.raises(DownloadNotFound):
        fetch_download.make_link(issued.office, issued.operator(Role.UNIT_KEEPER, person="另一人"), number)
    less = replace(keeper, appointments=(Appointment(Role.HANDLER, "", offices.HOSPITAL),))
    assert not export_bills.may_still_have(issued.office, less, download_bills.of_person(keeper, number))


def test_limits_are_said(issued: Installed, keeper: OperatorActor, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoBills):
        content(issued, keeper, wanted("csv", Condition("payer_name", "eq", ("没有此人",))))
    monkeypatch.setattr(export_bills, "AT_ONCE_MAX", 3)
    with pytest.raises(TooManyForOnce):
        content(issued, keeper, wanted("csv"))
    other = issued.operator(Role.SUPERVISOR, region_code="510700")
    with pytest.raises(NoBills):
        content(issued, other, wanted("csv", full_payers=False))


def test_a_bill_committed_late_is_in_the_file_and_in_its_count(
    issued: Installed, keeper: OperatorActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The count was taken before a bill of the past became visible: collected anew, and counted anew."""
    number = export_bills.request(issued.office, keeper, wanted("csv"), "")
    real, misses = queries.rows, [1]

    def misses_the_last_once(*given: Any, **named: Any) -> Any:
        chunk = real(*given, **named)
        if chunk.after is None and misses:
            misses.clear()
            return type(chunk)(chunk.rows[:-1], None)
        return chunk

    monkeypatch.setattr(queries, "rows", misses_the_last_once)
    make_download.make_download(issued.office, download_id=number)
    assert not misses and read("csv", fetched(issued, keeper, number))[0] == NAMES


def test_the_page_says_what_the_file_holds_and_hands_it_out(issued: Installed) -> None:
    with override_settings(ALLOWED_HOSTS=["*"]):
        keeper = Appointment(Role.UNIT_KEEPER, "", offices.HOSPITAL)
        browser: Client = world.signed_in(issued, world.enrol(issued, "x.keeper", keeper))
        address = "/manage/bills/export?payer_name=%E6%AC%A7%E9%98%B3%E5%B0%8F%E6%98%8E"
        shown = browser.get(address).content.decode()
        assert "导出 1 张" in shown and "交款人 = 欧阳小明" in shown
        assert "/manage/bills/export?" in browser.get("/manage/bills").content.decode()
        refused = browser.post(address, {"file_format": "csv", "payers": "full", "reason": ""})
        assert refused.status_code == 422 and "用途" in refused.content.decode()
        answer = browser.post(address, {"file_format": "csv", "payers": "masked", "reason": ""})
        assert answer.status_code == 200 and answer["Content-Type"].startswith("text/csv")
        file = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        names, _ = read("csv", file)
        assert names != ["欧阳小明"] and len(names) == 1
        actor = identity.operator_actor("x.keeper", issued.office.clock())
        numbers = [export_bills.request(issued.office, actor, wanted("parquet"), "交款人"),
                   export_history.request(issued.office, actor, offices.HOSPITAL, make_download.KEPT)]  # fmt: skip
        keep_books.keep_log(issued.office)
        for number, words in zip(numbers, ("Parquet 清单", "全部历史和证明"), strict=True):
            make_download.make_download(issued.office, download_id=number)
            page = browser.get(f"/manage/downloads/{number}")
            assert page.status_code == 200 and words in page.content.decode()
        assert "Parquet 清单" in browser.get("/manage/downloads").content.decode()



def test_what_is_issued_meanwhile_is_not_in_the_file(issued: Installed, keeper: OperatorActor) -> None:
    number = export_bills.request(issued.office, keeper, wanted("csv"), "")
    issued.issue(offices.body("E-late", "9.99", payer={"type": "person", "name": "迟到"}))
    make_download.make_download(issued.office, download_id=number)
    assert read("csv", fetched(issued, keeper, number))[0] == NAMES
