"""What of a bill is printed, as text, and under which tag."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from piaoju.standard import money
from piaoju.standard.bill import AuxLine, Bill, Line, Payer
from piaoju.standard.bill_types import bill_type
from piaoju.standard.face.operations import BLACK, SEAL_RED, Tag
from piaoju.standard.profile import PAY_MODES
from piaoju.standard.wire import names

_LABELS = {name.element: name.label for name in names.EXTENSION_LEAVES}
_AS_DATE = {"BusinessDate", "MedicalDate", "InHospitalDate", "OutHospitalDate"}


class Cell(NamedTuple):
    """One cell of a table: what it prints, its tag (None: nothing of the bill), its colour."""

    text: str
    tag: Tag | None
    colour: str = BLACK


Cells = dict[str, Cell]
Field = tuple[str, str, Tag]


def line_cells(item: Line, index: int) -> Cells:
    """The cells of one line; a medical table prints quantity and measure together."""
    quantity = "" if item.quantity_e4 is None else money.format_quantity(item.quantity_e4)
    name = f"{item.item_name}（{item.detail_name}）" if item.detail_name else item.item_name
    number = index + 1
    cells = {
        "index": Cell(str(number), None),
        "code": Cell(item.item_code, Tag("Item", number, "ItemCode")),
        "name": Cell(name, Tag("Item", number, "ItemName")),
        "measure": Cell(item.measure, Tag("Item", number, "ItemUnit")),
        "quantity": Cell(quantity, Tag("Item", number, "ItemQuantity")),
        "amount": _amount(money.format_fen(item.amount_fen), item.amount_fen, Tag("Item", number, "ItemAmount")),
        "remark": Cell(item.remark, Tag("Item", number, "ItemRemark")),
        "quantity_measure": Cell(
            f"{quantity}/{item.measure}" if quantity and item.measure else quantity or item.measure,
            Tag("Item", number, "ItemQuantityAndUnit"),
        ),
        "standard": Cell(
            "" if item.standard_e4 is None else money.format_price(item.standard_e4), Tag("Item", number, "ItemStd")
        ),
    }
    return cells


def aux_cells(item: AuxLine, index: int) -> Cells:
    """The cells of one auxiliary line."""
    number = index + 1
    return {
        "index": Cell(str(number), None),
        "related": Cell(item.related_item_name or item.related_item_code,
                        Tag("AuxItem", number, "AuxItemRelatedName" if item.related_item_name
                            else "AuxItemRelatedCode")),
        "code": Cell(item.code, Tag("AuxItem", number, "AuxItemCode")),
        "name": Cell(item.name, Tag("AuxItem", number, "AuxItemName")),
        "measure": Cell(item.measure, Tag("AuxItem", number, "AuxItemUnit")),
        "quantity": Cell("" if item.quantity_e4 is None else money.format_quantity(item.quantity_e4),
                         Tag("AuxItem", number, "AuxItemQuantity")),
        "standard": Cell("" if item.standard_e4 is None else money.format_price(item.standard_e4),
                         Tag("AuxItem", number, "AuxItemStd")),
        "amount": _amount(money.format_price(item.amount_e4), item.amount_e4,
                          Tag("AuxItem", number, "AuxItemAmount")),
        "remark": Cell(item.remark, Tag("AuxItem", number, "AuxItemRemark")),
    }


def other_fields(bill: Bill) -> tuple[list[Field], list[Field]]:
    """The fields of 其他信息 that have a text: short ones, and long ones that take a row each."""
    short: list[Field] = []
    if bill.business_number:
        short.append(("业务流水号", bill.business_number, Tag("", 0, "BizCode")))
    labels = _labels(bill.bill_type_code)
    for element, text in bill.extension:
        if text:
            label = labels.get(element) or _LABELS.get(element, element)
            short.append((label, _as_shown(element, text), Tag("MainExt", 0, element)))
    if bill.pay_mode:
        short.append(("交款方式", PAY_MODES.get(bill.pay_mode, bill.pay_mode), Tag("", 0, "PayMode")))
    unit = bill.unit
    for label, text, name in (
        ("收款人全称", unit.recipient_name, "RecName"), ("收款人账号", unit.recipient_account, "RecAcct"),
        ("收款人开户行", unit.recipient_bank, "RecOpBk"),
    ):
        if text:
            short.append((label, text, Tag("", 0, name)))
    long: list[Field] = []
    if bill.remark:
        long.append(("备注", bill.remark, Tag("", 0, "Remark")))
    if bill.supervisor_remark:
        long.append(("财政部门备注", bill.supervisor_remark, Tag("", 0, "SupervisorRemark")))
    return short, long


def payer_code_shown(payer: Payer) -> str:
    """The payer's code as the face shows it: a person's is masked but for its first six and last four."""
    if payer.kind != "person" or len(payer.code) <= 10:
        return payer.code
    return payer.code[:6] + "*" * (len(payer.code) - 10) + payer.code[-4:]


def without_middle(code: str) -> str:
    """A number that names a person, with a quarter of it left at each end: 5100A00412873 is 510*******873."""
    ends = len(code) // 4
    return f"{code[:ends]}{'*' * (len(code) - 2 * ends)}{code[len(code) - ends:]}"


@cache
def _labels(bill_type_code: str) -> dict[str, str]:
    found = bill_type(bill_type_code)
    return {} if found is None else {own.xml_name: own.label for own in found.extension}


def _as_shown(element: str, text: str) -> str:
    """A date of eight digits as 2026-11-23; every other text as it is."""
    if element in _AS_DATE and len(text) == 8 and text.isdigit():
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return text


def _amount(text: str, size: int, tag: Tag) -> Cell:
    return Cell(text, tag, SEAL_RED if size < 0 else BLACK)
