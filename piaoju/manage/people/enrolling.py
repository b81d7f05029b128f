"""登记操作员, 提请任职: who gets an account, and what for."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity import rights
from piaoju.identity.queries import roles_named
from piaoju.identity.rights import Act, ScopeKind
from piaoju.identity.types import Appointment, OperatorActor, Role
from piaoju.journeys import appoint, operators, premises, see_people
from piaoju.journeys.operators import NewOperator
from piaoju.kit.clock import SHANGHAI
from piaoju.kit.errors import FieldError, NotFound, Refused
from piaoju.manage import forms, frame
from piaoju.manage.people import words
from piaoju.manage.people.lists_of import PEOPLE

_CRUMBS: tuple[frame.Crumb, ...] = ("人员与权限", ("操作员", PEOPLE))


class PlaceForm(forms.Form):
    """What an appointment is to. The roles on offer are those that this person may give."""

    role = forms.choice("角色", words.ROLES)
    place = forms.code("任职地", hint="监管员和审计填行政区划代码，单位人员填统一社会信用代码，管理员不填", must=False)
    bill_types = forms.text("限定票据种类", hint="种类代码，用空格分开；不填即不限", must=False)
    until = forms.day("任职止", hint="不填即长期；到这一天结束为止", must=False)


class NewForm(PlaceForm):
    name = forms.text("真实姓名", longest=60)
    id_number = forms.code("身份证号码", hint="18 位；加密保存，只用来认出同一个人", longest=18)
    phone = forms.code("手机号码", hint="11 位", longest=11)
    username = forms.code("用户名", hint="小写字母开头，3 到 40 位小写字母、数字、点、横线", longest=40)
    field_order = ("name", "id_number", "phone", "username", "role", "place", "bill_types", "until")


@frame.view(Act.ENROL_OPERATOR, methods=("GET", "POST"))
def enrol(request: HttpRequest) -> HttpResponseBase:
    """登记操作员: a real person, an account, a first appointment; the initial password is shown once."""
    actor = frame.actor_of(request)

    def save(values: dict[str, Any], once: str) -> HttpResponseBase:
        new = NewOperator(
            values["username"], values["name"], values["id_number"].upper(), values["phone"], _appointment(values), _until(values)
        )
        try:
            made = operators.enrol(premises.office(), actor, new)
        except NotFound as refusal:
            raise _no_such_place() from refusal
        words_of = {"made": made, "name": new.name, "address": f"{PEOPLE}/{made.username}"}
        return frame.page(request, "manage/people/enrolled.html", words_of, title="账号已登记", crumbs=_CRUMBS, help="people")

    page = forms.Page("登记操作员", button="登记操作员", crumbs=_CRUMBS, help="people", back=("不登记", PEOPLE))
    return forms.ask(request, _offering(NewForm, actor), page, save, initial={"place": words.home_of(actor)})


@frame.view(Act.REQUEST_APPOINTMENT, methods=("GET", "POST"))
def request_appointment(request: HttpRequest, username: str) -> HttpResponseBase:
    """提请任职: in force at once, or when a second person has approved it."""
    actor, office = frame.actor_of(request), premises.office()
    row = see_people.operator(office, actor, username)

    def save(values: dict[str, Any], once: str) -> forms.Done:
        try:
            number, in_force = appoint.request(office, actor, username, _appointment(values), _until(values))
        except NotFound as refusal:
            raise _no_such_place() from refusal
        told = "已在任" if in_force else "已提请，待另一人批准"
        return forms.Done(f"任职 {number} {told}", f"{PEOPLE}/{username}")

    page = forms.Page(
        "提请任职", button="提请任职", crumbs=(*_CRUMBS, (row.person_name, f"{PEOPLE}/{username}")), help="appointments",
        facts=_facts_of(row), back=("不提请", f"{PEOPLE}/{username}"),
    )  # fmt: skip
    return forms.ask(request, _offering(PlaceForm, actor), page, save, initial={"place": words.home_of(actor)})


def _offering(form: type[forms.Form], actor: OperatorActor) -> type[forms.Form]:
    """The form with the roles that this person may give."""
    given = {role for one in actor.appointments for role in rights.APPOINTS.get(one.role, ())}
    choice = forms.choice("角色", [(value, word) for value, word in words.ROLES if Role(value) in given])
    return type(form.__name__, (form,), {"role": choice, "__module__": form.__module__})


def _appointment(values: dict[str, Any]) -> Appointment:
    role, place = Role(values["role"]), values["place"] or ""
    kind = rights.SCOPE_KINDS[role]
    bill_types = frozenset((values["bill_types"] or "").split())
    if kind == ScopeKind.REGION:
        return Appointment(role, place, "", bill_types)
    if kind == ScopeKind.WHOLE:
        return Appointment(role, "", "", bill_types)
    return Appointment(role, "", place, bill_types)


def _until(values: dict[str, Any]) -> datetime | None:
    """The end of the day that was typed."""
    return datetime.combine(values["until"], time.max, SHANGHAI) if values["until"] else None


def _no_such_place() -> Refused:
    detail = "没有这个区划或单位，或者它不归你管。请核对任职地的代码"
    return Refused(detail, errors=[FieldError("/place", "place_unknown", detail)], code="place_unknown")


def _facts_of(row: Any) -> list[tuple[str, str]]:
    return [("姓名", row.person_name), ("用户名", row.username), ("现任", roles_named(row.roles) or "没有")]
