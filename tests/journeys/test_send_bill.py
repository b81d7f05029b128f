"""推送: a bill reaches its payer's mail and phone by real servers; what is away is tried again, what refuses is told."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from piaoju.exchange import senders
from piaoju.identity.types import OperatorActor, Role
from piaoju.issuing.errors import DeliveryUnknown
from piaoju.issuing.types import Channel, DeliveryKey
from piaoju.journeys import issue_at_window, premises, send_bill
from piaoju.journeys.issue import Issued
from piaoju.journeys.office import Office
from piaoju.journeys.window_desk import Sheet
from piaoju.kit.clock import system_clock
from tests import offices
from tests.journeys import carriers
from tests.journeys.carriers import Carrier
from tests.offices import HOSPITAL, Installed

MAIL, PHONE = "wang.xiaoming@example.cn", "138 0000 0221"
_serial = iter(range(1, 10_000))


@pytest.fixture(scope="module", autouse=True)
def writer(shared: Installed) -> Iterator[None]:
    premises.open_writer(shared.url, threads=1)
    yield
    premises.close_writer()


@pytest.fixture
def clerk(shared: Installed) -> OperatorActor:
    return shared.operator(Role.HANDLER, person="开票员甲")


@pytest.fixture
def mail() -> Iterator[Carrier]:
    with carriers.mail_server() as server:
        yield server


@pytest.fixture
def sms() -> Iterator[Carrier]:
    with carriers.gateway() as server:
        yield server


@pytest.fixture
def office(shared: Installed, mail: Carrier, sms: Carrier) -> Office:
    shared.run("DELETE FROM issuing_delivery")
    shared.jobs.waiting.clear()
    connected = senders.connected({
        "PIAOJU_MAIL": f"smtp+plain://127.0.0.1:{mail.port}", "PIAOJU_MAIL_FROM": "piaoju@example.gov.cn",
        "PIAOJU_SMS": f"http://127.0.0.1:{sms.port}/messages", "PIAOJU_SMS_TOKEN": "token",
    })  # fmt: skip
    return dataclasses.replace(shared.office, senders=connected)


def issued(office: Office, clerk: OperatorActor, *, sends: bool = True, mail: str = MAIL, phone: str = PHONE) -> dict[str, str]:
    payer = {"type": "person", "name": "王小明", "phone": phone, "email": mail}
    done = issue_at_window.issue(office, clerk, Sheet(HOSPITAL, offices.body(f"S-{next(_serial)}", payer=payer), sends=sends))
    assert isinstance(done, Issued)
    answer: dict[str, str] = json.loads(done.answer)
    return answer


def rows(shared: Installed) -> list[tuple[str, str, int, str]]:
    with psycopg.connect(shared.url) as connection:
        return connection.execute("SELECT channel, state, attempts, fault FROM issuing_delivery ORDER BY channel").fetchall()


def later(office: Office, wait: timedelta) -> Office:
    return dataclasses.replace(office, clock=lambda: system_clock() + wait)


def test_a_bill_arrives_by_mail_with_its_pdf_and_by_phone_with_its_address(
    shared: Installed, office: Office, clerk: OperatorActor, mail: Carrier, sms: Carrier
) -> None:
    bill = issued(office, clerk)
    assert mail.arrived == []  # nothing leaves before the bill is committed and a worker takes the job
    shared.jobs.run(office)
    ((to, message),) = mail.arrived
    (attached,) = list(message.iter_attachments())
    assert to == MAIL
    assert bill["number"] in message["Subject"]
    assert attached.get_filename() == f"{bill['code']}-{bill['number']}.pdf"
    assert attached.get_content().startswith(b"%PDF")
    ((headers, body),) = sms.arrived
    assert body["phone"] == "13800000221"
    assert f"{office.public_url}/q?" in body["text"]
    assert headers["Idempotency-Key"] == body["reference"]
    assert "王小明" not in body["text"] + carriers.text_of(message)
    assert [(channel, state) for channel, state, *_ in rows(shared)] == [("mail", "sent"), ("sms", "sent")]


def test_what_was_sent_is_not_sent_again_however_often_the_job_runs(
    shared: Installed, office: Office, clerk: OperatorActor, mail: Carrier
) -> None:
    issued(office, clerk, phone="")
    for _ in range(3):
        send_bill.send_deliveries(office)
    assert len(mail.arrived) == 1


def test_a_server_that_is_away_is_asked_again_later_and_nothing_is_lost(
    shared: Installed, office: Office, clerk: OperatorActor, mail: Carrier
) -> None:
    mail.answers = [451]
    issued(office, clerk, phone="")
    send_bill.send_deliveries(office)
    ((_, state, attempts, fault),) = rows(shared)
    assert (state, attempts) == ("waiting", 1)
    assert "451" in fault
    shared.jobs.waiting.clear()
    assert send_bill.wake(office) == 0  # not due yet
    shared.jobs.run(office)
    assert mail.arrived == []
    assert send_bill.wake(later(office, timedelta(minutes=2))) == 1
    shared.jobs.run(later(office, timedelta(minutes=2)))
    assert len(mail.arrived) == 1
    assert rows(shared)[0][1:3] == ("sent", 2)


def test_nobody_listening_is_away_and_is_given_up_after_two_days(
    shared: Installed, office: Office, clerk: OperatorActor
) -> None:
    gone = senders.connected({"PIAOJU_MAIL": "smtp+plain://127.0.0.1:1", "PIAOJU_MAIL_FROM": "a@b.cn"})
    away = dataclasses.replace(office, senders=gone)
    issued(away, clerk, phone="")
    for attempt in range(send_bill.ATTEMPTS_MAX):
        send_bill.send_deliveries(later(away, timedelta(hours=7) * attempt))
    ((_, state, attempts, _),) = rows(shared)
    assert (state, attempts) == ("given_up", send_bill.ATTEMPTS_MAX)


@pytest.mark.parametrize(("channel", "answer"), [("mail", 550), ("sms", 422)])
def test_what_is_refused_is_told_and_not_tried_again(
    shared: Installed, office: Office, clerk: OperatorActor, mail: Carrier, sms: Carrier, channel: str, answer: int
) -> None:
    carrier = {"mail": mail, "sms": sms}[channel]
    carrier.answers = [answer]
    issued(office, clerk, **({"phone": ""} if channel == "mail" else {"mail": ""}))
    send_bill.send_deliveries(office)
    ((_, state, attempts, fault),) = rows(shared)
    assert (state, attempts) == ("given_up", 1)
    assert str(answer) in fault
    send_bill.send_deliveries(later(office, timedelta(days=1)))
    assert carrier.arrived == []


def test_a_gateway_that_sends_us_elsewhere_is_not_followed(
    shared: Installed, office: Office, clerk: OperatorActor, sms: Carrier
) -> None:
    sms.answers = [302]
    issued(office, clerk, mail="")
    send_bill.send_deliveries(office)
    assert sms.arrived == []
    assert rows(shared)[0][1] == "waiting"


def test_a_worker_killed_in_the_middle_leaves_the_delivery_to_the_next(
    shared: Installed, office: Office, clerk: OperatorActor, mail: Carrier
) -> None:
    issued(office, clerk, phone="")
    assert send_bill._claimed(office) is not None  # killed here
    send_bill.send_deliveries(office)
    assert mail.arrived == []
    send_bill.send_deliveries(later(office, send_bill.CLAIM + timedelta(seconds=1)))
    assert len(mail.arrived) == 1


def test_destinations_are_sealed_and_masked_and_in_no_record(shared: Installed, office: Office, clerk: OperatorActor) -> None:
    issued(office, clerk)
    with psycopg.connect(shared.url) as connection:
        kept = str(connection.execute("SELECT d::text, encode(destination_sealed, 'escape') FROM issuing_delivery d").fetchall())
        records = str(connection.execute("SELECT r::text FROM identity_auditrecord r").fetchall())
    assert "138****0221" in kept
    assert "w***@example.cn" in kept
    for told in (kept, records):
        assert "13800000221" not in told
        assert "0000 0221" not in told
        assert "xiaoming" not in told


def test_who_does_not_want_it_gets_nothing(shared: Installed, office: Office, clerk: OperatorActor) -> None:
    issued(office, clerk, sends=False)
    assert rows(shared) == []
    assert shared.jobs.waiting == []


def test_a_bill_is_sent_again_to_another_address_by_its_own_unit_only(
    shared: Installed, office: Office, clerk: OperatorActor, mail: Carrier
) -> None:
    issued(office, clerk, phone="")
    with psycopg.connect(shared.url) as connection:
        found = connection.execute("SELECT unit_id, asked_at, bill_code, bill_number, channel FROM issuing_delivery").fetchone()
    assert found is not None
    key = DeliveryKey(found[0], found[1], found[2], found[3], Channel(found[4]))
    stranger = shared.operator(Role.HANDLER, unit_code="12510726MD2000028Q")
    with pytest.raises(DeliveryUnknown):
        send_bill.send_again(office, stranger, key, "elsewhere@example.cn")
    send_bill.send_again(office, clerk, key, "new@example.cn")
    send_bill.send_deliveries(office)
    assert sorted(to for to, _ in mail.arrived) == ["new@example.cn", MAIL]


@pytest.mark.parametrize(
    "settings",
    [
        {"PIAOJU_MAIL": "smtp+plain://mail.example.cn", "PIAOJU_MAIL_FROM": "a@b.cn"}, {"PIAOJU_MAIL": "mail.example.cn"},
        {"PIAOJU_MAIL": "smtp://mail.example.cn"}, {"PIAOJU_SMS": "http://gateway.example.cn/x"}, {"PIAOJU_SMS": "gateway"},
    ],
)  # fmt: skip
def test_settings_that_would_send_in_the_clear_or_nowhere_are_refused_at_the_start(settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"PIAOJU_|smtp"):
        senders.connected(settings)


def test_a_sender_of_ones_own_is_named_by_its_path() -> None:
    connected = senders.connected({"PIAOJU_SMS": "tests.journeys.test_send_bill:own_sender"})
    assert connected[Channel.SMS].carries_files is False


def own_sender() -> senders.HttpGateway:
    return senders.HttpGateway("https://gateway.example.cn", "x")
