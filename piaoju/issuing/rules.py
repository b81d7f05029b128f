"""Pure decisions of issuing: how a bill stands after its sequels, and what a reversal may take from it.

Source: standards 1.6 (a red bill names the original; refused when nothing is left, or while it is on paper).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from piaoju.issuing.errors import (
    AlreadyConverted,
    AlreadyReversed,
    NotConvertible,
    NothingToReverse,
    NotOnPaper,
    OverReversed,
    PaperNotVoided,
    RedBillNotReversible,
    ReversalLineInvalid,
)
from piaoju.issuing.types import RedLine, RedPlan, Sequel, SequelKind, Standing
from piaoju.kit.errors import FieldError
from piaoju.standard import money
from piaoju.standard.bill import Bill, Line
from piaoju.standard.reversal_request import AskedLine


class _Left(NamedTuple):
    """What is left of one line. The quantity is unknown once money alone was reversed."""

    amount_fen: int
    quantity_e4: int | None


def standing(total_fen: int, sequels: Sequence[Sequel]) -> Standing:
    """How a bill of this total stands after these sequels, in their order."""
    if not sequels:
        return Standing(total_fen, max(total_fen, 0), on_paper=False)
    last = sequels[-1]
    return Standing(total_fen, last.left_fen, last.on_paper, tuple(sequels))


def plan_reversal(original: Bill, sequels: Sequence[Sequel], asked: Sequence[AskedLine] = ()) -> RedPlan:
    """What a reversal takes: all that is left, or of the asked lines what is asked.

    Raises RedBillNotReversible, NothingToReverse, PaperNotVoided, AlreadyReversed, OverReversed, ReversalLineInvalid.
    """
    now = standing(original.total_fen, sequels)
    if original.kind == "red":
        raise RedBillNotReversible
    if original.total_fen == 0:
        raise NothingToReverse
    if now.left_fen == 0:
        raise AlreadyReversed
    if now.on_paper:
        raise PaperNotVoided
    lefts = _lefts(original, sequels)
    if asked:
        lines = _asked(original, lefts, asked)
    else:
        lines = [
            _red_line(number, line, left.amount_fen, left.quantity_e4)
            for number, (line, left) in enumerate(zip(original.lines, lefts, strict=True), 1)
            if left.amount_fen or (line.amount_fen == 0 and not sequels)
        ]
    total_fen = sum(line.amount_fen for line in lines)
    left_fen = now.left_fen - total_fen
    return RedPlan(len(sequels) + 1, tuple(lines), total_fen, left_fen, not now.red_bills and left_fen == 0)


def refuse_conversion(total_fen: int, sequels: Sequence[Sequel]) -> None:
    """Raises AlreadyConverted, NotConvertible."""
    now = standing(total_fen, sequels)
    if now.on_paper:
        raise AlreadyConverted
    if total_fen < 0 or now.red_bills:
        raise NotConvertible


def paper_in_force(sequels: Sequence[Sequel]) -> Sequel:
    """The conversion whose paper is out now. Raises NotOnPaper."""
    if not sequels or not sequels[-1].on_paper:
        raise NotOnPaper
    return next(one for one in reversed(sequels) if one.kind == SequelKind.CONVERTED)


def _lefts(original: Bill, sequels: Sequence[Sequel]) -> list[_Left]:
    lefts = [_Left(line.amount_fen, line.quantity_e4) for line in original.lines]
    for sequel in sequels:
        for number, fen, quantity_e4 in sequel.lines:
            left = lefts[number - 1]
            known = left.quantity_e4 is not None and quantity_e4 > 0
            lefts[number - 1] = _Left(left.amount_fen - fen, (left.quantity_e4 or 0) - quantity_e4 if known else None)
    return lefts


def _asked(original: Bill, lefts: Sequence[_Left], asked: Sequence[AskedLine]) -> list[RedLine]:
    faults: list[FieldError] = []
    lines: list[RedLine] = []
    seen: set[int] = set()
    for place, one in enumerate(asked):
        pointer = f"/lines/{place}"
        if not 1 <= one.number <= len(lefts) or one.number in seen:
            detail = f"原票有 {len(lefts)} 行明细，行号从 1 起，每行只写一次。请改正"
            faults.append(FieldError(f"{pointer}/line", "reversal_line_invalid", detail))
            continue
        seen.add(one.number)
        found = _asked_line(original.lines[one.number - 1], lefts[one.number - 1], one, pointer)
        if isinstance(found, FieldError):
            faults.append(found)
        else:
            lines.append(found)
    if not faults:
        return sorted(lines, key=lambda line: line.number)
    first = faults[0]
    if all(fault.code == AlreadyReversed.code for fault in faults):
        raise AlreadyReversed(first.detail, errors=faults)
    family = OverReversed if first.code == OverReversed.code else ReversalLineInvalid
    raise family(first.detail, errors=faults, code=first.code)


def _asked_line(line: Line, left: _Left, asked: AskedLine, pointer: str) -> RedLine | FieldError:
    shown = f"第 {asked.number} 行"
    if left.amount_fen <= 0:
        return FieldError(f"{pointer}/line", AlreadyReversed.code, f"{shown}已经全部冲红，没有剩下的金额。请去掉这一行")
    fen, quantity_e4 = asked.amount_fen, asked.quantity_e4
    if quantity_e4 is not None:
        if quantity_e4 <= 0 or left.quantity_e4 is None or quantity_e4 > left.quantity_e4:
            rest = "不明（以前只按金额冲红过）" if left.quantity_e4 is None else money.format_quantity(left.quantity_e4)
            detail = f"{shown}剩下的数量是 {rest}，要冲红的数量须大于 0 且不超过它。请改正，或只写金额"
            return FieldError(f"{pointer}/quantity", OverReversed.code, detail)
        made = _worth(line, left, quantity_e4)
        if made is None and fen is None:
            return FieldError(f"{pointer}/amount", "required", f"{shown}没有单一标准，算不出金额。请同时写明金额")
        if made is not None and fen is not None and fen != made:
            detail = f"{shown}的数量 × 标准是 {money.format_fen(made)}，与写的金额不等。请改正其中之一，或只写一项"
            return FieldError(f"{pointer}/amount", "amount_mismatch", detail)
        fen = made if fen is None else fen
    if fen is None:
        fen, quantity_e4 = left.amount_fen, left.quantity_e4
    elif quantity_e4 is None and fen == left.amount_fen:
        quantity_e4 = left.quantity_e4
    if not 0 < fen <= left.amount_fen:
        detail = f"{shown}还可冲红 {money.format_fen(left.amount_fen)} 元，这里要 {money.format_fen(fen)} 元。请改正"
        return FieldError(f"{pointer}/amount", OverReversed.code, detail)
    return _red_line(asked.number, line, fen, quantity_e4)


def _worth(line: Line, left: _Left, quantity_e4: int) -> int | None:
    """What so much of a line is worth: all that is left for all of it, so that no fen is lost to rounding."""
    if quantity_e4 == left.quantity_e4:
        return left.amount_fen
    return None if line.standard_e4 is None else min(left.amount_fen, money.multiply(quantity_e4, line.standard_e4))


def _red_line(number: int, line: Line, fen: int, quantity_e4: int | None) -> RedLine:
    """The standard is written only where quantity times standard still is the amount."""
    fits = quantity_e4 is not None and line.standard_e4 is not None and money.multiply(quantity_e4, line.standard_e4) == fen
    return RedLine(number, fen, quantity_e4, line.standard_e4 if fits else None)
