"""A verdict in the words of the JSON call and of the page: one place, so that both say the same."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from piaoju.kit.clock import local
from piaoju.standard import money
from piaoju.verification.types import Answer, Kind, PublishedBill, Question, RedBill, State

from . import facts, links

NOT_FOUND_DETAIL = (
    "查无此票。票据代码、票据号码、校验码、开票日期、金额五项须与票面完全一致；"
    "请逐项核对后再查。仍查不到，请向开票单位核实，核实前不要据此付款或报销"
)


@dataclass(frozen=True, slots=True)
class LogPosition:
    """Where the bill stands in the public log, and the size of the last signed log that holds it, if any."""

    index: int
    size: int | None


def as_json(answer: Answer, position: LogPosition | None, at: dt.datetime) -> dict[str, Any]:
    """The body of the JSON answer; for 查无此票 the same bytes whatever was wrong."""
    bill = answer.bill
    if bill is None:
        return {"result": str(State.NOT_FOUND), "detail": NOT_FOUND_DETAIL}
    return {
        "result": str(answer.state),
        "code": bill.bill_code,
        "number": facts.number_text(bill.bill_number),
        "bill_type": bill.bill_code[2:6],
        "name": bill.bill_name,
        "kind": str(bill.kind),
        "demonstration": bill.demonstration,
        "date": bill.issue_date.isoformat(),
        "total": money.format_fen(bill.total_fen),
        "left": money.format_fen(bill.left_fen),
        "payer": {"name": bill.payer_masked},
        "unit_name": bill.unit_name,
        "region_code": bill.region_code,
        "reversed_by": [_red_json(red) for red in bill.reversed_by],
        "paper": bill.paper and {"code": bill.paper.paper_code, "number": facts.number_text(bill.paper.paper_number)},
        "digest": bill.digest.hex(),
        "log": None if position is None else {"index": position.index, "size": position.size},
        "verified_at": local(at).isoformat(timespec="seconds"),
    }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the page says, top to bottom."""

    tone: str  # good | back | none: colour and shape
    heading: str
    line: str
    bill: PublishedBill | None
    question: Question
    position: LogPosition | None
    at: dt.datetime

    @property
    def number(self) -> str:
        return facts.number_text(self.question.bill_number)

    @property
    def total(self) -> str:
        return money.with_thousands(self.question.total_fen)

    @property
    def left(self) -> str:
        return money.with_thousands(self.bill.left_fen) if self.bill else ""

    @property
    def struck(self) -> bool:
        return self.bill is not None and bool(self.bill.reversed_by) and self.bill.left_fen == 0

    @property
    def paper(self) -> str:
        """Code and number of the sheet of paper that the bill is on now, or nothing."""
        paper = self.bill.paper if self.bill else None
        return f"{paper.paper_code} {facts.number_text(paper.paper_number)}" if paper else ""

    @property
    def red_bills(self) -> list[dict[str, Any]]:
        """The reversals, each with the address that verifies it."""
        return [_red_view(red) for red in self.bill.reversed_by] if self.bill else []

    @property
    def files(self) -> list[dict[str, str]]:
        return [
            {"name": name.upper(), "link": links.file_link(self.question, name)} for name in links.FORMATS
        ]

    @property
    def digest(self) -> str:
        return self.bill.digest.hex() if self.bill else ""

    @property
    def query(self) -> str:
        return facts.query_of(self.question)


def verdict(question: Question, answer: Answer, position: LogPosition | None, at: dt.datetime) -> Verdict:
    """The verdict in words: what it is, and what that means to the one who holds the bill."""
    tone, heading, line = _words(answer)
    return Verdict(tone, heading, line, answer.bill, question, position, local(at))


def _words(answer: Answer) -> tuple[str, str, str]:
    bill = answer.bill
    if bill is None:
        return "none", "查无此票", "五项中至少一项与开具记录不符，或没有这张票"
    if bill.kind is Kind.RED:
        return "back", "这是红票，不能报销", "红票真实，用来冲销另一张票据"
    if answer.state is State.REVERSED:
        when = local(bill.reversed_by[-1].issued_at).strftime("%Y-%m-%d %H:%M")
        if bill.left_fen == 0:
            return "back", "已冲红，不能报销", f"{when} 全额冲红"
        return "back", "已部分冲红", f"{when} 冲红后余 {money.with_thousands(bill.left_fen)} 元"
    if bill.paper is not None:
        paper = f"{bill.paper.paper_code} {facts.number_text(bill.paper.paper_number)}"
        return "good", "票据真实有效，已换开纸质票", f"没有冲红；已换开纸质票 {paper}，报销以纸票为准"
    if bill.demonstration:
        return "good", "票据真实有效（样票）", "演示用：五项与开具记录一致，没有冲红，不能报销"
    return "good", "票据真实有效", "五项与开具记录一致，没有冲红"


def _red_json(red: RedBill) -> dict[str, Any]:
    return {
        "code": red.bill_code,
        "number": facts.number_text(red.bill_number),
        "date": red.issue_date.isoformat(),
        "total": money.format_fen(red.total_fen),
        "reason": red.reason,
    }


def _red_view(red: RedBill) -> dict[str, Any]:
    question = Question(red.bill_code, red.bill_number, red.check_code, red.issue_date, red.total_fen)
    return {
        "number": facts.number_text(red.bill_number),
        "amount": money.with_thousands(red.total_fen),
        "reason": red.reason,
        "link": f"/q?{facts.query_of(question)}",
    }
