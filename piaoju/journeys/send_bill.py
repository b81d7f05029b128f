"""推送: a bill reaches its payer by mail or phone. The act that asks for it fills the outbox; jobs empty it.

An attempt is claimed before it is made: nobody else makes it meanwhile, and a process that dies in it makes room after some
minutes. So a message may go out twice in the worst case, with the same reference, and never not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from piaoju.crypto import envelope
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing import actions as issuing
from piaoju.issuing import queries
from piaoju.issuing.errors import ChannelClosed, DeliveryUnknown, DestinationMissing, SenderAway, SenderRefused
from piaoju.issuing.types import BillPlace, Channel, DeliveryKey, DeliveryRow, DeliveryState, DeliveryToMake
from piaoju.journeys import fetch_file, window_desk, window_reading
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.journeys.senders import BillMessage
from piaoju.registry import queries as registry

TASK = "send_deliveries"
ATTEMPTS_MAX = 18  # about two days, ever more seldom
CLAIM = timedelta(minutes=5)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=6)
_FIELDS = ((Channel.MAIL, "email"), (Channel.SMS, "phone"))
_log = logging.getLogger("piaoju.journeys.send_bill")


def add(office: Office, cursor: Any, place: BillPlace, payer: Mapping[str, Any], *, asked_by: str) -> int:
    """In the caller's transaction: the bill goes to its payer's phone and mail, where given and connected; how many."""
    found = [
        delivery_of(office, place, channel, destination, place.issued_at, asked_by)
        for channel, name in _FIELDS
        if channel in office.senders and (destination := window_desk.text_of(payer, name))
    ]
    if found:
        issuing.add_deliveries(cursor, found)
        office.jobs.enqueue(TASK)
    return len(found)


def send_again(
    office: Office, actor: OperatorActor, key: DeliveryKey, destination: str = "", *, trace_id: str = ""
) -> None:
    """重发, to the same destination or another. Raises DeliveryUnknown, ChannelClosed, ActNotPermitted."""
    with acting(
        office, actor, Act.SEND_BILL, trace_id=trace_id, missing=DeliveryUnknown,
        scope=lambda: window_desk.scope_of(office, registry.unit_code_of(key.unit_id)),
        subject=f"bill:{key.bill_code}-{key.bill_number:010d} {key.channel}",
    ) as cursor:  # fmt: skip
        before = queries.delivery(key)
        if key.channel not in office.senders:
            raise ChannelClosed
        place = BillPlace(key.unit_id, before.issued_at, key.bill_code, key.bill_number)
        to = destination.strip() or _destination(office, before)
        if not to:
            raise DestinationMissing
        issuing.add_deliveries(cursor, [delivery_of(office, place, key.channel, to, office.clock(), actor.name)])
        office.jobs.enqueue(TASK)


def send_deliveries(office: Office) -> None:
    """The task: every delivery that is due is tried once. What has to be tried again is due later (`wake`)."""
    while (row := _claimed(office)) is not None:
        _attempt(office, row)


def wake(office: Office) -> int:
    """For the keeper: a job for what is due again; how many."""
    if not queries.delivery_due(sorted(office.senders), office.clock()):
        return 0
    with transaction.atomic():
        office.jobs.enqueue(TASK)
    return 1


def delivery_of(
    office: Office, place: BillPlace, channel: Channel, destination: str, asked_at: datetime, asked_by: str
) -> DeliveryToMake:
    """What goes into the outbox: the destination sealed for this delivery, and masked for lists."""
    key = DeliveryKey(place.unit_id, asked_at, place.bill_code, place.bill_number, channel)
    sealed = envelope.seal(office.data_key, destination.encode(), _context(key), office.random_bytes(envelope.NONCE_BYTES))
    return DeliveryToMake(key, place.issued_at, sealed, masked(channel, destination), asked_by)


def masked(channel: Channel, destination: str) -> str:
    """138****0221; w***@example.cn."""
    if channel == Channel.SMS:
        return f"{destination[:3]}****{destination[-4:]}" if len(destination) > 7 else "****"
    name, at, host = destination.partition("@")
    return f"{name[:1]}***{at}{host}"[:120]


def _claimed(office: Office) -> DeliveryRow | None:
    now = office.clock()
    with transaction.atomic(), connection.cursor() as cursor:
        return issuing.claim_delivery(cursor, sorted(office.senders), now, now + CLAIM)


def _attempt(office: Office, row: DeliveryRow) -> None:
    sender = office.senders[row.key.channel]
    try:
        sender.send(_destination(office, row), _message(office, row, carries_files=sender.carries_files))
    except SenderRefused as refusal:
        _settle(office, row, DeliveryState.GIVEN_UP, refusal.detail)
    except SenderAway as refusal:
        again = row.attempts < ATTEMPTS_MAX
        _settle(office, row, DeliveryState.WAITING if again else DeliveryState.GIVEN_UP, refusal.detail)
    else:
        _settle(office, row, DeliveryState.SENT)


def _settle(office: Office, row: DeliveryRow, state: DeliveryState, fault: str = "") -> None:
    at = office.clock()
    wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(row.attempts - 1, 12))
    with transaction.atomic(), connection.cursor() as cursor:
        issuing.settle_delivery(cursor, row.key, state, at=at, next_at=at + wait, fault=fault)
    if fault:
        _log.info("bill %s-%010d by %s: %s", row.key.bill_code, row.key.bill_number, row.key.channel, state)


def _message(office: Office, row: DeliveryRow, *, carries_files: bool) -> BillMessage:
    """What the payer reads. Nothing of the payer stands in it, the address of the bill does."""
    key = row.key
    place = BillPlace(key.unit_id, row.issued_at, key.bill_code, key.bill_number)
    bill = window_reading.answer_of(office, place)
    number = f"{key.bill_code}-{key.bill_number:010d}"
    link = office.public_url + bill["links"]["verify"]
    text = f"{bill['unit_name']}为您开具{bill['name']}，号码 {bill['number']}，金额 {bill['total']} 元。查验、下载：{link}"
    if bill["demonstration"]:
        text = f"【演示】{text}"
    return BillMessage(
        reference=f"{number}-{int(key.asked_at.timestamp() * 1000)}-{key.channel}",
        subject=f"{bill['unit_name']} 电子票据 {number}",
        text=text,
        file_name=f"{number}.pdf" if carries_files else "",
        pdf=fetch_file.at_place(office, place, "pdf") if carries_files else b"",
    )


def _destination(office: Office, row: DeliveryRow) -> str:
    return envelope.open(office.data_key, row.destination_sealed, _context(row.key)).decode()


def _context(key: DeliveryKey) -> bytes:
    return f"delivery:{key.unit_id}:{key.bill_code}-{key.bill_number}:{key.channel}".encode()
