"""The answer that a business number had the first time: the very bytes, for ever."""

from __future__ import annotations

from typing import Any

from piaoju.issuing import parcel
from piaoju.issuing import queries as bills
from piaoju.issuing.errors import BusinessNumberReused
from piaoju.journeys.office import Office


def again(office: Office, cursor: Any, digest: bytes, known: Any) -> bytes:
    """The answer that a row of KEYS_SQL stands for. Raises BusinessNumberReused where the content was another."""
    unit_id, _, known_digest, issued_at, bill_code, bill_number = known
    if bytes(known_digest) != digest:
        raise BusinessNumberReused
    row = cursor.execute(bills.DOCUMENT_SQL, (unit_id, issued_at, bill_code, bill_number)).fetchone()
    if row is None:
        raise RuntimeError(f"bill {bill_code}-{bill_number:010d} has a key but no document")
    _, answer = parcel.unpack(
        office.data_key, bytes(row[0]), bill_code=bill_code, bill_number=bill_number, text_of_mark=bills.text_of_mark
    )
    return answer
