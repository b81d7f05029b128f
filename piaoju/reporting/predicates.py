"""A question and a reach as one SQL predicate over `issuing_bill AS b`.

Bills belong to the region, governing department and industry that their unit had on the day of issue, and a region to
whatever stood above it on that day. What is asked of lines is asked of one and the same line.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from piaoju.kit import pinyin
from piaoju.kit.clock import SHANGHAI, midnight
from piaoju.kit.listing import SIGNS, Condition, literal
from piaoju.registry import queries as registry
from piaoju.reporting.fields import LINE_FIELDS, refuse_unknown
from piaoju.reporting.types import BillsQuestion, Portion, Reach

Predicate = tuple[str, list[Any]]

LINE_OF_BILL = (
    "l.unit_id = b.unit_id AND l.issued_at = b.issued_at AND l.bill_code = b.bill_code AND l.bill_number = b.bill_number"
)
_SEQUEL = "FROM issuing_sequel AS s WHERE s.unit_id = b.unit_id AND s.bill_code = b.bill_code AND s.bill_number = b.bill_number"
# How a bill stands is told by the last thing that happened to it (issuing.rules.standing).
STANDING = f"(SELECT ARRAY[s.left_fen, s.on_paper::int] {_SEQUEL} ORDER BY s.ordinal DESC LIMIT 1)"
_ON_PAPER = f"coalesce((SELECT s.on_paper {_SEQUEL} ORDER BY s.ordinal DESC LIMIT 1), false)"
_RED = f"EXISTS (SELECT 1 {_SEQUEL} AND s.kind = 'reversed')"
_STATUS = {
    "reversed": f"EXISTS (SELECT 1 {_SEQUEL} AND s.kind = 'reversed' AND s.left_fen = 0)",
    "partly_reversed": f"{_RED} AND NOT EXISTS (SELECT 1 {_SEQUEL} AND s.kind = 'reversed' AND s.left_fen = 0)",
    "converted": f"NOT {_RED} AND EXISTS (SELECT 1 {_SEQUEL}) AND {_ON_PAPER}",
    "issued": f"NOT {_RED} AND NOT (EXISTS (SELECT 1 {_SEQUEL}) AND {_ON_PAPER})",
}
# What every line knows of its bill. A question about nothing else is answered from the one index of lines.
_KNOWN_TO_LINES = frozenset({
    "issued_at", "bill_code", "bill_number", "kind", "status", "total_fen", "unit_code", "unit_name", "region_code",
    "governing_code", "industry", "mode", *LINE_FIELDS,
})  # fmt: skip
_DAY = "(b.issued_at AT TIME ZONE 'Asia/Shanghai')::date"
_RECORD = (
    "EXISTS (SELECT 1 FROM registry_unitrecord AS r WHERE r.unit_id = b.unit_id AND {said} "
    f"AND r.valid_from <= {_DAY} AND (r.valid_to IS NULL OR {_DAY} < r.valid_to))"
)
_RECORD_COLUMNS = {
    "governing_code": "governing_department_id", "industry": "industry", "mode": "connection_mode",
    "unit_name": "name",
}  # fmt: skip
_BY_BUSINESS_NUMBER = """(b.unit_id, b.issued_at, b.bill_code, b.bill_number) IN (
    SELECT k.unit_id, k.issued_at, k.bill_code, k.bill_number FROM issuing_business_key AS k WHERE k.business_number = %s)"""
_COLUMNS = {
    "issued_at": "b.issued_at", "bill_code": "b.bill_code", "bill_number": "b.bill_number", "bill_type": "b.bill_type_code",
    "total_fen": "b.total_fen", "payer_name": "b.payer_name", "business_number": "b.business_number",
    "payment_code": "b.payment_code", "operator": "b.actor", "handler": "b.handler", "checker": "b.checker",
    "reverses_code": "b.reverses_code", "reverses_number": "b.reverses_number",
}  # fmt: skip


def predicate(question: BillsQuestion, reach: Reach) -> Predicate:
    """The predicate of the bills that are meant and may be seen. Raises FieldUnknown."""
    for condition in question.conditions:
        refuse_unknown(condition)
    parts = [_reached(reach, question)]
    parts += [_of_bill(one, question) for one in question.conditions if one.field not in LINE_FIELDS]
    line = line_predicate(question)
    if line is not None:
        parts.append((f"EXISTS (SELECT 1 FROM issuing_bill_line AS l WHERE {line[0]})", line[1]))
    return _all(parts)


def predicate_of_lines(question: BillsQuestion, reach: Reach) -> Predicate | None:
    """The predicate over `issuing_bill_line AS b` of the lines that are asked for, of bills that are meant and may be seen.

    None if nothing is asked of lines, or something that lines do not know. Raises FieldUnknown.
    """
    fields = {one.field for one in question.conditions}
    if not fields & LINE_FIELDS or not fields <= _KNOWN_TO_LINES or any(portion.bill_types for portion in reach.portions):
        return None
    for condition in question.conditions:
        refuse_unknown(condition)
    parts = [_reached(reach, question)]
    parts += [_of_line(one, "b") if one.field in LINE_FIELDS else _of_bill(one, question) for one in question.conditions]
    return _all(parts)


def line_predicate(question: BillsQuestion) -> Predicate | None:
    """The predicate of the lines (l) of a bill (b) that are asked for, or none if nothing is asked of lines."""
    asked = [one for one in question.conditions if one.field in LINE_FIELDS]
    if not asked:
        return None
    parts: list[Predicate] = [(LINE_OF_BILL, []), *(_of_line(one) for one in asked)]
    for one in question.conditions:
        if one.field == "issued_at":  # said of the lines too, so that the planner leaves out their months
            text, values = _compared("b.issued_at", one)
            parts.append((text.replace("b.issued_at", "l.issued_at"), values))
    return _all(parts)


def period_of(question: BillsQuestion) -> tuple[date, date]:
    """The days in which all bills that are meant were issued, the last one not included."""
    first, last = registry.FIRST_DAY, registry.LAST_DAY
    for one in question.conditions:
        if one.field != "issued_at":
            continue
        days = [value.astimezone(SHANGHAI).date() for value in one.values if isinstance(value, datetime)]
        if one.comparison in ("eq", "ge", "between"):
            first = max(first, days[0])
        if one.comparison in ("eq", "le", "lt", "between"):
            last = min(last, date.fromordinal(days[-1].toordinal() + 1))
    return first, max(last, date.fromordinal(first.toordinal() + 1))


def _all(parts: Sequence[Predicate]) -> Predicate:
    return " AND ".join(f"({text})" for text, _ in parts), [value for _, values in parts for value in values]


def _any(parts: Sequence[Predicate]) -> Predicate:
    if not parts:
        return "false", []
    return " OR ".join(f"({text})" for text, _ in parts), [value for _, values in parts for value in values]


def _reached(reach: Reach, question: BillsQuestion) -> Predicate:
    return _any([_of_portion(portion, question) for portion in reach.portions])


def _of_portion(portion: Portion, question: BillsQuestion) -> Predicate:
    parts: list[Predicate] = [("true", [])]
    if portion.unit_code:
        parts.append(_of_unit(portion.unit_code))
    if portion.region_code:
        parts.append(_below(portion.region_code, question))
    if portion.governing_code:
        parts.append(_recorded(Condition("governing_code", "eq", (portion.governing_code,))))
    if portion.bill_types:
        parts.append(("b.bill_type_code = ANY(%s)", [sorted(portion.bill_types)]))
    return _all(parts)


def _of_unit(unit_code: str) -> Predicate:
    found = registry.unit_ids_of([unit_code])  # told to the planner: of a large unit another index is the right one
    return ("b.unit_id = %s", [found[unit_code]]) if found else ("false", [])


def _below(region_code: str, question: BillsQuestion) -> Predicate:
    """Bills of a region and of what lay below it on the day of issue."""
    spans = registry.subtree_spans([region_code], *period_of(question))
    if registry.is_everything(spans):
        return "true", []
    if len(spans) == 1:
        return "b.region_code = ANY(%s)", [sorted(spans[0][1])]
    parts: list[Predicate] = []
    for validity, codes in spans:
        end = validity.valid_to or registry.LAST_DAY
        values = [sorted(codes), midnight(validity.valid_from), midnight(end)]
        parts.append(("b.region_code = ANY(%s) AND b.issued_at >= %s AND b.issued_at < %s", values))
    return _any(parts)


def _of_bill(one: Condition, question: BillsQuestion) -> Predicate:
    value: Any = one.values[0]
    if one.field in _RECORD_COLUMNS:
        return _recorded(one)
    match one.field:
        case "kind":
            return {"normal": "b.total_fen >= 0", "red": "b.total_fen < 0"}.get(value, "false"), []
        case "status":
            return _STATUS.get(value, "false"), []
        case "unit_code":
            return _of_unit(value)
        case "region_code":
            return _below(value, question) if one.comparison == "under" else ("b.region_code = %s", [value])
        case "payer_name" if len(value) > 1:
            pairs = "issuing_pairs(b.payer_name) @> issuing_pairs(%s)"  # what the index knows; the name itself says the last word
            text, values = _compared("b.payer_name", one)
            return f"{pairs} AND {text}", [value, *values]
        case "business_number" if one.comparison == "eq":
            return _BY_BUSINESS_NUMBER, [value]
        case "payer_pinyin":
            pattern = pinyin.pattern(value)
            return ("b.payer_name ~ %s", [pattern]) if pattern else ("false", [])
        case "channel":
            return "b.actor LIKE %s", [f"{literal(value)}:%"]
    return _compared(_COLUMNS[one.field], one)


def _recorded(one: Condition) -> Predicate:
    """Bills of units of which this was said on the day of issue."""
    text, values = _compared(f"r.{_RECORD_COLUMNS[one.field]}", one)
    return _RECORD.format(said=text), values


def _of_line(one: Condition, line: str = "l") -> Predicate:
    value: Any = one.values[0]
    if one.field == "item":
        is_it = f"{line}.item_code {'=' if one.comparison == 'eq' else 'LIKE'} %s"
        return is_it, [value if one.comparison == "eq" else f"{literal(value)}%"]
    if one.field == "item_name":
        text, values = _compared("i.name", one)
        return f"{line}.item_code IN (SELECT i.code FROM registry_chargeitem AS i WHERE {text})", values
    return _compared(f"{line}.amount_fen", one)


def _compared(it: str, one: Condition) -> Predicate:
    given: list[Any] = list(one.values)
    match one.comparison:
        case "between":
            return f"{it} BETWEEN %s AND %s", given
        case "absolute_ge":
            return f"abs({it}) >= %s", given
        case "absolute_le":
            return f"abs({it}) <= %s", given
        case "contains":
            return f"{it} LIKE %s", [f"%{literal(given[0])}%"]
        case "starts":
            return f"{it} LIKE %s", [f"{literal(given[0])}%"]
    return f"{it} {SIGNS[one.comparison]} %s", given
