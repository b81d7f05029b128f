"""The first page after sign-in: what is to be done today, by role; and the help of every page."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils.http import url_has_allowed_host_and_scheme

from piaoju.journeys import premises, save_view
from piaoju.manage import frame
from piaoju.manage.home import duties


@frame.view(None)
def home(request: HttpRequest) -> HttpResponse:
    """今天: each duty with its count, what it is about and where to do it; drafts that were not sent."""
    actor = frame.actor_of(request)
    context = {"duties": duties.of(actor), "unsent": duties.unsent(actor)}
    return frame.page(request, "manage/home.html", context, title="今天的待办", help="home")


@frame.view(None)
def help(request: HttpRequest, topic: str = "") -> HttpResponseBase:
    """帮助: one topic alone, or all topics."""
    if not topic:
        return frame.page(request, "manage/help.html", {"topics": TOPICS}, title="帮助")
    if topic not in dict(TOPICS):
        raise Http404
    try:
        get_template(f"manage/help/{topic}.html")
    except TemplateDoesNotExist:
        raise Http404 from None
    context = {"topic": f"manage/help/{topic}.html"}
    return frame.page(request, "manage/help_topic.html", context, title=dict(TOPICS)[topic], crumbs=(("帮助", "/manage/help"),))


@frame.view(None, methods=("POST",))
def views(request: HttpRequest) -> HttpResponse:
    """存为视图: the present conditions of a list under a name; or a name dropped."""
    actor, here = frame.actor_of(request), request.POST.get("here", "")
    if not here.startswith("/manage/") or not url_has_allowed_host_and_scheme(here, None) or not here.isprintable():
        here = "/manage/"
    if request.POST.get("drop"):
        number = request.POST["drop"]
        gone = number.isascii() and number.isdigit() and len(number) < 19 and save_view.drop(actor, int(number))
        return frame.done(request, "视图已删除" if gone else "没有这个视图，可能已经删除", here)
    query, name = request.POST.get("query", ""), request.POST.get("name", "")
    save_view.save(premises.office(), actor, request.POST.get("list", "")[:40], name, query)
    return frame.done(request, f"已存为视图「{name.strip()}」", f"{here}?{query}" if query else here)


# A page's help is one small template in templates/manage/help and one line here.
TOPICS: tuple[tuple[str, str], ...] = (
    ("home", "今天的待办"),
    ("window", "开票窗口：键位、模板、上一交款人"),
    ("drafts", "草稿"),
    ("reviews", "开票复核"),
    ("deliveries", "推送"),
    ("lists", "查询列表：条件、合计、视图、导出"),
    ("forms", "填表：草稿、必填、过期登录"),
    ("exports", "导出票据"),
    ("overview", "总览与记账明细"),
    ("coverage", "上线率"),
    ("bill", "一张票据：冲红、换开纸质票、打印"),
    ("bulletins", "通报"),
    ("units", "单位：档案、证照、开票点"),
    ("certificates", "证书和印章：提交、核准、吊销"),
    ("onboarding", "单位上线的六步"),
    ("imports", "批量登记单位"),
    ("authorizations", "核准"),
    ("bill-types", "票据种类：依据与两人审批"),
    ("items", "收费项目与标准"),
    ("regions", "行政区划与划转"),
    ("suspensions", "停开与恢复"),
    ("quality", "数据质量"),
    ("account", "我的账号：口令、动态口令、恢复码、通行密钥"),
    ("people", "操作员"),
    ("appointments", "任职"),
    ("ukeys", "UKEY"),
    ("sessions", "会话"),
    ("audit", "审计记录"),
    ("stock", "号码：号段、流转、查一个号码"),
    ("requisitions", "申领、审核、发放"),
    ("disposals", "作废、遗失、销毁"),
)
