"""推送记录: what went to which payer, by which way, and what became of it; sent again from here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing import queries
from piaoju.issuing.errors import DeliveryUnknown
from piaoju.issuing.types import Channel, DeliveryKey, DeliveryRow
from piaoju.journeys import premises, send_bill, window_reading
from piaoju.kit.clock import local
from piaoju.kit.listing import Asked, Found
from piaoju.manage import forms, frame, lists, texts
from piaoju.manage.window import words
from piaoju.registry import queries as registry
from piaoju.registry.errors import UnitUnknown
from piaoju.standard import codes

LIST = "/manage/deliveries"
_CHANNELS = tuple((str(one.value), str(one.label)) for one in Channel)
_SECOND = 1_000_000


def _rows(actor: OperatorActor, asked: Asked) -> Found[queries.DeliveryListRow]:
    return queries.deliveries_page(window_reading.units_for(actor, Act.SEND_BILL), asked)


def _address(row: queries.DeliveryListRow) -> str:
    at = int(row.asked_at.timestamp()) * _SECOND + row.asked_at.microsecond
    return f"{LIST}/{row.unit_code}/{at}/{row.bill_code}/{codes.number_text(row.bill_number)}/{row.channel}"


DELIVERIES = lists.ListPage(
    name="deliveries",
    title="推送记录",
    noun="次推送",
    help="deliveries",
    crumbs=("开具",),
    rows=_rows,
    key=_address,
    columns=(
        lists.code("bill_number", "票据号码", value=lambda row: codes.number_text(row.bill_number), link=_address),
        lists.code("bill_code", "票据代码"),
        lists.text("channel", "方式", value=lambda row: str(Channel(row.channel).label)),
        lists.text("destination_masked", "手机或邮箱", wide=True, phone="name"),
        lists.instant("asked_at", "要求时间"),
        lists.instant("sent_at", "送出时间"),
        lists.count("attempts", "次数"),
        lists.text("fault", "没有送到的原因"),
        lists.state("state", "状态", words.DELIVERY_STATES),
    ),
    filters=(
        lists.ChoiceFilter("state", "状态", tuple((key, word) for key, (word, _) in words.DELIVERY_STATES.items())),
        lists.ChoiceFilter("channel", "方式", _CHANNELS),
        lists.InstantFilter("asked_at", "要求时间"),
        lists.CountFilter("bill_number", "票据号码"),
        lists.CodeFilter("bill_code", "票据代码", usual=False),
    ),
    sort="-asked_at",
    views=(lists.View("没有送到", "state=given_up"), lists.View("待发送", "state=waiting")),
    empty="还没有推送。开票时填了手机或邮箱，开具后会送出",
)


@frame.view(Act.SEND_BILL)
def deliveries(request: HttpRequest) -> HttpResponseBase:
    """The list."""
    return lists.answer(request, DELIVERIES)


class _AgainForm(forms.Form):
    destination = forms.text("换一个手机或邮箱", hint="不填就送到原来的地方", longest=100, must=False)


@frame.view(Act.SEND_BILL, methods=("GET", "POST"))
def again(
    request: HttpRequest, unit_code: str, asked: int, bill_code: str, bill_number: str, channel: str
) -> HttpResponseBase:
    """One delivery, and sending it again."""
    office, actor = premises.office(), frame.actor_of(request)
    row = _delivery(actor, unit_code, asked, bill_code, bill_number, channel)

    def save(values: dict[str, Any], once: str) -> forms.Done:
        send_bill.send_again(office, actor, row.key, values["destination"] or "")
        return forms.Done("已重新排队发送", LIST)

    facts = (
        ("票据", f"{row.key.bill_code} {codes.number_text(row.key.bill_number)}"), ("方式", str(row.key.channel.label)),
        ("送到", row.destination_masked), ("要求时间", texts.instant(row.key.asked_at)),
        ("状态", words.DELIVERY_STATES[row.state.value][0]), ("已试次数", texts.number(row.attempts)),
    )  # fmt: skip
    page = forms.Page(
        "重发", button="再送一次", crumbs=("开具", ("推送记录", LIST)), help="deliveries", facts=facts, back=("不发了", LIST)
    )
    return forms.ask(request, _AgainForm, page, save)


def _delivery(
    actor: OperatorActor, unit_code: str, asked: int, bill_code: str, bill_number: str, channel: str
) -> DeliveryRow:
    """Raises DeliveryUnknown, also for another unit's."""
    number = codes.parse_number(bill_number)
    if unit_code not in window_reading.units_for(actor, Act.SEND_BILL) or number is None or channel not in Channel.values:
        raise DeliveryUnknown
    try:
        at = datetime.fromtimestamp(asked // _SECOND, UTC).replace(microsecond=asked % _SECOND)
        unit_id = registry.unit_id_of(unit_code)
    except (OverflowError, ValueError, OSError, UnitUnknown):
        raise DeliveryUnknown from None
    return queries.delivery(DeliveryKey(unit_id, local(at), bill_code, number, Channel(channel)))
