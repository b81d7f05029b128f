"""Units: the list, one unit, and what may be done about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import premises, register_unit, registry_quality
from piaoju.journeys.register_unit import UnitForm
from piaoju.kit.listing import Asked, Found
from piaoju.manage import forms, frame, lists
from piaoju.manage.registry import reach, words
from piaoju.registry import queries
from piaoju.registry.types import UnitCard
from piaoju.seal import queries as seal
from piaoju.seal.types import SealKind

Values = dict[str, Any]


def _rows(actor: OperatorActor, asked: Asked) -> Found[Any]:
    return queries.units_page(reach.sight(actor), asked, reach.today())


UNITS = lists.ListPage(
    name="units", title="单位", noun="家", help="units", crumbs=("登记",), rows=_rows, key=lambda row: row.code, sort="code",
    columns=(
        lists.code("code", "统一社会信用代码", link=lambda row: f"/manage/units/{row.code}"),
        lists.text("name", "单位名称", wide=True, phone="name"),
        lists.text("region_name", "行政区划"),
        lists.text("governing_name", "主管部门"),
        lists.text("industry", "行业类型", value=lambda row: words.industry(row.industry)),
        lists.text("connection_mode", "接入方式", value=lambda row: queries.MODE_LABELS[row.connection_mode]),
        lists.day("license_until", "证照最早到期", sortable=False),
        lists.state("state", "状态", words.UNIT_STATES),
    ),
    filters=(
        lists.TextFilter("name", "单位名称"),
        lists.CodeFilter("code", "统一社会信用代码"),
        lists.UnderFilter("region_code", "行政区划代码"),
        lists.ChoiceFilter("state", "状态", words.choices(words.UNIT_STATES)),
        lists.ChoiceFilter("industry", "行业类型", words.INDUSTRIES, usual=False),
        lists.ChoiceFilter("connection_mode", "接入方式", words.MODES, usual=False),
        lists.TextFilter("governing_name", "主管部门", usual=False),
        lists.DayFilter("license_until", "证照最早到期", usual=False),
        lists.DayFilter("valid_from", "启用日期", usual=False),
        lists.TextFilter("wave", "上线批次", usual=False),
    ),
    views=(lists.View("卡住的", "state=stuck"), lists.View("办理中", "state=under_way")),
    empty="还没有登记单位。可以逐家登记，也可以用一个表格登记一个县的全部单位",
    make=("登记单位", "/manage/units/new"), make_if=lambda actor: rights.may_anywhere(actor, Act.REGISTER_UNIT),
    links=(("批量登记", "/manage/imports"),),
)  # fmt: skip


@frame.view(Act.READ_REGISTRY)
def units(request: HttpRequest) -> HttpResponseBase:
    """单位."""
    may = rights.may_anywhere(frame.actor_of(request), Act.IMPORT_UNITS)
    return lists.answer(request, UNITS if may else replace(UNITS, links=()))


@frame.view(Act.READ_REGISTRY)
def unit(request: HttpRequest, code: str) -> HttpResponseBase:
    """One unit: what is said of it, whether it can issue today and if not why, and what it was before."""
    actor = frame.actor_of(request)
    place = reach.unit(request, code, Act.READ_REGISTRY)
    card = queries.unit_card(code, reach.today())
    context = {
        "card": card,
        "facts": _facts(card),
        "facts_title": "档案",
        "locks": registry_quality.locks(premises.office(), code),
        "licenses": [(row, *words.VALIDITY_STATES[row.state]) for row in card.licenses],
        "certificates": [
            (row, *words.CERTIFICATE_STATES[row.state]) for row in seal.certificates_of(SealKind.UNIT, code, frame.now())
        ],
        "may": {act.value: reach.may(actor, act, place) for act in _OFFERED},
        "here": f"/manage/units/{code}",
        "title_tags": (card.industry_label, card.connection_label),
    }
    return frame.page(request, "manage/registry/unit.html", context, title=card.place.name, crumbs=reach.UNITS, help="units")


_OFFERED = (Act.REGISTER_UNIT, Act.REGISTER_POINT, Act.REGISTER_LICENSE, Act.GRANT_AUTHORIZATION, Act.SUSPEND_ISSUING,
            Act.SUBMIT_CERTIFICATE, Act.REVOKE_CERTIFICATE)  # fmt: skip


def _facts(card: UnitCard) -> list[tuple[str, str]]:
    return [
        ("统一社会信用代码", card.place.code),
        ("行政区划", f"{card.region_name} {card.place.region_code}"),
        ("财政部门", card.finance_name),
        ("主管部门", card.governing_name or "没有登记"),
        ("行业类型", card.industry_label),
        ("接入方式", card.connection_label),
        ("收款人", card.recipient_name or "没有登记"),
        ("收款账号", f"{card.recipient_account} {card.recipient_bank}".strip() or "没有登记"),
        ("联系人", f"{card.contact_name} {card.contact_phone_masked}".strip() or "没有登记"),
        ("启用日期", f"{card.validity.valid_from}" + (f"，{card.validity.valid_to} 停用" if card.validity.valid_to else "")),
    ]


class RecordForm(forms.Form):
    name = forms.text("单位名称", hint="登记证书上的全称", longest=200)
    region_code = forms.code("行政区划代码", hint="6 位；开发区、高新区填本地扩展代码", longest=9)
    governing = forms.text("主管部门", hint="名称或代码；没有登记过的按名称登记", longest=100, must=False)
    industry = forms.choice("行业类型", words.INDUSTRIES)
    connection_mode = forms.choice("接入方式", words.MODES)
    recipient_name = forms.text("收款人全称", hint="不填按单位名称", longest=200, must=False)
    recipient_account = forms.code("收款人账号", longest=50, must=False)
    recipient_bank = forms.text("收款人开户行", longest=200, must=False)
    contact_name = forms.text("联系人", longest=60, must=False)
    contact_phone = forms.code("联系电话", hint="11 位手机号，或带区号的座机；不填不改", longest=30, must=False)


class NewUnitForm(RecordForm):
    code = forms.code("统一社会信用代码", hint="18 位，照登记证书填写", longest=18)
    bill_types = forms.text("票据种类", hint="四位种类代码，几个之间用空格隔开", must=False)
    items = forms.area("收费项目", hint="项目编码，几个之间用空格或换行隔开", must=False)
    basis_document = forms.text("核准依据", hint="收费依据文件的名称和文号", must=False)
    license_number = forms.text("领用证编号", longest=100, must=False)
    license_until = forms.day("领用证有效期至", hint="长期有效不填，如 2027-12-31", must=False)
    due_on = forms.day("应上线日期", hint="不填按三周", must=False)
    wave = forms.text("上线批次", hint="如 2026 秋季中小学", longest=60, must=False)
    field_order = ("code", "name", "region_code", "industry", "connection_mode", "governing", "bill_types", "items",
                   "basis_document", "license_number", "license_until", "recipient_name", "recipient_account",
                   "recipient_bank", "contact_name", "contact_phone", "wave", "due_on")  # fmt: skip


@frame.view(Act.REGISTER_UNIT, methods=("GET", "POST"))
def register(request: HttpRequest) -> HttpResponseBase:
    """登记单位: one unit, by hand."""
    actor = frame.actor_of(request)

    def save(values: Values, once: str) -> forms.Done:
        due_on, wave = values.pop("due_on"), values.pop("wave")
        until = values.pop("license_until")
        form = UnitForm(**values, license_until=until.isoformat() if until else "")
        register_unit.register(premises.office(), actor, form, wave=wave, due_on=due_on)
        return forms.Done(f"已登记 {form.name}，下一步补齐资料", f"/manage/units/{form.code}/onboarding")

    own = reach.own_regions(actor, Act.REGISTER_UNIT)
    page = forms.Page(
        "登记单位", button="登记单位", crumbs=reach.UNITS, help="units",
        note="有几十家以上的，用「批量登记」一次上传一个表格。", back=("批量登记", "/manage/imports"),
    )  # fmt: skip
    initial = {"region_code": own[0] if own else "", "connection_mode": "online"}
    return forms.ask(request, NewUnitForm, page, save, initial=initial)


class ChangeForm(RecordForm):
    on = forms.day("从哪天起", hint="今天或以后；以前开出的票据不变")


@frame.view(Act.REGISTER_UNIT, methods=("GET", "POST"))
def change(request: HttpRequest, code: str) -> HttpResponseBase:
    """变更单位档案 from a day on."""
    actor, place = frame.actor_of(request), reach.unit(request, code, Act.REGISTER_UNIT)
    card = queries.unit_card(code, reach.today())

    def save(values: Values, once: str) -> forms.Done:
        on = values.pop("on")
        register_unit.change(premises.office(), actor, UnitForm(code=code, **values), on=on)
        return forms.Done(f"已登记变更，从 {on} 起算", f"/manage/units/{code}")

    page = forms.Page("变更单位档案", button="登记变更", crumbs=reach.unit_crumbs(place), help="units", facts=_facts(card)[:4])
    initial = {
        "name": card.place.name, "region_code": card.place.region_code, "governing": card.governing_name,
        "industry": card.industry, "connection_mode": place.connection_mode, "recipient_name": card.recipient_name,
        "recipient_account": card.recipient_account, "recipient_bank": card.recipient_bank,
        "contact_name": card.contact_name, "on": reach.today(),
    }  # fmt: skip
    return forms.ask(request, ChangeForm, page, save, initial=initial)


class EndForm(forms.Form):
    on = forms.day("从哪天起", hint="今天或以后")


@frame.view(Act.REGISTER_UNIT, methods=("GET", "POST"))
def end(request: HttpRequest, code: str) -> HttpResponseBase:
    """停用单位."""
    actor, place = frame.actor_of(request), reach.unit(request, code, Act.REGISTER_UNIT)

    def save(values: Values, once: str) -> forms.Done:
        register_unit.end(premises.office(), actor, code, on=values["on"])
        return forms.Done(f"{place.name} 从 {values['on']} 起停用", f"/manage/units/{code}")

    page = forms.Page(
        "停用单位", button=f"停用 {place.name}", crumbs=reach.unit_crumbs(place), help="units",
        effect=f"从所选日期起，{place.name} 不能再开具票据；已开出的票据不变。剩余号码请另行退回。",
        facts=(("单位", place.name), ("代码", code)),
    )  # fmt: skip
    return forms.ask(request, EndForm, page, save, initial={"on": reach.today()})


class PointForm(forms.Form):
    code = forms.code("开票点编码", hint="数字和字母，如 02", longest=50)
    name = forms.text("名称", hint="如 门诊收费窗口", longest=100)


@frame.view(Act.REGISTER_POINT, methods=("GET", "POST"))
def register_point(request: HttpRequest, code: str) -> HttpResponseBase:
    """登记开票点."""
    actor, place = frame.actor_of(request), reach.unit(request, code, Act.REGISTER_POINT)

    def save(values: Values, once: str) -> forms.Done:
        register_unit.register_point(premises.office(), actor, code, values["code"], values["name"])
        return forms.Done(f"已登记开票点 {values['code']}", f"/manage/units/{code}")

    page = forms.Page("登记开票点", button="登记开票点", crumbs=reach.unit_crumbs(place), help="units")
    return forms.ask(request, PointForm, page, save)


@frame.view(Act.REGISTER_POINT, methods=("GET", "POST"))
def end_point(request: HttpRequest, code: str, point: str) -> HttpResponseBase:
    """停用开票点 from today on."""
    actor, place = frame.actor_of(request), reach.unit(request, code, Act.REGISTER_POINT)

    def save(values: Values, once: str) -> forms.Done:
        register_unit.end_point(premises.office(), actor, code, point)
        return forms.Done(f"开票点 {point} 已停用", f"/manage/units/{code}")

    page = forms.Page(
        "停用开票点", button=f"停用开票点 {point}", crumbs=reach.unit_crumbs(place), help="units",
        effect="从今天起不能再用这个开票点开具；以前的票据不变。",
    )  # fmt: skip
    return forms.ask(request, forms.Form, page, save)
