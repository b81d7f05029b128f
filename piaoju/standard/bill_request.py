"""BillRequest: the one door to asking for a bill (its shape, the contract's JSON, its digest)."""

from __future__ import annotations

from piaoju.standard.request_body import InvalidRequest, from_json, from_object
from piaoju.standard.request_shape import (
    AuxLineRequest,
    BillRequest,
    LineRequest,
    PayerRequest,
    request_digest,
)

__all__ = [
    "AuxLineRequest",
    "BillRequest",
    "InvalidRequest",
    "LineRequest",
    "PayerRequest",
    "from_json",
    "from_object",
    "request_digest",
]
