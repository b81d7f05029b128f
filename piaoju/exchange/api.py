"""/api/v1: the JSON API of units' systems (OpenAPI 3.1 at openapi.json, readable at docs)."""

from __future__ import annotations

import base64
import logging
import secrets
from typing import Any

import msgspec
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.openapi.schema import OpenAPISchema

from piaoju.exchange import batch_calls, clients, documented, issue_call, problems
from piaoju.identity.errors import ClientUnknown
from piaoju.issuing.errors import BillNotFound
from piaoju.journeys import answer_reports, bill_now, fetch_file, grant_token, premises, reverse
from piaoju.journeys.issue import Issued, Outcome
from piaoju.kit import limits
from piaoju.kit.clock import local_date, system_clock
from piaoju.kit.errors import FieldError, PiaojuError
from piaoju.registry import queries as registry
from piaoju.reporting.types import Reach
from piaoju.standard import codes, money
from piaoju.standard.bill_request import InvalidRequest
from piaoju.stock import queries as stock

_log = logging.getLogger("piaoju.exchange.api")
_MEDIA_TYPES = {"xml": "application/xml", "ofd": "application/ofd", "pdf": "application/pdf"}


class Api(NinjaAPI):
    """The framework's API, its document naming how a client is known."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        schema["components"]["securitySchemes"] = documented.SECURITY_SCHEMES
        return schema


api = Api(
    title="piaoju 票据接口",
    version="1",
    description=documented.INTRODUCTION,
    docs_url=None,
    urls_namespace="api-v1",
)


@api.exception_handler(PiaojuError)
def _refused(request: HttpRequest, refusal: PiaojuError) -> HttpResponse:
    return problems.response(refusal)


@api.exception_handler(ValidationError)
def _parameters_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    found = tuple(
        FieldError("/" + "/".join(map(str, fault["loc"])), "parameter_invalid", "缺少这个参数，或它的写法不对。请对照 /api/docs")
        for fault in error.errors
    )
    return problems.response(InvalidRequest("请求参数不符合接口要求。请对照 /api/docs 改正后重试", errors=found))


@api.exception_handler(RequestDataTooBig)
def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problems.response(problems.BodyTooLarge())


@api.exception_handler(MultiPartParserError)
@api.exception_handler(SuspiciousOperation)
def _form_unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    return problems.response(InvalidRequest("表单读不懂。请用 application/x-www-form-urlencoded 提交"))


@api.exception_handler(Exception)
def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    trace_id = secrets.token_hex(8)
    _log.error("%s %s %s", type(error).__name__, request.path, trace_id, exc_info=error)
    return problems.response(PiaojuError(code="internal"), trace_id)


@api.post("/token", **documented.TOKEN)
def token(request: HttpRequest) -> HttpResponse:
    """取访问令牌 (OAuth 2.0 client credentials)."""
    client_id, secret = _credentials(request)
    if request.POST.get("grant_type", "client_credentials") != "client_credentials":
        raise ClientUnknown("grant_type 只支持 client_credentials。请改正后重试")
    granted, seconds = grant_token.grant(premises.office(), client_id, secret)
    return _json({"access_token": granted, "token_type": "Bearer", "expires_in": seconds})


@api.post("/bills", **documented.ISSUE)
def issue_bill(request: HttpRequest) -> HttpResponse:
    """开具一张票据."""
    client = clients.of_request(request)
    if int(request.META.get("CONTENT_LENGTH") or 0) > limits.BODY_BYTES_MAX:
        raise problems.BodyTooLarge
    return _issued(premises.writer().issue(issue_call.order_of(request.body, client, secrets.token_hex(8))))


def _issued(outcome: Outcome) -> HttpResponse:
    if isinstance(outcome, Issued):
        return HttpResponse(outcome.answer, status=201 if outcome.created else 200, content_type="application/json")
    raise outcome


@api.get("/bills", **documented.BILLS)
def bills(request: HttpRequest) -> HttpResponse:
    """按条件查本单位的票据：精确条数、精确合计。"""
    reach = Reach.of_unit(clients.of_request(request).unit_code)
    return _json(answer_reports.bills(request.GET.dict(), reach))


@api.get("/totals", **documented.TOTALS)
def totals(request: HttpRequest) -> HttpResponse:
    """本单位任意时段、任意分组的汇总。"""
    reach = Reach.of_unit(clients.of_request(request).unit_code)
    return _json(answer_reports.totals(request.GET.dict(), reach))


@api.get("/bills/by-business-number/{path:business_number}", **documented.BILL)
def bill_by_business_number(request: HttpRequest, business_number: str) -> HttpResponse:
    """按业务流水号取票据现在的样子."""
    unit_id = registry.unit_id_of(clients.of_request(request).unit_code)
    if not business_number.isprintable():  # no such number was ever accepted, and a database refuses to compare NUL
        raise BillNotFound
    return _bytes(bill_now.by_business_number(premises.office(), unit_id, business_number))


@api.get("/bills/{code}/{number}", **documented.BILL)
def bill(request: HttpRequest, code: str, number: str) -> HttpResponse:
    """按代码和号码取票据现在的样子."""
    unit_id = registry.unit_id_of(clients.of_request(request).unit_code)
    return _bytes(bill_now.by_number(premises.office(), unit_id, code, _number(number)))


@api.get("/bills/{code}/{number}/file", **documented.FILE)
def file(request: HttpRequest, code: str, number: str, format: str) -> HttpResponse:
    """取票据文件."""
    unit_id = registry.unit_id_of(clients.of_request(request).unit_code)
    place = bill_now.place(unit_id, code, _number(number))
    content = fetch_file.at_place(premises.office(), place, format)
    response = HttpResponse(content, content_type=_MEDIA_TYPES[format])
    response["Content-Disposition"] = f'attachment; filename="{code}-{number}.{format}"'
    response["Cache-Control"] = "private, no-store"
    return response


@api.post("/bills/{code}/{number}/reversals", **documented.REVERSE)
def reverse_bill(request: HttpRequest, code: str, number: str) -> HttpResponse:
    """冲红一张票据，整张或其中几行."""
    client = clients.of_request(request)
    if int(request.META.get("CONTENT_LENGTH") or 0) > limits.BODY_BYTES_MAX:
        raise problems.BodyTooLarge
    order = reverse.order_of_client(
        premises.office(), client, code, _number(number), request.body, secrets.token_hex(8)
    )
    return _issued(premises.writer().issue(order))


api.add_router("", batch_calls.router)


@api.get("/stock", **documented.STOCK)
def stock_now(request: HttpRequest) -> HttpResponse:
    """本单位的号段和余量."""
    rows = stock.stock_of(registry.unit_id_of(clients.of_request(request).unit_code))
    items = [
        {
            "bill_type": row.bill_type_code, "code": row.bill_code, "first": codes.number_text(row.first_number),
            "last": codes.number_text(row.last_number), "next": codes.number_text(row.next_number), "left": row.left,
        }
        for row in rows
    ]  # fmt: skip
    return _json({"items": items})


@api.get("/charge-items", **documented.CHARGE_ITEMS)
def charge_items(request: HttpRequest, bill_type: str = "") -> HttpResponse:
    """本单位可以收取的项目."""
    register = registry.unit_register(clients.of_request(request).unit_code)
    today = local_date(system_clock())
    found: dict[str, dict[str, Any]] = {}
    for (bill_type_code, item_code), item in sorted(register.items.items()):
        if (bill_type and bill_type != bill_type_code) or not any(v.holds(today) for v in item.granted):
            continue
        standard = item.standard(today)
        row = found.setdefault(
            item_code,
            {
                "item_code": item_code, "name": item.name, "measure": item.measure,
                "standard_min": _price(standard.minimum_e4 if standard else None),
                "standard_max": _price(standard.maximum_e4 if standard else None), "bill_types": [],
            },
        )  # fmt: skip
        row["bill_types"].append(bill_type_code)
    return _json({"items": list(found.values())})


def _price(e4: int | None) -> str | None:
    return None if e4 is None else money.format_price(e4)


def _number(text: str) -> int:
    number = codes.parse_number(text)
    if number is None:
        raise BillNotFound
    return number


def _credentials(request: HttpRequest) -> tuple[str, str]:
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if header.lower().startswith("basic "):
        try:
            client_id, _, secret = base64.b64decode(header[6:], validate=True).decode().partition(":")
        except ValueError:  # no Base64, no UTF-8, or not even ASCII
            raise ClientUnknown from None
    else:
        client_id, secret = request.POST.get("client_id", ""), request.POST.get("client_secret", "")
    if not (client_id.isascii() and client_id.isprintable()):
        raise ClientUnknown
    return client_id, secret


def _json(body: dict[str, Any]) -> HttpResponse:
    return _bytes(msgspec.json.encode(body))


def _bytes(body: bytes) -> HttpResponse:
    response = HttpResponse(body, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response
