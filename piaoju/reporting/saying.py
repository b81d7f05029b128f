"""One line of words as conditions that a person can see and correct: 「上周 住院 3千以上 王小明」.

Nothing is guessed silently: every condition is shown, a word that could mean something else says what else, and a word that
was not read is named with the reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

from piaoju.kit.listing import Condition, literal
from piaoju.registry import queries as registry
from piaoju.reporting import words
from piaoju.reporting.types import CHANNEL_LABELS, KIND_LABELS, STATUS_LABELS, Said, SaidOtherwise

LINE_CHARACTERS_MAX, WORDS_MAX = 200, 12
_SET_WORDS: dict[str, Condition] = {
    **{label: Condition("status", "eq", (value,)) for value, label in STATUS_LABELS.items()},
    **{label: Condition("kind", "eq", (value,)) for value, label in KIND_LABELS.items()},
    **{label: Condition("channel", "eq", (value,)) for value, label in CHANNEL_LABELS.items()},
    "蓝票": Condition("kind", "eq", ("normal",)),
    "冲红": Condition("status", "eq", ("reversed",)),
    "换开": Condition("status", "eq", ("converted",)),
}
_LABELLED = {
    "交款人": ("payer_name", "eq"), "项目": ("item_name", "contains"), "收费项目": ("item_name", "contains"),
    "项目编码": ("item", "starts"), "单位": ("unit_name", "contains"), "开票人": ("handler", "eq"), "复核人": ("checker", "eq"),
    "流水号": ("business_number", "eq"), "业务流水号": ("business_number", "eq"), "缴款码": ("payment_code", "eq"),
}  # fmt: skip
_CATALOGUE = """
SELECT (SELECT array_agg(code ORDER BY code) FROM registry_billtype WHERE name LIKE %(like)s OR code = %(word)s),
       (SELECT array_agg(code ORDER BY code) FROM registry_region WHERE name = %(word)s OR short_name = %(word)s),
       EXISTS (SELECT 1 FROM registry_chargeitem WHERE name LIKE %(like)s),
       EXISTS (SELECT 1 FROM registry_chargeitem WHERE code LIKE %(prefix)s),
       EXISTS (SELECT 1 FROM registry_unitrecord WHERE name LIKE %(like)s),
       EXISTS (SELECT 1 FROM registry_unit WHERE code = %(word)s)
"""


def read_line(line: str, today: date) -> Said:
    """What the line says, condition by condition; a second condition on the same field is not taken but named."""
    conditions: list[Condition] = []
    unread: list[tuple[str, str]] = []
    otherwise: list[SaidOtherwise] = []
    parts = _words(line)
    for word in parts[:WORDS_MAX]:
        try:
            meanings = _meanings(word, today)
        except words.Unclear as fault:
            unread.append((word, str(fault)))
            continue
        taken = {condition.field for condition in conditions}
        free = [meaning for meaning in meanings if not taken & {one.field for one in meaning}]
        if not free:
            why = "同一个条件已经写过一次。请留一个" if meanings else "没有读懂。请换一种写法，或在下面的条件里填写"
            unread.append((word, why))
            continue
        conditions += free[0]
        otherwise += [SaidOtherwise(word, tuple(free[0]), tuple(meaning)) for meaning in free[1:]]
    unread += [(word, f"一行最多 {WORDS_MAX} 个词") for word in parts[WORDS_MAX:]]
    return Said(tuple(conditions), tuple(unread), tuple(otherwise))


def _words(line: str) -> list[str]:
    """The line's words: figures in one width, marks of a range joined to what they join."""
    plain = unicodedata.normalize("NFKC", line[:LINE_CHARACTERS_MAX])
    plain = re.sub(r"(?<=[\d日号月年元千万天周])\s*(?:至|到|~|—+|–)\s*(?=[\d本今昨])", "至", plain)
    plain = re.sub(r"(?<!\d),|,(?!\d)", " ", plain)
    return [word for word in re.split(r"[\s、;。]+", plain) if word]


def _meanings(word: str, today: date) -> list[list[Condition]]:
    """What the word may mean, the likeliest first. Raises words.Unclear."""
    label, mark, value = word.partition(":")
    if mark and value and label in _LABELLED:
        field, comparison = _LABELLED[label]
        return [[Condition(field, comparison, (value,))]]  # type: ignore[arg-type]  # comparisons of the table above
    if word in _SET_WORDS:
        found = [[_SET_WORDS[word]]]
        return [*found, [Condition("kind", "eq", ("red",))]] if word == "冲红" else found
    for read in (words.period(word, today), words.amount(word)):
        if read is not None:
            return [[read]]
    numbered = words.number(word)
    known = _catalogued(word)
    if numbered is not None:
        return [numbered, *known]
    if word.isascii():
        return [*known, *_ascii(word)]
    return [*known, [Condition("payer_name", "eq", (word,))], [Condition("payer_name", "contains", (word,))]]


def _ascii(word: str) -> list[list[Condition]]:
    if word.isdigit() and len(word) <= 7:
        return [[Condition("total_fen", "eq", (int(word) * 100,))], [Condition("bill_number", "eq", (int(word),))]]
    if not any(c.isdigit() for c in word):
        return [[Condition("payer_pinyin", "eq", (word,))], [Condition("payer_name", "eq", (word,))]]
    return [[Condition("business_number", "eq", (word,))]]


def _catalogued(word: str) -> list[list[Condition]]:
    """What the registry calls by this word."""
    values = {"word": word, "like": f"%{literal(word)}%", "prefix": f"{literal(word)}%"}
    with connection.cursor() as cursor:
        cursor.execute(_CATALOGUE, values)
        row: Sequence[Any] = cursor.fetchone()
    bill_types, regions, item_name, item_code, unit_name, unit_code = row
    found: list[Condition] = []
    found += [Condition("region_code", "under", (code,)) for code in regions or ()]
    found += [Condition("unit_code", "eq", (word,))] if unit_code else []
    found += [Condition("bill_type", "eq", (code,)) for code in bill_types or ()]
    industries = {label: value for value, label in registry.INDUSTRY_LABELS.items()}
    found += [Condition("industry", "eq", (industries[word],))] if word in industries else []
    found += [Condition("item", "starts", (word,))] if item_code and len(word) >= 3 else []
    found += [Condition("item_name", "contains", (word,))] if item_name and not word.isascii() else []
    found += [Condition("unit_name", "contains", (word,))] if unit_name and len(word) >= 2 and not word.isascii() else []
    return [[one] for one in found]
