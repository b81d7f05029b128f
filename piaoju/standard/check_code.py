"""校验码: six characters that prove knowledge of a province's secret, recomputable for audit."""

from __future__ import annotations

from datetime import date

from piaoju.crypto import sm3
from piaoju.standard import codes, money
from piaoju.standard.profile import SICHUAN_2026_1, Profile


def check_code(
    secret: bytes,
    bill_code: str,
    bill_number: int,
    issue_date: date,
    total_fen: int,
    unit_code: str,
    payer_name: str,
    profile: Profile = SICHUAN_2026_1,
) -> str:
    """The first 30 bits of HMAC-SM3 over 代码|号码|开票日期|金额|开票单位代码|交款人名称, in base 32."""
    facts = (
        bill_code,
        codes.number_text(bill_number),
        issue_date.strftime("%Y%m%d"),
        money.format_fen(total_fen),
        unit_code,
        payer_name,
    )
    bits = int.from_bytes(sm3.hmac(secret, "|".join(facts).encode())[:8], "big")
    alphabet = profile.check_code_alphabet
    return "".join(alphabet[bits >> 59 - 5 * place & 31] for place in range(profile.check_code_length))
