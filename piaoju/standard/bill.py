"""财政电子票据: one bill as a value. Every element of the bill XML, in its order, and nothing that can change.

Amounts are whole fen; prices, quantities and auxiliary amounts are 1/10,000 (names end in what they count).
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Literal, NamedTuple

from piaoju.kit.clock import SHANGHAI
from piaoju.kit.values import Value
from piaoju.standard import codes
from piaoju.standard.profile import DEMONSTRATION_TAG
from piaoju.standard.wire import names

VERSION = "1.1.0"

PayerKind = Literal["person", "organization"]
BillKind = Literal["normal", "red"]


class BillKey(NamedTuple):
    """票据代码 and 票据号码 together."""

    bill_code: str
    bill_number: int


class UnitParty(Value, frozen=True):
    """开票单位, and 收款人 where the money goes."""

    code: str
    name: str
    recipient_name: str = ""
    recipient_account: str = ""
    recipient_bank: str = ""


class Payer(Value, frozen=True):
    """交款人."""

    kind: PayerKind
    name: str
    code: str = ""
    account: str = ""
    bank: str = ""


class SealReference(Value, frozen=True):
    """A seal as the XML names it; the hash ties the file to one edition of the seal."""

    seal_id: str
    name: str
    seal_hash: str = ""


class Line(Value, frozen=True):
    """明细: one charge item and its amount."""

    item_code: str
    item_name: str
    amount_fen: int
    quantity_e4: int | None = None
    measure: str = ""
    standard_e4: int | None = None
    remark: str = ""
    detail_name: str = ""


class AuxLine(Value, frozen=True):
    """清单 (辅助明细): what a line is made of; amounts have four places and may be negative."""

    name: str
    amount_e4: int
    related_item_code: str = ""
    related_item_name: str = ""
    code: str = ""
    quantity_e4: int | None = None
    measure: str = ""
    standard_e4: int | None = None
    remark: str = ""


class Carried(Value, frozen=True):
    """A child that we do not know, kept as it came: under which parent, after which sibling ("" = first)."""

    parent: str
    after: str
    xml: str


class Bill(Value, frozen=True, kw_only=True):
    """One bill, normal or red, as signed."""

    bill_tag: str
    version: str = VERSION
    bill_name: str
    bill_code: str
    bill_number: int
    check_code: str
    specimen_code: str
    supervisor_area_code: str
    total_fen: int
    issue_date: date
    issue_time: time
    unit: UnitParty
    payer: Payer
    pay_mode: str = ""
    business_number: str = ""
    currency: str = ""
    exchange_rate: str = ""
    remark: str = ""
    handler: str
    checker: str
    supervisor_remark: str = ""
    extension: tuple[tuple[str, str], ...] = ()  # (element, text) in the order of MainExt, empty ones too
    unit_seal: SealReference
    supervision_seal: SealReference
    lines: tuple[Line, ...]
    aux_lines: tuple[AuxLine, ...] = ()
    unknown: tuple[Carried, ...] = ()

    @property
    def bill_id(self) -> str:
        """票据标识."""
        return codes.bill_id_text(self.bill_code, self.bill_number)

    @property
    def number_text(self) -> str:
        """票据号码, ten digits."""
        return codes.number_text(self.bill_number)

    @property
    def bill_type_code(self) -> str:
        """票据种类, four digits out of the bill code."""
        return self.bill_code[2:6]

    @property
    def kind(self) -> BillKind:
        """红票 when it names the bill that it reverses, or its total is negative."""
        return "red" if self.total_fen < 0 or self.reverses else "normal"

    @property
    def reverses(self) -> BillKey | None:
        """The bill that this red bill reverses."""
        found = dict(self.extension)
        code = found.get(names.REVERSES_CODE, "")
        number = codes.parse_number(found.get(names.REVERSES_NUMBER, ""))
        return BillKey(code, number) if code and number is not None else None

    @property
    def payment_code(self) -> str:
        """缴款码, or empty."""
        return dict(self.extension).get(names.PAYMENT_CODE, "")

    @property
    def demonstration(self) -> bool:
        """样票: made for demonstration or test, never real."""
        return self.bill_tag == DEMONSTRATION_TAG

    @property
    def issued_at(self) -> datetime:
        """Date and time of issue in Asia/Shanghai, to the second."""
        return datetime.combine(self.issue_date, self.issue_time, SHANGHAI)
