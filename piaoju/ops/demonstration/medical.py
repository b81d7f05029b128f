"""Builds a medical bill from its details: the lines by category, the 清单, and who pays what."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from piaoju.ops.demonstration import catalogue, files
from piaoju.standard import money

_SELF_PAID = "自费"


class Settlement(msgspec.Struct, forbid_unknown_fields=True):
    """How a hospital settled one bill: the fund's share in percent, other amounts in yuan."""

    fund_percent: int
    other: str
    account: str


class _Detail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    day: int
    item_code: str
    quantity: str


def aux_lines(name: str, first_day: date) -> list[dict[str, str]]:
    """The 清单 of the details file `name`, each amount exactly quantity × price."""
    prices = {row.item_code: row for row in catalogue.aux_items()}
    return [_aux_line(detail, prices[detail.item_code], first_day) for detail in files.rows(name, _Detail)]


def lines(details: list[dict[str, str]]) -> list[dict[str, str]]:
    """One line a category or group of the details, in the official order, to the fen."""
    sums: dict[str, int] = {}
    for detail in details:
        related = detail["related_item_code"]
        sums[related] = sums.get(related, 0) + money.parse_e4(detail["amount"])
    order = [item.item_code for item in catalogue.charge_items()]
    return [
        {"item_code": code, "quantity": "1", "standard": yuan, "amount": yuan}
        for code in sorted(sums, key=order.index)
        for yuan in [money.format_fen(money.multiply(10_000, sums[code]))]
    ]


def payments(total_fen: int, self_paid_fen: int, settlement: Settlement) -> dict[str, str]:
    """The medical equation: fund + other + account + cash = total; what a patient paid is in the last two."""
    fund = (total_fen - self_paid_fen) * settlement.fund_percent // 100
    other = money.parse_yuan(settlement.other)
    left = total_fen - fund - other
    account = min(money.parse_yuan(settlement.account), left)
    return {
        "fund_pay_amount": money.format_fen(fund),
        "other_pay_amount": money.format_fen(other),
        "account_pay_amount": money.format_fen(account),
        "own_pay_amount": money.format_fen(left - account),
        "self_payment_amount": money.format_fen(left - self_paid_fen),
        "self_payment_cost": money.format_fen(self_paid_fen),
    }


def prepayment(prepay: str, own_pay: str) -> dict[str, str]:
    """What a stay's deposit covers: too little is recharged, too much refunded."""
    difference = money.parse_yuan(prepay) - money.parse_yuan(own_pay)
    return {
        "prepay_amount": prepay,
        "recharge_amount": money.format_fen(max(-difference, 0)),
        "refund_amount": money.format_fen(max(difference, 0)),
    }


def self_paid_fen(details: list[dict[str, str]]) -> int:
    """The details that no insurance covers, to the fen."""
    paid = [money.parse_e4(detail["amount"]) for detail in details if detail["remark"].startswith(_SELF_PAID)]
    return money.multiply(10_000, sum(paid))


def _aux_line(detail: _Detail, price: catalogue.AuxItemRow, first_day: date) -> dict[str, str]:
    quantity_e4, standard_e4 = money.parse_e4(detail.quantity), money.parse_e4(price.standard)
    amount_e4, rest = divmod(quantity_e4 * standard_e4, 10_000)
    if rest:
        raise ValueError(f"明细 {price.name} 的金额超过四位小数。请调整数量 {detail.quantity}。")
    day = first_day + timedelta(days=detail.day - 1)
    return {
        "related_item_code": price.related_code,
        "code": price.item_code,
        "name": price.name,
        "quantity": detail.quantity,
        "measure": price.measure,
        "standard": price.standard,
        "amount": money.format_price(amount_e4),
        "remark": f"{price.insurance} {day:%m-%d}",
    }
