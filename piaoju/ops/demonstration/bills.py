"""Demonstration bills, as long and as odd as real ones, as bodies of `POST /bills`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec

from piaoju.ops.demonstration import catalogue, files, medical, units
from piaoju.ops.demonstration.medical import Settlement
from piaoju.standard import money

_EXAM_ITEM = "103042773"  # 高等教育自学考试报名考试费


class _Line(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    item_code: str
    quantity: str
    standard: str
    remark: str = ""


class _Medical(msgspec.Struct, forbid_unknown_fields=True):
    details: str
    first_day: str
    fund_percent: int
    other: str
    account: str
    prepay: str | None = None


class _Bill(msgspec.Struct, forbid_unknown_fields=True):
    unit_code: str
    prefix: str
    bill_type: str
    pay_mode: str
    payer: dict[str, str]
    lines: tuple[_Line, ...] = ()
    lines_file: str | None = None
    medical: _Medical | None = None
    settled: Settlement | None = None
    payment_serial: int | None = None
    remark: str | None = None
    extension: dict[str, str] = {}


class _Course(msgspec.Struct, forbid_unknown_fields=True):
    course_code: str
    course_name: str
    entries: int


def requests(today: date) -> list[tuple[str, dict[str, Any]]]:
    """Every demonstration bill as (unit code, body of `POST /bills`); the same day gives the same bodies."""
    by_code = {unit.code: unit for unit in units.units()}
    bills = files.document("bills.json", tuple[_Bill, ...])
    return [
        (bill.unit_code, _body(bill, by_code[bill.unit_code], today, serial))
        for serial, bill in enumerate(bills, start=1)
    ]


def _body(bill: _Bill, unit: units.UnitRow, today: date, serial: int) -> dict[str, Any]:
    lines, aux_lines, extension = _contents(bill, today)
    total_fen = sum(money.parse_yuan(line["amount"]) for line in lines)
    body: dict[str, Any] = {
        "business_number": f"{bill.prefix}{today:%Y%m%d}{serial:06d}",
        "bill_type": bill.bill_type,
        "payer": dict(bill.payer),
        "lines": lines,
        "aux_lines": aux_lines,
        "pay_mode": bill.pay_mode,
        "handler": unit.handler,
        "checker": unit.checker,
        "remark": bill.remark,
        "payment_code": _payment_code(unit.region_code, today, bill.payment_serial),
        "total": money.format_fen(total_fen),
        "extension": extension,
    }
    return {name: part for name, part in body.items() if part}


def _contents(bill: _Bill, today: date) -> tuple[list[dict[str, str]], list[dict[str, str]], dict[str, str]]:
    """Lines, auxiliary lines and extension."""
    extension = {name: _dated(text, today) for name, text in bill.extension.items()}
    if bill.medical:
        return _medical_contents(bill.medical, extension, today)
    lines = _exam_lines(bill.lines_file) if bill.lines_file else [_line(line) for line in bill.lines]
    if bill.settled:
        total_fen = sum(money.parse_yuan(line["amount"]) for line in lines)
        extension |= medical.payments(total_fen, 0, bill.settled)
    return lines, [], extension


def _medical_contents(
    asked: _Medical, extension: dict[str, str], today: date
) -> tuple[list[dict[str, str]], list[dict[str, str]], dict[str, str]]:
    details = medical.aux_lines(asked.details, date.fromisoformat(_dated(asked.first_day, today)))
    lines = medical.lines(details)
    total_fen = sum(money.parse_yuan(line["amount"]) for line in lines)
    settlement = Settlement(asked.fund_percent, asked.other, asked.account)
    extension |= medical.payments(total_fen, medical.self_paid_fen(details), settlement)
    if asked.prepay:
        extension |= medical.prepayment(asked.prepay, extension["own_pay_amount"])
    return lines, details, extension


def _line(line: _Line) -> dict[str, str]:
    amount_fen = money.multiply(money.parse_e4(line.quantity), money.parse_e4(line.standard))
    asked: dict[str, str] = msgspec.to_builtins(line)
    return {**asked, "amount": money.format_fen(amount_fen)}


def _exam_lines(name: str) -> list[dict[str, str]]:
    standard = next(row.standard_max for row in catalogue.charge_items() if row.item_code == _EXAM_ITEM)
    return [
        _line(
            _Line(
                _EXAM_ITEM, str(course.entries), standard or "", f"{course.course_code} {course.course_name}"
            )
        )
        for course in files.rows(name, _Course)
    ]


def _payment_code(region_code: str, today: date, serial: int | None) -> str | None:
    """缴款码: region 6, year 2, "30", running number 10."""
    return None if serial is None else f"{region_code}{today:%y}30{serial:010d}"


def _dated(text: str, today: date) -> str:
    """`today` and `today-11` as dates; any other text unchanged."""
    if not text.startswith("today"):
        return text
    return (today - timedelta(days=int(text.removeprefix("today-") if "-" in text else "0"))).isoformat()
