"""Profile: every choice that the published standard leaves open, versioned, in one place.

A finance department that holds the official texts replaces a value here (or adds a profile), no code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

# 样票: a tag of the same length as CZ-EI-51 that names no region, so that no reader takes it for real.
DEMONSTRATION_TAG = "CZ-EI-YP"

PAY_MODES = {
    "1": "现金",
    "2": "POS刷卡",
    "3": "批量代扣",
    "4": "终端支付",
    "5": "网络支付",
    "6": "银行转账",
    "9": "其他",
}

# Characters, not bytes. Keys are the fields of a bill request.
MAX_LENGTHS = {
    "business_number": 50,
    "payer_name": 200,
    "payer_code": 50,
    "payer_phone": 20,
    "payer_email": 254,
    "item_code": 50,
    "item_name": 200,
    "line_remark": 500,
    "measure": 20,
    "aux_code": 50,
    "aux_name": 200,
    "aux_remark": 200,
    "handler": 60,
    "checker": 60,
    "remark": 500,
    "payment_code": 30,
}


@dataclass(frozen=True, slots=True)
class Profile:
    """One province's reading of the standard."""

    version: str
    region2: str
    region_name: str
    bill_tag: str
    demonstration_tag: str = DEMONSTRATION_TAG
    xml_version: str = "1.1.0"
    verification_host: str = ""
    verification_path: str = "/q?c={code}&n={number}&r={check_code}&a={total}&d={date}"
    check_code_length: int = 6
    check_code_alphabet: str = "0123456789abcdefghjkmnpqrstvwxyz"
    unit_signature_node: str = "InvoicingPartySignature"
    finance_signature_node: str = "SupervisorPartySignature"
    unit_reference: str = "Header,EInvoiceData"
    finance_reference: str = "Header,EInvoiceData,InvoicingPartySignature"
    signature_algorithm: str = "SM3withSM2"
    signature_format: str = "DETACH"
    ofd_attachment: str = "einvoice.xml"
    pdf_attachment: str = "hidexml"
    pay_modes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(PAY_MODES))
    max_lengths: Mapping[str, int] = field(default_factory=lambda: MappingProxyType(MAX_LENGTHS))
    # Stock (《财政票据管理办法》 leaves these to the province).
    requisition_needs_write_off: bool = False  # 核旧领新
    first_requisition_sheets: int = 2_000  # the limit of a unit that has used no numbers yet
    stock_on_demand_sheets: int = 200  # 即领即开: numbers drawn at once for an online unit
    # Reversal: above this, all reversals of one bill together, a second person decides.
    reversal_alone_max_fen: int = 1_000_000
    reversal_reasons: tuple[str, ...] = ("金额或项目开错", "交款人信息开错", "退费", "重复开具", "其他")
    retention_years: int = 5  # 存根
    retention_years_least: int = 2  # with the finance department's approval

    def tag(self, *, demonstration: bool) -> str:
        """电子票据标签 of a real bill of this province, or of a 样票."""
        return self.demonstration_tag if demonstration else self.bill_tag


SICHUAN_2026_1 = Profile(
    version="sc-2026.1",
    region2="51",
    region_name="四川省",
    bill_tag="CZ-EI-51",
)
