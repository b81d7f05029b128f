"""The public call and pages as strangers meet them: alike refusals, no leak, nothing crashes on nonsense."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.core import signing
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, override_settings

from piaoju.journeys import fetch_file
from piaoju.kit.addresses import client_address
from piaoju.kit.errors import NotFound
from piaoju.kit.values import replace
from piaoju.ledger import actions as ledger
from piaoju.ledger.types import Fact, FactKind
from piaoju.public import facts, links
from piaoju.verification import actions, queries
from piaoju.verification.types import PublishedBillRow, Question

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 11, 22, 2, 30, tzinfo=dt.UTC)
ROW = PublishedBillRow(
    unit_id=7,
    issued_at=AT,
    bill_code="51060226",
    bill_number=18419,
    check_code="7c40e9",
    issue_date=dt.date(2026, 11, 22),
    total_fen=812_640,
    bill_name="医疗住院收费票据",
    unit_name="江州第二人民医院",
    region_code="510600",
    payer_name="周小燕",
    payer_is_person=True,
    kind="normal",
    digest=bytes(range(32)),
    demonstration=False,
)
RED = replace(
    ROW,
    bill_number=18500,
    check_code="k2m9x1",
    kind="red",
    total_fen=-812_640,
    reverses_code="51060226",
    reverses_number=18419,
    reversal_reason="项目填写有误",
)
RIGHT = {
    "code": "51060226",
    "number": "0000018419",
    "check_code": "7c40e9",
    "date": "2026-11-22",
    "amount": "8126.40",
}
QR = "/q?c=51060226&n=0000018419&r=7c40e9&a=8126.40&d=20261122"


@pytest.fixture(autouse=True)
def public_site(database: str) -> Iterator[None]:
    with override_settings(ROOT_URLCONF="piaoju.public.urls", DEMONSTRATION=False):
        with connection.cursor() as cursor:
            actions.publish(cursor, [ROW])
        yield


def call(body: Any, **headers: str) -> HttpResponse:
    content = body if isinstance(body, (bytes, str)) else json.dumps(body)
    response: Any = Client(headers=headers).post(
        "/public/api/v1/verify", content, content_type="application/json"
    )
    return response


def changed(**fields: str) -> dict[str, str]:
    return RIGHT | fields


# ---- the call ---------------------------------------------------------------------------------------------


def test_the_right_facts_answer_valid_with_what_the_public_may_see_and_no_more() -> None:
    answer = call(RIGHT)
    body = json.loads(answer.content)
    assert answer.status_code == 200
    assert body.pop("verified_at").endswith("+08:00")
    assert body == {
        "result": "valid",
        "code": "51060226",
        "number": "0000018419",
        "bill_type": "0602",
        "name": "医疗住院收费票据",
        "kind": "normal",
        "demonstration": False,
        "date": "2026-11-22",
        "total": "8126.40",
        "left": "8126.40",
        "payer": {"name": "周＊燕"},
        "unit_name": "江州第二人民医院",
        "region_code": "510600",
        "reversed_by": [],
        "paper": None,
        "digest": bytes(range(32)).hex(),
        "log": None,
    }


def test_a_reversed_bill_answers_reversed_with_its_red_bill() -> None:
    with connection.cursor() as cursor:
        actions.publish(cursor, [RED])
    body = json.loads(call(RIGHT).content)
    assert (body["result"], body["left"]) == ("reversed", "0.00")
    assert body["reversed_by"] == [
        {
            "code": "51060226",
            "number": "0000018500",
            "date": "2026-11-22",
            "total": "-8126.40",
            "reason": "项目填写有误",
        }
    ]


def test_a_bill_in_the_log_answers_with_its_place_there() -> None:
    items = (("10101", 812_640),)
    fact = Fact(
        ROW.unit_id,
        AT,
        FactKind.issued,
        "510600",
        "0602",
        ROW.bill_code,
        ROW.bill_number,
        1,
        812_640,
        items,
        "x",
        ROW.digest,
    )
    other = replace(fact, bill_number=1, at=AT - dt.timedelta(hours=1))
    ledger.ensure_partitions(connection, AT.date(), 1)
    with connection.cursor() as cursor:
        ledger.post(cursor, [other])
    ledger.sequence(connection)
    assert json.loads(call(RIGHT).content)["log"] is None
    with connection.cursor() as cursor:
        ledger.post(cursor, [fact])
    ledger.sequence(connection)
    assert json.loads(call(RIGHT).content)["log"] == {"index": 1, "size": None}
    assert "第 1 号" in Client().get(QR).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "51060126"},
        {"number": "0000018420"},
        {"check_code": "7c40e8"},
        {"check_code": "x"},
        {"check_code": "7c40e90"},
        {"check_code": "周小燕"},
        {"date": "2026-11-21"},
        {"date": "2199-12-31"},
        {"amount": "8126.41"},
        {"amount": "-8126.40"},
    ],
)
def test_any_wrong_fact_gets_the_very_answer_of_a_missing_bill(wrong: dict[str, str]) -> None:
    missing = call(changed(number="0000099999"))
    answer = call(changed(**wrong))
    assert answer.content == missing.content
    assert (answer.status_code, dict(answer.headers)) == (missing.status_code, dict(missing.headers))
    assert json.loads(answer.content)["result"] == "not_found"


@pytest.mark.parametrize(
    "same",
    [
        {"check_code": "7C40E9"},
        {"check_code": "7c4Oe9"},
        {"number": "18419"},
        {"date": "20261122"},
        {"amount": "8126.4"},
        {"code": "５１０６０２２６"},
    ],
)
def test_the_same_fact_written_otherwise_is_the_same_fact(same: dict[str, str]) -> None:
    assert json.loads(call(changed(**same)).content)["result"] == "valid"


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        (changed(code=""), "/code", "required"),
        (changed(code="5106022"), "/code", "code_invalid"),
        (changed(code="51060226'--"), "/code", "code_invalid"),
        (changed(code="5106\x00226"), "/code", "code_invalid"),
        (changed(number="99999999999999999999"), "/number", "number_invalid"),
        (changed(number="-1"), "/number", "number_invalid"),
        (changed(number="1" * 400), "/number", "too_long"),
        (changed(check_code=" "), "/check_code", "required"),
        (changed(date="2026-02-30"), "/date", "date_invalid"),
        (changed(date="0000-00-00"), "/date", "date_invalid"),
        (changed(date="9999-12-31"), "/date", "date_invalid"),
        (changed(amount="1e5"), "/amount", "amount_invalid"),
        (changed(amount="NaN"), "/amount", "amount_invalid"),
        (changed(amount="8126.401"), "/amount", "amount_invalid"),
        (changed(amount="9" * 30), "/amount", "amount_invalid"),
        ({**RIGHT, "amount": 8126.4}, "/amount", "invalid"),
        ({**RIGHT, "number": None}, "/number", "invalid"),
        ({k: v for k, v in RIGHT.items() if k != "date"}, "/date", "invalid"),
        ({**RIGHT, "payer": "x"}, "", "invalid"),
        ([RIGHT], "", "invalid"),
        (b"", "", "invalid"),
        (b"\xff\xfe", "", "invalid"),
        (b"[" * 4000, "", "invalid"),
        ('{"code": "\\ud800"}', "", "invalid"),
    ],
)
def test_nonsense_is_refused_at_its_place_with_a_remedy(body: Any, pointer: str, code: str) -> None:
    answer = call(body)
    problem = json.loads(answer.content)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert problem["code"] == "invalid_request"
    assert len(problem["trace_id"]) == 32
    found = {(error["pointer"], error["code"]) for error in problem["errors"]}
    assert (pointer, code) in found
    assert all(error["detail"] for error in problem["errors"])


def test_a_body_over_four_kilobytes_is_refused_unread() -> None:
    answer = call(json.dumps(RIGHT) + " " * 4096)
    assert (answer.status_code, json.loads(answer.content)["code"]) == (413, "body_too_large")


def test_only_post_is_answered() -> None:
    answer = Client().get("/public/api/v1/verify")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_after_too_many_failures_the_call_says_when_to_come_back() -> None:
    for _ in range(20):
        assert call(changed(amount="1.00")).status_code == 200
    answer = call(RIGHT)
    problem = json.loads(answer.content)
    assert answer.status_code == 429
    assert answer["Content-Type"] == "application/problem+json"
    assert 1 <= int(answer["Retry-After"]) <= 600
    assert problem["code"] == "too_many_tries"
    assert f"{answer['Retry-After']} 秒后再试" in problem["detail"]
    page = Client().get(QR)
    assert (page.status_code, page["Retry-After"].isdigit()) == (429, True)
    assert "周" not in page.content.decode()


def test_a_forged_forwarding_header_opens_no_new_bucket() -> None:
    for guess in range(20):
        assert call(changed(amount="1.00"), x_forwarded_for=f"203.0.113.{guess}").status_code == 200
    assert call(RIGHT, x_forwarded_for="203.0.113.200").status_code == 429


@override_settings(TRUSTED_PROXIES=["127.0.0.0/8"])
def test_behind_a_trusted_proxy_each_client_has_a_bucket_of_its_own() -> None:
    for _ in range(20):
        assert call(changed(amount="1.00"), x_forwarded_for="203.0.113.9").status_code == 200
    assert call(RIGHT, x_forwarded_for="203.0.113.9").status_code == 429
    assert call(RIGHT, x_forwarded_for="6.6.6.6, 203.0.113.9").status_code == 429
    assert call(RIGHT, x_forwarded_for="198.51.100.1").status_code == 200


@pytest.mark.parametrize(
    ("remote", "forwarded", "client"),
    [
        ("198.51.100.7", "1.2.3.4", "198.51.100.7"),
        ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("10.0.0.1", "1.2.3.4, nonsense", "10.0.0.1"),
        ("::ffff:10.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        ("", "1.2.3.4", "::"),
    ],
)
def test_the_asker_is_the_nearest_address_that_is_no_proxy_of_ours(
    remote: str, forwarded: str, client: str
) -> None:
    assert str(client_address(remote, forwarded, ["10.0.0.0/8"])) == client


def test_a_database_away_is_503_with_a_remedy_and_not_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(queries, "find", away)
    answer = call(RIGHT)
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert "connection refused" not in answer.content.decode()
    assert Client().get(QR).status_code == 503


# ---- the pages --------------------------------------------------------------------------------------------


def test_the_qr_address_says_valid_and_masks_the_payer() -> None:
    page = Client().get(QR).content.decode()
    assert "票据真实有效" in page and "周＊燕" in page and "8,126.40" in page
    assert "周小燕" not in page
    assert bytes(range(32)).hex() in page


def test_the_page_of_a_wrong_code_is_as_long_as_that_of_a_missing_bill() -> None:
    wrong = Client().get(QR.replace("7c40e9", "7c40e8"))
    missing = Client().get(QR.replace("0000018419", "0000099999"))
    assert (wrong.status_code, len(wrong.content)) == (missing.status_code, len(missing.content))
    assert "查无此票" in wrong.content.decode() and "江州" not in wrong.content.decode()


def test_a_demonstration_bill_is_not_found_in_production_and_said_to_be_one_in_a_demonstration() -> None:
    with connection.cursor() as cursor:
        actions.publish(cursor, [replace(ROW, bill_number=1, demonstration=True)])
    address = QR.replace("0000018419", "0000000001")
    assert "查无此票" in Client().get(address).content.decode()
    with override_settings(DEMONSTRATION=True):
        page = Client().get(address).content.decode()
    assert "样票" in page and "不能报销" in page


@pytest.mark.parametrize(
    "text",
    [
        "01,51,51060226,0000018419,7c40e9,8126.40,20261122",
        "01，51，51060226，0000018419，7c40e9，8126.40，20261122",
        "https://pj.example.gov.cn" + QR,
    ],
)
def test_what_a_scanner_wrote_may_be_pasted(text: str) -> None:
    assert "票据真实有效" in Client().post("/verify", {"text": text}).content.decode()


def test_a_pasted_text_that_is_no_qr_is_kept_and_explained() -> None:
    answer = Client().post("/verify", {"text": "你好<script>,1"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "你好&lt;script&gt;,1" in page and "这不是票据二维码里的文字" in page


def test_the_form_keeps_what_was_typed_and_names_each_fault() -> None:
    typed = RIGHT | {"check_code": "7c4", "amount": '"><b>八千'}
    answer = Client().post("/verify", typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "有 2 处需要改正" in page
    assert "校验码应为 6 位数字或字母，少 3 位" in page
    for kept in ("51060226", "0000018419", 'value="7c4"', "2026-11-22", "&quot;&gt;&lt;b&gt;八千"):
        assert kept in page


def test_a_bill_not_found_leaves_the_form_filled_for_the_correction() -> None:
    page = Client().post("/verify", changed(amount="8126.41")).content.decode()
    assert "查无此票" in page and 'value="8126.41"' in page and 'value="7c40e9"' in page


@pytest.mark.parametrize("path", ["/", "/verify", "/q", QR, "/q?c=1&n=&r=%00&a=&d=%ff"])
def test_every_public_answer_is_kept_nowhere_sends_no_referrer_and_runs_nothing(path: str) -> None:
    answer = Client().get(path)
    page = answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self';")
    assert "<script" not in page and " style=" not in page
    assert not answer.cookies


def test_large_letters_stay_chosen_without_script() -> None:
    client = Client()
    assert 'class="large"' in client.get("/verify?large=1").content.decode()
    assert 'class="large"' in client.get(QR).content.decode()
    client.get("/?large=0")
    assert 'class="large"' not in client.get("/verify").content.decode()


def test_the_home_of_a_demonstration_lists_the_bills_that_are_there() -> None:
    missing = RIGHT | {"number": "0000099999"}
    with override_settings(DEMONSTRATION=True, DEMONSTRATION_BILLS=[RIGHT, missing]):
        page = Client().get("/").content.decode()
    assert page.count("江州第二人民医院") == 1
    assert QR.replace("&", "&amp;") in page
    with override_settings(DEMONSTRATION_BILLS=[RIGHT]):
        assert "江州" not in Client().get("/").content.decode()


def test_the_qr_text_of_a_question_reads_back_as_the_question() -> None:
    question = Question("51060226", 18419, "7c40e9", dt.date(2026, 11, 22), -5)
    pasted = facts.from_text("https://x/q?" + facts.query_of(question))
    assert pasted is not None
    assert facts.read(pasted).question == question


# ---- the files --------------------------------------------------------------------------------------------


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, str]]:
    """The bytes are the journey's; here it only says what it was asked for."""

    asked: list[tuple[str, int, str]] = []

    def of_bill(code: str, number: int, file_format: str) -> bytes:
        asked.append((code, number, file_format))
        return b"bytes of " + file_format.encode()

    monkeypatch.setattr(fetch_file, "of_bill", of_bill)
    return asked


def link_of(page: str, name: str) -> str:
    return page.split(f"下载 {name}")[0].rpartition('href="')[2].rpartition('">')[0].replace("&amp;", "&")


def altered(link: str, **fields: str) -> str:
    return "/q/file?" + urlencode(dict(parse_qsl(urlsplit(link).query)) | fields)


@pytest.mark.parametrize("name", ["PDF", "OFD", "XML"])
def test_a_file_is_two_taps_from_the_qr(served: list[tuple[str, int, str]], name: str) -> None:
    link = link_of(Client().get(QR).content.decode(), name)
    answer = Client().get(link)
    assert answer.content == b"bytes of " + name.lower().encode()
    assert answer["Content-Disposition"] == f'attachment; filename="51060226-0000018419.{name.lower()}"'
    assert answer["Cache-Control"] == "no-store"
    assert served == [("51060226", 18419, name.lower())]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"f": "xml"}, 403),
        ({"f": "../etc/passwd"}, 404),
        ({"n": "0000018420"}, 403),
        ({"r": "7c40e8"}, 403),
        ({"a": "8126.41"}, 403),
        ({"t": ""}, 403),
        ({"t": "x:y"}, 403),
        ({"c": ""}, 404),
    ],
)
def test_an_altered_link_opens_nothing(
    served: list[tuple[str, int, str]], fields: dict[str, str], status: int
) -> None:
    link = links.file_link(Question("51060226", 18419, "7c40e9", dt.date(2026, 11, 22), 812_640), "pdf")
    assert Client().get(link).status_code == 200
    served.clear()
    assert Client().get(altered(link, **fields)).status_code == status
    assert served == []


def test_a_link_older_than_a_quarter_of_an_hour_opens_nothing(
    served: list[tuple[str, int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    link = links.file_link(Question("51060226", 18419, "7c40e9", dt.date(2026, 11, 22), 812_640), "pdf")
    later = signing.time.time() + links.LINK_SECONDS + 1  # type: ignore[attr-defined]
    monkeypatch.setattr(signing.time, "time", lambda: later)  # type: ignore[attr-defined]
    answer = Client().get(link)
    assert answer.status_code == 403
    assert "下载地址已失效" in answer.content.decode()
    assert QR.replace("&", "&amp;") in answer.content.decode()
    assert served == []


def test_a_link_to_a_bill_that_is_not_there_opens_nothing(served: list[tuple[str, int, str]]) -> None:
    link = links.file_link(Question("51060226", 99999, "7c40e9", dt.date(2026, 11, 22), 812_640), "pdf")
    assert Client().get(link).status_code == 404
    assert served == []


def test_a_refusal_of_the_journey_is_shown_in_its_own_words(
    served: list[tuple[str, int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:

    def refuse(*_: Any) -> bytes:
        raise NotFound("没有这张票据的文件，请联系开票单位")

    monkeypatch.setattr(fetch_file, "of_bill", refuse)
    link = link_of(Client().get(QR).content.decode(), "PDF")
    answer = Client().get(link)
    assert answer.status_code == 404 and "请联系开票单位" in answer.content.decode()
