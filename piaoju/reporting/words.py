"""Times, amounts and numbers as people write them in one word: 上周, 3千以上, 11月1日至5日, 100-200元. Pure.

以上、以下、以内 include the figure itself, 超过、不满、不到 do not (民法典第一千二百五十九条). A year that is not written is
the last one in which the day is not in the future.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from piaoju.kit.clock import midnight
from piaoju.kit.listing import Condition
from piaoju.standard import money

_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
Days = tuple[date, date]  # both included

_NUMERALS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_STEPS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000, "k": 1_000, "w": 10_000}
_AMOUNT = re.compile(
    r"(?P<sign>-|负)?[¥￥]?(?P<figure>\d[\d,]*(?:\.\d+)?|[零一二两三四五六七八九十百千万亿]+)(?P<step>[百千万亿kw]{0,2})(?P<yuan>元|块钱|块)?"
)
_BEFORE = {
    **dict.fromkeys(("不低于", "不少于", "至少", "≥", ">="), "ge"),
    **dict.fromkeys(("不超过", "不高于", "至多", "最多", "≤", "<="), "le"),
    **dict.fromkeys(("超过", "大于", "高于", "多于", ">"), "more"),
    **dict.fromkeys(("不到", "不满", "小于", "低于", "少于", "<"), "less"),
    "=": "eq",
}
_AFTER = {"及以上": "ge", "以上": "ge", "及以下": "le", "以下": "le", "以内": "le"}


class Unclear(Exception):
    """The word is of this kind, but says nothing exact; the message tells what to write."""


def period(word: str, today: date) -> Condition | None:
    """The time of issue that the word says, or none."""
    for ending, comparison in (("以来", "ge"), ("以后", "ge"), ("起", "ge"), ("以前", "lt"), ("之前", "lt")):
        if word.endswith(ending) and (days := _days(word.removesuffix(ending), today)):
            return Condition("issued_at", "ge" if comparison == "ge" else "lt", (midnight(days[0]),))
    first, mark, last = word.partition("至")
    days = _days(first, today)
    if days is None:
        return None
    if mark:
        end = _days(last, today) or _days(f"{days[0].month}月{last}", today)
        if end is None or end[1] < days[0]:
            raise Unclear("时间的止读不懂，或早于起。请写成 2026-11-01至2026-11-05")
        days = (days[0], end[1])
    return Condition("issued_at", "between", (midnight(days[0]), midnight(days[1] + _DAY) - _INSTANT))


def amount(word: str) -> Condition | None:
    """The total that the word says, or none. A figure without 元, a step or a comparison is no amount."""
    if word.endswith(("左右", "上下")) or word.startswith(("约", "大约")):
        if _AMOUNT.fullmatch(word.removesuffix("左右").removesuffix("上下").lstrip("大约")):
            raise Unclear("「左右」不是精确的条件。请写成 900-1100元 这样的范围")
        return None
    if parts := _span(word):
        low, high = parts
        if low > high:
            raise Unclear("金额的起大于止。请对调")
        return Condition("total_fen", "between", (low, high))
    rest, how, said = word, "eq", False
    for text, meaning in _BEFORE.items():
        if rest.startswith(text):
            rest, how, said = rest.removeprefix(text), meaning, True
            break
    for text, meaning in _AFTER.items():
        if rest.endswith(text):
            rest, how, said = rest.removesuffix(text), meaning, True
            break
    found = _AMOUNT.fullmatch(rest)
    if not found or not (said or found["step"] or found["yuan"] or "." in found["figure"] or found["sign"]):
        return None
    if not said and not found["yuan"] and not found["figure"][0].isdigit():
        return None  # 三 or 万 alone may begin a name
    fen = _fen(found)
    match how:
        case "more":
            return Condition("total_fen", "ge", (fen + 1,))
        case "less":
            return Condition("total_fen", "le", (fen - 1,))
        case "ge":
            return Condition("total_fen", "ge", (fen,))
        case "le":
            return Condition("total_fen", "le", (fen,))
    return Condition("total_fen", "eq", (fen,))


def number(word: str) -> list[Condition] | None:
    """Bill numbers and codes: ten digits, eight digits, a range of numbers, 18422号."""
    if re.fullmatch(r"\d{8}", word):
        return [Condition("bill_code", "eq", (word,))]
    if found := re.fullmatch(r"(\d{8})[-/](\d{10})", word):
        return [Condition("bill_code", "eq", (found[1],)), Condition("bill_number", "eq", (int(found[2]),))]
    if re.fullmatch(r"\d{10}", word) or re.fullmatch(r"\d{1,10}号", word):
        return [Condition("bill_number", "eq", (int(word.rstrip("号")),))]
    found = re.fullmatch(r"(\d{10})[-至~](\d{10})", word) or re.fullmatch(r"(\d{1,10})号?[-至~](\d{1,10})号", word)
    if found:
        low, high = int(found[1]), int(found[2])
        if low > high:
            raise Unclear("号码的起大于止。请对调")
        return [Condition("bill_number", "between", (low, high))]
    return None


def _span(word: str) -> tuple[int, int] | None:
    for mark in ("至", "~", "-"):
        low, found, high = word.partition(mark)
        if not (found and low and high):
            continue
        first, last = _AMOUNT.fullmatch(low), _AMOUNT.fullmatch(high)
        if first and last and (last["yuan"] or last["step"] or first["yuan"] or "." in low + high):
            return _fen(first), _fen(last)
    return None


def _fen(found: re.Match[str]) -> int:
    figure = found["figure"].replace(",", "")
    if figure[0].isdigit():
        whole, _, cents = figure.partition(".")
        if len(whole) > 16 or len(cents) > 8:
            raise Unclear("金额太长。请填写不超过 100 万亿元的金额")
        size = int(whole + cents.ljust(8, "0")[:8])
    else:
        size = _chinese(figure) * 10**8
    for step in found["step"]:
        size *= _STEPS[step]
    fen, rest = divmod(size, 10**6)
    if rest:
        raise Unclear("金额最多两位小数。请改正后重试")
    if fen > money.FEN_MAX:
        raise Unclear("金额太大。请填写不超过 100 万亿元的金额")
    return -fen if found["sign"] else fen


def _chinese(text: str) -> int:
    """三千五百, 一万二, 两百: a Chinese numeral as a whole number."""
    whole, part, digit, last = 0, 0, 0, 1
    for character in text:
        if character in _NUMERALS:
            digit = _NUMERALS[character]
            last = 10 if character in "零〇" else last
            continue
        step = _STEPS[character]
        if step >= 10_000:
            whole, part = (whole + part + digit) * step, 0
        else:
            part += (digit or 1) * step
        digit, last = 0, step
    return whole + part + digit * (last // 10 if last >= 100 else 1)


def _days(word: str, today: date) -> Days | None:
    for pattern, read in _TIMES:
        if found := re.fullmatch(pattern, word):
            try:
                return read(found, today)
            except ValueError:
                raise Unclear("没有这一天。请改正日期") from None
    return None


def _months(first: date, count: int) -> Days:
    """So many months from the first of a month on."""
    place = first.year * 12 + first.month - 1 + count
    return first, date(place // 12, place % 12 + 1, 1) - _DAY


def _month(today: date, back: int, count: int = 1) -> Days:
    place = today.year * 12 + today.month - 1 - back
    return _months(date(place // 12, place % 12 + 1, 1), count)


def _week(today: date, back: int) -> Days:
    monday = today - timedelta(days=today.weekday() + 7 * back)
    return monday, monday + 6 * _DAY


def _year(year: int) -> Days:
    return date(year, 1, 1), date(year, 12, 31)


def _day(today: date, back: int) -> Days:
    return today - back * _DAY, today - back * _DAY


def _recent(found: re.Match[str], today: date) -> Days:
    many = int(found[1]) if found[1].isdigit() else _chinese(found[1])
    if not 0 < many <= 3_650:
        raise ValueError
    if found[2] in ("天", "日"):
        return today - (many - 1) * _DAY, today
    if found[2] in ("周", "个星期", "星期"):
        return today - (7 * many - 1) * _DAY, today
    return _month(today, many - 1)[0], today


def _past(month: int, day: int, today: date) -> Days:
    """This day of the last year in which it is not in the future; day 0: the whole month."""
    on = date(today.year, month, day or 1)
    year = today.year if on <= today else today.year - 1
    return (date(year, month, day),) * 2 if day else _months(date(year, month, 1), 1)


def _exact(found: re.Match[str], today: date) -> Days:
    on = date(int(found[1]), int(found[2]), int(found[3]))
    return on, on


_TIMES: tuple[tuple[str, Callable[[re.Match[str], date], Days]], ...] = (
    ("今天|今日|当天|当日", lambda _, today: _day(today, 0)),
    ("昨天|昨日", lambda _, today: _day(today, 1)),
    ("前天|前日", lambda _, today: _day(today, 2)),
    ("本周|这周|本星期|这星期|这个星期", lambda _, today: _week(today, 0)),
    ("上周|上星期|上个星期", lambda _, today: _week(today, 1)),
    ("上上周", lambda _, today: _week(today, 2)),
    ("本月|这个月|当月", lambda _, today: _month(today, 0)),
    ("上月|上个月", lambda _, today: _month(today, 1)),
    ("上上个?月", lambda _, today: _month(today, 2)),
    ("本季度?|这个季度", lambda _, today: _month(today, (today.month - 1) % 3, 3)),
    ("上个?季度?", lambda _, today: _month(today, (today.month - 1) % 3 + 3, 3)),
    ("今年|本年|本年度", lambda _, today: _year(today.year)),
    ("去年|上年|上年度", lambda _, today: _year(today.year - 1)),
    ("前年", lambda _, today: _year(today.year - 2)),
    ("(?:最近|近|过去)(\\d{1,4}|[一二两三四五六七八九十百]+)(天|日|周|个星期|星期|个月|月)", _recent),
    ("(\\d{4})年(?:度|全年)?", lambda found, _: _year(int(found[1]))),
    ("(\\d{4})(?:年|-|/)(\\d{1,2})月?", lambda found, _: _months(date(int(found[1]), int(found[2]), 1), 1)),
    ("(\\d{1,2})月份?", lambda found, today: _past(int(found[1]), 0, today)),
    ("(\\d{1,2})月(\\d{1,2})[日号]?", lambda found, today: _past(int(found[1]), int(found[2]), today)),
    ("(\\d{4})[-/年.](\\d{1,2})[-/月.](\\d{1,2})日?", _exact),
)
