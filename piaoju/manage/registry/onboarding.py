"""单位上线: the units under way, one unit's six steps, and each act on a step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import bring_unit_online, premises
from piaoju.kit.listing import Asked, Found
from piaoju.manage import forms, frame, lists
from piaoju.manage.registry import reach, words
from piaoju.registry import queries
from piaoju.registry.types import Step, UnitPlace

Values = dict[str, Any]
_LIST = ("登记", ("单位上线", "/manage/onboarding"))


def _rows(actor: OperatorActor, asked: Asked) -> Found[Any]:
    return queries.units_page(reach.sight(actor), asked, reach.today(), under_way=True)


ONBOARDING = lists.ListPage(
    name="onboarding", title="单位上线", noun="家", help="onboarding", crumbs=("登记",), rows=_rows, key=lambda row: row.code,
    sort="due_on",
    columns=(
        lists.text("name", "单位名称", link=lambda row: f"/manage/units/{row.code}/onboarding", wide=True, phone="name"),
        lists.text("region_name", "行政区划"),
        lists.text("stage", "当前步骤", value=lambda row: queries.STAGE_LABELS.get(row.stage, row.stage)),
        lists.text("owner", "责任人", value=lambda row: words.OWNERS.get(row.owner, row.owner)),
        lists.day("due_on", "期限"),
        lists.count("overdue_days", "逾期天数"),
        lists.text("blocker", "卡住原因", wide=True),
        lists.text("wave", "批次"),
        lists.state("state", "状态", words.UNIT_STATES),
    ),
    filters=(
        lists.ChoiceFilter("stage", "当前步骤", words.STAGES[:-1]),
        lists.ChoiceFilter("state", "状态", words.choices(words.UNIT_STATES)[1:3]),
        lists.UnderFilter("region_code", "行政区划代码"),
        lists.CountFilter("overdue_days", "逾期天数"),
        lists.TextFilter("wave", "批次", usual=False),
        lists.TextFilter("name", "单位名称", usual=False),
        lists.DayFilter("due_on", "期限", usual=False),
        lists.ChoiceFilter("industry", "行业类型", words.INDUSTRIES, usual=False),
        lists.ChoiceFilter("connection_mode", "接入方式", words.MODES, usual=False),
    ),
    views=(lists.View("卡住的", "state=stuck"), lists.View("逾期的", "overdue_days=1&overdue_days.op=ge")),
    empty="没有正在上线的单位。登记或批量登记后，单位会出现在这里",
    links=(("批量登记", "/manage/imports"),),
)  # fmt: skip


@frame.view(Act.READ_REGISTRY)
def onboarding(request: HttpRequest) -> HttpResponseBase:
    """单位上线."""
    may = rights.may_anywhere(frame.actor_of(request), Act.IMPORT_UNITS)
    return lists.answer(request, ONBOARDING if may else replace(ONBOARDING, links=()))


@dataclass(frozen=True, slots=True)
class _Told:
    """A step as its row tells it."""

    step: Step
    number: int
    what: str
    shape: str
    current: bool
    missing: tuple[str, ...]  # what it still needs, while it is the current one
    acts: tuple[tuple[str, str, bool], ...]  # (word, address, main)
    opens: str  # what opens it, while it waits
    overdue: int


@frame.view(Act.READ_REGISTRY)
def unit_onboarding(request: HttpRequest, code: str) -> HttpResponseBase:
    """One unit's way online: where it stands, what is missing, who is to act until when, and what happened so far."""
    actor, place = frame.actor_of(request), reach.unit(request, code, Act.READ_REGISTRY)
    way = queries.way_online(code, reach.today())
    current = way.current
    context = {
        "way": way,
        "steps": [_told(actor, place, one, way.steps, number) for number, one in enumerate(way.steps, 1)],
        "current": current,
        "done_count": sum(one.state == "done" for one in way.steps),
        "days_left": (way.due_on - reach.today()).days,
        "facts": _facts(code),
        "facts_title": "单位",
        "events": [(event, words.who(event.by)) for event in way.events],
    }
    crumbs = (*_LIST, (place.name, f"/manage/units/{code}"))
    return frame.page(request, "manage/registry/onboarding.html", context, title=place.name, crumbs=crumbs, help="onboarding")


def _facts(code: str) -> list[tuple[str, str]]:
    card = queries.unit_card(code, reach.today())
    return [
        ("信用代码", code), ("行政区划", card.region_name), ("主管部门", card.governing_name or "没有登记"),
        ("行业类型", card.industry_label), ("接入方式", card.connection_label), ("核准", f"{card.authorizations} 项"),
        ("开票点", f"{sum(point.validity.valid_to is None for point in card.points)} 个"),
    ]  # fmt: skip


_WHAT = {
    "registered": "统一社会信用代码、行政区划、财政部门已核对。",
    "documents": "行业要求的证照、票种和收费项目的核准（有依据）、开票点。由财政部门审核通过。",
    "certificate": "单位印章用于在票面上签名。证书和印章到手后，系统自动核对有效期。",
    "numbers": "单位申领首批号段，财政部门审核发放。",
    "trial": "开票员试开一张并查验，确认票面、印章和收费项目都对。",
    "online": "财政部门确认。上线后计入上线率。",
}


def _told(actor: OperatorActor, place: UnitPlace, step: Step, steps: tuple[Step, ...], number: int) -> _Told:
    current = step.state in ("open", "stuck")
    missing = bring_unit_online.evidence_missing(premises.office(), place, step.stage) if current else []
    before = steps[number - 2].label if number > 1 else ""
    return _Told(
        step, number, _WHAT[step.stage], words.STEP_SHAPES[step.state], current, tuple(fault.detail for fault in missing),
        _acts(actor, place, step) if current else (), f"「{before}」完成后开放" if step.state == "waiting" else "",
        max(0, (reach.today() - step.due_on).days) if step.state != "done" else 0,
    )  # fmt: skip


def _acts(actor: OperatorActor, place: UnitPlace, step: Step) -> tuple[tuple[str, str, bool], ...]:
    here = f"/manage/units/{place.code}/onboarding/{step.stage}"
    passes = reach.may(actor, Act.PASS_STEP, place)
    advances = reach.may(actor, Act.ADVANCE_STEP, place)
    found = []
    if passes or (advances and step.stage not in ("documents", "online")):
        found.append(("办完这一步", f"{here}/complete", True))
    if passes and step.stage == "certificate" and premises.office().demonstration:
        found.append(("签发演示证书", f"{here}/certify", False))
    if step.stage == "certificate" and reach.may(actor, Act.SUBMIT_CERTIFICATE, place):
        found.append(("提交证书和印章", f"/manage/units/{place.code}/certificate", False))
    if advances:
        found.append(("继续办理", f"{here}/unblock", False) if step.state == "stuck" else ("卡住了…", f"{here}/block", False))
    if passes:
        found += [("催办", f"{here}/remind", False), ("改期", f"{here}/postpone", False)]
    return tuple(found)


class WhyForm(forms.Form):
    why = forms.area("原因", hint="写明谁卡住、为什么、要做什么", longest=250)


class PostponeForm(forms.Form):
    due_on = forms.day("新的期限")
    why = forms.area("原因", longest=250)


_VERBS: dict[str, tuple[str, str, type[forms.Form], Act]] = {
    "complete": ("办完这一步", "确认办完", forms.Form, Act.ADVANCE_STEP),
    "block": ("卡住了", "登记卡住", WhyForm, Act.ADVANCE_STEP),
    "unblock": ("继续办理", "问题已解决，继续办理", forms.Form, Act.ADVANCE_STEP),
    "remind": ("催办", "发出催办", WhyForm, Act.PASS_STEP),
    "postpone": ("改期", "改期", PostponeForm, Act.PASS_STEP),
    "certify": ("签发演示证书", "签发演示证书与单位印章", forms.Form, Act.PASS_STEP),
}


@frame.view(Act.ADVANCE_STEP, methods=("GET", "POST"))
def step(request: HttpRequest, code: str, stage: str, verb: str) -> HttpResponseBase:
    """One act on one step."""
    if verb not in _VERBS or stage not in queries.STAGE_LABELS:
        raise Http404
    title, button, form, act = _VERBS[verb]
    actor, place = frame.actor_of(request), reach.unit(request, code, act)

    def save(values: Values, once: str) -> forms.Done:
        _act_on(actor, code, stage, verb, values.get("why") or "", values.get("due_on"))
        return forms.Done(f"「{queries.STAGE_LABELS[stage]}」{title}：已登记", f"/manage/units/{code}/onboarding")

    page = forms.Page(
        f"{queries.STAGE_LABELS[stage]}：{title}", button=button, help="onboarding",
        crumbs=(*_LIST, (place.name, f"/manage/units/{code}/onboarding")),
        facts=(("单位", place.name), ("步骤", queries.STAGE_LABELS[stage])),
        back=("回到上线进度", f"/manage/units/{code}/onboarding"),
    )  # fmt: skip
    return forms.ask(request, form, page, save)


def _act_on(actor: OperatorActor, code: str, stage: str, verb: str, why: str, due_on: date | None) -> None:
    office = premises.office()
    match verb:
        case "complete":
            bring_unit_online.complete(office, actor, code, stage)
        case "block":
            bring_unit_online.block(office, actor, code, stage, why)
        case "unblock":
            bring_unit_online.unblock(office, actor, code, stage)
        case "remind":
            bring_unit_online.remind(office, actor, code, stage, why)
        case "postpone":
            bring_unit_online.postpone(office, actor, code, stage, due_on or reach.today(), why)
        case _:
            bring_unit_online.certify(office, actor, code)
