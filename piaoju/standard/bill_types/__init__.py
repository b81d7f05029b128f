"""票据种类: one file each. To add one: a file here, and a line in `BILL_TYPES`."""

from __future__ import annotations

from piaoju.standard.bill_types import (
    donation,
    education,
    inpatient,
    outpatient,
    settlement,
    society_dues,
    unified_non_tax,
)
from piaoju.standard.bill_types.shape import BillType, ExtensionField

__all__ = ["BILL_TYPES", "BillType", "ExtensionField", "bill_type"]

BILL_TYPES: tuple[BillType, ...] = (
    unified_non_tax.BILL_TYPE,
    outpatient.BILL_TYPE,
    inpatient.BILL_TYPE,
    education.BILL_TYPE,
    donation.BILL_TYPE,
    society_dues.BILL_TYPE,
    settlement.BILL_TYPE,
)

_BY_CODE = {found.code: found for found in BILL_TYPES}


def bill_type(code: str) -> BillType | None:
    """The bill type of a four-digit code, or None."""
    return _BY_CODE.get(code)
