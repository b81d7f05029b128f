"""票据种类: what is enabled, on which basis, and the two persons it takes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import enable_bill_type, premises, scopes
from piaoju.journeys.acting import reading
from piaoju.journeys.enable_bill_type import ProposalForm
from piaoju.kit.listing import Asked, Found
from piaoju.manage import forms, frame, lists, texts
from piaoju.manage.registry import reach, words
from piaoju.registry import queries
from piaoju.registry.errors import ProposalUnknown

Values = dict[str, Any]
_TYPES = ("登记", ("票据种类", "/manage/bill-types"))
_PROPOSALS = ("登记", ("票种申请", "/manage/proposals"))


def _types(actor: OperatorActor, asked: Asked) -> Found[Any]:
    return queries.enablements_page(asked, reach.today())


BILL_TYPES = lists.ListPage(
    name="bill-types", title="票据种类", noun="次启用", help="bill-types", crumbs=("登记",), rows=_types,
    key=lambda row: str(row.id), sort="code",
    columns=(
        lists.code("code", "种类代码"),
        lists.text("name", "票据名称", wide=True, phone="name"),
        lists.text("basis_document", "依据文件", wide=True),
        lists.text("region_name", "适用区划"),
        lists.text("industries", "适用行业", value=lambda row: words.industries(row.industries)),
        lists.day("valid_from", "启用日期"),
        lists.day("valid_to", "停用日期"),
        lists.text("proposed_by", "申请", value=lambda row: words.who(row.proposed_by)),
        lists.text("decided_by", "审批", value=lambda row: words.who(row.decided_by)),
        lists.state("state", "状态", words.VALIDITY_STATES),
    ),
    filters=(
        lists.CodeFilter("code", "种类代码"),
        lists.TextFilter("name", "票据名称"),
        lists.TextFilter("basis_document", "依据文件"),
        lists.ChoiceFilter("state", "状态", words.choices(words.VALIDITY_STATES)),
    ),
    views=(lists.View("在用的", "state=in_force"),),
    empty="还没有启用票据种类。没有依据文件的票种不能启用",
    make=("申请启用或停用", "/manage/bill-types/propose"),
    make_if=lambda actor: rights.may_anywhere(actor, Act.PROPOSE_BILL_TYPE),
    links=(("票种申请", "/manage/proposals"),),
)  # fmt: skip


@frame.view(Act.READ_REGISTRY)
def bill_types(request: HttpRequest) -> HttpResponseBase:
    """票据种类."""
    return lists.answer(request, reach.fitted(BILL_TYPES, frame.actor_of(request), Act.DECIDE_BILL_TYPE))


def _proposals(actor: OperatorActor, asked: Asked) -> Found[Any]:
    return queries.proposals_page(scopes.sight(actor, Act.DECIDE_BILL_TYPE, reach.today()), asked)


PROPOSALS = lists.ListPage(
    name="proposals", title="票种申请", noun="份", help="bill-types", crumbs=("登记",), rows=_proposals,
    key=lambda row: str(row.id), sort="-proposed_at",
    columns=(
        lists.text("name", "票据名称", link=lambda row: f"/manage/proposals/{row.id}", wide=True, phone="name"),
        lists.code("bill_type_code", "种类代码"),
        lists.text("kind", "事项", value=lambda row: dict(words.PROPOSAL_KINDS)[row.kind]),
        lists.text("basis_document", "依据文件", wide=True),
        lists.text("region_name", "适用区划"),
        lists.day("valid_from", "起算日期"),
        lists.text("proposed_by", "申请", value=lambda row: words.who(row.proposed_by)),
        lists.instant("proposed_at", "申请时间"),
        lists.text("decided_by", "审批", value=lambda row: words.who(row.decided_by)),
        lists.state("state", "状态", words.PROPOSAL_STATES),
    ),
    filters=(
        lists.ChoiceFilter("state", "状态", words.choices(words.PROPOSAL_STATES)),
        lists.CodeFilter("bill_type_code", "种类代码"),
        lists.TextFilter("name", "票据名称"),
        lists.InstantFilter("proposed_at", "申请时间", usual=False),
    ),
    views=(lists.View("待审批", "state=proposed"),),
    empty="没有票种申请",
    make=("申请启用或停用", "/manage/bill-types/propose"),
    make_if=lambda actor: rights.may_anywhere(actor, Act.PROPOSE_BILL_TYPE),
)  # fmt: skip


@frame.view(Act.DECIDE_BILL_TYPE)
def proposals(request: HttpRequest) -> HttpResponseBase:
    """票种申请."""
    return lists.answer(request, PROPOSALS)


class ProposeForm(forms.Form):
    kind = forms.choice("事项", words.PROPOSAL_KINDS)
    bill_type_code = forms.code("种类代码", hint="四位，如 0601", longest=4)
    name = forms.text("票据名称", longest=100)
    basis_document = forms.text("依据文件", hint="文件名称和文号；没有依据的票种不能启用")
    region_code = forms.code("适用区划代码", hint="这个区划及其下级可以使用", longest=9)
    industries = forms.choices("适用行业", words.INDUSTRIES, hint="一个都不选表示全部行业", must=False)
    valid_from = forms.day("起算日期", hint="今天或以后")
    valid_to = forms.day("停用日期", hint="长期有效不填", must=False)


@frame.view(Act.PROPOSE_BILL_TYPE, methods=("GET", "POST"))
def propose(request: HttpRequest) -> HttpResponseBase:
    """申请启用或停用: another person decides."""
    actor = frame.actor_of(request)

    def save(values: Values, once: str) -> forms.Done:
        form = ProposalForm(**(values | {"industries": tuple(values["industries"])}))
        number = enable_bill_type.propose(premises.office(), actor, form)
        return forms.Done("已提出申请，等另一位监管员审批", f"/manage/proposals/{number}")

    own = reach.own_regions(actor, Act.PROPOSE_BILL_TYPE)
    page = forms.Page("申请启用或停用票种", button="提出申请", crumbs=_TYPES, help="bill-types", note="申请和审批必须是两个人。")
    initial = {"kind": "enable", "region_code": own[0] if own else "", "valid_from": reach.today()}
    return forms.ask(request, ProposeForm, page, save, initial=initial)


class DecideForm(forms.Form):
    decision = forms.choice("决定", (("approve", "批准"), ("decline", "退回")))
    remark = forms.area("意见", hint="退回要写明原因", longest=200, must=False)


@frame.view(Act.DECIDE_BILL_TYPE, methods=("GET", "POST"))
def proposal(request: HttpRequest, number: int) -> HttpResponseBase:
    """One proposal: what, on which basis, by whom; and the decision of a second person."""
    actor = frame.actor_of(request)
    asked = queries.proposal(number)
    reading(actor, Act.DECIDE_BILL_TYPE, scopes.of_region(asked.region_code, reach.today()), missing=ProposalUnknown)
    facts = [
        ("事项", asked.kind_label), ("种类代码", asked.bill_type_code), ("票据名称", asked.name),
        ("依据文件", asked.basis_document), ("适用区划", f"{asked.region_name} {asked.region_code}"),
        ("适用行业", words.industries(" ".join(asked.industries))),
        ("起算日期", texts.day(asked.validity.valid_from)), ("停用日期", texts.day(asked.validity.valid_to) or "长期"),
        ("申请", f"{words.who(asked.proposed_by)} {texts.instant(asked.proposed_at)}"),
        ("状态", asked.state_label),
    ]  # fmt: skip
    if asked.state != "proposed":
        facts += [("审批", f"{words.who(asked.decided_by)} {texts.instant(asked.decided_at)}"), ("意见", asked.decision_remark)]
        context = {"facts": facts, "facts_title": "申请"}
        return frame.page(
            request, "manage/registry/facts.html", context, title=f"票种申请 {number}", crumbs=_PROPOSALS, help="bill-types"
        )
    own = asked.proposer_person_id == actor.person_id

    def save(values: Values, once: str) -> forms.Done:
        office, remark = premises.office(), values.get("remark") or ""
        if own:
            enable_bill_type.withdraw(office, actor, number)
        elif values["decision"] == "approve":
            enable_bill_type.approve(office, actor, number, remark)
        else:
            enable_bill_type.decline(office, actor, number, remark)
        return forms.Done("申请已撤回" if own else "申请已办结", f"/manage/proposals/{number}")

    page = forms.Page(
        f"票种申请 {number}", button="撤回申请" if own else "办结", crumbs=_PROPOSALS, help="bill-types", facts=facts,
        note="这是你提出的申请，要由另一位监管员审批；你可以撤回。" if own else "",
    )  # fmt: skip
    return forms.ask(request, forms.Form if own else DecideForm, page, save)
