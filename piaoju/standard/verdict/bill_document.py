"""The verdict on a bill XML: both signatures, the one canonical form of every byte around them, the figures.

What is signed: the unit signs 签名原文, finance signs 签名原文 followed by the unit's node. What is not signed (prolog,
envelope, the nodes' own text) is written anew from what was read and must come out the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from piaoju.crypto import signed_data
from piaoju.crypto.certificates import Trust, chain_is_demonstration, check_chain
from piaoju.crypto.signed_data import SignedData
from piaoju.kit.clock import local_date
from piaoju.kit.errors import PiaojuError
from piaoju.standard import bill_xml, money
from piaoju.standard.bill import Bill
from piaoju.standard.bill_xml import BillDocument, Signatory, SignatureNode
from piaoju.standard.profile import SICHUAN_2026_1, Profile
from piaoju.standard.verdict.consistency import bill_problems
from piaoju.standard.verdict.holders import Holder, holder_of
from piaoju.standard.verdict.report import BillSummary, Findings, Report

FORM = "XML 规范形式"
FIGURES = "票面数据一致"
DEMONSTRATION = "样票"
SIGNATURES: dict[Signatory, str] = {"unit": "单位签名", "finance": "财政签名"}
CERTIFICATES: dict[Signatory, str] = {"unit": "单位证书", "finance": "财政证书"}
NODES: dict[Signatory, str] = {
    "unit": SICHUAN_2026_1.unit_signature_node,
    "finance": SICHUAN_2026_1.finance_signature_node,
}
DEMONSTRATION_NOTICE = "样票：由演示证书签发，不是真实票据，不具法律效力，不能报销入账"


@dataclass(frozen=True, slots=True)
class ExaminedDocument:
    """A bill XML taken apart and judged."""

    document: BillDocument | None
    demonstration: bool
    holders: dict[Signatory, Holder]

    @property
    def bill(self) -> Bill | None:
        return None if self.document is None else self.document.bill


def examine_document(content: bytes, trust: Trust, findings: Findings) -> Report:
    """The verdict on a bill XML file."""
    examined = judge_document(content, trust, findings)
    return findings.report("xml", summary_of(examined.bill), demonstration=examined.demonstration)


def judge_document(
    content: bytes, trust: Trust, findings: Findings, profile: Profile = SICHUAN_2026_1
) -> ExaminedDocument:
    """Examine a bill XML wherever it was found; faults go to `findings` by part."""
    try:
        document = bill_xml.read_document(content)
    except PiaojuError as refusal:
        findings.bad(FORM, refusal.detail, getattr(refusal, "part", ""))
        return ExaminedDocument(None, False, {})
    _examine_form(content, document, findings)
    holders: dict[Signatory, Holder] = {}
    marks: set[bool] = set()
    signatories: tuple[tuple[Signatory, SignatureNode | None, bytes], ...] = (
        ("unit", document.unit_signature, document.original),
        ("finance", document.finance_signature, document.finance_original),
    )
    for which, node, message in signatories:
        signed = _examine_signature(which, node, message, findings, profile)
        if signed is not None:
            _examine_chain(which, signed, trust, findings)
            holders[which] = _examine_holder(which, signed, document.bill, findings)
            marks.add(chain_is_demonstration(signed.certificate, trust))
    findings.judge(FIGURES, bill_problems(document.bill), "EInvoiceData")
    _examine_demonstration(document.bill, marks, findings)
    return ExaminedDocument(document, True in marks or document.bill.demonstration, holders)


def summary_of(bill: Bill | None) -> BillSummary | None:
    """What the bill says of itself, as text for people and machines."""
    if bill is None:
        return None
    return BillSummary(
        bill_code=bill.bill_code,
        bill_number=bill.number_text,
        check_code=bill.check_code,
        bill_name=bill.bill_name,
        kind=bill.kind,
        issue_date=bill.issue_date.isoformat(),
        total=money.format_fen(bill.total_fen),
        unit_code=bill.unit.code,
        unit_name=bill.unit.name,
        payer_name=bill.payer.name,
    )


def _examine_form(content: bytes, document: BillDocument, findings: Findings) -> None:
    same = bill_xml.canonical_document(document) == content
    faults = [] if same else ["签名之外的字节不是规范形式：文件头、外层标签、签名节点的文字或文件末尾被改动"]
    findings.judge(FORM, faults, "EInvoice", f"{len(content)} 字节，签名之外的部分与规范写法逐字节相同")


def _examine_signature(
    which: Signatory, node: SignatureNode | None, message: bytes, findings: Findings, profile: Profile
) -> SignedData | None:
    name, part = SIGNATURES[which], NODES[which]
    if node is None:
        findings.bad(name, "没有这个签名", part)
        return None
    try:
        signed = signed_data.parse(node.value_der)
    except PiaojuError as refusal:
        findings.bad(name, refusal.detail, part)
        return None
    reference = profile.unit_reference if which == "unit" else profile.finance_reference
    time_text = bill_xml.signature_time_text(signed.signing_time)
    problems = signed_data.problems(signed, message)
    if node.signature_time != time_text:
        problems.append(f"SignatureTime 是 {node.signature_time}，签名里的时间是 {time_text}")
    if node.node != bill_xml.signature_node(which, reference, time_text, node.value_der, profile):
        problems.append("签名节点不是规范形式：说明文字、Base64 或空白被改动")
    if signed.chain:
        problems.append("签名数据带有签名人之外的证书，不是规范形式")
    findings.judge(name, problems, part, f"{signed.certificate.subject_name}，{time_text}")
    return signed


def _examine_chain(which: Signatory, signed: SignedData, trust: Trust, findings: Findings) -> None:
    name, part = CERTIFICATES[which], NODES[which]
    if not trust.authorities:
        findings.unknown(name, "没有信任的根证书：请用 --trust 指明 trust.pem", part)
        return
    problems = check_chain(signed.certificate, trust, signed.signing_time)
    findings.judge(name, problems, part, f"{signed.certificate.issuer_name}，签名时有效、未吊销")


def _examine_holder(which: Signatory, signed: SignedData, bill: Bill, findings: Findings) -> Holder:
    holder = holder_of(signed.certificate)
    if which == "unit":
        problems = holder.unit_problems(bill)
        if local_date(signed.signing_time) != bill.issue_date:
            problems.append("签名日期不是开票日期")
        findings.judge("签名人是开票单位", problems, NODES[which], f"{holder.name}（{holder.code}）")
    else:
        problems = holder.finance_problems(bill)
        findings.judge("签名人是财政部门", problems, NODES[which], f"{holder.name}（{holder.code}）")
    return holder


def _examine_demonstration(bill: Bill, marks: set[bool], findings: Findings) -> None:
    """样票 in the XML if and only if a demonstration authority vouches: neither can pass for the other."""
    part = "Header/EInvoiceTag"
    if bill.demonstration and marks == {False}:
        findings.bad(DEMONSTRATION, "带样票标签，却由正式证书签名：样票永远不是有效票据", part)
    elif not bill.demonstration and True in marks:
        findings.bad(DEMONSTRATION, "由演示证书签名，却没有样票标签：不是真实票据", part)
    elif bill.demonstration:
        findings.notices.append(DEMONSTRATION_NOTICE)
