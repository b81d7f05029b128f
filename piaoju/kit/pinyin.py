"""拼音: how people search for a Chinese name on a keyboard without switching to an input method."""

from __future__ import annotations

from functools import lru_cache

_REMEMBERED_MAX = 20_000


@lru_cache(maxsize=_REMEMBERED_MAX)
def initials(name: str) -> str:
    """The first letters, small: 普通病房床位费 is "ptbfcwf", CT检查 is "ctjc". The first reading of a character, no tone."""
    from pypinyin import Style, lazy_pinyin  # 20 MB of tables: only where somebody types

    parts = lazy_pinyin(name, style=Style.FIRST_LETTER, errors=lambda other: other)
    return "".join(c for part in parts for c in part.lower() if c.isascii() and c.isalnum())
