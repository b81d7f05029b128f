"""One's own downloads: the list, the page of one while it is made and when it is there, and its acts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import download_bills, fetch_download, premises
from piaoju.journeys.download_bills import ORDERS
from piaoju.kit.listing import Asked, Found
from piaoju.manage import frame, lists, texts
from piaoju.reporting import queries
from piaoju.reporting.types import DownloadListRow, DownloadRow
from piaoju.standard.face.printing import STYLES

HERE = "/manage/downloads"
FORMATS = {
    "pdf": "合并 PDF", "zip": "压缩包", "xlsx": "Excel 清单", "csv": "CSV 清单", "ndjson": "NDJSON 清单",
    "parquet": "Parquet 清单", "history": "全部历史和证明",
}  # fmt: skip
STATES = {
    "waiting": ("等待生成", "wait"), "running": ("生成中", "going"), "ready": ("可以下载", "done"),
    "failed": ("没有做成", "stuck"),
    "stopped": ("已停止", "void"), "cleared": ("文件已清除", "void"),
}  # fmt: skip
_LOOK_SECONDS = 2


def _rows(actor: OperatorActor, asked: Asked) -> Found[DownloadListRow]:
    return queries.downloads_page(actor.operator_id, asked)


def size(count: int) -> str:
    """Bytes as people read them."""
    for unit, step in (("GB", 2**30), ("MB", 2**20), ("KB", 2**10)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} 字节" if count else ""


DOWNLOADS = lists.ListPage(
    name="downloads",
    title="打印与下载",
    noun="个",
    help="downloads",
    crumbs=("票据",),
    rows=_rows,
    key=lambda row: str(row.id),
    columns=(
        lists.code("id", "下载", link=lambda row: f"{HERE}/{row.id}", value=lambda row: str(row.id), phone="name"),
        lists.text("format", "文件", value=lambda row: FORMATS.get(row.format, row.format)),
        lists.count("bills", "张数", total="", phone="figure"),
        lists.count("bills_done", "已完成"),
        lists.text("size", "大小", value=lambda row: size(row.size_bytes) if row.state == "ready" else "", sortable=False),
        lists.instant("requested_at", "申请时间"),
        lists.instant("kept_until", "保留到"),
        lists.state("state", "状态", STATES),
    ),
    filters=(
        lists.ChoiceFilter("state", "状态", tuple((key, word) for key, (word, _) in STATES.items())),
        lists.ChoiceFilter("format", "文件", tuple(FORMATS.items())),
        lists.InstantFilter("requested_at", "申请时间"),
    ),
    sort="-id",
    empty="这里还没有下载。在「票据查询」里选中票据，点「打印与下载」",
    links=(("去票据查询选票", "/manage/bills"),),
    exports=False,
)


@frame.view(Act.DOWNLOAD_BILLS)
def downloads(request: HttpRequest) -> HttpResponseBase:
    return lists.answer(request, DOWNLOADS)


@frame.view(Act.DOWNLOAD_BILLS)
def one(request: HttpRequest, download_id: int) -> HttpResponseBase:
    """How far it is, and what may be done with it. While it is made, the part that changes asks again."""
    row = download_bills.of_person(frame.actor_of(request), download_id)
    going = row.state in ("waiting", "running")
    context = {
        "row": row,
        "state": STATES[row.state],
        "format": FORMATS.get(row.format, row.format),
        "going": going,
        "look": f"every {_LOOK_SECONDS}s",
        "done": texts.number(row.bills_done),
        "all": texts.number(row.bills),
        "percent": f"{row.bills_done * 100 // row.bills}%",
        "pace": _pace(row),
        "digest": row.digest.hex() if row.digest else "",
        "facts": _facts(row),
    }
    crumbs = ("票据", (DOWNLOADS.title, HERE))
    return frame.page(request, "manage/downloads/one.html", context, title=f"下载 {row.id}", crumbs=crumbs, help="downloads")


@frame.view(Act.DOWNLOAD_BILLS, methods=("POST",))
def stop(request: HttpRequest, download_id: int) -> HttpResponseBase:
    download_bills.stop(premises.office(), frame.actor_of(request), download_id)
    return frame.done(request, "已停止，做了一半的文件已删除", f"{HERE}/{download_id}")


@frame.view(Act.DOWNLOAD_BILLS, methods=("POST",))
def restart(request: HttpRequest, download_id: int) -> HttpResponseBase:
    download_bills.restart(premises.office(), frame.actor_of(request), download_id)
    return frame.done(request, "已重新开始生成，票据和次序与上次相同", f"{HERE}/{download_id}")


@frame.view(Act.DOWNLOAD_BILLS, methods=("POST",))
def remove(request: HttpRequest, download_id: int) -> HttpResponseBase:
    download_bills.remove(premises.office(), frame.actor_of(request), download_id)
    return frame.done(request, "文件已删除；以后还可以重新生成", HERE)


@frame.view(Act.DOWNLOAD_BILLS, methods=("POST",))
def link(request: HttpRequest, download_id: int) -> HttpResponseBase:
    """A fresh one-time link, and straight on to it."""
    token = fetch_download.make_link(premises.office(), frame.actor_of(request), download_id)
    shown = "?show=1" if request.POST.get("show") == "1" else ""
    response = HttpResponseRedirect(f"{HERE}/{download_id}/file/{token}{shown}")
    response.status_code = 303
    return response


def _facts(row: DownloadRow) -> list[tuple[str, str]]:
    wanted: Any = row.wanted
    facts = [("文件", FORMATS.get(row.format, row.format)), ("票据", f"{texts.number(row.bills)} 张")]
    if row.format == "pdf":
        how = {"style": "whole", **wanted["print"]}
        facts.append(("打印方式", STYLES[how["style"]]))
        if how["style"] == "overlay":
            right, down = how["shift_right"] / 1_000, how["shift_down"] / 1_000
            facts.append(("套打移动", f"向右 {right:g} mm，向下 {down:g} mm"))
    elif row.format == "zip":
        facts.append(("每张票据", "、".join(name.upper() for name in wanted["formats"])))
    facts += [
        ("次序", ORDERS.get(wanted.get("order", ""), "")), ("选票", row.conditions), ("申请", texts.instant(row.requested_at)),
        ("完成", texts.instant(row.finished_at) if row.state == "ready" else ""), ("保留到", texts.instant(row.kept_until)),
    ]  # fmt: skip
    if row.state == "ready":
        facts += [("大小", f"{size(row.size_bytes)}（{texts.number(row.size_bytes)} 字节）")]
        facts += [("页数" if row.format == "pdf" else "文件数", texts.number(row.pages) if row.pages else "")]
    return [(label, value) for label, value in facts if value]


def _pace(row: DownloadRow) -> str:
    """Bills a second so far, and how long the rest takes at that pace."""
    if row.state != "running" or row.started_at is None or not row.bills_done:
        return ""
    seconds = max(1.0, (frame.now() - row.started_at).total_seconds())
    rate = row.bills_done / seconds
    left = round((row.bills - row.bills_done) / rate)
    return f"每秒 {texts.number(round(rate))} 张，约 {texts.number(left)} 秒后完成"
