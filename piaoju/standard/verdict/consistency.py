"""Whether a bill agrees with itself: identifiers, sums, products. A signed bill that does not is not valid."""

from __future__ import annotations

from piaoju.standard import codes, money
from piaoju.standard.bill import Bill, Line
from piaoju.standard.bill_types import bill_type
from piaoju.standard.profile import DEMONSTRATION_TAG

_SHOWN = 5  # a bill may have a thousand lines; the first few faults say enough


def bill_problems(bill: Bill) -> list[str]:
    """What in the bill contradicts itself, in words; empty if nothing does (standards 1.1, 1.3, 2.1)."""
    return [*_code_problems(bill), *_total_problems(bill), *_line_problems(bill), *_kind_problems(bill)]


def _code_problems(bill: Bill) -> list[str]:
    parts = codes.parse_bill_code(bill.bill_code)
    if parts is None:
        return [f"票据代码 {bill.bill_code} 不是 8 位数字"]
    problems = []
    if parts.year2 != f"{bill.issue_date.year % 100:02d}":
        problems.append(f"票据代码的年度 {parts.year2} 与开票日期 {bill.issue_date} 不符")
    if not bill.specimen_code.startswith(bill.bill_code):
        problems.append(f"模板代码 {bill.specimen_code} 不属于票据代码 {bill.bill_code}")
    if bill.bill_tag not in (f"CZ-EI-{parts.region2}", DEMONSTRATION_TAG):
        problems.append(f"票据标签 {bill.bill_tag} 与票据代码的省份 {parts.region2} 不符")
    if bill.supervisor_area_code[:2] != parts.region2:
        problems.append(f"财政部门编码 {bill.supervisor_area_code} 与票据代码的省份 {parts.region2} 不符")
    kind = bill_type(parts.bill_type_code)
    if kind is not None and not bill.bill_name.endswith(kind.name):
        problems.append(f"票据名称与种类 {parts.bill_type_code} {kind.name} 不符")
    return problems


def _total_problems(bill: Bill) -> list[str]:
    total = sum(line.amount_fen for line in bill.lines)
    if not bill.lines:
        return ["没有项目明细"]
    if total == bill.total_fen:
        return []
    return [f"各项目金额之和 {money.format_fen(total)} 与总金额 {money.format_fen(bill.total_fen)} 不等"]


def _line_problems(bill: Bill) -> list[str]:
    faults = [
        f"第 {number} 项“{line.item_name}”数量乘标准不等于金额 {money.format_fen(line.amount_fen)}"
        for number, line in enumerate(bill.lines, 1)
        if not _multiplies(line)
    ]
    return faults[:_SHOWN]


def _multiplies(line: Line) -> bool:
    if line.quantity_e4 is None or line.standard_e4 is None:
        return True
    # A red bill negates the amount and may write either factor negative.
    product = money.multiply(abs(line.quantity_e4), abs(line.standard_e4))
    return product == abs(line.amount_fen)


def _kind_problems(bill: Bill) -> list[str]:
    if bill.kind == "normal":
        return [] if all(line.amount_fen >= 0 for line in bill.lines) else ["正常票据含有负数金额的项目"]
    if bill.reverses is None:
        return ["红字票据没有写明所冲红的原票"]
    if bill.total_fen >= 0 or any(line.amount_fen > 0 for line in bill.lines):
        return ["红字票据的金额应为负数"]
    return []
