"""Who holds a certificate, as its subject says, and whether that is who the bill says it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from asn1crypto import x509

from piaoju.crypto.certificates import Certificate
from piaoju.standard.bill import Bill

_SERIAL_NUMBER = "2.5.4.5"
_REGION_CODE = re.compile(r"[0-9]{6}").fullmatch


@dataclass(frozen=True, slots=True)
class Holder:
    """A subject: its name, and its code (a unit's 统一社会信用代码, a finance department's region code)."""

    name: str
    code: str

    def unit_problems(self, bill: Bill) -> list[str]:
        """What speaks against this holder being the bill's 开票单位."""
        problems = []
        if self.code != bill.unit.code:
            problems.append(f"证书属于 {self.code or '（无代码）'}，票据的开票单位代码是 {bill.unit.code}")
        if self.name != bill.unit.name:
            problems.append(f"证书属于“{self.name}”，票据的开票单位是“{bill.unit.name}”")
        return problems

    def finance_problems(self, bill: Bill) -> list[str]:
        """What speaks against this holder being the finance department over the bill."""
        if not _REGION_CODE(self.code):
            return [f"证书属于“{self.name}”，不是财政部门"]
        # The first two digits of a bill code are its province (2020 通行费电子票据公告).
        if self.code[:2] != bill.bill_code[:2]:
            return [f"证书属于 {self.code}，不是票据代码 {bill.bill_code} 所在省的财政部门"]
        return []


def holder_of(certificate: Certificate) -> Holder:
    """The holder that a certificate's subject names."""
    subject = x509.Name.load(certificate.subject_der)
    codes = [
        pair["value"].native
        for relative in subject.chosen
        for pair in relative
        if pair["type"].dotted == _SERIAL_NUMBER
    ]
    return Holder(certificate.subject_name, codes[0] if len(codes) == 1 else "")
