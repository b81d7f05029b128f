"""What a bill's QR says: the address of its verification, or the comma text for readers without a network.

Never anything of the payer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qs, urlsplit

from piaoju.standard import codes, money
from piaoju.standard.bill import Bill
from piaoju.standard.profile import SICHUAN_2026_1, Profile


@dataclass(frozen=True, slots=True)
class VerificationQuestion:
    """五要素: what one must know of a bill to ask about it."""

    bill_code: str
    bill_number: int
    check_code: str
    total_fen: int
    issue_date: date


def path(bill: Bill, profile: Profile = SICHUAN_2026_1) -> str:
    """The address on the verification site, without its host: /q?c=…&n=…&r=…&a=…&d=…"""
    return profile.verification_path.format(
        code=bill.bill_code,
        number=bill.number_text,
        check_code=bill.check_code,
        total=money.format_fen(bill.total_fen),
        date=bill.issue_date.strftime("%Y%m%d"),
    )


def qr_text(bill: Bill, host: str = "", profile: Profile = SICHUAN_2026_1) -> str:
    """The QR's text: the whole address where a host is known ("https://…"), else the comma text."""
    host = host or profile.verification_host
    if host:
        origin = host if "://" in host else f"https://{host}"
        return origin.rstrip("/") + path(bill, profile)
    total, day = money.format_fen(bill.total_fen), bill.issue_date.strftime("%Y%m%d")
    return f"01,{profile.region2},{bill.bill_code},{bill.number_text},{bill.check_code},{total},{day}"


def parse(text: str) -> VerificationQuestion | None:
    """The five elements of a QR's text in either form, or None."""
    text = text.strip()
    if text.startswith("01,"):
        parts = text.split(",")
        return _question(*parts[2:]) if len(parts) == 7 else None
    try:
        asked = parse_qs(urlsplit(text).query, strict_parsing=True, max_num_fields=10)
    except ValueError:
        return None
    if any(len(asked.get(name, ())) != 1 for name in "cnrad"):
        return None
    return _question(*[asked[name][0] for name in "cnrad"])


def _question(code: str, number: str, check_code: str, total: str, day: str) -> VerificationQuestion | None:
    bill_number = codes.parse_number(number)
    if (
        not codes.is_bill_code_asked(code)
        or bill_number is None
        or not re.fullmatch(r"[0-9a-zA-Z]{4,20}", check_code)
    ):
        return None
    try:
        if not re.fullmatch(r"[0-9]{8}", day):
            return None
        issue_date = date(int(day[:4]), int(day[4:6]), int(day[6:]))
        return VerificationQuestion(code, bill_number, check_code, money.parse_yuan(total), issue_date)
    except (ValueError, money.AmountInvalid):
        return None
