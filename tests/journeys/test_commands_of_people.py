"""What a person may not do at the page they may not do by command: signed in alike, permitted alike, two persons alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from piaoju.identity import actions as identity
from piaoju.identity.types import Appointment, Role
from piaoju.journeys import suspend_issuing
from piaoju.ops import cli
from tests import offices
from tests.journeys import commanding, stock_office
from tests.journeys.commanding import Run
from tests.journeys.registry_office import csv_text, read_back, row, uscc, workbook
from tests.journeys.signing_in import enrol
from tests.journeys.stock_office import CLINIC, COUNTY
from tests.offices import Installed


@pytest.fixture(scope="module")
def site(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """A county with its unit; 甲 keeps the unit and supervises the county as well, 乙 supervises only."""
    folder = tmp_path_factory.mktemp("office")
    with offices.found(module_database, folder, units=(CLINIC,), departments=stock_office.DEPARTMENTS) as installed:
        profile = dataclasses.replace(installed.office.profile, first_requisition_sheets=3_000_000)  # a unit may ask for more
        installed = dataclasses.replace(installed, office=dataclasses.replace(installed.office, profile=profile))
        at = installed.office.clock()
        for username, places in (
            ("jia", [Appointment(Role.UNIT_KEEPER, "", CLINIC), Appointment(Role.SUPERVISOR, COUNTY)]),
            ("yi", [Appointment(Role.SUPERVISOR, COUNTY)]), ("bing", [Appointment(Role.HANDLER, "", CLINIC)]),
        ):  # fmt: skip
            account = enrol(installed, username)
            for place in places:
                identity.appoint_by_installation(account, place, at=at, by="test")
        yield installed


@pytest.fixture
def run(site: Installed, monkeypatch: pytest.MonkeyPatch) -> Run:
    return commanding.runner(site, monkeypatch)


def test_whoever_asked_for_numbers_does_not_review_or_allot_them_by_command(site: Installed, run: Run) -> None:
    number = str(run("jia", "requisition", "submit", "--unit", CLINIC, "--bill-type", "0601", "--sheets", "20")["requisition"])
    assert run("jia", "requisition", "approve", number, "--sheets", "20", exits=4) == {"refused": "same_person"}
    assert run("yi", "requisition", "approve", number, "--sheets", "20")["state"] == "approved"
    assert run("jia", "requisition", "allot", number, exits=4) == {"refused": "same_person"}
    (given,) = run("yi", "requisition", "allot", number)["numbers"]
    assert given["last"] - given["first"] == 19
    assert run("yi", "requisition", "allot", number, exits=1) == {"refused": "requisition_step_over"}
    assert stock_office.differences() == []


def test_a_command_permits_what_the_page_permits_and_nothing_more(run: Run) -> None:
    words = ("requisition", "submit", "--unit", CLINIC, "--bill-type", "0601", "--sheets", "20")
    assert run("bing", *words, exits=4) == {"refused": "act_not_permitted"}
    assert run("yi", *words, exits=4) == {"refused": "act_not_permitted"}


def test_a_suspended_operator_a_stopped_unit_and_an_ended_account_are_refused_by_the_next_command(
    site: Installed, run: Run
) -> None:
    words = ("requisition", "submit", "--unit", CLINIC, "--bill-type", "0601", "--sheets", "20")
    suspend_issuing.suspend(site.office, "unit", CLINIC, "整改", by="test")
    assert run("jia", *words, exits=1) == {"refused": "issuing_suspended"}
    suspend_issuing.lift(site.office, "unit", CLINIC, by="test")
    site.run("UPDATE identity_operator SET suspended_at = now(), suspended_reason = '调离' WHERE username = 'jia'")
    assert run("jia", *words, exits=4)["refused"] in ("operator_suspended", "sign_in_refused")
    site.run("UPDATE identity_operator SET suspended_at = NULL, suspended_reason = '' WHERE username = 'jia'")
    assert "requisition" in run("jia", *words)


def test_a_file_of_units_is_registered_by_command_once_and_comes_back_with_what_to_mend(
    site: Installed, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "units.xlsx"
    file.write_bytes(workbook([row(1), row(2) | {"统一社会信用代码": "12510726MD9000002X"}, row(3)]))
    words = ("units", "import", str(file), "--region", COUNTY)
    checked = run("yi", *words, "--check", exits=3)
    assert (checked["registered"], checked["refused"], checked["applied"]) == (2, 1, False)
    assert run("yi", *words, exits=1) == {"refused": "import_has_faults"}
    assert site.count("SELECT count(*) FROM registry_unit WHERE code = ANY(%s)", [uscc(1), uscc(3)]) == 0
    done = run("yi", *words, "--skip-errors", "--wave", "2026 秋季", exits=3)
    assert (done["registered"], done["refused"], done["applied"]) == (2, 1, True)
    remarked = read_back(Path(done["annotated"]).read_bytes())
    assert remarked[0][-2:] == ["错误", "改正办法"] and all(remarked[2][-2:])
    file.write_bytes(workbook([row(1), row(2), row(3)]))
    again = run("yi", *words)
    assert (again["registered"], again["unchanged"], again["refused"]) == (1, 2, 0)
    assert run("yi", *words)["applied"] is False
    assert site.count("SELECT count(*) FROM registry_unit WHERE code = ANY(%s)", [uscc(1), uscc(2), uscc(3)]) == 3


def test_a_foreign_region_is_the_same_answer_as_a_missing_one(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    file.write_text(csv_text([row(9)]), encoding="gbk")
    foreign, missing = (
        run("yi", "units", "import", str(file), "--region", region, exits=1) for region in ("510725", "599999")
    )
    assert foreign == missing == {"refused": "region_unknown"}


def test_certificates_by_command_meet_the_same_refusals(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.cer"
    file.write_bytes(b"no certificate")
    words = ("certificate", "submit", "--certificate", str(file), "--seal", str(file), "--key", "k")
    assert run("jia", *words, "--unit", CLINIC, exits=1) == {"refused": "registration_unfit"}
    assert run("bing", *words, "--unit", CLINIC, exits=4) == {"refused": "act_not_permitted"}
    assert run("yi", "certificate", "revoke", "ABCD", "--reason", "丢失", exits=1) == {"refused": "certificate_unknown"}
    assert run("yi", "certificate", "approve", "7", exits=1) == {"refused": "certificate_submission_unknown"}
    for more in ((), ("--unit", CLINIC, "--region", COUNTY)):
        ran = CliRunner().invoke(cli.app, [*words, *more, "--as", "yi"])
        assert ran.exit_code == 2 and "只写一个" in ran.output
    ran = CliRunner().invoke(cli.app, [*words[:3], "/nowhere", *words[4:], "--unit", CLINIC, "--as", "yi"])
    assert ran.exit_code == 2 and "读不到" in ran.output
