"""导出票据: the result of the list as a file. What it holds is said before; small ones come at once, large ones by a job."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import FileResponse, HttpRequest, HttpResponseBase

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.journeys import export_bills, premises
from piaoju.journeys.export_bills import AT_ONCE_MAX, Offer, Wanted
from piaoju.kit.clock import local
from piaoju.kit.export import FORMATS
from piaoju.manage import forms, frame, lists, texts
from piaoju.manage.bills.listing import BILLS

_CHOICES = {
    "xlsx": "Excel（.xlsx）", "csv": "CSV（UTF-8）", "ndjson": "NDJSON（每行一个对象）", "parquet": "Parquet（分析用）",
}  # fmt: skip
_PAYERS = (("masked", "个人姓名遮盖"), ("full", "完整姓名"))


class _Masked(forms.Form):
    file_format = forms.choice("文件格式", tuple(_CHOICES.items()))


class _Payers(_Masked):
    payers = forms.choice("交款人", _PAYERS)
    reason = forms.area("用途", hint="导出完整姓名时必填，会记入审计", must=False)


@frame.view(Act.DOWNLOAD_BILLS, methods=("GET", "POST"))
def export(request: HttpRequest) -> HttpResponseBase:
    """A file of everything that the list's conditions find."""
    office, actor = premises.office(), frame.actor_of(request)
    at = lists.read(BILLS, request.GET)
    words = "；".join(" ".join(filter(None, (chip["label"], chip["comparison"], chip["value"]))) for chip in lists.chips(at))
    offered = export_bills.offer(actor, at.conditions)

    def save(values: dict[str, Any], once: str) -> forms.Done | HttpResponseBase:
        wanted = Wanted(
            at.conditions, words, at.sort, at.descending, values["file_format"], values.get("payers") == "full",
            values.get("reason") or "",
        )  # fmt: skip
        if offered.at_once:
            file = export_bills.at_once(office, actor, wanted)
            return _file(file, wanted.file_format, offered.count)
        number = export_bills.request(office, actor, wanted, "、".join(dict.fromkeys(_labels(at))))
        return forms.Done(f"导出 {number} 已开始生成，做好后到「下载」里取", "/manage/downloads")

    button = f"导出 {texts.number(offered.count)} 张" if offered.at_once else f"生成 {texts.number(offered.count)} 张的文件"
    page = forms.Page(
        "导出票据", button=button, crumbs=("票据", ("票据查询", f"/manage/bills?{at.query()}")), help="exports",
        facts=_facts(offered, words), back=("不导出", f"/manage/bills?{at.query()}"),
        note="" if offered.at_once else f"超过 {AT_ONCE_MAX:,} 张，由后台生成，关掉页面不影响",
    )  # fmt: skip
    may = rights.may_anywhere(actor, Act.EXPORT_PAYERS)
    initial = {"file_format": "xlsx", "payers": "masked"}
    return forms.ask(request, _Payers if may else _Masked, page, save, initial=initial)


def _facts(offered: Offer, words: str) -> list[tuple[str, str]]:
    return [
        ("条件", words or "无，全部能看到的票据"), ("张数", texts.number(offered.count)),
        ("合计（元）", texts.yuan(offered.total_fen)), ("其中红票", f"{texts.number(offered.red_sheets)} 张"),
    ]  # fmt: skip


def _labels(at: Any) -> list[str]:
    return [chip["label"] for chip in lists.chips(at)]


def _file(place: Any, file_format: str, count: int) -> FileResponse:
    kind = FORMATS[file_format]
    response = FileResponse(place, content_type=kind.media_type)
    name = f"票据-{local(frame.now()):%Y%m%d-%H%M%S}-{count}张{kind.suffix}"
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
