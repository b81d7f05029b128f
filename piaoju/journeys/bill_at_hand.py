"""One bill, whose it is, and where an act about it happens: for the page of a bill and everything done from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Scope
from piaoju.issuing import queries as issuing
from piaoju.issuing.errors import BillNotFound
from piaoju.issuing.types import BillPlace
from piaoju.journeys import fetch_file, scopes
from piaoju.journeys.acting import acting, reading
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.kit.values import Value
from piaoju.registry import queries as registry
from piaoju.standard import bill_xml
from piaoju.standard.bill import Bill
from piaoju.stock import queries as stock


class BillAtHand(Value, frozen=True):
    """A bill as signed, its place, and its unit."""

    place: BillPlace
    unit_code: str
    bill: Bill
    xml: bytes


def see(office: Office, actor: OperatorActor, bill_code: str, bill_number: int) -> BillAtHand:
    """The bill, for whoever may read it. Raises ActNotPermitted, and BillNotFound: foreign is the same as missing."""
    place = _place(bill_code, bill_number)
    reading(actor, Act.READ_BILLS, _scope(office, place), missing=BillNotFound)
    return of_place(office, place)


def may(office: Office, actor: OperatorActor, act: Act, place: BillPlace) -> bool:
    """Whether this person may do this to this bill."""
    return rights.may(actor, act, _scope(office, place))


def require(office: Office, actor: OperatorActor, act: Act, place: BillPlace) -> None:
    """Nothing, if this person may do this to this bill. Raises ActNotPermitted, BillNotFound."""
    reading(actor, act, _scope(office, place), missing=BillNotFound)


@contextmanager
def about_bill(
    office: Office, actor: OperatorActor, act: Act, bill_code: str, bill_number: int, more: str = "", trace_id: str = ""
) -> Iterator[tuple[BillAtHand, Any]]:
    """An act about this bill, with its transaction's cursor. Raises BillNotFound, and what `acting` raises."""
    subject = f"bill:{bill_code[:8]}-{bill_number:010d}" + (f" {more}" if more else "")
    with acting(
        office, actor, act, scope=scope_of(office, bill_code, bill_number), subject=subject, trace_id=trace_id,
        missing=BillNotFound,
    ) as cursor:  # fmt: skip
        yield of_place(office, _place(bill_code, bill_number)), cursor


def scope_of(office: Office, bill_code: str, bill_number: int) -> Callable[[], Scope]:
    """Where this bill is, asked inside the act."""
    return lambda: _scope(office, _place(bill_code, bill_number))


def of_place(office: Office, place: BillPlace) -> BillAtHand:
    """The bill at a place, for whoever has it already."""
    xml = fetch_file.xml_of(office, place)
    bill = bill_xml.read_document(xml).bill
    return BillAtHand(place, bill.unit.code, bill, xml)


def _place(bill_code: str, bill_number: int) -> BillPlace:
    unit_id = stock.unit_of(bill_code, bill_number)
    place = issuing.place_of_number(unit_id, bill_code, bill_number) if unit_id is not None else None
    if place is None:
        raise BillNotFound
    return place


def _scope(office: Office, place: BillPlace) -> Scope:
    unit = registry.unit_place(registry.unit_code_of(place.unit_id), local_date(office.clock()))
    found = scopes.of_place(unit)
    return Scope(found.region_codes, found.unit_code, place.bill_code[2:6], found.governing_code)
