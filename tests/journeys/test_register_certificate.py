"""Certificates and seals that a province's own authority issued: checked twice, two persons, revoked at the next commit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from piaoju.crypto import keyfile, sm2
from piaoju.crypto.authority import Subject
from piaoju.crypto.certificates import Certificate, Trust
from piaoju.identity.errors import SamePerson
from piaoju.identity.types import Role
from piaoju.journeys import fetch_file, note_revocations, premises, register_certificate, registry_quality
from piaoju.journeys.errors import CertificateNameDiffers
from piaoju.journeys.register_certificate import HandedIn
from piaoju.kit.errors import PiaojuError
from piaoju.registry.errors import Unfit
from piaoju.seal.errors import CertificateMissing, SealUnusable, SubmissionDecided, SubmissionOpen
from piaoju.seal.types import SealKind
from piaoju.standard import verdict
from tests.journeys.asking import issued
from tests.journeys.authorities import Authority, keep_key
from tests.offices import HOSPITAL, Installed, body

if TYPE_CHECKING:
    from pathlib import Path

NAME = "四川省第一人民医院"
OWN = Subject(NAME, NAME, HOSPITAL)
KEY = "hospital-2026"


@dataclass(slots=True)
class Site:
    """An installation that is no demonstration, and the authority it believes."""

    installed: Installed
    authority: Authority
    own: sm2.PrivateKey

    @property
    def folder(self) -> Path:
        return self.installed.office.data_folder

    def papers(self, subject: Subject = OWN, **lasts: timedelta) -> HandedIn:
        certificate = self.authority.certify(subject, self.own.public_key, **lasts)
        return HandedIn(certificate, self.authority.seal(certificate, f"S{self.authority.serials}", "医院票据章"), KEY)

    def submit(self, handed: HandedIn) -> int:
        keeper = self.installed.operator(Role.UNIT_KEEPER)
        return register_certificate.submit(self.installed.office, keeper, SealKind.UNIT, HOSPITAL, handed)

    def registered(self) -> Certificate:
        handed = self.papers()
        number = self.submit(handed)
        register_certificate.approve(self.installed.office, self.installed.operator(Role.SUPERVISOR), number)
        return Certificate.parse(handed.certificate)

    def register_department(self) -> None:
        """The finance department's certificate and seal, by the same two steps."""
        name = "四川省财政厅"
        self.installed.run("UPDATE registry_financedepartment SET name = %s WHERE region_id = '510000'", name)
        certificate = self.authority.certify(Subject(name, name, "510000"), self.own.public_key)
        handed = HandedIn(certificate, self.authority.seal(certificate, "S-510000", f"{name}监制章"), KEY)
        office = self.installed.office
        first, second = (self.installed.operator(Role.SUPERVISOR, person=person) for person in ("甲一", "乙二"))
        number = register_certificate.submit(office, first, SealKind.SUPERVISION, "510000", handed)
        register_certificate.approve(office, second, number)

    def end_the_old_certificates(self, serial: str) -> None:
        """Those of the founding are out of the way."""
        sql = "UPDATE seal_certificate SET revoked_at = now() WHERE kind = 'unit' AND serial <> %s"
        self.installed.run(sql, serial)

    def papers_of(self, authority: Authority, *, of_person: bool = False) -> HandedIn:
        certificate = authority.certify(OWN, self.own.public_key)
        return HandedIn(certificate, authority.seal(certificate, f"S{authority.serials}", "章", of_person=of_person), KEY)

    def replaced(self, **changes: Any) -> HandedIn:
        return dataclasses.replace(self.papers(), **changes)

    def listed(self, handed: HandedIn) -> HandedIn:
        """The authority revokes the certificate."""
        self.authority.revoked[Certificate.parse(handed.certificate).serial] = self.authority.at
        self.authority.publish(self.folder / "trust.pem")
        return handed

    def codes(self, handed: HandedIn) -> list[tuple[str, str]]:
        """Where and why these papers are refused."""
        with pytest.raises(Unfit) as refused:
            self.submit(handed)
        return [(fault.pointer, fault.code) for fault in refused.value.errors]


@pytest.fixture
def site(installed: Installed) -> Site:
    return made(installed)


@pytest.fixture(scope="module")
def shared_site(shared: Installed) -> Site:
    """One site for all flaws: nothing is registered here."""
    return made(shared)


def made(installed: Installed) -> Site:
    authority = Authority(installed.office.clock().replace(microsecond=0))
    installed = Installed(dataclasses.replace(installed.office, demonstration=False), installed.url, installed.clients)
    site = Site(installed, authority, keep_key(installed.office.data_folder, KEY))
    authority.publish(site.folder / "trust.pem")
    installed.run("UPDATE registry_unitrecord SET name = %s", NAME)  # a real name: the founding's says 演示
    premises.open_office(installed.office)
    return site


def xml_of(site: Site, outcome: object) -> bytes:
    answer = issued(outcome)
    return fetch_file.of_bill(answer["code"], int(answer["number"]), "xml")


def doubts(site: Site, outcome: object) -> list[tuple[str, str]]:
    """What is wrong with the bill to anyone who believes what the trust file says now."""
    trust = Trust.parse((site.folder / "trust.pem").read_bytes())
    report = verdict.examine(xml_of(site, outcome), "bill.xml", trust, None)
    return [(check.name, check.detail) for check in report.checks if check.outcome != "ok"]


def test_what_one_person_hands_in_and_another_approves_signs_the_next_bill(site: Site) -> None:
    site.registered()
    site.register_department()
    (outcome,) = site.installed.issue(body("R1"))
    answer = issued(outcome)
    layout = fetch_file.of_bill(answer["code"], int(answer["number"]), "ofd")
    report = verdict.examine(layout, "bill.ofd", Trust.parse((site.folder / "trust.pem").read_bytes()), None)
    assert [check for check in report.checks if check.outcome != "ok"] == []
    assert doubts(site, outcome) == [], "valid under the province's authority alone"
    Authority(site.authority.at).publish(site.folder / "trust.pem")
    assert doubts(site, outcome), "another authority of the same name vouches for nothing"


def test_nobody_approves_what_they_handed_in_from_no_account(site: Site) -> None:
    office = site.installed.office
    one, second = site.installed.operator(Role.SUPERVISOR, person="王一"), site.installed.operator(Role.SUPERVISOR, person="王二")
    number = register_certificate.submit(office, one, SealKind.UNIT, HOSPITAL, site.papers())
    with pytest.raises(SamePerson):
        register_certificate.approve(office, one, number)
    site.installed.run("UPDATE identity_operator SET person_id = %s WHERE id = %s", one.person_id, second.operator_id)
    with pytest.raises(SamePerson):
        register_certificate.approve(office, site.installed.operator(Role.SUPERVISOR, person="王二"), number)
    sql = "UPDATE seal_certificatesubmission SET state = 'approved', decided_at = now(), decider_person_id = %s"
    with pytest.raises(psycopg.errors.CheckViolation):
        site.installed.run(sql, one.person_id)


def test_a_holder_has_one_open_submission_and_it_is_decided_once(site: Site) -> None:
    office, supervisor = site.installed.office, site.installed.operator(Role.SUPERVISOR)
    number = site.submit(site.papers())
    with pytest.raises(SubmissionOpen):
        site.submit(site.papers())
    register_certificate.decline(office, supervisor, number, "印章不清楚")
    with pytest.raises(SubmissionDecided):
        register_certificate.approve(office, supervisor, number)
    site.submit(site.papers())


Flaw = Callable[[Site], HandedIn]
FLAWS: dict[str, tuple[Flaw, list[tuple[str, str]]]] = {
    "of another unit": (
        lambda site: site.papers(Subject("某某", "某某", "12510700MD2000044Q")),
        [("/certificate", "certificate_of_another"), ("/certificate", "certificate_name_differs")],
    ),
    "of the unit under an old name": (
        lambda site: site.papers(Subject("某某", "某某", HOSPITAL)), [("/certificate", "certificate_name_differs")],
    ),
    "expired": (
        lambda site: site.papers(not_before=timedelta(days=-9), not_after=timedelta(days=-1)),
        [("/certificate", "certificate_not_believed")],
    ),
    "of an authority": (
        lambda site: site.replaced(certificate=site.authority.certify(OWN, site.own.public_key, is_authority=True)),
        [("/certificate", "certificate_not_believed")] * 2 + [("/seal", "seal_not_believed")],
    ),
    "of an authority nobody believes": (
        lambda site: site.papers_of(Authority(site.authority.at)),
        [("/certificate", "certificate_not_believed"), ("/seal", "seal_not_believed")],
    ),
    "listed as revoked": (lambda site: site.listed(site.papers()), [("/certificate", "certificate_not_believed")]),
    "a seal for another certificate": (
        lambda site: dataclasses.replace(site.papers(), seal=site.papers().seal), [("/seal", "seal_not_believed")],
    ),
    "a seal that was altered": (
        lambda site: site.replaced(seal=site.papers().seal.replace("医院".encode(), "学院".encode())),
        [("/seal", "seal_not_believed")] * 2,
    ),
    "a person's seal": (lambda site: site.papers_of(site.authority, of_person=True), [("/seal", "seal_not_believed")]),
    "no certificate and no seal at all": (
        lambda site: HandedIn(b"x", b"y", KEY), [("/certificate", "certificate_unreadable"), ("/seal", "seal_unreadable")],
    ),
    "two certificates in one file": (
        lambda site: dataclasses.replace(site.papers(), certificate=keyfile.write_pem("CERTIFICATE", b"x") * 2),
        [("/certificate", "certificate_unreadable")],
    ),
    "no such key": (lambda site: site.replaced(key_ref="nobody"), [("/key_ref", "key_missing")]),
    "a name that is no name of a key": (lambda site: site.replaced(key_ref="../../x"), [("/key_ref", "key_missing")]),
    "another key": (lambda site: site.replaced(key_ref=f"unit-{HOSPITAL}"), [("/key_ref", "key_differs")]),
}  # fmt: skip


@pytest.mark.parametrize("flaw", FLAWS)
def test_papers_with_a_flaw_are_refused_at_their_field(shared_site: Site, flaw: str) -> None:
    make, wanted = FLAWS[flaw]
    assert shared_site.codes(make(shared_site)) == wanted


def test_a_demonstration_certificate_is_worth_nothing_outside_a_demonstration(shared_site: Site) -> None:
    shown = Authority(shared_site.authority.at, Subject("某某演示根证书", "票据演示"))
    shown.publish(shared_site.folder / "trust.pem")
    found = shared_site.codes(shared_site.papers_of(shown))
    shared_site.authority.publish(shared_site.folder / "trust.pem")
    assert found == [("/certificate", "certificate_not_believed")]


def test_what_was_revoked_between_submitting_and_approving_is_refused(site: Site) -> None:
    handed = site.papers()
    number = site.submit(handed)
    site.listed(handed)
    with pytest.raises(Unfit):
        register_certificate.approve(site.installed.office, site.installed.operator(Role.SUPERVISOR), number)
    assert site.installed.count("SELECT count(*) FROM seal_certificatesubmission WHERE state = 'submitted'") == 1


def test_a_revoked_certificate_signs_nothing_more_and_what_it_signed_stays_good(site: Site) -> None:
    certificate = site.registered()
    site.register_department()
    (before,) = site.installed.issue(body("R1"))
    site.end_the_old_certificates(certificate.serial_text)
    supervisor = site.installed.operator(Role.SUPERVISOR)
    register_certificate.revoke(site.installed.office, supervisor, certificate.serial_text, "私钥泄露")
    (refused,) = site.installed.issue(body("R2"))
    assert isinstance(refused, CertificateMissing)
    assert doubts(site, before) == []


def test_a_layout_is_sealed_with_the_seal_its_bill_names_though_another_was_registered_since(site: Site) -> None:
    site.registered()
    site.register_department()
    (outcome,) = site.installed.issue(body("R1"))
    site.registered()
    answer = issued(outcome)
    layout = fetch_file.of_bill(answer["code"], int(answer["number"]), "ofd")
    report = verdict.examine(layout, "bill.ofd", Trust.parse((site.folder / "trust.pem").read_bytes()), None)
    assert [check for check in report.checks if check.outcome != "ok"] == []


def test_a_revoked_certificate_seals_no_layout_either(site: Site) -> None:
    certificate = site.registered()
    (outcome,) = site.installed.issue(body("R1"))
    register_certificate.revoke(site.installed.office, site.installed.operator(Role.SUPERVISOR), certificate.serial_text, "丢失")
    answer = issued(outcome)
    with pytest.raises(SealUnusable):
        fetch_file.of_bill(answer["code"], int(answer["number"]), "ofd")


def test_a_unit_whose_name_is_no_longer_its_certificates_issues_nothing_and_is_told_why(site: Site) -> None:
    site.registered()
    assert not isinstance(site.installed.issue(body("R1"))[0], PiaojuError)
    site.installed.run("UPDATE registry_unitrecord SET name = '改了名的医院'")
    (refused,) = site.installed.issue(body("R2"))
    assert isinstance(refused, CertificateNameDiffers)
    locks = registry_quality.locks(site.installed.office, HOSPITAL)
    assert locks == [CertificateNameDiffers.label]


def test_a_certificate_on_the_authoritys_list_signs_nothing_more_and_what_it_signed_stays_good(site: Site) -> None:
    certificate = site.registered()
    site.register_department()
    (before,) = site.installed.issue(body("R1"))
    site.end_the_old_certificates(certificate.serial_text)
    trusted = note_revocations.TrustFile()
    assert trusted.note(site.installed.office) == 0
    (still,) = site.installed.issue(body("R2"))
    assert not isinstance(still, PiaojuError)
    site.authority.revoked[certificate.serial] = site.installed.office.clock() + timedelta(seconds=1)
    site.authority.publish(site.folder / "trust.pem")
    assert trusted.note(site.installed.office) == 1
    assert trusted.note(site.installed.office) == 0
    later = site.installed.with_clock(lambda: site.authority.at + timedelta(minutes=5))
    (refused,) = later.issue(body("R3"))
    assert isinstance(refused, CertificateMissing)
    assert doubts(site, before) == []
    records = site.installed.count("SELECT count(*) FROM identity_auditrecord WHERE act = 'revoke_certificate'")
    assert records == 1


def test_a_certificate_that_runs_out_signs_nothing_more_and_what_it_signed_stays_good(site: Site) -> None:
    certificate = site.registered()
    site.register_department()
    (before,) = site.installed.issue(body("R1"))
    site.end_the_old_certificates(certificate.serial_text)
    late = site.installed.with_clock(lambda: certificate.not_after)
    (refused,) = late.issue(body("R2"))
    assert isinstance(refused, CertificateMissing)
    assert doubts(site, before) == []
