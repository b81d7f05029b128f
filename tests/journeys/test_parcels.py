"""A document is kept small, and comes out byte for byte."""

from __future__ import annotations

import psycopg
import pytest

from piaoju.crypto import signed_data
from piaoju.crypto.envelope import EnvelopeBroken
from piaoju.issuing import parcel
from piaoju.issuing import queries as issuing
from piaoju.standard import bill_xml
from tests.journeys.asking import issued
from tests.offices import Installed, body

KEY, NONCE = bytes(16), bytes(12)
TEXT = parcel.text_of(b"MIICxDCCAmqgAwIBAgIUd" * 40)


def packed(xml: bytes) -> bytes:
    return parcel.pack(KEY, NONCE, xml, b"{}", bill_code="51040126", bill_number=7, texts=[TEXT])


@pytest.mark.parametrize("xml", [b"", b"<a/>", b"<a>" + TEXT.text + b"</a>", TEXT.text * 2, TEXT.text[:-1]])
def test_what_is_packed_comes_out_byte_for_byte(xml: bytes) -> None:
    known = {TEXT.mark: TEXT.text}
    found = parcel.unpack(KEY, packed(xml), bill_code="51040126", bill_number=7, text_of_mark=known.__getitem__)
    assert found == (xml, b"{}")


def test_a_parcel_opens_for_its_own_bill_only_and_never_without_its_text() -> None:
    body = packed(b"<a>" + TEXT.text + b"</a>")
    with pytest.raises(EnvelopeBroken):
        parcel.unpack(KEY, body, bill_code="51040126", bill_number=8, text_of_mark=lambda mark: TEXT.text)
    with pytest.raises(KeyError):
        parcel.unpack(KEY, body, bill_code="51040126", bill_number=7, text_of_mark={}.__getitem__)
    with pytest.raises(ValueError, match="XML"):
        packed(b"<a>\0</a>")


def test_both_certificates_of_a_bill_are_kept_once_for_all(installed: Installed) -> None:
    made = [issued(outcome) for outcome in installed.issue(body("P1"), body("P2"))]
    assert installed.count("SELECT count(*) FROM issuing_kepttext") == 2
    for bill in made:
        place = issuing.place_of_number(installed.unit_id, bill["code"], int(bill["number"]))
        assert place is not None
        stored = issuing.parcel_of(place)
        xml, _ = parcel.unpack(
            installed.office.data_key, stored, bill_code=place.bill_code, bill_number=place.bill_number,
            text_of_mark=issuing.text_of_mark,
        )  # fmt: skip
        assert len(stored) < len(xml) / 2
    with psycopg.connect(installed.url) as connection:
        texts = [issuing.text_of_mark(mark) for (mark,) in connection.execute("SELECT mark FROM issuing_kepttext")]
    assert [xml.count(text) for text in texts] == [1, 1]
    document = bill_xml.read_document(xml)
    assert document.unit_signature is not None
    assert signed_data.carried_text(signed_data.parse(document.unit_signature.value_der).certificate.der) in texts
