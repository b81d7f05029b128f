"""The components on a site of their own: somebody is signed in, one list, one form. Not part of the product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import include, path

from piaoju.identity.rights import Act
from piaoju.kit.errors import Conflict, FieldError, Refused
from piaoju.manage import forms, frame, lists
from tests.manage import samples

SAVED: list[dict[str, Any]] = []


class SignedIn:
    """The middleware of this site: everyone is the clerk, unless the cookie `out` says that the login has expired."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = None if request.COOKIES.get("out") else samples.CLERK  # type: ignore[attr-defined]
        return self.get_response(request)


class UnitForm(forms.Form):
    code = forms.code("统一社会信用代码", hint="18 位数字和大写字母", longest=18)
    name = forms.text("单位名称")
    industry = forms.choice("行业类型", (("medical", "医疗"), ("education", "教育")))
    opened = forms.day("启用日期")
    limit_fen = forms.yuan("单张限额", must=False)
    sheets = forms.number("首批份数", least=1, most=5_000, must=False)
    bill_types = forms.choices("票据种类", (("0401", "医疗门诊"), ("0402", "医疗住院")), must=False)
    reason = forms.area("说明", must=False)
    secret_word = forms.secret("初始口令", must=False)
    agreed = forms.tick("资料已核对")


@frame.view(None)
def bills(request: HttpRequest) -> HttpResponseBase:
    return lists.answer(request, samples.BILLS)


@frame.view(None, methods=("GET", "POST"))
def unit(request: HttpRequest) -> HttpResponseBase:
    def save(values: dict[str, Any], once: str) -> forms.Done:
        if values["code"] == "TAKEN":
            raise Conflict("这个代码已登记为另一家单位", errors=[FieldError("/code", "unit_taken", "这个代码已登记。请核对")])
        if values["code"] == "RULE":
            raise Refused("没有依据文件，不能启用。请先补依据文件", code="basis_missing")
        SAVED.append(values | {"once": once})
        return forms.Done(f"已登记 {values['name']}", "/manage/sample/bills")

    page = forms.Page("登记单位", button="登记单位", crumbs=("登记", ("单位", "/manage/sample/bills")), help="forms")
    return forms.ask(request, UnitForm, page, save)


@frame.view(None, methods=("POST",))
def reverse(request: HttpRequest) -> HttpResponseBase:
    chosen = lists.chosen(request, samples.BILLS)
    words = {"facts": [("选中", "全部结果" if chosen.whole else "、".join(chosen.keys))]}
    return frame.page(request, "manage/form.html", words, title="申请冲红")


@frame.view(Act.READ_AUDIT)
def forbidden(request: HttpRequest) -> HttpResponseBase:
    raise AssertionError("nobody of this site may come here")


urlpatterns = [
    path("manage/sample/bills", bills),
    path("manage/sample/unit", unit),
    path("manage/reverse", reverse),
    path("manage/forbidden", forbidden),
    path("manage/", include("piaoju.manage.urls")),
]
