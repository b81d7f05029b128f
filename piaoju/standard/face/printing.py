"""How a bill is put on paper: whole, on a pre-printed form (套打), or on the roll of a thermal printer.

套打 follows 《财政票据管理办法》 art. 7: the form, with the 监制章 on it, is printed by the finance department; only what the
bill itself says is added, and the unit sets its seal by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from piaoju.kit.values import Value
from piaoju.kit.values import replace as with_values
from piaoju.standard.bill import Bill, SealReference
from piaoju.standard.face import stationery, thermal
from piaoju.standard.face.fonts import FontChain
from piaoju.standard.face.layout import layout
from piaoju.standard.face.operations import SEAL_RED, Face, Modules, Operation, Page, Template, Text
from piaoju.standard.face.specimens import LEFT, specimen_for

Style = Literal["whole", "overlay", "thermal80", "thermal58"]
STYLES: dict[str, str] = {"whole": "整张票面", "overlay": "套打", "thermal80": "热敏 80 mm", "thermal58": "热敏 58 mm"}
ROLLS = {"thermal80": thermal.WIDE, "thermal58": thermal.NARROW}
SHIFT_MAX = 20_000
_NOTE_LINE, _NOTE_SIZE = 124_900, 2_600
_NO_SEAL = SealReference("", "")
_GIVEN_BY_ISSUING = ("EInvoiceNumber", "RandomNumber")


class Print(Value, frozen=True):
    """A way to print; the shifts (µm, to the right and down) bring a 套打 onto the form that lies in the printer."""

    style: Style = "whole"
    shift_right: int = 0
    shift_down: int = 0


def faces(bill: Bill, fonts: FontChain, how: Print, *, qr_text: str, note: str = "") -> tuple[Face, ...]:
    """The bill as it is printed: one face with all its pages, or one for each length of the roll.

    A note (补打, 查阅件) stands at the foot of every page, or at the head of a roll.
    """
    roll = ROLLS.get(how.style)
    if roll is not None:
        return thermal.faces(bill, fonts, roll, demonstration=bill.demonstration, qr_text=qr_text, note=note)
    face = layout(
        bill, specimen_for(bill.bill_type_code), fonts, demonstration=bill.demonstration, qr_text=qr_text
    )
    drawn = face if how.style == "whole" else _overlay(face, bill, how)
    if note:
        put_note(drawn, note)
    return (drawn,)


def before_issue(bill: Bill, fonts: FontChain) -> Face:
    """The face of a bill that is not issued yet: what issuing gives it is not there, and every page says so.

    No seal, no QR code, no number, no check code: nothing of it can be taken for a bill.
    """
    bare = with_values(bill, unit_seal=_NO_SEAL, supervision_seal=_NO_SEAL)
    face = layout(bare, specimen_for(bill.bill_type_code), fonts, demonstration=bill.demonstration, qr_text="-")
    said = {bill.number_text: "开具时取号", bill.check_code: "开具时生成"}
    for page in face.pages:
        page.operations[:] = [_unsaid(one, said) for one in page.operations if not isinstance(one, Modules)]
    put_note(face, "预览，没有开具：印章、号码、校验码和二维码在开具时生成")
    return face


def put_note(face: Face, note: str) -> None:
    """The note at the foot of every page."""
    for page in face.pages:
        page.operations.append(Text(LEFT, _NOTE_LINE, _NOTE_SIZE, note, colour=SEAL_RED, bold=True))


def _overlay(face: Face, bill: Bill, how: Print) -> Face:
    """The dynamic layer of the face alone; list pages, which have no pre-printed form, stay whole."""
    bare = Template("overlay", stationery.demonstration_mark(face.fonts) if bill.demonstration else ())
    pages = tuple(_shifted(page, how) if page.template == stationery.MAIN else page for page in face.pages)
    templates = (bare, *face.templates[stationery.MAIN + 1 :])
    return replace(face, templates=templates, pages=pages, seals=())


def _unsaid(operation: Operation, said: Mapping[str, str]) -> Operation:
    """Number and check code stand under their tags on the face, and under none at the head of a list."""
    if not isinstance(operation, Text) or operation.text not in said:
        return operation
    is_theirs = operation.tag is None or operation.tag.name in _GIVEN_BY_ISSUING
    return operation._replace(text=said[operation.text]) if is_theirs else operation


def _shifted(page: Page, how: Print) -> Page:
    return Page(page.template, [_moved(operation, how) for operation in page.operations if not _is_title(operation)])


def _is_title(operation: Operation) -> bool:
    """The form has its own name printed, and it does not say （电子）."""
    return isinstance(operation, Text) and operation.tag is not None and operation.tag.name == "EInvoiceName"


def _moved(operation: Operation, how: Print) -> Operation:
    return operation._replace(x=operation.x + how.shift_right, y=operation.y + how.shift_down)
