"""A list of bills on a table of its own: as many rows as a test wants, red ones among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from django.contrib.messages.storage.cookie import CookieStorage
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory

from piaoju.identity.types import Appointment, OperatorActor, Role
from piaoju.kit import listing
from piaoju.manage import lists

CLERK = OperatorActor(7, 7, "clerk", "钱小文", (Appointment(Role.HANDLER, unit_code="12510000MD200001XY"),), 1)
SOURCE = listing.Source(
    table="sample_bill",
    fields={
        "code": "code", "number": "number", "payer": "payer", "bill_type": "bill_type", "item_code": "item_code",
        "issued_on": "issued_on", "total_fen": "total_fen",
    },
    key=("number",),
    sums={
        "total_fen": "coalesce(sum(total_fen), 0)",
        "red_sheets": "count(*) FILTER (WHERE total_fen < 0)",
        "red_fen": "coalesce(sum(total_fen) FILTER (WHERE total_fen < 0), 0)",
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SampleBill:
    code: str
    number: int
    payer: str
    bill_type: str
    item_code: str
    issued_on: date
    total_fen: int


def rows(actor: OperatorActor, asked: listing.Asked) -> listing.Found[SampleBill]:
    with connection.cursor() as cursor:
        return listing.find(cursor, SOURCE, asked, SampleBill, scope="owner = %s", scope_values=[actor.username])


def number_text(row: SampleBill) -> str:
    return f"{row.number:010d}"


BILLS = lists.ListPage(
    name="sample-bills",
    title="票据查询",
    noun="张",
    rows=rows,
    key=lambda row: f"{row.code}-{row.number}",
    columns=(
        lists.code("code", "票据代码"),
        lists.code("number", "票据号码", value=number_text, link=lambda row: f"/manage/bills/{row.number}", phone="name"),
        lists.text("payer", "交款人", tag=lambda row: "红票" if row.total_fen < 0 else ""),
        lists.day("issued_on", "开票日期"),
        lists.yuan("total_fen", "票面金额", total="total_fen"),
    ),
    filters=(
        lists.TextFilter("payer", "交款人"),
        lists.ChoiceFilter("bill_type", "票据种类", (("0401", "医疗门诊"), ("0402", "医疗住院"))),
        lists.YuanFilter("total_fen", "票面金额"),
        lists.DayFilter("issued_on", "开票日期"),
        lists.UnderFilter("item_code", "收费项目", usual=False),
    ),
    sort="-number",
    acts=(lists.BulkAct("推送", "/manage/push"), lists.BulkAct("申请冲红", "/manage/reverse", irreversible=True)),
    apart=lists.Apart("其中红票", lambda row: row.total_fen < 0, "red_sheets", "red_fen"),
    views=(lists.View("红票", "total_fen=0&total_fen_cmp=le"),),
    empty="今天还没有开票",
)


def fill(url: str, count: int) -> None:
    """So many bills, every ninth red, half of two types; one of another owner that nobody here may see."""
    with psycopg.connect(url, autocommit=True) as outside:
        outside.execute("""
            CREATE TABLE IF NOT EXISTS sample_bill (owner text, code text, number bigint PRIMARY KEY, payer text, bill_type text,
                item_code text, issued_on date, total_fen bigint)
        """)
        outside.execute("TRUNCATE sample_bill")
        outside.execute(
            """
            INSERT INTO sample_bill
            SELECT 'clerk', '51060226', n,
                CASE WHEN n %% 50 = 0 THEN '=1+1' WHEN n %% 7 = 0 THEN '100%%_户' ELSE '张' || n END,
                CASE n %% 2 WHEN 0 THEN '0401' ELSE '0402' END, '03' || lpad((n %% 30)::text, 4, '0'),
                date '2026-11-01' + (n %% 20)::int,
                CASE WHEN n %% 9 = 0 THEN -n * 101 ELSE n * 101 END
            FROM generate_series(1, %s) n
            """,
            [count],
        )
        foreign = "INSERT INTO sample_bill VALUES ('foreign', '51060226', %s, '别人', '0401', '030001', '2026-11-01', 999999)"
        outside.execute(foreign, [count + 1])


def asked(
    query: str = "", *, path: str = "/manage/sample", actor: OperatorActor = CLERK, post: dict[str, Any] | None = None
) -> HttpRequest:
    """A request as the middleware leaves it."""
    factory = RequestFactory()
    address = f"{path}?{query}" if query else path
    request = factory.get(address) if post is None else factory.post(address, post)
    request.actor = actor  # type: ignore[attr-defined]
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    return request
