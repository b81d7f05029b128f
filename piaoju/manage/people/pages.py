"""People and rights as pages that read: the lists, and one account with all that hangs on it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from piaoju.identity import rights
from piaoju.identity.queries import roles_named
from piaoju.identity.rights import Act
from piaoju.journeys import premises, see_people
from piaoju.kit.listing import Asked, Condition
from piaoju.manage import frame, lists, texts
from piaoju.manage.people import lists_of, words
from piaoju.manage.people.lists_of import PEOPLE

_CRUMBS: tuple[frame.Crumb, ...] = ("人员与权限", ("操作员", PEOPLE))


@frame.view(Act.READ_OPERATORS)
def people(request: HttpRequest) -> HttpResponseBase:
    """操作员: everyone in sight."""
    return lists.answer(request, lists_of.OPERATORS)


@frame.view(Act.READ_OPERATORS)
def appointments(request: HttpRequest) -> HttpResponseBase:
    """任职: everything requested, approved, ended."""
    return lists.answer(request, lists_of.APPOINTED)


@frame.view(Act.READ_OPERATORS)
def bound_ukeys(request: HttpRequest) -> HttpResponseBase:
    """UKEY of the people in sight."""
    return lists.answer(request, lists_of.BOUND_UKEYS)


@frame.view(Act.END_SESSIONS)
def sessions(request: HttpRequest) -> HttpResponseBase:
    """会话: who is signed in now."""
    return lists.answer(request, lists_of.SESSIONS)


@frame.view(Act.READ_AUDIT)
def audit(request: HttpRequest) -> HttpResponseBase:
    """审计记录: read by auditors only."""
    return lists.answer(request, lists_of.AUDIT)


@frame.view(Act.READ_OPERATORS)
def person(request: HttpRequest, username: str) -> HttpResponse:
    """One account: who, what for, how it signs in, and what may be done."""
    actor, office = frame.actor_of(request), premises.office()
    row = see_people.operator(office, actor, username)
    of_them = (Condition("username", "eq", (username,)),)
    their_appointments = see_people.appointments(office, actor, Asked(of_them, "id", True, limit=_SHOWN)).rows
    their_ukeys = see_people.ukeys(office, actor, Asked(of_them, "bound_at", True, limit=_SHOWN)).rows
    context = {
        "row": row,
        "facts": [
            ("用户名", row.username),
            ("角色", roles_named(row.roles) or "没有在任的职"),
            ("第二因素", words.FACTORS[row.second_factor][0]),
            ("登记时间", texts.instant(row.enrolled_at)),
            ("最近活动", texts.instant(row.seen_at) or "还没有登录过"),
        ],
        "facts_title": "账号",
        "state": words.OPERATOR_STATES[row.state],
        "appointments": [(one, roles_named(one.role), words.APPOINTMENT_STATES[one.state]) for one in their_appointments],
        "ukeys": [(one, words.UKEY_STATES[one.state]) for one in their_ukeys],
        "may_request": rights.may_anywhere(actor, Act.REQUEST_APPOINTMENT),
        "acts": [
            (word, f"{PEOPLE}/{username}/{path}")
            for act, word, path in _ACTS
            if rights.may_anywhere(actor, act) and path not in _NOT_NOW[row.state == "suspended"]
        ],
    }
    return frame.page(request, "manage/people/person.html", context, title=row.person_name, crumbs=_CRUMBS, help="people")


_ACTS = (
    (Act.SUSPEND_OPERATOR, "停用账号…", "suspend"),
    (Act.RESTORE_OPERATOR, "恢复账号", "restore"),
    (Act.RESET_CREDENTIALS, "重置口令", "password"),
    (Act.RESET_CREDENTIALS, "重置第二因素", "factor"),
    (Act.END_SESSIONS, "结束全部会话", "end-sessions"),
    (Act.BIND_UKEY, "绑定 UKEY", "ukey"),
)

_NOT_NOW = {False: ("restore",), True: ("suspend",)}
_SHOWN = 50
