"""The charge items a finance department approves, and the details (清单) that hospitals list below them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import msgspec

from piaoju.ops.demonstration import files

_YUAN = re.compile(r"\d{1,10}(?:\.\d{1,4})?")


@dataclass(frozen=True, slots=True)
class ChargeItemRow:
    """One charge item; a standard is yuan as written (up to 4 decimals), None where none is set."""

    item_code: str
    name: str
    measure: str
    standard_min: str | None
    standard_max: str | None
    basis_document: str
    bill_types: tuple[str, ...]
    valid_from: date


class BillTypeRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One bill type as the finance department enables it: on which basis, from when."""

    code: str
    basis_document: str
    valid_from: date


class AuxItemRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One detail below the charge item `related_code`, with its price in yuan and insurance class."""

    item_code: str
    related_code: str
    name: str
    measure: str
    standard: str
    insurance: str


class _ChargeItemLine(msgspec.Struct, forbid_unknown_fields=True):
    item_code: str
    name: str
    measure: str
    standard_min: str
    standard_max: str
    basis_document: str
    bill_types: str
    valid_from: date


def charge_items() -> tuple[ChargeItemRow, ...]:
    """Every charge item of the demonstration, by file order."""
    return tuple(_charge_item(line) for line in files.rows("charge_items.csv", _ChargeItemLine))


def bill_types() -> tuple[BillTypeRow, ...]:
    """The bill types that are enabled, each with its basis document."""
    return files.rows("bill_types.csv", BillTypeRow)


def aux_items() -> tuple[AuxItemRow, ...]:
    """Every detail item with its price, by file order."""
    found = files.rows("aux_items.csv", AuxItemRow)
    for row in found:
        _yuan(row.standard, row.item_code)
    return found


def _charge_item(line: _ChargeItemLine) -> ChargeItemRow:
    return ChargeItemRow(
        item_code=line.item_code,
        name=line.name,
        measure=line.measure,
        standard_min=_yuan(line.standard_min, line.item_code),
        standard_max=_yuan(line.standard_max, line.item_code),
        basis_document=line.basis_document,
        bill_types=tuple(line.bill_types.split()),
        valid_from=line.valid_from,
    )


def _yuan(text: str, item_code: str) -> str | None:
    if text and not _YUAN.fullmatch(text):
        raise ValueError(f"项目 {item_code} 的标准“{text}”不是金额。请写成元，最多四位小数。")
    return text or None
