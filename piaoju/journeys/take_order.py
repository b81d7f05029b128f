"""受理: a body from any door becomes a request that is well formed, and the digest that names its content."""

from __future__ import annotations

from piaoju.standard import bill_request, validation
from piaoju.standard.bill_request import BillRequest


def from_body(body: bytes) -> tuple[BillRequest, bytes]:
    """The request in a JSON body, and its digest. Raises Refused with every fault found."""
    request = bill_request.from_json(body)
    found = validation.problems(request)
    if found:
        raise validation.refusal(found)
    return request, bill_request.request_digest(request)
