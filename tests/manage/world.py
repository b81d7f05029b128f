"""The world of the matrix: one county with its city, province and neighbours; a unit in each place; a person of each role."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from django.test import Client

from piaoju.identity import actions as identity
from piaoju.identity.types import Appointment, Role, SessionMethod, UkeyCertificate
from tests import offices
from tests.manage import world_batches, world_bills, world_stock, world_window
from tests.offices import HOSPITAL, Installed

COUNTY_HOSPITAL = "12510726MD2000028Q"
UNITS = {
    "own": COUNTY_HOSPITAL,
    "city": "12510700MD2000044Q",
    "province": HOSPITAL,
    "other": "11510100MD2000060J",
    "missing": "12510726MD9999999X",
}
REGIONS = {"own": "510726", "county": "510725", "city": "510700", "province": "510000", "other": "510100", "missing": "599999"}
_ROLES = {
    "province": Appointment(Role.SUPERVISOR, "510000"),
    "city": Appointment(Role.SUPERVISOR, "510700"),
    "county": Appointment(Role.SUPERVISOR, "510726"),
    "keeper": Appointment(Role.UNIT_KEEPER, "", COUNTY_HOSPITAL),
    "handler": Appointment(Role.HANDLER, "", COUNTY_HOSPITAL),
    "checker": Appointment(Role.CHECKER, "", COUNTY_HOSPITAL),
    "finance": Appointment(Role.FINANCE, "", COUNTY_HOSPITAL),
    "auditor": Appointment(Role.AUDITOR, "510000"),
    "system": Appointment(Role.SYSTEM_ADMINISTRATOR),
    "security": Appointment(Role.SECURITY_ADMINISTRATOR),
    "audit": Appointment(Role.AUDIT_ADMINISTRATOR),
    "maintainer": Appointment(Role.MAINTAINER),
}


@dataclass(slots=True)
class World:
    """What the matrix asks about, by place, and a browser of each person."""

    installed: Installed
    units: dict[str, str] = field(default_factory=dict)
    regions: dict[str, str] = field(default_factory=dict)
    browsers: dict[str, Client] = field(default_factory=dict)
    operators: dict[str, str] = field(default_factory=dict)  # usernames, by the place of the unit they work for
    appointments: dict[str, str] = field(default_factory=dict)  # numbers, by the place of the unit they are for
    imports: dict[str, int] = field(default_factory=dict)  # uploaded files of units, by the place of their region
    bulletins: dict[str, int] = field(default_factory=dict)  # by the place of their region
    proposals: dict[str, int] = field(default_factory=dict)  # about bill types, by the place of their region
    submissions: dict[str, str] = field(default_factory=dict)  # of certificates, by the place of their unit
    certificates: dict[str, str] = field(default_factory=dict)  # serial numbers, by the place of their unit
    stock: dict[str, dict[str, str]] = field(default_factory=dict)  # segment, requisition, disposal: ids by the unit's place
    drafts: dict[str, str] = field(default_factory=dict)  # of bills being typed, by the place of their unit
    reviews: dict[str, str] = field(default_factory=dict)  # of those that wait for a 复核员
    deliveries: dict[str, list[str]] = field(default_factory=dict)  # the parts of their addresses
    bills: dict[str, list[str]] = field(default_factory=dict)  # code and number, by the place of their unit
    reversals: dict[str, str] = field(default_factory=dict)  # applications, by the place of their unit
    downloads: dict[str, int] = field(default_factory=dict)  # by the own unit's keeper, or by its handler
    batches: dict[str, int] = field(default_factory=dict)  # checked files of bills, by the place of their unit
    ids: dict[str, int] = field(default_factory=dict)  # of people, by who or by operator's username


@contextmanager
def made(url: str, folder: Path) -> Iterator[World]:
    """The world, founded in this database."""
    founded = [code for place, code in UNITS.items() if place != "missing"]
    departments = ("510000", "510700", "510726", "510100")
    with offices.found(url, folder, units=founded, departments=departments) as installed:
        world = World(installed, units=dict(UNITS), regions=dict(REGIONS))
        _register_neighbours(world)
        _register_papers(world)
        governing = _governing_code(installed, COUNTY_HOSPITAL)
        for who, appointment in {**_ROLES, "governing": Appointment(Role.GOVERNING, "", governing)}.items():
            world.ids[who] = enrol(installed, f"m.{who}", appointment)
            world.browsers[who] = signed_in(installed, world.ids[who])
        world.browsers["anonymous"] = Client()
        for place, code in world.units.items():
            world.operators[place] = f"o.{place}"
            if place != "missing":
                world.ids[f"o.{place}"] = enrol(installed, f"o.{place}", Appointment(Role.HANDLER, "", code))
                _bind_ukey(world, place)
            number = installed.count(
                "SELECT a.id FROM identity_appointment a JOIN identity_operator o ON o.id = a.operator_id WHERE o.username = %s",
                f"o.{place}",
            )
            world.appointments[place] = str(number or 2**40)
        _hold_certificates(world)
        _ask_for_downloads(world)
        world_stock.hold_numbers(world)
        _keep_bulletins(world)
        world_window.keep_sheets(world)
        world_bills.hold_bills(world)
        world_batches.keep_batches(world)
        yield world


def _ask_for_downloads(world: World) -> None:
    """A download that failed of the keeper, one of another person of the same unit: no file belongs to either."""
    for number, (place, who) in enumerate((("own", "keeper"), ("another", "handler")), 1):
        world.downloads[place] = number
        world.installed.run(
            "INSERT INTO reporting_download (operator_id, requested_by, requested_at, format, title, conditions, wanted, state,"
            " bills, bills_done, pages, size_bytes, kept_until, failure_code, failure) VALUES (%s, 'test', now(), 'zip', '1',"
            " '', '{\"print\": {}, \"formats\": [\"xml\"], \"order\": \"listed\"}', 'failed', 1, 0, 0, 0,"
            " now() + interval '7 days', '', '')",
            world.ids[who],
        )
    world.downloads["missing"] = 10**9


def enrol(installed: Installed, username: str, appointment: Appointment) -> int:
    """A person with an account and an appointment; the account's id."""
    office, at = installed.office, installed.office.clock()
    person_id = identity.enrol_person(
        name=username, id_number=username, phone="", key=office.data_key, index_key=office.index_key,
        nonces=(os.urandom(12), os.urandom(12)), at=at,
    )  # fmt: skip
    operator_id = identity.enrol_operator(
        username=username, password="not used here", person_id=person_id, totp_secret="", key=office.data_key,
        nonce=os.urandom(12), at=at, by="test",
    )  # fmt: skip
    identity.appoint_by_installation(operator_id, appointment, at=at, by="test")
    return operator_id


def signed_in(installed: Installed, operator_id: int) -> Client:
    """A browser with a session of this account."""
    office, token = installed.office, os.urandom(32).hex()
    identity.open_session(
        token, operator_id, SessionMethod.PASSKEY, source="10.1.2.3", agent="test", policy=office.sign_in_policy,
        at=office.clock(),
    )  # fmt: skip
    browser = Client()
    browser.cookies["piaoju_session"] = token
    return browser


def _bind_ukey(world: World, place: str) -> None:
    """A UKEY with a serial number that says whose it is; its certificate is not looked at here."""
    at = world.installed.office.clock()
    read = UkeyCertificate(
        content=b"", fingerprint=place.encode(), serial=f"UKEY-{place}", subject_name="某人", issuer_name="演示",
        valid_from=at, valid_until=at + timedelta(days=9),
    )  # fmt: skip
    identity.bind_ukey(world.ids[f"o.{place}"], read, at, "test")


def _register_neighbours(world: World) -> None:
    """A second unit of the county, and a unit of another county of the same city."""
    from dataclasses import replace

    from piaoju.ops.demonstration import founding
    from piaoju.registry import actions as registry
    from tests.journeys.registry_office import uscc

    (pattern,) = [unit for unit in founding.plan().units if unit.code == COUNTY_HOSPITAL]
    world.units["sibling"], world.units["county"] = uscc(1), uscc(2, "510725")
    at = world.installed.office.clock()
    neighbours = [
        replace(pattern, code=world.units["sibling"], name="北川演示小学", grants=(), licenses=(), governing_name="北川教育局"),
        replace(
            pattern, code=world.units["county"], name="梓潼演示小学", grants=(), licenses=(), governing_name="梓潼教育局",
            region_code="510725", finance_region_code="510700",
        ),
    ]  # fmt: skip
    registry.register_units(neighbours, at, "test")


def _keep_bulletins(world: World) -> None:
    """A bulletin of each region."""
    from piaoju.journeys import bulletins, keep_books

    keep_books.keep_log(world.installed.office)
    for place, region in world.regions.items():
        actor = world.installed.operator(Role.SUPERVISOR, region_code="510000")
        month = world.installed.office.clock().date()
        world.bulletins[place] = 2**40 if place == "missing" else bulletins.make(world.installed.office, actor, region, month)


def _register_papers(world: World) -> None:
    """A file of units and a proposal about a bill type in each region."""
    from piaoju.journeys import enable_bill_type, import_units
    from piaoju.journeys.enable_bill_type import ProposalForm
    from piaoju.kit.clock import local_date
    from tests.journeys.registry_office import csv_text, row

    office = world.installed.office
    for number, (place, region) in enumerate(REGIONS.items(), 1):
        if place == "missing":
            world.imports[place] = world.proposals[place] = 10**9
            continue
        actor = world.installed.operator(Role.SUPERVISOR, region_code=region)
        content = csv_text([row(900 + number, 行政区划代码=region)]).encode()
        world.imports[place] = import_units.check(office, actor, "units.csv", content, region)
        form = ProposalForm(
            "enable", f"99{number:02d}", "其他票据", "演示〔2026〕1号", region, (), local_date(office.clock()), None
        )
        world.proposals[place] = enable_bill_type.propose(office, actor, form)


def _hold_certificates(world: World) -> None:
    """A certificate and a submission of each unit; whether they are good is not looked at here."""
    from piaoju.seal.models import Certificate, CertificateSubmission

    at = world.installed.office.clock()
    lasts = {"valid_from": at - timedelta(days=1), "valid_until": at + timedelta(days=9)}
    for number, (place, code) in enumerate(world.units.items(), 1):
        if place == "missing":
            world.submissions[place], world.certificates[place] = str(2**40), "F" * 30
            continue
        named = {"kind": "unit", "holder_code": code, "holder_name": place, "serial": f"{number:X}" * 30, "key_ref": "k"}
        Certificate.objects.create(**named, content=b"", **lasts)
        waiting = CertificateSubmission.objects.create(
            **named, certificate=b"", seal=b"", submitted_at=at, submitted_by="test", submitter_person_id=2**40, **lasts
        )
        world.certificates[place], world.submissions[place] = named["serial"], str(waiting.pk)


def _governing_code(installed: Installed, unit_code: str) -> str:
    from piaoju.kit.clock import local_date
    from piaoju.registry import queries as registry

    return registry.unit_place(unit_code, local_date(installed.office.clock())).governing_code
