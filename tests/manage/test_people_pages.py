"""People and rights through their pages: two persons where it takes two, nobody on themselves, refused at the next request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from tests.manage.world import World

NEW = {
    "name": "周小燕", "id_number": "510726198001010003", "phone": "19900001234", "username": "zhou.xy", "role": "handler",
    "place": "12510726MD2000028Q",
}  # fmt: skip


@pytest.fixture(scope="module")
def world(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    from django.test import override_settings

    from tests.manage import world as worlds

    with override_settings(ALLOWED_HOSTS=["*"]), worlds.made(module_database, tmp_path_factory.mktemp("office")) as made:
        yield made


def id_number(serial: int) -> str:
    from piaoju.standard import codes

    body = f"51072619800101{serial:03d}"
    return next(body + last for last in "0123456789X" if codes.is_id_number(body + last))


def enrolled(world: World, who: str, **changes: str) -> str:
    """A person registered through the page; the initial password that it shows."""
    answer = world.browsers[who].post("/manage/people/new", NEW | {"id_number": id_number(len(changes["username"]))} | changes)
    assert answer.status_code == 200, answer.content.decode()
    (password,) = re.findall(r'class="big code">([^<]+)<', answer.content.decode())
    return password


def told(browser: Client, path: str, form: dict[str, str]) -> tuple[int, str]:
    answer = browser.post(path, form)
    return answer.status_code, answer.content.decode()


def test_a_keeper_registers_a_handler_who_is_seen_at_once_and_signs_in_with_the_password_shown(world: World) -> None:
    from django.test import Client

    password = enrolled(world, "keeper", username="zhou.xy", name="周小燕")
    page = world.browsers["keeper"].get("/manage/people?person_name=周小燕").content.decode()
    assert "zhou.xy" in page and "开票员" in page and "共 1 个账号" in page.replace("条", "个账号")
    browser = Client()
    browser.get("/manage/sign-in")
    answer = browser.post("/manage/sign-in", {"username": "zhou.xy", "secret_password": password})
    assert answer.status_code == 303
    assert password not in world.browsers["keeper"].get("/manage/people/zhou.xy").content.decode()


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("id_number", "510726198001010000", "身份证号码"),
        ("username", "Z", "用户名"),
        ("phone", "123", "手机号应为 11 位"),
        ("place", "12510700MD2000044Q", "不归你管"),
        ("place", "12510726MD9999999X", "不归你管"),
        ("role", "supervisor", "没有这个选项"),
    ],
)
def test_a_fault_comes_back_into_the_form_beside_its_field(world: World, name: str, typed: str, words: str) -> None:
    status, page = told(world.browsers["keeper"], "/manage/people/new", NEW | {"username": "wrong", name: typed})
    assert status in (422, 409) and words in page and f'id="x-{name}"' in page
    assert 'value="19900001234"' in page or name == "phone"
    assert world.installed.count("SELECT count(*) FROM identity_operator WHERE username = 'wrong'") == 0


def test_a_supervisors_appointment_takes_two_persons_and_never_the_same_one(world: World) -> None:
    from piaoju.identity.types import Appointment, Role
    from tests.manage import world as worlds

    enrolled(world, "city", username="new.supervisor", role="supervisor", place="510726")
    number = world.installed.count("SELECT max(id) FROM identity_appointment WHERE NOT approved AND decided_at IS NULL")
    address = f"/manage/appointments/{number}"
    status, page = told(world.browsers["city"], address, {"decision": "approve"})
    assert status == 403 and "same_person" in page
    assert "待另一人批准" in page or "批准" in page
    # A second account of the person who requested is that person.
    person = world.installed.count("SELECT person_id FROM identity_operator WHERE username = 'm.city'")
    second = worlds.enrol(world.installed, "m.city.again", Appointment(Role.SUPERVISOR, "510700"))
    with_cursor = "UPDATE identity_operator SET person_id = %s WHERE id = %s RETURNING id"
    appointed = "UPDATE identity_appointment SET person_id = %s WHERE operator_id = %s RETURNING id"
    execute(world, with_cursor, person, second)
    execute(world, appointed, person, second)
    status, page = told(worlds.signed_in(world.installed, second), address, {"decision": "approve"})
    assert status == 403 and "same_person" in page
    assert "1</span>" in world.browsers["province"].get("/manage/").content.decode()
    status, _ = told(world.browsers["province"], address, {"decision": "approve"})
    assert status == 303
    assert "在任" in world.browsers["city"].get(address).content.decode()


def execute(world: World, sql: str, *values: object) -> None:
    import psycopg

    with psycopg.connect(world.installed.url, autocommit=True) as outside:
        outside.execute(sql, values)


def test_a_suspended_person_is_refused_at_the_next_request_and_back_after_restoring(world: World) -> None:
    from tests.manage import world as worlds

    theirs = worlds.signed_in(world.installed, world.ids["o.own"])
    assert theirs.get("/manage/").status_code == 200
    status, page = told(world.browsers["keeper"], "/manage/people/o.own/suspend", {"reason": ""})
    assert status == 422 and "请填写原因" in page and theirs.get("/manage/").status_code == 200
    assert told(world.browsers["keeper"], "/manage/people/o.own/suspend", {"reason": "休假"})[0] == 303
    assert theirs.get("/manage/").status_code == 303
    assert "已停用" in world.browsers["keeper"].get("/manage/people/o.own").content.decode()
    assert told(world.browsers["keeper"], "/manage/people/o.own/restore", {})[0] == 303
    assert worlds.signed_in(world.installed, world.ids["o.own"]).get("/manage/").status_code == 200


def test_an_ended_appointment_takes_the_pages_away_at_the_next_request(world: World) -> None:
    from piaoju.identity.types import Appointment, Role
    from tests.manage import world as worlds

    helper = worlds.enrol(world.installed, "short.lived", Appointment(Role.FINANCE, "", world.units["own"]))
    browser = worlds.signed_in(world.installed, helper)
    before = browser.get("/manage/").content.decode()
    number = world.installed.count("SELECT id FROM identity_appointment WHERE operator_id = %s", helper)
    assert told(world.browsers["keeper"], f"/manage/appointments/{number}", {"reason": "调离"})[0] == 303
    after = browser.get("/manage/").content.decode()
    assert "没有任职" not in before and "没有任职" in after


@pytest.mark.parametrize("path", ["suspend", "password", "factor", "end-sessions"])
def test_nobody_acts_on_their_own_account(world: World, path: str) -> None:
    status, page = told(world.browsers["keeper"], f"/manage/people/m.keeper/{path}", {"reason": "自己"})
    assert status == 403 and "same_person" in page


def test_whoever_resets_the_password_does_not_reset_the_second_factor(world: World) -> None:
    assert told(world.browsers["keeper"], "/manage/people/o.own/password", {})[0] == 200
    status, page = told(world.browsers["keeper"], "/manage/people/o.own/factor", {})
    assert status == 403 and "same_person" in page
    assert told(world.browsers["county"], "/manage/people/o.own/factor", {})[0] == 303


def test_every_act_and_refusal_of_these_pages_is_on_record_for_auditors_only(world: World) -> None:
    page = world.browsers["audit"].get("/manage/audit?actor=operator:m.keeper&per=200").content.decode()
    for words in ("登记操作员", "停用操作员", "恢复操作员", "same_person", "终止任职"):
        assert words in page, words
    assert world.browsers["keeper"].get("/manage/audit").status_code == 403
    assert world.browsers["system"].get("/manage/audit").status_code == 403
    assert "510726198001" not in page and "19900001234" not in page
