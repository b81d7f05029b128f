"""预览: the face of what stands on a sheet, drawn by what draws the bill itself; without what only issuing gives."""

from __future__ import annotations

from dataclasses import replace

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing import queries
from piaoju.issuing.errors import DraftUnknown
from piaoju.journeys import drafting, issue_at_window, sheet_so_far, take_order, window_desk
from piaoju.journeys.acting import reading
from piaoju.journeys.office import Office
from piaoju.journeys.window_desk import Sheet
from piaoju.kit.clock import local_date
from piaoju.kit.values import replace as with_values
from piaoju.registry.errors import UnitUnknown
from piaoju.registry.types import UnitRegister
from piaoju.standard import composition
from piaoju.standard.bill import Bill, SealReference
from piaoju.standard.bill_request import BillRequest
from piaoju.standard.face import printing
from piaoju.standard.face.operations import Face
from piaoju.standard.face.outputs import png
from piaoju.standard.face.outputs.pdf_merged import in_one

_DPI = 120
_UNSEALED = SealReference("", "")


def pages(office: Office, actor: OperatorActor, sheet: Sheet) -> int:
    """How many pages the bill will have. Raises ActNotPermitted, UnitUnknown, and Refused where a finished part has faults."""
    return len(_face(office, actor, sheet).pages)


def picture(office: Office, actor: OperatorActor, sheet: Sheet, page: int = 1) -> bytes:
    """One page (from 1; the last where there are fewer) as a PNG. Raises what `pages` raises."""
    return picture_of(office, _face(office, actor, sheet), page)


def picture_of(office: Office, face: Face, page: int) -> bytes:
    """One page of a face; the last where there are fewer."""
    shown = face.pages[min(max(page, 1), len(face.pages)) - 1]
    return png.render(in_one((replace(face, pages=(shown,)),), office.fonts, "预览", office.clock()), _DPI)


def own_sheet(office: Office, actor: OperatorActor, unit_code: str, bill_type_code: str, business_number: str) -> Sheet:
    """What this person's draft keeps; an empty sheet where none is named.

    Raises ActNotPermitted, UnitUnknown, and DraftUnknown: another's is the same as none.
    """
    _permit(office, actor, Sheet(unit_code, {"bill_type": bill_type_code}))
    if not business_number:
        return Sheet(unit_code, {"bill_type": bill_type_code})
    draft = queries.draft_of_business_number(window_desk.register_of(unit_code).unit_id, business_number)
    if draft is None or draft.author.operator_id != actor.operator_id:
        raise DraftUnknown
    return window_desk.sheet_of(office, draft)


def face_of(office: Office, sheet: Sheet) -> Face:
    """The face of what is finished on a sheet, for whoever may see it. Raises Refused with every fault."""
    begun = sheet_so_far.so_far(sheet.body)
    request, _ = take_order.from_body(begun.json())
    payer = with_values(request.payer, name=window_desk.text_of(sheet.body.get("payer"), "name"))
    finished = with_values(
        request, payer=payer, checker=window_desk.text_of(sheet.body, "checker"),
        lines=request.lines if begun.lines else (),
    )  # fmt: skip
    register = window_desk.register_of(sheet.unit_code)
    issue_at_window.refuse(office, register, request, has_lines=bool(begun.lines))
    return printing.before_issue(_bill(office, finished, register), office.fonts)


def _face(office: Office, actor: OperatorActor, sheet: Sheet) -> Face:
    _permit(office, actor, sheet)
    return face_of(office, window_desk.signed_by(sheet, actor))


def _permit(office: Office, actor: OperatorActor, sheet: Sheet) -> None:
    scope = window_desk.scope_of(office, sheet.unit_code, sheet.bill_type_code)
    reading(actor, Act.ISSUE_BILL, scope, missing=UnitUnknown)


def _bill(office: Office, request: BillRequest, register: UnitRegister) -> Bill:
    """As it will be composed, but for the number and the seals."""
    at = office.clock()
    record = register.record_on(local_date(at))
    return composition.compose(
        request, bill_number=0, issued_at=at, unit=drafting.unit_party(register, record),
        supervisor_area_code=record.supervisor_area_code,
        items={line.item_code: register.items[(request.bill_type_code, line.item_code)] for line in request.lines},
        unit_seal=_UNSEALED, supervision_seal=_UNSEALED, secret=office.check_code_secret,
        demonstration=office.demonstration, profile=office.profile,
    )  # fmt: skip
