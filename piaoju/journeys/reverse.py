"""冲红: from what is asked of a bill to the order for its red bill, for every door."""

from __future__ import annotations

from piaoju.identity.types import ClientActor
from piaoju.issuing.errors import BillNotFound
from piaoju.issuing.types import BillPlace
from piaoju.journeys import bill_now, fetch_file
from piaoju.journeys.issue import Order
from piaoju.journeys.office import Office
from piaoju.journeys.reversing import Reversal
from piaoju.registry import queries as registry
from piaoju.standard import bill_json, bill_xml, reversal_request
from piaoju.standard.bill import Bill
from piaoju.standard.bill_request import BillRequest, PayerRequest
from piaoju.standard.reversal_request import REMARK_PREFIX, ReversalRequest


def order_of_client(office: Office, client: ClientActor, bill_code: str, bill_number: int, body: bytes, trace_id: str) -> Order:
    """The order in the body of a call. Raises BillNotFound, and InvalidRequest with every fault."""
    place = bill_now.place(registry.unit_id_of(client.unit_code), bill_code, bill_number)
    request = reversal_request.from_json(body)
    return order(office, place, request, unit_code=client.unit_code, actor=client.name, client=client, trace_id=trace_id)


def order(
    office: Office, place: BillPlace, request: ReversalRequest, *, unit_code: str, actor: str,
    client: ClientActor | None = None, trace_id: str = "", is_approved: bool = False,
) -> Order:  # fmt: skip
    """The order for the red bill of the bill at a place. What is left of it is decided when the red bill is issued."""
    original = bill_xml.read_document(fetch_file.xml_of(office, place)).bill
    if original.unit.code != unit_code:
        raise BillNotFound
    digest = reversal_request.request_digest(request, place.bill_code, place.bill_number)
    reversal = Reversal(place, original, request.reason, request.lines, is_approved)
    return Order(_request(request, original), digest, unit_code, actor, client, trace_id, reverses=reversal)


def _request(request: ReversalRequest, original: Bill) -> BillRequest:
    """All of the red bill but its lines, as the desk knows requests."""
    payer = original.payer
    return BillRequest(
        business_number=request.business_number,
        bill_type_code=original.bill_type_code,
        payer=PayerRequest(payer.kind, payer.name, payer.code),
        lines=(),
        handler=request.handler or original.handler,
        checker=request.checker or original.checker,
        pay_mode=original.pay_mode,
        remark=REMARK_PREFIX + request.reason,
        payment_code=original.payment_code,
        extension=bill_json.extension(original),
    )
