"""Whether the seals on the layout file are the two that the signed XML names: 单位章 of the unit, 监制章 of finance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from piaoju.crypto import ses
from piaoju.standard.bill import Bill, SealReference
from piaoju.standard.verdict.holders import holder_of
from piaoju.standard.verdict.report import Findings
from piaoju.standard.verdict.seals import SealVerdict

Role = Literal["unit", "supervision"]
NAMES: dict[Role, str] = {"unit": "单位章", "supervision": "监制章"}
SEALS = "签章"


def examine_parties(seals: Sequence[SealVerdict], bill: Bill, findings: Findings) -> None:
    """Each role has exactly one seal, the one whose hash the XML holds, set by its holder; no seal is left over."""
    left = [seal for seal in seals if seal.signature is not None]
    expected: tuple[tuple[Role, SealReference], ...] = (
        ("unit", bill.unit_seal), ("supervision", bill.supervision_seal),
    )
    for role, reference in expected:
        matching = [seal for seal in left if _hash_of(seal) == reference.seal_hash]
        if len(matching) != 1:
            findings.bad(NAMES[role], f"应有一枚数据中所列的“{reference.name}”，实有 {len(matching)} 枚", "/OFD.xml")
        for seal in matching:
            left.remove(seal)
            if seal.signature is not None:
                problems = _problems(role, reference, seal.signature, bill)
                if seal.demonstration != bill.demonstration:
                    problems.append("演示印章与票据的样票标签不一致")
                findings.judge(NAMES[role], problems, seal.listed.path, reference.name)
    for seal in left:
        findings.bad(SEALS, "不是票据数据中所列的印章", seal.listed.path)


def _hash_of(seal: SealVerdict) -> str:
    return "" if seal.signature is None else ses.seal_hash(seal.signature.seal.der)


def _problems(role: Role, reference: SealReference, signature: ses.SealSignature, bill: Bill) -> list[str]:
    information = signature.seal.information
    holder = holder_of(signature.certificate)
    problems = holder.unit_problems(bill) if role == "unit" else holder.finance_problems(bill)
    if (information.seal_id, information.name) != (reference.seal_id, reference.name):
        problems.append(f"印章是“{information.name}”（{information.seal_id}），数据中是“{reference.name}”")
    return problems
