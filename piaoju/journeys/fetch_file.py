"""取文件: the XML as signed, the sealed OFD (sealed now if nobody did yet), or a PDF drawn on demand."""

from __future__ import annotations

from typing import Literal

from piaoju.crypto import envelope
from piaoju.issuing import parcel
from piaoju.issuing import queries as issuing
from piaoju.issuing.errors import BillNotFound
from piaoju.issuing.types import BillPlace
from piaoju.journeys import premises, seal_layout
from piaoju.journeys.office import Office
from piaoju.kit.errors import Refused
from piaoju.standard import bill_xml
from piaoju.stock import queries as stock

FileFormat = Literal["xml", "ofd", "pdf"]


class FormatUnknown(Refused):
    code = "format_unknown"
    label = "文件格式只有 xml、ofd、pdf 三种，请改用其中一种"


def of_bill(code: str, number: int, file_format: str) -> bytes:
    """One file of a bill. Raises BillNotFound, FormatUnknown."""
    unit_id = stock.unit_of(code, number)
    place = issuing.place_of_number(unit_id, code, number) if unit_id is not None else None
    if place is None:
        raise BillNotFound
    return at_place(premises.office(), place, file_format)


def at_place(office: Office, place: BillPlace, file_format: str) -> bytes:
    """One file of the bill whose rows are here."""
    if file_format == "xml":
        return xml_of(office, place)
    if file_format == "ofd":
        return ofd_of(office, place)
    if file_format == "pdf":
        xml = xml_of(office, place)
        return seal_layout.draw_pdf(office, bill_xml.read_document(xml).bill, xml)
    raise FormatUnknown


def xml_of(office: Office, place: BillPlace) -> bytes:
    """The signed XML, byte for byte as it was signed."""
    return opened_xml(office, place, issuing.parcel_of(place))


def opened_xml(office: Office, place: BillPlace, sealed: bytes) -> bytes:
    """The signed XML out of the bill's parcel."""
    xml, _ = parcel.unpack(
        office.data_key, sealed, bill_code=place.bill_code, bill_number=place.bill_number,
        text_of_mark=issuing.text_of_mark,
    )  # fmt: skip
    return xml


def ofd_of(office: Office, place: BillPlace) -> bytes:
    """The sealed OFD, the same for ever once made."""
    sealed = issuing.layout_of(place)
    if sealed is None:
        seal_layout.seal_bill(office, place, xml_of(office, place))
        sealed = issuing.layout_of(place)
        if sealed is None:
            raise RuntimeError("a layout just sealed is not there")
    return opened_ofd(office, place, sealed)


def opened_ofd(office: Office, place: BillPlace, sealed: bytes) -> bytes:
    """The OFD out of what is kept of it."""
    return envelope.open(office.data_key, sealed, seal_layout.context(place))
