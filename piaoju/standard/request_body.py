"""The body of `POST /bills` read strictly, every fault at its JSON pointer, with what to do about it.

Amounts are decimal strings, quantities decimal strings or whole numbers. A JSON number with a fraction or an
exponent, NaN, a field twice and a field that we do not know are refused: each of them has paid wrong money somewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from piaoju.kit import errors
from piaoju.kit.errors import FieldError
from piaoju.kit.limits import AUX_LINES_MAX, BODY_BYTES_MAX, LINES_MAX
from piaoju.standard import bill_types, money, request_quick
from piaoju.standard.request_shape import AuxLineRequest, BillRequest, LineRequest, PayerRequest, is_date

FAULTS_MAX = 100  # a person mends the first few; the rest only costs bytes


class InvalidRequest(errors.Refused):
    """The body is not what the interface asks for; `errors` says where."""

    code = "invalid_request"
    label = "请求内容不符合接口要求"


def from_json(body: bytes) -> BillRequest:
    """What a body asks for, normalised; `InvalidRequest` with every fault where it is not well formed."""
    if len(body) > BODY_BYTES_MAX:
        raise InvalidRequest("请求超过 2 MB：请减少明细行，或分成多张票据提交。", code="body_too_large")
    return request_quick.read(body) or from_doubtful_json(body)


def from_doubtful_json(body: bytes) -> BillRequest:
    """The same, field by field: for a body in which something may be wrong."""
    return from_object(parsed(body))


def parsed(body: bytes) -> object:
    """A body out of its JSON, nothing rounded and nothing dropped. Raises InvalidRequest where it is none."""
    try:
        text = body.decode("utf-8")
        found = json.loads(
            text, object_pairs_hook=_object_once, parse_float=_NotWhole, parse_constant=_NotWhole
        )
        if _SURROGATE(text):  # an escaped half of a character passes json.loads, and no encoder after it
            json.dumps(found, ensure_ascii=False, default=str).encode("utf-8")
    except (ValueError, RecursionError) as fault:
        raise InvalidRequest(
            "请求不是合法的 UTF-8 JSON：请检查编码、引号与括号后重新提交。",
            errors=(FieldError("", "json_invalid", "不是合法的 JSON，请检查编码、引号与括号。"),),
        ) from fault
    return found


def from_object(content: object) -> BillRequest:
    """The same for a body already taken out of its JSON (a row of an NDJSON batch)."""
    faults = Faults()
    body = faults.object(content, "", _BODY_FIELDS)
    bill_type_code = faults.text(body, "", "bill_type")
    request = BillRequest(
        business_number=faults.text(body, "", "business_number"),
        bill_type_code=bill_type_code,
        payer=_payer(faults, body),
        lines=_lines(faults, body),
        handler=faults.text(body, "", "handler"),
        checker=faults.text(body, "", "checker"),
        aux_lines=_aux_lines(faults, body),
        pay_mode=faults.text(body, "", "pay_mode", required=False),
        remark=faults.text(body, "", "remark", required=False),
        payment_code=faults.text(body, "", "payment_code", required=False),
        total_fen=number_at(faults, body, "", "total", money.parse_yuan, "amount_invalid"),
        extension=_extension(faults, body, bill_type_code),
    )
    faults.refuse()
    return request


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]").search
_BODY_FIELDS = frozenset(
    {
        "business_number",
        "bill_type",
        "payer",
        "lines",
        "aux_lines",
        "pay_mode",
        "handler",
        "checker",
        "remark",
        "payment_code",
        "total",
        "extension",
    }
)
_PAYER_FIELDS = frozenset({"type", "name", "code", "phone", "email"})
_LINE_FIELDS = frozenset({"item_code", "quantity", "standard", "amount", "remark"})
_AUX_LINE_FIELDS = _LINE_FIELDS - {"item_code"} | {"related_item_code", "code", "name", "measure"}


class _NotWhole:
    """A JSON number that is not a whole one: kept as text for the message, never as a float."""

    def __init__(self, text: str) -> None:
        self.text = text


class _Twice(dict[str, Any]):
    """An object in which a field stands twice."""

    again: str = ""


def _object_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = _Twice(found)
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            twice.again = name
        seen.add(name)
    return twice


class Faults:
    """What is wrong so far."""

    def __init__(self) -> None:
        self.found: list[FieldError] = []

    def add(self, pointer: str, code: str, detail: str) -> None:
        """One fault more, up to the limit."""
        if len(self.found) < FAULTS_MAX:
            self.found.append(FieldError(pointer, code, detail))

    def refuse(self) -> None:
        """Raises InvalidRequest with every fault, if there is any."""
        if self.found:
            first = self.found[0]
            raise InvalidRequest(
                f"请求有 {len(self.found)} 处不符合要求，请改正后重新提交。第一处 {first.pointer or '/'}：{first.detail}",
                errors=self.found,
            )

    def object(self, value: object, pointer: str, known: frozenset[str]) -> Mapping[str, Any]:
        """The value as an object that holds known fields, each once; empty when it is none."""
        if not isinstance(value, dict):
            self.add(pointer, "type_invalid", "这里应是一个 JSON 对象（花括号）。")
            return {}
        if isinstance(value, _Twice):
            self.add(_below(pointer, value.again), "duplicate_field", "字段重复出现：请只保留一个。")
        if not value.keys() <= known:
            for name in sorted(set(map(str, value)) - known):
                self.add(
                    _below(pointer, name), "unknown_field", f"接口没有字段“{name[:40]}”：请删除或改正拼写。"
                )
        return value

    def array(self, holder: Mapping[str, Any], name: str) -> list[Any]:
        """The array of that name, empty when absent."""
        value = holder.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.add(f"/{name}", "type_invalid", "这里应是一个 JSON 数组（方括号）。")
            return []
        return value

    def text(self, holder: Mapping[str, Any], pointer: str, name: str, required: bool = True) -> str:
        """The trimmed text of that name; null is absent."""
        value = holder.get(name)
        if type(value) is str:
            text = value.strip(" \u3000")
            if text or not required:
                return text
        elif value is not None:
            self.add(f"{pointer}/{name}", "type_invalid", "这里应是文字：请加上双引号。")
            return ""
        if required:
            self.add(f"{pointer}/{name}", "required", "必填：请补上这一项。")
        return ""


def _payer(faults: Faults, body: Mapping[str, Any]) -> PayerRequest:
    if body.get("payer") is None:
        faults.add("/payer", "required", "必填：请填写交款人的类型和名称。")
        return PayerRequest("person", "")
    payer = faults.object(body["payer"], "/payer", _PAYER_FIELDS)
    kind = faults.text(payer, "/payer", "type")
    if kind not in ("person", "organization"):
        if kind:
            faults.add(
                "/payer/type", "payer_type_invalid", "交款人类型应为 person（个人）或 organization（单位）。"
            )
        kind = "person"
    return PayerRequest(
        kind="person" if kind == "person" else "organization",
        name=faults.text(payer, "/payer", "name"),
        code=faults.text(payer, "/payer", "code", required=False),
        phone=faults.text(payer, "/payer", "phone", required=False),
        email=faults.text(payer, "/payer", "email", required=False),
    )


def _lines(faults: Faults, body: Mapping[str, Any]) -> tuple[LineRequest, ...]:
    lines = faults.array(body, "lines")
    if len(lines) > LINES_MAX:
        raise _too_many("lines", len(lines), LINES_MAX, "项目明细")
    if not lines and isinstance(body.get("lines"), list | None):
        faults.add("/lines", "required", "至少要有一行收费项目：请补上。")
    return tuple([_line(faults, line, f"/lines/{place}") for place, line in enumerate(lines)])


def _line(faults: Faults, value: object, pointer: str) -> LineRequest:
    line = faults.object(value, pointer, _LINE_FIELDS)
    quantity = number_at(faults, line, pointer, "quantity", money.parse_e4, "quantity_invalid", True)
    amount = number_at(faults, line, pointer, "amount", money.parse_yuan, "amount_invalid", True)
    return LineRequest(
        item_code=faults.text(line, pointer, "item_code"),
        quantity_e4=quantity or 0,
        amount_fen=amount or 0,
        standard_e4=number_at(faults, line, pointer, "standard", money.parse_e4, "standard_invalid"),
        remark=faults.text(line, pointer, "remark", False),
    )


def _aux_lines(faults: Faults, body: Mapping[str, Any]) -> tuple[AuxLineRequest, ...]:
    lines = faults.array(body, "aux_lines")
    if len(lines) > AUX_LINES_MAX:
        raise _too_many("aux_lines", len(lines), AUX_LINES_MAX, "清单")
    return tuple([_aux_line(faults, line, f"/aux_lines/{place}") for place, line in enumerate(lines)])


def _aux_line(faults: Faults, value: object, pointer: str) -> AuxLineRequest:
    line = faults.object(value, pointer, _AUX_LINE_FIELDS)
    amount = number_at(faults, line, pointer, "amount", money.parse_e4, "amount_invalid", True)
    return AuxLineRequest(
        name=faults.text(line, pointer, "name"),
        amount_e4=amount or 0,
        related_item_code=faults.text(line, pointer, "related_item_code", False),
        code=faults.text(line, pointer, "code", False),
        quantity_e4=number_at(faults, line, pointer, "quantity", money.parse_e4, "quantity_invalid"),
        measure=faults.text(line, pointer, "measure", False),
        standard_e4=number_at(faults, line, pointer, "standard", money.parse_e4, "standard_invalid"),
        remark=faults.text(line, pointer, "remark", False),
    )


def _too_many(name: str, found: int, limit: int, label: str) -> InvalidRequest:
    detail = f"{label}有 {found} 行，超过上限 {limit} 行：请分成多张票据提交。"
    return InvalidRequest(
        detail, errors=(FieldError(f"/{name}", f"{name}_limit", detail),), code=f"{name}_limit"
    )


def number_at(
    faults: Faults,
    holder: Mapping[str, Any],
    pointer: str,
    name: str,
    parse: Callable[[str], int],
    code: str,
    required: bool = False,
) -> int | None:
    """A decimal of that name as a whole number of its smallest part; null is absent."""
    value = holder.get(name)
    if type(value) is str:
        try:
            return parse(value)
        except money.AmountInvalid as fault:
            faults.add(f"{pointer}/{name}", code, fault.detail)
            return None
    if value is None:
        if required:
            faults.add(f"{pointer}/{name}", "required", "必填：请补上这一项。")
    elif type(value) is int and name == "quantity" and abs(value) < 10**14:
        return value * 10_000
    else:
        faults.add(f"{pointer}/{name}", code, '这里应是写成字符串的十进制数，如 "12.30"：请加上双引号。')
    return None


def _extension(faults: Faults, body: Mapping[str, Any], bill_type_code: str) -> dict[str, str]:
    given = body.get("extension")
    if given is None:
        return {}
    bill_type = bill_types.bill_type(bill_type_code)
    if not isinstance(given, dict) or not bill_type:  # an unknown type is the validation's to refuse
        faults.object(given, "/extension", frozenset(given) if isinstance(given, dict) else frozenset())
        return {}
    faults.object(given, "/extension", frozenset(given))
    found = {}
    for name, value in given.items():
        own = bill_type.extension_field(name)
        if own is None:
            faults.add(_below("/extension", name), "extension_unknown", _unknown_extension(name, bill_type))
        elif text := _extension_text(faults, name, value, own.kind):
            found[name] = text
    return found


def _unknown_extension(name: str, bill_type: bill_types.BillType) -> str:
    fields = "、".join(f"{own.name}（{own.label}）" for own in bill_type.extension)
    return f"该票据种类没有扩展字段“{name[:40]}”：" + (f"可用的有 {fields}。" if fields else "请删除。")


def _extension_text(faults: Faults, name: str, value: object, kind: str) -> str:
    """The normalised text of one own field: 12.3 is "12.30", a date stays YYYY-MM-DD."""
    pointer = f"/extension/{name}"
    if kind == "amount":
        fen = number_at(faults, {name: value}, "/extension", name, money.parse_yuan, "amount_invalid")
        return "" if fen is None else money.format_fen(fen)
    if kind == "integer" and type(value) is int and 0 <= value < 10**9:
        return str(value)
    text = faults.text({name: value}, "/extension", name, required=False)
    if kind == "integer" and text and not (text.isascii() and text.isdigit() and len(text) < 10):
        faults.add(pointer, "integer_invalid", "这里应是不超过九位的整数。")
    if kind == "date" and text and not is_date(text):
        faults.add(pointer, "date_invalid", "日期应写成 YYYY-MM-DD，如 2026-01-05。")
    return text


def _below(pointer: str, name: str) -> str:
    """The pointer of a field whose name came from outside (RFC 6901)."""
    return f"{pointer}/{name[:100].replace('~', '~0').replace('/', '~1')}"
