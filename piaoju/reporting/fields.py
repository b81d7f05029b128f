"""What may be asked of bills: each field's comparisons and the type of its values. Everything else is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from piaoju.kit.listing import Comparison, Condition, FieldUnknown

_EXACT: tuple[Comparison, ...] = ("eq",)
_ORDERED: tuple[Comparison, ...] = ("eq", "ge", "le", "lt", "between")
_FEN: tuple[Comparison, ...] = (*_ORDERED, "absolute_ge", "absolute_le")


@dataclass(frozen=True, slots=True)
class Field:
    comparisons: tuple[Comparison, ...]
    kind: type = str


FIELDS: Mapping[str, Field] = {
    "issued_at": Field(_ORDERED, datetime),
    "bill_code": Field(_EXACT),
    "bill_number": Field(_ORDERED, int),
    "bill_type": Field(_EXACT),
    "kind": Field(_EXACT),
    "status": Field(_EXACT),
    "total_fen": Field(_FEN, int),
    "item": Field(("eq", "starts", "under")),
    "item_name": Field(("eq", "contains")),
    "line_fen": Field(_FEN, int),
    "payer_name": Field(("eq", "contains", "starts")),
    "payer_pinyin": Field(_EXACT),
    "business_number": Field(("eq", "starts")),
    "payment_code": Field(_EXACT),
    "unit_code": Field(_EXACT),
    "unit_name": Field(("contains", "eq")),
    "region_code": Field(("under", "eq")),
    "governing_code": Field(_EXACT),
    "industry": Field(_EXACT),
    "mode": Field(_EXACT),
    "operator": Field(_EXACT),
    "channel": Field(_EXACT),
    "handler": Field(("eq", "contains")),
    "checker": Field(("eq", "contains")),
    "reverses_code": Field(_EXACT),
    "reverses_number": Field(_EXACT, int),
}
LINE_FIELDS = frozenset({"item", "item_name", "line_fen"})  # asked of one and the same line
_WHOLE = range(-(2**63), 2**63)


def refuse_unknown(condition: Condition) -> None:
    """Nothing, if this may be asked. Raises FieldUnknown."""
    field = FIELDS.get(condition.field)
    wanted = 2 if condition.comparison == "between" else 1
    if field is None or condition.comparison not in field.comparisons or len(condition.values) != wanted:
        raise FieldUnknown
    if not all(_fits(field.kind, value) for value in condition.values):
        raise FieldUnknown


def _fits(kind: type, value: Any) -> bool:
    if kind is int:
        return type(value) is int and value in _WHOLE
    if kind is datetime:
        return isinstance(value, datetime) and value.tzinfo is not None
    return isinstance(value, str) and "\0" not in value
