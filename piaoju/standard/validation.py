"""Rules of form for what a unit asks: pure, all faults at once, each with its place and its remedy.

Whether the unit may charge the item, and at which price, is the registry's to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from piaoju.kit.errors import FieldError
from piaoju.kit.limits import AUX_LINES_MAX, LINES_MAX
from piaoju.standard import bill_types, money
from piaoju.standard.bill_types import BillType
from piaoju.standard.profile import SICHUAN_2026_1, Profile
from piaoju.standard.request_body import InvalidRequest
from piaoju.standard.request_shape import BillRequest, LineRequest

QUANTITY_E4_MAX = 10**14  # 100 亿: ten digits and four places, as the wire holds them
STANDARD_E4_MAX = 10**16  # 1 万亿元


def problems(request: BillRequest, profile: Profile = SICHUAN_2026_1) -> list[FieldError]:
    """Everything that keeps this request from becoming a bill, in the order of the body; empty when nothing does."""
    found: list[FieldError] = []
    bill_type = bill_types.bill_type(request.bill_type_code)
    if bill_type is None:
        known = "、".join(f"{one.code} {one.name}" for one in bill_types.BILL_TYPES)
        detail = f"没有票据种类“{request.bill_type_code[:20]}”：请使用 {known} 之一。"
        found.append(FieldError("/bill_type", "bill_type_unknown", detail))
    found += _texts(request, profile)
    found += _payer(request)
    if request.pay_mode and request.pay_mode not in profile.pay_modes:
        modes = "、".join(f"{code} {label}" for code, label in profile.pay_modes.items())
        found.append(FieldError("/pay_mode", "pay_mode_unknown", f"没有这种交款方式：请使用 {modes} 之一。"))
    found += _lines(request, bill_type, profile)
    found += _aux_lines(request, profile)
    found += _total(request, bill_type)
    if bill_type:
        found += _extension(request, bill_type)
        found += bill_type.rules(request)
    return found


def dates_ahead(request: BillRequest, today: date) -> list[FieldError]:
    """The dates of a request that have not come yet: what a bill tells of has happened."""
    if not request.extension:
        return []
    bill_type = bill_types.bill_type(request.bill_type_code)
    dates = [own for own in bill_type.extension if own.kind == "date"] if bill_type else []
    return [
        FieldError(f"/extension/{own.name}", "date_in_future", date_ahead(own.label, request.extension[own.name]))
        for own in dates
        if request.extension.get(own.name, "") > today.isoformat()
    ]


def date_ahead(label: str, day: str) -> str:
    """What to say of a day that has not come yet."""
    return f"{label} {day} 晚于今天。请改为今天或更早的日期"


def refusal(found: Sequence[FieldError]) -> InvalidRequest:
    """The refusal of a request with these problems; its code is the first one's."""
    more = f"（共 {len(found)} 处，见 errors）" if len(found) > 1 else ""
    return InvalidRequest(found[0].detail + more, errors=found, code=found[0].code)


def has_forbidden_character(text: str) -> bool:
    """Whether a text holds what may never reach a bill: controls, direction marks, invisible or broken characters."""
    return not (text.isascii() and text.isprintable()) and _FORBIDDEN(text) is not None


# Direction marks and zero-width characters make a name look like another; U+FFFD is text already broken.
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufdd0-\ufdef\ufeff\ufff9-\uffff\U000e0000-\U000e007f"
    + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(1, 17))
    + "]"
).search
_PHONE = re.compile(r"\+?[0-9][0-9 \-]{2,19}").fullmatch
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+").fullmatch


def _text(pointer: str, label: str, text: str, longest: int, required: bool = False) -> Sequence[FieldError]:
    if not text:
        return [FieldError(pointer, "required", f"“{label}”必填：请补上。")] if required else ()
    if len(text) > longest:
        return [FieldError(pointer, "too_long", f"“{label}”有 {len(text)} 个字，最多 {longest} 个：请缩短。")]
    if has_forbidden_character(text):
        detail = f"“{label}”含有控制符、换行或看不见的字符：请删除后重新填写。"
        return [FieldError(pointer, "control_character", detail)]
    return ()


def _texts(request: BillRequest, profile: Profile) -> Iterable[FieldError]:
    longest, payer = profile.max_lengths, request.payer
    for pointer, label, text, limit, required in (
        ("/business_number", "业务流水号", request.business_number, "business_number", True),
        ("/payer/name", "交款人", payer.name, "payer_name", True),
        ("/payer/code", "交款人代码", payer.code, "payer_code", False),
        ("/payer/phone", "手机", payer.phone, "payer_phone", False),
        ("/payer/email", "邮箱", payer.email, "payer_email", False),
        ("/handler", "开票人", request.handler, "handler", True),
        ("/checker", "复核人", request.checker, "checker", True),
        ("/remark", "备注", request.remark, "remark", False),
        ("/payment_code", "缴款码", request.payment_code, "payment_code", False),
    ):
        yield from _text(pointer, label, text, longest[limit], required)


def _payer(request: BillRequest) -> Iterable[FieldError]:
    payer = request.payer
    if payer.kind not in ("person", "organization"):
        yield FieldError(
            "/payer/type", "payer_type_invalid", "交款人类型应为 person（个人）或 organization（单位）。"
        )
    if payer.phone and not _PHONE(payer.phone):
        yield FieldError(
            "/payer/phone", "phone_invalid", "手机号只能含数字、空格、短横和开头的加号：请核对。"
        )
    if payer.email and not _EMAIL(payer.email):
        yield FieldError("/payer/email", "email_invalid", "邮箱应写成 name@example.cn 的样子：请核对。")


def _lines(request: BillRequest, bill_type: BillType | None, profile: Profile) -> Iterable[FieldError]:
    lines = request.lines
    if not lines:
        yield FieldError("/lines", "required", "至少要有一行收费项目：请补上。")
    if len(lines) > LINES_MAX:
        detail = f"项目明细有 {len(lines)} 行，超过上限 {LINES_MAX} 行：请分成多张票据。"
        yield FieldError("/lines", "lines_limit", detail)
        return
    least_fen = 0 if bill_type and bill_type.allows_zero_total else 1
    code_max, remark_max = profile.max_lengths["item_code"], profile.max_lengths["line_remark"]
    for place, line in enumerate(lines):
        if _is_plain(line, code_max, least_fen):
            continue
        pointer = f"/lines/{place}"
        yield from _text(pointer + "/item_code", "项目编码", line.item_code, code_max, True)
        yield from _text(pointer + "/remark", "项目备注", line.remark, remark_max)
        yield from _line_numbers(line, pointer, least_fen)


def _is_plain(line: LineRequest, code_max: int, least_fen: int) -> bool:
    """Whether nothing below could find anything: most lines of most bills, told in one look."""
    standard_e4, item_code = line.standard_e4, line.item_code
    return (
        0 < len(item_code) <= code_max
        and item_code.isascii()
        and item_code.isprintable()
        and not line.remark
        and 0 < line.quantity_e4 < QUANTITY_E4_MAX
        and least_fen <= line.amount_fen <= money.FEN_MAX
        and standard_e4 is not None
        and 0 <= standard_e4 < STANDARD_E4_MAX
        and money.multiply(line.quantity_e4, standard_e4) == line.amount_fen
    )


def _line_numbers(line: LineRequest, pointer: str, least_fen: int) -> Iterable[FieldError]:
    standard_e4, sound = line.standard_e4, True
    if not 0 < line.quantity_e4 < QUANTITY_E4_MAX:
        sound = False
        yield FieldError(pointer + "/quantity", "quantity_invalid", "数量应大于 0、小于 100 亿：请核对。")
    if not least_fen <= line.amount_fen <= money.FEN_MAX:
        sound = False
        least = money.format_fen(least_fen)
        detail = f"金额应不小于 {least} 元、不超过 100 万亿元：请核对；退款请用冲红。"
        yield FieldError(pointer + "/amount", "amount_invalid", detail)
    if standard_e4 is None:
        return
    if not 0 <= standard_e4 < STANDARD_E4_MAX:
        yield FieldError(pointer + "/standard", "standard_invalid", "标准应不小于 0、小于 1 万亿元：请核对。")
    elif sound and (product_fen := money.multiply(line.quantity_e4, standard_e4)) != line.amount_fen:
        yield FieldError(
            pointer + "/amount",
            "amount_mismatch",
            f"数量 {money.format_quantity(line.quantity_e4)} × 标准 {money.format_price(standard_e4)}"
            f" = {money.format_fen(product_fen)}，与金额 {money.format_fen(line.amount_fen)} 不等："
            "请改正其中之一。",
        )


def _aux_lines(request: BillRequest, profile: Profile) -> Iterable[FieldError]:
    lines, longest = request.aux_lines, profile.max_lengths
    if len(lines) > AUX_LINES_MAX:
        detail = f"清单有 {len(lines)} 行，超过上限 {AUX_LINES_MAX} 行：请分成多张票据。"
        yield FieldError("/aux_lines", "aux_lines_limit", detail)
        return
    item_codes = {line.item_code for line in request.lines}
    for place, line in enumerate(lines):
        pointer = f"/aux_lines/{place}"
        yield from _text(pointer + "/name", "明细名称", line.name, longest["aux_name"], True)
        yield from _text(pointer + "/code", "明细编码", line.code, longest["aux_code"])
        yield from _text(pointer + "/measure", "计量单位", line.measure, longest["measure"])
        yield from _text(pointer + "/remark", "明细备注", line.remark, longest["aux_remark"])
        if line.related_item_code and line.related_item_code not in item_codes:
            detail = "对应的项目编码不在本票的项目明细中：请改成其中之一，或不填。"
            yield FieldError(pointer + "/related_item_code", "aux_item_unknown", detail)
        if line.quantity_e4 is not None and abs(line.quantity_e4) >= QUANTITY_E4_MAX:
            yield FieldError(pointer + "/quantity", "quantity_invalid", "数量应小于 100 亿：请核对。")
        if line.standard_e4 is not None and abs(line.standard_e4) >= STANDARD_E4_MAX:
            yield FieldError(pointer + "/standard", "standard_invalid", "单价应小于 1 万亿元：请核对。")
        if abs(line.amount_e4) > money.FEN_MAX * 100:
            yield FieldError(pointer + "/amount", "amount_invalid", "金额不应超过 100 万亿元：请核对。")


def _total(request: BillRequest, bill_type: BillType | None) -> Iterable[FieldError]:
    total_fen = request.lines_total_fen
    if total_fen > money.FEN_MAX:
        yield FieldError("/lines", "total_too_large", "合计超过 100 万亿元，超出大写金额的范围：请分开开具。")
    if request.total_fen is not None and request.total_fen != total_fen:
        yield FieldError(
            "/total",
            "total_mismatch",
            f"总金额 {money.format_fen(request.total_fen)} 与各行金额之和 {money.format_fen(total_fen)} 不等："
            "请核对明细，或不填总金额。",
        )


def _extension(request: BillRequest, bill_type: BillType) -> Iterable[FieldError]:
    known = {own.name for own in bill_type.extension}
    for name in request.extension:
        if name not in known:
            detail = f"{bill_type.name}没有扩展字段“{name[:40]}”：请删除。"
            yield FieldError(f"/extension/{name[:100]}", "extension_unknown", detail)
    for own in bill_type.extension:
        text = request.extension.get(own.name, "")
        yield from _text(f"/extension/{own.name}", own.label, text, own.length_max, own.required)
        if own.kind == "amount" and text.startswith("-"):
            yield FieldError(f"/extension/{own.name}", "amount_invalid", f"“{own.label}”不能为负：请核对。")
