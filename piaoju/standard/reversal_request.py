"""The body of `POST /bills/{code}/{number}/reversals` read strictly: what of a bill shall be taken back, and why."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from piaoju.crypto import sm3
from piaoju.kit.errors import FieldError
from piaoju.kit.limits import BODY_BYTES_MAX, LINES_MAX
from piaoju.kit.values import Value
from piaoju.standard import money
from piaoju.standard.profile import SICHUAN_2026_1, Profile
from piaoju.standard.request_body import Faults, InvalidRequest, number_at, parsed
from piaoju.standard.validation import has_forbidden_character

REASON_MAX = 200
REMARK_PREFIX = "冲红原因："

_FIELDS = frozenset({"business_number", "reason", "lines", "handler", "checker"})
_LINE_FIELDS = frozenset({"line", "quantity", "amount"})


class AskedLine(Value, frozen=True, omit_defaults=True):
    """A line of the bill that shall be reversed: all that is left of it, or so much."""

    number: int  # from 1, as the bill has them
    quantity_e4: int | None = None
    amount_fen: int | None = None


class ReversalRequest(Value, frozen=True, omit_defaults=True):
    """What is asked, normalised. No lines: all that is left of the bill."""

    business_number: str
    reason: str
    lines: tuple[AskedLine, ...] = ()
    handler: str = ""  # printed; the original's where none is given
    checker: str = ""


def from_json(body: bytes) -> ReversalRequest:
    """What a body asks for. Raises InvalidRequest with every fault."""
    if len(body) > BODY_BYTES_MAX:
        raise InvalidRequest("请求超过 2 MB：请减少行数。", code="body_too_large")
    faults = Faults()
    content = faults.object(parsed(body), "", _FIELDS)
    lines = faults.array(content, "lines")
    if "lines" in content and content["lines"] is not None and not lines:
        faults.add("/lines", "required", "写了 lines 就至少要有一行；冲红整张请不写 lines。")
    if len(lines) > LINES_MAX:
        faults.add("/lines", "lines_limit", f"要冲红的行有 {len(lines)} 行，超过上限 {LINES_MAX} 行。")
        lines = []
    request = ReversalRequest(
        business_number=faults.text(content, "", "business_number"),
        reason=faults.text(content, "", "reason"),
        lines=tuple([_line(faults, line, f"/lines/{place}") for place, line in enumerate(lines)]),
        handler=faults.text(content, "", "handler", required=False),
        checker=faults.text(content, "", "checker", required=False),
    )
    faults.found += problems(request)
    faults.refuse()
    return request


def problems(request: ReversalRequest, profile: Profile = SICHUAN_2026_1) -> Sequence[FieldError]:
    """What is too long or cannot be printed. An empty field is told by who reads it."""
    found = []
    longest = profile.max_lengths
    for name, label, text, limit in (
        ("business_number", "业务流水号", request.business_number, longest["business_number"]),
        ("reason", "冲红原因", request.reason, REASON_MAX),
        ("handler", "开票人", request.handler, longest["handler"]),
        ("checker", "复核人", request.checker, longest["checker"]),
    ):
        if len(text) > limit:
            found.append(FieldError(f"/{name}", "too_long", f"“{label}”有 {len(text)} 个字，最多 {limit} 个：请缩短。"))
        elif has_forbidden_character(text):
            detail = f"“{label}”含有控制符、换行或看不见的字符：请删除后重新填写。"
            found.append(FieldError(f"/{name}", "control_character", detail))
    return found


def request_digest(request: ReversalRequest, bill_code: str, bill_number: int) -> bytes:
    """SM3 of what is asked of which bill; never the digest of a request for a bill, which is an object."""
    return sm3.digest(_ENCODER.encode(["reversal", bill_code, bill_number, request]))


_ENCODER = msgspec.json.Encoder(order="sorted")


def _line(faults: Faults, value: object, pointer: str) -> AskedLine:
    line = faults.object(value, pointer, _LINE_FIELDS)
    number = line.get("line")
    if type(number) is not int:
        faults.add(f"{pointer}/line", "type_invalid", "这里应是原票的行号，从 1 起的整数。")
        number = 0
    return AskedLine(
        number,
        number_at(faults, line, pointer, "quantity", money.parse_e4, "quantity_invalid"),
        number_at(faults, line, pointer, "amount", money.parse_yuan, "amount_invalid"),
    )
