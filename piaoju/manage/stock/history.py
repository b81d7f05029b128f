"""号码流转: every movement, and the whole life of one number."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import premises, stock_places, stock_reading
from piaoju.kit.errors import PiaojuError
from piaoju.kit.listing import Asked, Found
from piaoju.manage import frame, lists, texts
from piaoju.manage.stock import words
from piaoju.stock import queries
from piaoju.stock.errors import NumberUnknown
from piaoju.stock.types import Medium, MovementKind

_KINDS = tuple((str(kind.value), str(kind.label)) for kind in MovementKind)
_NUMBER_MAX = 9_999_999_999


def _rows(actor: OperatorActor, asked: Asked) -> Found[queries.MovementListRow]:
    office = premises.office()
    return queries.movements_page(stock_reading.sight(office, actor), asked, stock_places.today(office))


MOVEMENTS = lists.ListPage(
    name="stock-movements",
    title="号码流转",
    noun="笔",
    help="stock",
    crumbs=(words.CRUMB,),
    rows=_rows,
    key=lambda row: str(row.id),
    columns=(
        lists.instant("at", "时间"),
        lists.text("kind", "流转", value=lambda row: dict(_KINDS)[row.kind], phone="name"),
        lists.code("bill_code", "票据代码"),
        lists.text("bill_type_code", "票据种类", value=lambda row: words.bill_name(row.bill_type_code), phone="hidden"),
        lists.code(
            "first_number", "号码", value=words.span,
            link=lambda row: f"/manage/stock/numbers?medium={row.medium}&code={row.bill_code}&number={row.first_number}",
        ),
        lists.count("sheets", "份数", total="sheets", phone="figure"),
        lists.text("origin", "从"),
        lists.text("destination", "到", wide=True),
        lists.text("by", "经办", value=lambda row: words.person(row.by)),
        lists.text("remark", "说明", phone="hidden"),
    ),
    filters=(
        lists.ChoiceFilter("kind", "流转", _KINDS),
        lists.ChoiceFilter("bill_type_code", "票据种类", tuple(words.bill_type_options())),
        lists.InstantFilter("at", "时间"),
        lists.TextFilter("destination", "到"),
        lists.TextFilter("origin", "从", usual=False),
        lists.CodeFilter("bill_code", "票据代码", usual=False),
        lists.CountFilter("first_number", "起始号", usual=False),
        lists.CodeFilter("source", "依据", usual=False),
    ),
    sort="-id",
    empty="还没有号码流转。省级赋码后从这里看每一笔去向",
    links=(("查一个号码", "/manage/stock/numbers"),),
)  # fmt: skip


@frame.view(Act.READ_STOCK)
def movements(request: HttpRequest) -> HttpResponseBase:
    return lists.answer(request, MOVEMENTS)


@frame.view(Act.READ_STOCK)
def number(request: HttpRequest) -> HttpResponseBase:
    """一个号码的一生: where it is, every place it was in, and the bill it carries."""
    asked = {name: "".join(request.GET.get(name, "").split())[:20] for name in ("medium", "code", "number")}
    context: dict[str, object] = {"asked": asked, "media": words.MEDIA}
    status = 200
    if asked["code"] or asked["number"]:
        try:
            context |= _life(frame.actor_of(request), asked)
        except PiaojuError as refusal:
            status = frame.status_of(refusal)
            context |= {"refusal": refusal}
    return frame.page(
        request, "manage/stock/number.html", context, title="查一个号码", crumbs=(words.CRUMB,), help="stock", status=status
    )


def _life(actor: OperatorActor, asked: dict[str, str]) -> dict[str, object]:
    medium = Medium(asked["medium"]) if asked["medium"] in Medium.values else Medium.ELECTRONIC
    typed = asked["number"]
    digits = typed.isascii() and typed.isdigit() and len(typed) < 20 and int(typed) <= _NUMBER_MAX
    if not digits or not asked["code"].isalnum():
        raise NumberUnknown
    found = stock_reading.life_of_number(premises.office(), actor, medium, asked["code"], int(typed))
    life, state = found.life, words.SEGMENT_STATES[found.life.place.state.value]
    if found.bill is not None:
        state = ("已开具", "done")
    elif life.voided_at is not None:
        state = ("已作废", "void")
    elif life.taken:
        state = ("待签", "wait")
    facts = [
        ("票据种类", words.typed(life.code.bill_type_code)),
        ("票据代码", life.code.bill_code),
        ("票据号码", f"{life.number:010d}"),
        ("介质", str(medium.label)),
        ("现在在", stock_reading.name_of(premises.office(), life.place)),
    ]
    if found.bill is not None:
        facts.append(("开具", texts.instant(found.bill.issued_at)))
    if life.voided_at is not None:
        facts += [("作废", texts.instant(life.voided_at)), ("原因", life.void_reason)]
    return {"facts": facts, "state": state, "history": words.history(life.movements), "history_title": "流转"}
