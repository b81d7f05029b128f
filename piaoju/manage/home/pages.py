"""The first page after sign-in: what is to be done today, by role; and the help of every page."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

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


# A page's help is one small template in templates/manage/help and one line here.
TOPICS: tuple[tuple[str, str], ...] = (
    ("home", "今天的待办"),
    ("lists", "查询列表：条件、合计、视图、导出"),
    ("forms", "填表：草稿、必填、过期登录"),
)
