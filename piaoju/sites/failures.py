"""What is answered where no door answers: an unknown address, or a failure of ours. Machines get JSON, people a page."""

from __future__ import annotations

import logging
import secrets

from django.http import HttpRequest, HttpResponse

from piaoju.exchange import problems
from piaoju.kit.errors import PiaojuError
from piaoju.public import pages

_log = logging.getLogger("piaoju.sites.failures")


def unknown_address(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    if _is_api(request):
        return problems.response(problems.AddressUnknown())
    return pages.trouble(request, 404, "没有这个页面", "地址可能写错，或页面已经移走。要核对票据，请从查验页开始")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: a host that is not ours, or a request no reader understands."""
    return HttpResponse("请求无法识别。请核对地址后重试\n", status=400, content_type="text/plain; charset=utf-8")


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form that did not come from a page of ours, or from one opened before the last sign-in."""
    detail = "这一页可能是登录前打开的，或浏览器不保存 Cookie。没有改动任何数据。请回到上一页，刷新后再提交"
    return pages.trouble(request, 403, "没有收下这次提交", detail)


def failure(request: HttpRequest) -> HttpResponse:
    """500, with a number that finds it in the log and nothing else."""
    trace_id = secrets.token_hex(8)
    _log.error("a request failed: %s %s", request.path, trace_id)
    if _is_api(request):
        return problems.response(PiaojuError(code="internal"), trace_id)
    detail = f"这一次没有完成，没有改动任何数据。请稍后再试；反复出现请把追踪号 {trace_id} 告诉运维"
    return pages.trouble(request, 500, "服务器出了问题", detail)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/public/api/"))
