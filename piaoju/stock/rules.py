"""What is decided about stock without asking anyone.

Sources: 《财政票据管理办法》 领用 (凭证领用、分次限量、核旧领新; normally no more than half a year's use), 保管与销毁
(存根保存 5 年, with approval shorter, never under 2), 遗失 (公告作废).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from piaoju.standard import codes
from piaoju.stock.errors import (
    ApprovedSheetsInvalid,
    DepartmentStockExhausted,
    DestructionOfUsable,
    NoticeMissing,
    PaperCodeInvalid,
    ReasonMissing,
    RequisitionOverLimit,
    RetentionNotOver,
    SheetsInvalid,
    TopUpInvalid,
    WriteOffNeeded,
    YearInvalid,
)
from piaoju.stock.types import Code, DisposalKind, Medium, SegmentState, Usage

SHEETS_MAX = 100_000_000  # of one requisition or movement
PARTS_MAX = 50  # segments that one allotment may be made of
REMARK_MAX = 200


@dataclass(frozen=True, slots=True)
class Policy:
    """What a province chose about stock; the profile of the installation says it."""

    first_requisition_sheets: int  # for a unit that used none yet
    requisition_needs_write_off: bool  # 核旧领新
    stock_on_demand_sheets: int  # 即领即开: drawn at once
    retention_years: int
    retention_years_least: int


def code_of(medium: Medium, region2: str, bill_type_code: str, *, today: date, year: int, paper_code: str = "") -> Code:
    """The code whose numbers are asked for. Raises YearInvalid, PaperCodeInvalid."""
    if medium == Medium.PAPER:
        if not (paper_code.isascii() and paper_code.isdigit() and 6 <= len(paper_code) <= 12):
            raise PaperCodeInvalid
        return Code(medium, bill_type_code, paper_code)
    if year not in (today.year, today.year + 1):
        raise YearInvalid
    return Code(medium, bill_type_code, codes.bill_code(region2, bill_type_code, year))


def refuse_sheets(sheets: int) -> None:
    """Raises SheetsInvalid."""
    if not 1 <= sheets <= SHEETS_MAX:
        raise SheetsInvalid


def stated(reason: str) -> str:
    """A reason that says something, trimmed. Raises ReasonMissing."""
    reason = reason.strip()
    if not reason or len(reason) > REMARK_MAX:
        raise ReasonMissing
    return reason


def requisition_limit(usage: Usage, used_half_year: int, set_limit: int | None, policy: Policy) -> int:
    """How many sheets a unit may ask for now: its limit, less what it still has. Never negative.

    The limit is what the finance department set; else what the unit used in half a year; else, for one that used
    none, what the profile allows a beginner.
    """
    limit = set_limit if set_limit is not None else max(used_half_year, policy.first_requisition_sheets)
    return max(0, limit - usage.left)


def refuse_requisition(sheets: int, allowed: int, usage: Usage, policy: Policy) -> None:
    """Raises SheetsInvalid, WriteOffNeeded, RequisitionOverLimit."""
    refuse_sheets(sheets)
    if policy.requisition_needs_write_off and usage.unwritten:
        raise WriteOffNeeded(
            f"已用 {usage.used:,} 份，其中 {usage.unwritten:,} 份还没有核销，按核旧领新不能再领。请先办理核销"
        )
    if sheets > allowed:
        raise RequisitionOverLimit(
            f"还可申领 {allowed:,} 份（限量减去库存 {usage.left:,} 份），这里要 {sheets:,} 份。"
            "请减少份数，或请财政部门调整限量"
        )


def refuse_approved(sheets: int, asked: int) -> None:
    """Raises ApprovedSheetsInvalid."""
    if not 1 <= sheets <= asked:
        raise ApprovedSheetsInvalid


def parts_to_allot(spans: Sequence[tuple[int, int]], sheets: int) -> list[tuple[int, int]]:
    """Which numbers to give out of what is in stock: in one piece if any piece holds them all, the lowest first.

    Raises DepartmentStockExhausted where there are too few, or where more than PARTS_MAX pieces would be needed.
    """
    in_order = sorted(spans)
    for first, last in in_order:
        if last - first + 1 >= sheets:
            return [(first, first + sheets - 1)]
    parts: list[tuple[int, int]] = []
    wanted = sheets
    for first, last in in_order[:PARTS_MAX]:
        taken = min(wanted, last - first + 1)
        parts.append((first, first + taken - 1))
        wanted -= taken
        if not wanted:
            return parts
    have = sum(last - first + 1 for first, last in in_order)
    if have >= sheets:
        raise DepartmentStockExhausted(f"库存零碎，{sheets:,} 份要拆成 {PARTS_MAX} 段以上。请减少份数分次发放")
    raise DepartmentStockExhausted(f"财政部门库存 {have:,} 份，这里要 {sheets:,} 份。请先向上级申领，或减少份数")


def top_up_due(left: int, threshold: int, top_up_to: int) -> int:
    """自动补号: how many sheets to allot now; none while the unit has its threshold."""
    return max(0, top_up_to - left) if left < threshold else 0


def refuse_top_up(threshold: int, top_up_to: int) -> None:
    """Raises TopUpInvalid."""
    if not 0 < threshold <= top_up_to <= SHEETS_MAX:
        raise TopUpInvalid


def refuse_notice(kind: DisposalKind, notice_medium: str, notice_on: date | None, today: date) -> None:
    """遗失: void only after the public notice. Raises NoticeMissing."""
    if kind == DisposalKind.LOSS and (not notice_medium.strip() or notice_on is None or notice_on > today):
        raise NoticeMissing


def refuse_destruction(
    medium: Medium, state: SegmentState, kept_since: date, today: date, policy: Policy, *, early: bool = False
) -> None:
    """销毁: void numbers, and paper that is used up, after the retention time since its last use or its void.

    Electronic bills are archived, not destroyed. `early` asks for the shorter time that the finance department may
    approve. Raises DestructionOfUsable, RetentionNotOver.
    """
    if state != SegmentState.VOIDED and not (state == SegmentState.IN_USE and medium == Medium.PAPER):
        raise DestructionOfUsable
    years = policy.retention_years_least if early else policy.retention_years
    over = _years_later(kept_since, years)
    if today < over:
        raise RetentionNotOver(f"存根自 {kept_since:%Y-%m-%d} 起须保存 {years} 年，{over:%Y-%m-%d} 起才能销毁。请到期后再申请")


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 3, 1)
