"""An appointment to some bill types says nothing about others: not of numbers, not of authorizations, not of other people."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from piaoju.identity import actions as identity
from piaoju.identity import queries as identities
from piaoju.identity.types import Appointment, OperatorActor, Role
from piaoju.journeys import (
    appoint,
    enable_bill_type,
    grant_authorization,
    requisition,
    return_numbers,
    review_requisition,
    stock_reading,
)
from piaoju.journeys.enable_bill_type import ProposalForm
from piaoju.kit.clock import local_date
from piaoju.kit.errors import NotFound, NotPermitted
from piaoju.registry.errors import RegionUnknown
from piaoju.stock.errors import RequisitionUnknown, SegmentUnknown
from tests import offices
from tests.journeys.signing_in import enrol
from tests.journeys.stock_office import CLINIC, COUNTY, DEPARTMENTS, People, allotted, asked, item, segments
from tests.offices import Installed


@pytest.fixture(scope="module")
def office(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with offices.found(module_database, tmp_path_factory.mktemp("o"), units=(CLINIC,), departments=DEPARTMENTS) as made:
        made.run(
            "INSERT INTO stock_requisitionlimit (unit_id, medium, bill_type_code, requisition_limit_sheets, valid_from, set_by)"
            " SELECT id, 'electronic', t, 9000000, '2020-01-01', 'test' FROM registry_unit, unnest(%s::text[]) t",
            ["0601", "0602"],
        )
        yield made


@pytest.fixture(scope="module")
def confined(office: Installed) -> OperatorActor:
    """An officer of the county for 0601 alone."""
    account = enrol(office, "only.0601")
    place = Appointment(Role.SUPERVISOR, COUNTY, "", frozenset({"0601"}))
    identity.appoint_by_installation(account, place, at=office.office.clock(), by="test")
    return identities.operator_actor("only.0601", office.office.clock())


def refused(attempt: Callable[[], object], why: type[NotFound | NotPermitted]) -> None:
    with pytest.raises(why):
        attempt()


def test_numbers_of_another_bill_type_are_not_there(office: Installed, confined: OperatorActor) -> None:
    keeper, other = People(office).keeper(), People(office).officer()
    ours, theirs = (
        requisition.submit_for_unit(office.office, keeper, CLINIC, asked(20, bill_type)) for bill_type in ("0601", "0602")
    )
    review_requisition.approve(office.office, confined, ours, 20)
    refused(lambda: review_requisition.approve(office.office, confined, theirs, 20), RequisitionUnknown)
    refused(lambda: stock_reading.requisition(office.office, confined, theirs), RequisitionUnknown)
    review_requisition.approve(office.office, other, theirs, 20)
    requisition.withdraw(office.office, keeper, theirs)
    requisition.withdraw(office.office, keeper, ours)
    for bill_type, seen in (("0601", True), ("0602", False)):
        allotted(office, 20, bill_type)
        segment = segments(office, CLINIC, bill_type)[-1]
        first, last = segment.last_number - 1, segment.last_number

        def give_back(segment_id: int = segment.id, first: int = first, last: int = last) -> None:
            return_numbers.return_numbers(office.office, confined, segment_id, first, last, "用不完")

        if seen:
            assert stock_reading.segment(office.office, confined, segment.id).id == segment.id
            give_back()
        else:
            refused(lambda found=segment.id: stock_reading.segment(office.office, confined, found), SegmentUnknown)
            refused(give_back, SegmentUnknown)


def test_other_bill_types_are_neither_proposed_nor_granted_nor_ended(office: Installed, confined: OperatorActor) -> None:
    today = local_date(office.office.clock())
    form = ProposalForm("enable", "0931", "某票据", "演示〔2026〕1号", COUNTY, (), today, None)
    refused(lambda: enable_bill_type.propose(office.office, confined, form), RegionUnknown)

    def grant(bill_type: str) -> int:
        return grant_authorization.grant(
            office.office, confined, CLINIC, bill_type, [item(CLINIC, bill_type)], basis_document="演示〔2026〕1号",
            valid_from=today, valid_to=None,
        )  # fmt: skip

    assert grant("0601") == 0
    refused(lambda: grant("0602"), NotFound)
    for bill_type, count in (("0602", 0), ("0601", 1)):
        (number, *_) = office.column(f"SELECT id FROM registry_authorization WHERE bill_type_id = '{bill_type}' ORDER BY id")
        if not count:
            refused(lambda found=number: grant_authorization.end(office.office, confined, CLINIC, [found], on=today), NotFound)
        else:
            assert grant_authorization.end(office.office, confined, CLINIC, [number], on=today) == 1


def test_nobody_appoints_beyond_the_own_bill_types(office: Installed, confined: OperatorActor) -> None:
    enrol(office, f"someone.{os.getpid()}")
    username = f"someone.{os.getpid()}"
    for bill_types in (frozenset[str](), frozenset({"0601", "0602"})):
        place = Appointment(Role.HANDLER, "", CLINIC, bill_types)
        refused(lambda place=place: appoint.request(office.office, confined, username, place), NotPermitted)
    _, in_force = appoint.request(office.office, confined, username, Appointment(Role.HANDLER, "", CLINIC, frozenset({"0601"})))
    assert in_force
