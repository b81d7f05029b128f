"""A bill as it is now: what was issued, and what has happened to it since."""

from __future__ import annotations

from piaoju.crypto import sm3
from piaoju.issuing import queries as issuing
from piaoju.issuing import rules
from piaoju.issuing.errors import BillNotFound
from piaoju.issuing.types import BillPlace, Standing
from piaoju.journeys import fetch_file
from piaoju.journeys.bill_at_hand import BillAtHand
from piaoju.journeys.office import Office
from piaoju.ledger import queries as ledger
from piaoju.ledger.types import FactKind
from piaoju.standard import bill_json, bill_types, bill_xml
from piaoju.standard.bill import Bill, BillKey
from piaoju.standard.bill_json import BillState
from piaoju.standard.face.fields import without_middle


def place(unit_id: int, bill_code: str, bill_number: int) -> BillPlace:
    """Where this unit's bill is. A bill of another unit is the same as none. Raises BillNotFound."""
    found = issuing.place_of_number(unit_id, bill_code, bill_number)
    if found is None:
        raise BillNotFound
    return found


def by_number(office: Office, unit_id: int, bill_code: str, bill_number: int) -> bytes:
    """The bill with this number, as JSON. Raises BillNotFound."""
    return _now(office, place(unit_id, bill_code, bill_number))


def by_business_number(office: Office, unit_id: int, business_number: str) -> bytes:
    """The bill of this business number, as JSON. Raises BillNotFound."""
    found = issuing.place_of_business_number(unit_id, business_number)
    if found is None:
        raise BillNotFound("没有用这个业务流水号开具的票据。请核对流水号；要开具请调用 POST /api/v1/bills")
    return _now(office, found[0])


def _now(office: Office, place: BillPlace) -> bytes:
    xml = fetch_file.xml_of(office, place)
    bill = bill_xml.read_document(xml).bill
    standing = rules.standing(bill.total_fen, issuing.sequels_of(place))
    return bill_json.answer(
        bill, issued_at=place.issued_at, digest=sm3.digest(xml), region_code=issuing.region_code_of(place),
        state=state_of(standing), reversed_by=[BillKey(*key) for key in standing.red_keys], log=log_place(bill, place),
        profile=office.profile,
    )  # fmt: skip


def standing_of(one: BillAtHand) -> Standing:
    """How a bill that one sees already stands now."""
    return rules.standing(one.bill.total_fen, issuing.sequels_of(one.place))


def own_fields(bill: Bill) -> list[tuple[str, str]]:
    """The type's own fields that hold something, by their labels; numbers that name a person without their middle."""
    kind = bill_types.bill_type(bill.bill_type_code)
    known = {own.name: own for own in kind.extension} if kind else {}
    return [
        (known[name].label, without_middle(text) if known[name].personal else text) if name in known else (name, text)
        for name, text in bill_json.extension(bill).items()
    ]


def state_of(standing: Standing) -> BillState:
    """What the answer and the pages say of a bill that stands so."""
    return BillState(
        reversed=standing.is_reversed, partly_reversed=standing.is_partly_reversed, converted=standing.on_paper
    )


def log_place(bill: Bill, place: BillPlace) -> bill_json.LogPlace | None:
    """Where the log has it, once a signed checkpoint covers it: before that nobody could prove it."""
    kind = FactKind.red if bill.kind == "red" else FactKind.issued
    position = ledger.leaf_position(place.unit_id, place.issued_at, kind, place.bill_code, place.bill_number)
    head = ledger.checkpoint()
    return bill_json.LogPlace(position, head.size) if position is not None and head and position < head.size else None
