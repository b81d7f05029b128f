"""Bills and totals asked for by the contract's names, from an address or a command line; the answers as its JSON has them.

Unknown names are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core import signing

from piaoju.kit.clock import local
from piaoju.kit.errors import FieldError
from piaoju.kit.listing import (
    CURSOR_CHARACTERS_MAX,
    PAGE_ROWS_MAX,
    Comparison,
    Condition,
    CursorUnreadable,
    Position,
    Value,
    read_cursor,
)
from piaoju.ledger.types import Figures
from piaoju.reporting import queries as reporting
from piaoju.reporting.types import (
    KIND_LABELS,
    STATUS_LABELS,
    BillRow,
    BillsPage,
    BillsQuestion,
    Reach,
    TotalsQuestion,
)
from piaoju.standard import codes, money
from piaoju.standard.bill_request import InvalidRequest

Given = Mapping[str, str]
_PAGE_ROWS = 50
_TEXT_CHARACTERS_MAX = 200
_SORTS: Mapping[str, tuple[Any, bool]] = {
    "-issued_at": ("issued_at", True), "issued_at": ("issued_at", False), "-total": ("total_fen", True),
    "total": ("total_fen", False),
}  # fmt: skip
# The contract's, and those that were added to it.
DIMENSIONS = (
    "unit", "bill_type", "item", "region", "day", "hour", "month", "province", "city", "county", "governing", "industry",
    "mode", "operator",
)  # fmt: skip
_RESTRICTIONS = ("bill_type", "item_code", "unit_code", "region_code", "governing_code", "industry", "mode")


class _Fault(Exception):
    """A parameter that cannot be read; the words say how to write it."""


def bills(given: Given, reach: Reach, more: Sequence[Condition] = ()) -> dict[str, Any]:
    """The list that is asked for, by these names and `more` conditions. Raises InvalidRequest, CursorUnreadable."""
    _refuse_unknown(given, {*_CONDITIONS, "sort", "cursor", "limit"})
    faults: list[FieldError] = []
    conditions = [
        Condition(field, comparison, (value,))
        for name, (field, comparison, read) in _CONDITIONS.items()
        if name in given and (value := _read(name, given[name], read, faults)) is not None
    ]
    sort = given.get("sort", "-issued_at")
    _read("sort", sort, _one_of(_SORTS), faults)
    limit = _read("limit", given.get("limit", str(_PAGE_ROWS)), _limit, faults)
    if faults:
        raise InvalidRequest("请求参数不符合接口要求。请对照 /api/docs 改正后重试", errors=tuple(faults))
    signer = signing.Signer(salt=f"bills.{sort}", sep=".")
    position = _position(given.get("cursor", ""), signer)
    field, descending = _SORTS[sort]
    found = reporting.bills(BillsQuestion((*conditions, *more)), reach, BillsPage(field, descending, position, int(limit)))
    return {
        "items": [_bill(row) for row in found.rows],
        "next_cursor": signer.sign(found.next_cursor) if found.next_cursor else None,
        "count": found.whole.count,
        "total": money.format_fen(found.whole.sums["total_fen"]),
        **({"lines_total": money.format_fen(found.whole.sums["line_fen"])} if "line_fen" in found.whole.sums else {}),
        "as_of": _instant(found.as_of),
        "snapshot": found.snapshot,
    }


def totals(given: Given, reach: Reach) -> dict[str, Any]:
    """The totals that are asked for. Raises InvalidRequest, PeriodInvalid."""
    _refuse_unknown(given, {"from", "to", "by", *_RESTRICTIONS})
    faults: list[FieldError] = []
    low, high = (_read(name, given.get(name, ""), _at, faults) for name in ("from", "to"))
    by = tuple(filter(None, given.get("by", "").split(",")))
    if not set(by) <= set(DIMENSIONS) or len(set(by)) != len(by):
        faults.append(_fault("by", f"只能是 {', '.join(DIMENSIONS)} 的组合，用逗号隔开，不能重复"))
    texts = {
        name: _read(name, given[name], _text, faults) or ""
        for name in _RESTRICTIONS
        if name in given
    }
    if faults:
        raise InvalidRequest("请求参数不符合接口要求。请对照 /api/docs 改正后重试", errors=tuple(faults))
    found = reporting.totals(TotalsQuestion(low, high, by, **texts), reach)  # type: ignore[arg-type]  # read above
    return {
        "rows": [{**dict(zip(by, map(_key, by, line.keys), strict=True)), **figures(line.figures)} for line in found.rows],
        "sum": figures(found.sum),
        "as_of": _instant(found.as_of),
        "snapshot": found.snapshot,
    }


def figures(of: Figures) -> dict[str, dict[str, Any]]:
    """The figures of one row, as the contract names them; amounts of red bills are positive."""
    return {
        "requisitioned": {"sheets": of.requisitioned_sheets},
        "allotted": {"sheets": of.allotted_sheets},
        "issued": {"sheets": of.issued_sheets, "amount": money.format_fen(of.issued_fen)},
        "red": {"sheets": of.red_sheets, "amount": money.format_fen(of.red_fen)},
        "net": {"sheets": of.net_sheets, "amount": money.format_fen(of.net_fen)},
        "converted": {"sheets": of.converted_sheets},
    }


def _bill(row: BillRow) -> dict[str, Any]:
    number = codes.number_text(row.bill_number)
    body: dict[str, Any] = {
        "code": row.bill_code, "number": number, "check_code": row.check_code, "bill_type": row.bill_type_code,
        "name": row.bill_name, "kind": row.kind, "status": row.status, "unit_code": row.unit_code, "unit_name": row.unit_name,
        "region_code": row.region_code, "issued_at": _instant(row.issued_at), "total": money.format_fen(row.total_fen),
        "payer": {"type": "person" if row.payer_type == 1 else "organization", "name": row.payer_name},
        "business_number": row.business_number, "payment_code": row.payment_code, "handler": row.handler,
        "checker": row.checker, "digest": bytes(row.digest).hex(),
    }  # fmt: skip
    if row.reverses_code is not None and row.reverses_number is not None:
        body["reverses"] = {"code": row.reverses_code, "number": codes.number_text(row.reverses_number)}
    file = f"/api/v1/bills/{row.bill_code}/{number}"
    body["links"] = {"self": file, **{kind: f"{file}/file?format={kind}" for kind in ("xml", "ofd", "pdf")}}
    return body


def _key(name: str, value: str | datetime) -> str:
    if isinstance(value, datetime):
        return {"day": local(value).date().isoformat(), "month": f"{local(value):%Y-%m}"}.get(name) or _instant(value)
    return value


def _instant(at: datetime | None) -> str:
    return local(at).isoformat(timespec="seconds") if at else ""


def _refuse_unknown(given: Given, known: set[str]) -> None:
    unknown = tuple(_fault(name, "没有这个参数。请对照 /api/docs") for name in given if name not in known)
    if unknown:
        raise InvalidRequest("有不认识的参数，没有查询。请对照 /api/docs 改正后重试", errors=unknown)


def _fault(name: str, words: str) -> FieldError:
    return FieldError(f"/query/{name[:_TEXT_CHARACTERS_MAX]}", "parameter_invalid", words)


def _read(name: str, typed: str, read: Callable[[str], Value], faults: list[FieldError]) -> Any:
    try:
        return read(typed)
    except _Fault as fault:
        faults.append(_fault(name, str(fault)))
        return None


def _text(typed: str) -> str:
    if not 0 < len(typed) <= _TEXT_CHARACTERS_MAX or "\0" in typed:
        raise _Fault(f"应为 1 到 {_TEXT_CHARACTERS_MAX} 个字的文本")
    return typed


def _fen(typed: str) -> int:
    try:
        return money.parse_yuan(typed)
    except money.AmountInvalid:
        raise _Fault('应为以元为单位的十进制数，最多两位小数，如 "12.30"') from None


def _at(typed: str) -> datetime:
    try:
        at = datetime.fromisoformat(typed.replace(" ", "+"))  # a plus sign that was not escaped arrives as a space
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 1950 <= at.year < 9000:
        raise _Fault("应为带时区的 RFC 3339 时间，如 2026-11-01T00:00:00+08:00（地址里的 + 写作 %2B）")
    return at


def _one_of(known: Mapping[str, Any]) -> Callable[[str], str]:
    def read(typed: str) -> str:
        if typed not in known:
            raise _Fault("只能是 " + "、".join(known))
        return typed

    return read


def _limit(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 4 and 0 < int(typed) <= PAGE_ROWS_MAX):
        raise _Fault(f"应为 1 到 {PAGE_ROWS_MAX} 的整数")
    return int(typed)


def _position(cursor: str, signer: signing.Signer) -> Position | None:
    if not cursor:
        return None
    try:
        return read_cursor(signer.unsign(cursor[:CURSOR_CHARACTERS_MAX]))
    except signing.BadSignature:
        raise CursorUnreadable from None


_CONDITIONS: Mapping[str, tuple[str, Comparison, Callable[[str], Value]]] = {
    "item_code": ("item", "eq", _text),
    "item_prefix": ("item", "starts", _text),
    "total": ("total_fen", "eq", _fen),
    "total_min": ("total_fen", "ge", _fen),
    "total_max": ("total_fen", "le", _fen),
    "line_amount": ("line_fen", "eq", _fen),
    "payer_name": ("payer_name", "eq", _text),
    "business_number": ("business_number", "eq", _text),
    "bill_type": ("bill_type", "eq", _text),
    "kind": ("kind", "eq", _one_of(KIND_LABELS)),
    "status": ("status", "eq", _one_of(STATUS_LABELS)),
    "unit_code": ("unit_code", "eq", _text),
    "region_code": ("region_code", "under", _text),
    "issued_from": ("issued_at", "ge", _at),
    "issued_to": ("issued_at", "lt", _at),
}
