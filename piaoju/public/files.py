"""The files of a bill, for one who was given a link after naming the five facts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from piaoju.journeys import fetch_file
from piaoju.kit import clock
from piaoju.kit.errors import PiaojuError

from . import answers, facts, links, pages
from .asking import ask
from .headers import guarded


@guarded
def file(request: HttpRequest) -> HttpResponse:
    """One file of the bill, for a link that this site gave out within the last quarter of an hour."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET"])
    file_format, token = request.GET.get("f", ""), request.GET.get("t", "")
    asked = facts.read(facts.from_query(request.GET.dict()))
    question = asked.question
    if question is None or file_format not in links.FORMATS:
        return pages.trouble(request, 404, "没有这个文件", "下载地址不完整。请重新查验，再从结果页下载")
    if not links.link_holds(question, file_format, token):
        detail = "下载地址 15 分钟内有效，这一个已过期或不完整。请重新查验，再从结果页下载"
        return pages.trouble(request, 403, "下载地址已失效", detail, again=question)
    try:
        answer, _ = ask(request, question, clock.system_clock())
        if answer.bill is None:
            return pages.trouble(request, 404, "查无此票", answers.NOT_FOUND_DETAIL)
        content = fetch_file.of_bill(question.bill_code, question.bill_number, file_format)
    except PiaojuError as error:
        return pages.refused(request, error)
    response = HttpResponse(content, content_type=links.FORMATS[file_format])
    name = f"{question.bill_code}-{facts.number_text(question.bill_number)}.{file_format}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
