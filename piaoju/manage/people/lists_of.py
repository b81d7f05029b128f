"""The lists of people and rights, each declared once."""

from __future__ import annotations

from piaoju.identity import queries as identity
from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import premises, see_people
from piaoju.kit.listing import Asked, Found
from piaoju.manage import lists
from piaoju.manage.people import words

PEOPLE, APPOINTMENTS, UKEYS = "/manage/people", "/manage/appointments", "/manage/ukeys"


class RoleFilter(lists.ChoiceFilter):
    """Any of a person's roles."""

    comparisons = ("contains",)


def _options(states: dict[str, tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((value, word) for value, (word, _) in states.items())


def _operators(actor: OperatorActor, asked: Asked) -> Found[identity.OperatorRow]:
    return see_people.operators(premises.office(), actor, asked)


OPERATORS = lists.ListPage(
    name="people",
    title="操作员",
    noun="个账号",
    help="people",
    crumbs=("人员与权限",),
    rows=_operators,
    key=lambda row: str(row.username),
    columns=(
        lists.text("person_name", "姓名", link=lambda row: f"{PEOPLE}/{row.username}", phone="name"),
        lists.code("username", "用户名"),
        lists.text("roles", "角色", value=lambda row: identity.roles_named(row.roles) or "—", wide=True),
        lists.code("places", "任职地", value=lambda row: row.places.replace(",", " ")),
        lists.state("second_factor", "第二因素", words.FACTORS, phone="line"),
        lists.instant("seen_at", "最近活动"),
        lists.instant("enrolled_at", "登记时间", phone="hidden"),
        lists.state("state", "状态", words.OPERATOR_STATES),
    ),
    filters=(
        lists.TextFilter("person_name", "姓名"),
        lists.CodeFilter("username", "用户名"),
        RoleFilter("roles", "角色", words.ROLES),
        lists.ChoiceFilter("state", "状态", _options(words.OPERATOR_STATES)),
        lists.TextFilter("places", "任职地代码", usual=False),
        lists.ChoiceFilter("second_factor", "第二因素", _options(words.FACTORS), usual=False),
        lists.InstantFilter("enrolled_at", "登记时间", usual=False),
    ),
    sort="username",
    views=(lists.View("已停用", "state=suspended"), lists.View("没有第二因素", "second_factor=none")),
    empty="还没有操作员",
    make=("登记操作员", f"{PEOPLE}/new"),
    make_if=lambda actor: rights.may_anywhere(actor, Act.ENROL_OPERATOR),
)


def _appointments(actor: OperatorActor, asked: Asked) -> Found[identity.AppointmentRow]:
    return see_people.appointments(premises.office(), actor, asked)


APPOINTED = lists.ListPage(
    name="appointments",
    title="任职",
    noun="项任职",
    help="appointments",
    crumbs=("人员与权限",),
    rows=_appointments,
    key=lambda row: str(row.id),
    columns=(
        lists.code("id", "编号", link=lambda row: f"{APPOINTMENTS}/{row.id}"),
        lists.text("person_name", "姓名", link=lambda row: f"{PEOPLE}/{row.username}", phone="name"),
        lists.text("role", "角色", value=lambda row: identity.roles_named(row.role)),
        lists.code("place", "任职地"),
        lists.text("requested_by", "提请人", value=lambda row: words.person(row.requested_by)),
        lists.instant("requested_at", "提请时间"),
        lists.text("decided_by", "审批人", value=lambda row: words.person(row.decided_by)),
        lists.instant("valid_until", "任职止", phone="hidden"),
        lists.state("state", "状态", words.APPOINTMENT_STATES),
    ),
    filters=(
        lists.ChoiceFilter("state", "状态", _options(words.APPOINTMENT_STATES)),
        lists.ChoiceFilter("role", "角色", words.ROLES),
        lists.TextFilter("person_name", "姓名"),
        lists.CodeFilter("place", "任职地代码"),
        lists.InstantFilter("requested_at", "提请时间", usual=False),
    ),
    sort="-id",
    views=(lists.View("待批准", "state=waiting"),),
    empty="还没有任职。登记操作员时一并提请任职",
)


def _ukeys(actor: OperatorActor, asked: Asked) -> Found[identity.UkeyRow]:
    return see_people.ukeys(premises.office(), actor, asked)


BOUND_UKEYS = lists.ListPage(
    name="ukeys",
    title="UKEY",
    noun="个 UKEY",
    help="ukeys",
    crumbs=("人员与权限",),
    rows=_ukeys,
    key=lambda row: str(row.serial),
    columns=(
        lists.code("serial", "证书序列号", link=lambda row: f"{UKEYS}/{row.serial}/revoke" if row.state == "in_force" else ""),
        lists.text("person_name", "姓名", link=lambda row: f"{PEOPLE}/{row.username}", phone="name"),
        lists.text("subject_name", "证书持有人"),
        lists.text("issuer_name", "颁发机构", wide=True),
        lists.instant("valid_until", "到期时间"),
        lists.instant("bound_at", "绑定时间"),
        lists.text("bound_by", "绑定人", value=lambda row: words.person(row.bound_by), phone="hidden"),
        lists.state("state", "状态", words.UKEY_STATES),
    ),
    filters=(
        lists.CodeFilter("serial", "证书序列号"),
        lists.TextFilter("person_name", "姓名"),
        lists.ChoiceFilter("state", "状态", _options(words.UKEY_STATES)),
        lists.InstantFilter("valid_until", "到期时间"),
    ),
    sort="-bound_at",
    empty="还没有绑定 UKEY。在操作员页面上绑定",
)


def _sessions(actor: OperatorActor, asked: Asked) -> Found[identity.SessionRow]:
    return see_people.sessions(premises.office(), actor, asked)


SESSIONS = lists.ListPage(
    name="sessions",
    title="会话",
    noun="个会话",
    help="sessions",
    crumbs=("人员与权限",),
    rows=_sessions,
    key=lambda row: str(row.id),
    columns=(
        lists.text("person_name", "姓名", link=lambda row: f"{PEOPLE}/{row.username}", phone="name"),
        lists.code("username", "用户名"),
        lists.text("method", "登录方式", value=lambda row: words.METHODS.get(row.method, row.method)),
        lists.code("source", "来源地址"),
        lists.instant("started_at", "登录时间"),
        lists.instant("seen_at", "最近活动"),
    ),
    filters=(
        lists.TextFilter("person_name", "姓名"),
        lists.CodeFilter("username", "用户名"),
        lists.ChoiceFilter("method", "登录方式", tuple(words.METHODS.items())),
        lists.CodeFilter("source", "来源地址"),
    ),
    sort="-seen_at",
    empty="现在没有人登录",
)


def _audit(actor: OperatorActor, asked: Asked) -> Found[identity.AuditRow]:
    return see_people.audit(premises.office(), actor, asked)


AUDIT = lists.ListPage(
    name="audit",
    title="审计记录",
    noun="条",
    help="audit",
    crumbs=("审计",),
    rows=_audit,
    key=lambda row: str(row.id),
    columns=(
        lists.code("id", "编号"),
        lists.instant("at", "时间"),
        lists.text("actor", "经办主体", phone="name"),
        lists.text("act", "事项", value=lambda row: words.act(row.act)),
        lists.text("subject", "对象", wide=True),
        lists.text("outcome", "结果", value=lambda row: words.outcome(row.outcome)),
        lists.code("trace_id", "追踪号", phone="hidden"),
    ),
    filters=(
        lists.InstantFilter("at", "时间"),
        lists.CodeFilter("actor", "经办主体"),
        lists.ChoiceFilter("act", "事项", words.ACTS),
        lists.TextFilter("outcome", "结果"),
        lists.TextFilter("subject", "对象", usual=False),
        lists.CodeFilter("trace_id", "追踪号", usual=False),
    ),
    sort="-id",
    views=(lists.View("登录", "act=sign_in"), lists.View("不归他管", "outcome=not_in_scope&outcome_cmp=eq")),
    empty="还没有记录",
)
