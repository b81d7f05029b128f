"""选票: bills that a person named one by one, or by conditions, as far as their appointments reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing import queries as issuing
from piaoju.issuing.errors import BillNotFound
from piaoju.issuing.types import BillPlace
from piaoju.journeys import fetch_file, scopes, seal_layout
from piaoju.journeys.download_bills import WantUnknown
from piaoju.journeys.download_makers import NOT_A_PRINT
from piaoju.journeys.office import Office
from piaoju.kit.listing import Position
from piaoju.reporting import queries as reporting
from piaoju.reporting.types import BillsPage, BillsQuestion
from piaoju.standard import bill_xml, codes
from piaoju.standard.face.outputs import png
from piaoju.standard.face.outputs.pdf_merged import in_one
from piaoju.standard.face.printing import SHIFT_MAX, STYLES, Print

_PLACES_AT_ONCE = 5_000
_PREVIEW_DPI = 110


def named(actor: OperatorActor, keys: Sequence[str]) -> list[BillPlace]:
    """The bills of these keys (代码-号码), in their order. Raises BillNotFound for one that is not there, or is foreign."""
    return [_place(actor, *_read(key)) for key in keys]


def found(actor: OperatorActor, question: BillsQuestion, order: BillsPage) -> Iterator[BillPlace]:
    """The bills that a question means, in the order of its list. Raises FieldUnknown."""
    reach = scopes.reach(actor, Act.DOWNLOAD_BILLS)
    after: Position | None = None
    begun = False
    while after is not None or not begun:
        begun = True
        chunk = reporting.places(question, reach, order=order, after=after, limit=_PLACES_AT_ONCE)
        for place in chunk.places:
            yield BillPlace(place.unit_id, place.issued_at, place.bill_code, place.bill_number)
        after = chunk.after


def preview(office: Office, actor: OperatorActor, key: str, how: Print) -> bytes:
    """The first page of a bill as it will be printed, as a picture. Raises BillNotFound, WantUnknown."""
    if how.style not in STYLES or max(abs(how.shift_right), abs(how.shift_down)) > SHIFT_MAX:
        raise WantUnknown
    place = _place(actor, *_read(key))
    bill = bill_xml.read_document(fetch_file.xml_of(office, place)).bill
    note = NOT_A_PRINT
    if rights.may_anywhere(actor, Act.PRINT_BILL):
        note = seal_layout.reprint_note(1 + len(issuing.prints_of(place)), office.clock())
    faces = seal_layout.draw_prints(office, bill, how, note)
    return png.render(in_one(faces, office.fonts, "预览", office.clock()), _PREVIEW_DPI)


def _read(key: str) -> tuple[str, int]:
    code, _, number_text = key.partition("-")
    number = codes.parse_number(number_text)
    if number is None or not code.isalnum() or len(code) > 8:
        raise BillNotFound
    return code, number


def _place(actor: OperatorActor, code: str, number: int) -> BillPlace:
    row = reporting.bill(code, number, scopes.reach(actor, Act.DOWNLOAD_BILLS))
    if row is None:
        raise BillNotFound
    return BillPlace(row.unit_id, row.issued_at, row.bill_code, row.bill_number)
