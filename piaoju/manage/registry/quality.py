"""数据质量: every rule with its count; each count opens the list of the units it names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import premises, registry_quality
from piaoju.kit.listing import Asked, Found, Whole
from piaoju.manage import frame, lists
from piaoju.manage.registry import words
from piaoju.registry import queries


@frame.view(Act.READ_REGISTRY)
def quality(request: HttpRequest) -> HttpResponseBase:
    """数据质量."""
    found = registry_quality.summary(premises.office(), frame.actor_of(request))
    context = {"found": found, "wrong": sum(bool(one.units) for one in found), "total": len(found)}
    return frame.page(request, "manage/registry/quality.html", context, title="数据质量", crumbs=("登记",), help="quality")


RULE = lists.ListPage(
    name="quality", title="数据质量", noun="家", help="quality", crumbs=("登记", ("数据质量", "/manage/quality")),
    rows=lambda actor, asked: Found((), Whole(0)), key=lambda row: row.code, sort="code",
    columns=(
        lists.code("code", "统一社会信用代码", link=lambda row: f"/manage/units/{row.code}"),
        lists.text("name", "单位名称", wide=True, phone="name"),
        lists.text("region_name", "行政区划"),
        lists.text("industry", "行业类型", value=lambda row: words.industry(row.industry)),
        lists.text("detail", "问题", wide=True),
    ),
    filters=(
        lists.TextFilter("name", "单位名称"),
        lists.CodeFilter("region_code", "行政区划代码"),
        lists.ChoiceFilter("industry", "行业类型", words.INDUSTRIES),
        lists.TextFilter("detail", "问题"),
    ),
    empty="没有发现问题",
)  # fmt: skip


@frame.view(Act.READ_REGISTRY)
def rule(request: HttpRequest, key: str) -> HttpResponseBase:
    """The units that one rule names."""
    one = queries.quality_rule(key)

    def rows(actor: OperatorActor, asked: Asked) -> Found[Any]:
        return registry_quality.page(premises.office(), actor, key, asked)

    page = replace(RULE, name=f"quality-{key}", title=one.label, rows=rows, empty=f"没有发现「{one.label}」")
    return lists.answer(request, page, extra={"told_rule": one})
