"""How the window writes bill types, facts, states and keys; and which of a type's own fields stand in the first rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from piaoju.issuing.types import DeliveryState, DraftState
from piaoju.journeys.window_reading import Standing
from piaoju.manage import texts
from piaoju.standard import bill_types, codes
from piaoju.standard.profile import SICHUAN_2026_1

DRAFT_STATES: Mapping[Any, tuple[str, str]] = {
    DraftState.OPEN.value: ("草稿", "wait"),
    DraftState.SUBMITTED.value: ("待复核", "going"),
    DraftState.RETURNED.value: ("已退回", "stuck"),
}
DELIVERY_STATES: Mapping[Any, tuple[str, str]] = {
    DeliveryState.WAITING.value: ("待发送", "going"),
    DeliveryState.SENT.value: ("已送出", "done"),
    DeliveryState.GIVEN_UP.value: ("没有送到", "stuck"),
}
# What a window asks of nearly every payer; the rest of a type's own fields waits behind 更多.
USUAL = frozenset({
    "hospitalization_number", "department_name", "in_hospital_date", "out_hospital_date", "patient_number", "medical_date",
    "student_id", "class_name", "school_year", "donation_project", "dues_period", "settlement_reason",
})  # fmt: skip
KEYS = (
    ("Enter", "下一格"), ("F2", "新增行"), ("F3", "上一交款人"), ("F4", "查项目"), ("F5", "清单"), ("F6", "模板"),
    ("F7", "存草稿"), ("F8", "开具并下一张"), ("F9", "开具并打印"), ("Esc", "放弃"),
)  # fmt: skip
ALL_KEYS = (
    ("Enter", "下一格；空的项目编码、空的明细名称上到合计"), ("Shift Enter", "上一格"), ("F1", "全部键位"), ("F2", "新增行"),
    ("F3", "填回上一交款人"), ("F4", "查项目：编码、名称、拼音首字母"), ("F5", "填这一项的清单"),
    ("F6", "模板：填入常用的几行"), ("F7", "存草稿"), ("F8", "开具并开下一张"),
    ("F9", "开具并打印"), ("F10", "放大票面；PgUp PgDn 翻页"), ("Ctrl Del", "删行"),
    ("↑ ↓", "在列表里选；不在列表里换行"), ("1–9", "选列表里的第几项"), ("Esc", "收起列表；再按放弃这一张"),
)  # fmt: skip


def types(bill_type_codes: Iterable[str], year: int) -> list[dict[str, Any]]:
    """Bill types with their codes of a year and their own fields, as the script draws them."""
    found = []
    for code in bill_type_codes:
        kind = bill_types.bill_type(code)
        if kind is not None:
            fields = [
                {
                    "name": one.name, "label": one.label, "kind": one.kind, "must": one.required, "longest": one.length_max,
                    "usual": one.required or one.name in USUAL,
                }
                for one in kind.extension
            ]  # fmt: skip
            bill_code = codes.bill_code(SICHUAN_2026_1.region2, code, year)
            found.append({"code": code, "name": kind.name, "bill_code": bill_code, "fields": fields})
    return found


def bill_name(code: str) -> str:
    """A bill type's name, or its code."""
    kind = bill_types.bill_type(code)
    return kind.name if kind else code


def facts(standing: Standing) -> list[tuple[str, str]]:
    """What this window has, as pairs of words."""
    found = [
        (f"可用号码 {kind}", f"{texts.number(left)} 张（{codes.number_text(following)} 起）")
        for kind, following, left in standing.numbers
    ] or [("可用号码", "开具时自动领取")]
    if standing.today_sheets:
        found.insert(0, ("今日已开", f"{texts.number(standing.today_sheets)} 张 · {texts.yuan(standing.today_fen)} 元"))
    if standing.last is not None:
        number, at = codes.number_text(standing.last.bill_number), texts.instant(standing.last.issued_at)[11:]
        found.insert(1 if standing.today_sheets else 0, ("上一张", f"{number} {at}"))
    if standing.certificate_until is not None:
        found.append(("单位证书", f"可用，至 {texts.instant(standing.certificate_until)[:10]}"))
    if standing.review is not None:
        start = standing.review.from_total_fen
        found.append(("复核", f"{texts.yuan(start)} 元起先复核" if start else "每一张先复核"))
    labels = "、".join(channel.label for channel in standing.channels)
    found.append(("推送", labels or "没有接通邮件和短信"))
    return found


def templates(standing: Standing) -> list[dict[str, Any]]:
    """Templates, as the script fills them in."""
    return [
        {"id": one.id, "name": one.name, "whole_unit": not one.point_code, **json.loads(one.content)}
        for one in standing.templates
    ]


def pay_mode(code: str) -> str:
    """A pay mode in words."""
    return SICHUAN_2026_1.pay_modes.get(code, code)
