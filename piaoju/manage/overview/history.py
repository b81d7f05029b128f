"""导出全部历史和证明 of one unit: asked once, made by a job, fetched from the downloads."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity.rights import Act
from piaoju.journeys import export_history, make_download, premises, scopes
from piaoju.journeys.acting import reading
from piaoju.kit.clock import local_date
from piaoju.manage import forms, frame, texts
from piaoju.registry import queries as registry
from piaoju.registry.errors import UnitUnknown


@frame.view(Act.EXPORT_HISTORY, methods=("GET", "POST"))
def history(request: HttpRequest, unit: str) -> HttpResponseBase:
    """What it will hold, and the button."""
    office, actor = premises.office(), frame.actor_of(request)
    today = local_date(office.clock())
    reading(actor, Act.EXPORT_HISTORY, scopes.of_unit(unit, today), missing=UnitUnknown)

    def save(values: dict[str, Any], once: str) -> forms.Done:
        number = export_history.request(office, actor, unit, make_download.KEPT)
        return forms.Done(f"下载 {number} 已开始生成，做好后到「下载」里取", "/manage/downloads")

    here = f"/manage/overview/units/{unit}"
    facts = (("开票单位", registry.unit_place(unit, today).name), ("票据", f"{texts.number(export_history.bills_of(unit))} 张"))
    page = forms.Page(
        "导出全部历史和证明", button="生成文件", crumbs=(("总览", here),), help="exports", facts=facts, back=("不导出", here),
        note="压缩包里有每一笔记账到存证日志签名头的证明、每张票据的签名原件，任何人可以独立核对",
    )  # fmt: skip
    return forms.ask(request, forms.Form, page, save)
