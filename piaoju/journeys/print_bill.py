"""打印: each print of a bill is counted before it is shown; from the second on the sheet says that it is a reprint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing import actions as issuing
from piaoju.issuing.types import BillPlace, PrintForm
from piaoju.journeys import bill_at_hand, seal_layout
from piaoju.journeys.office import Office
from piaoju.kit.values import Value
from piaoju.standard.face.outputs import pdf_merged
from piaoju.standard.face.printing import Print, Style

FORMS: Mapping[str, PrintForm] = {
    "whole": PrintForm.FACE, "overlay": PrintForm.OVERPRINT, "thermal80": PrintForm.RECEIPT, "thermal58": PrintForm.RECEIPT,
}  # fmt: skip


class PrintedBill(Value, frozen=True):
    """What goes to the printer, and which print of the bill it is."""

    content: bytes  # PDF
    ordinal: int


def print_bill(
    office: Office, actor: OperatorActor, bill_code: str, bill_number: int, style: Style = "whole", *, trace_id: str = ""
) -> PrintedBill:
    """One print of a bill: its face, or onto a pre-printed form (换开的纸票), or a roll. Raises BillNotFound."""
    with bill_at_hand.about_bill(
        office, actor, Act.PRINT_BILL, bill_code, bill_number, "print", trace_id
    ) as (one, cursor):  # fmt: skip
        at = office.clock()
        counted = count_prints(cursor, office, [one.place], FORMS[style], actor.name)
        ordinal = counted[(bill_code, bill_number)]
        if style == "whole":
            content = seal_layout.draw_print(office, one.bill, one.xml, ordinal, at)
        else:
            faces = seal_layout.draw_prints(office, one.bill, Print(style), seal_layout.reprint_note(ordinal, at))
            content = pdf_merged.in_one(faces, office.fonts, one.bill.bill_id, at)
    return PrintedBill(content, ordinal)


def count_prints(
    cursor: Any, office: Office, places: Sequence[BillPlace], form: PrintForm, actor_name: str
) -> dict[tuple[str, int], int]:
    """One print more of each of these bills, inside someone's act; which it is, by (code, number)."""
    return issuing.add_prints(cursor, places, form, office.clock(), actor_name)
