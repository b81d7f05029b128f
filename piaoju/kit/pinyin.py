"""拼音: how people search for a Chinese name on a keyboard without switching to an input method."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

_REMEMBERED_MAX = 20_000


@lru_cache(maxsize=_REMEMBERED_MAX)
def initials(name: str) -> str:
    """The first letters, small: 普通病房床位费 is "ptbfcwf", CT检查 is "ctjc". The first reading of a character, no tone."""
    from pypinyin import Style, lazy_pinyin  # 20 MB of tables: only where somebody types

    parts = lazy_pinyin(name, style=Style.FIRST_LETTER, errors=lambda other: other)
    return "".join(c for part in parts for c in part.lower() if c.isascii() and c.isalnum())


def pattern(typed: str) -> str:
    """A regular expression of the names that may be typed so: wxm or wangxiaoming for 王小明; "" where no name is.

    Either the first letter of every character, or every character's whole syllable; any of its readings, no tones, ü as v or u.
    """
    letters = typed.lower().replace(" ", "").replace("'", "")
    if not (1 < len(letters) <= _LETTERS_MAX and letters.isascii() and letters.isalpha()):
        return ""
    ways = [list(letters)] if len(letters) <= _CHARACTERS_MAX else []
    ways += _syllables(letters)
    classes = _classes()
    return "|".join("^" + "".join(f"[{classes[part]}]" for part in way) + "$" for way in ways if all(p in classes for p in way))


_LETTERS_MAX, _CHARACTERS_MAX, _WAYS_MAX = 36, 8, 20
_FIRST_HAN, _LAST_HAN = 0x4E00, 0x9FFF


def _syllables(letters: str) -> list[list[str]]:
    """Every way to cut these letters into whole syllables."""
    classes = _classes()
    ways: list[list[list[str]]] = [[] for _ in range(len(letters) + 1)]
    ways[0].append([])
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 6), end):
            part = letters[start:end]
            if len(part) > 1 or part in "aeo":
                ways[end] += [[*way, part] for way in ways[start] if part in classes][:_WAYS_MAX]
    return ways[-1][:_WAYS_MAX]


@lru_cache(maxsize=1)
def _classes() -> Mapping[str, str]:
    """By syllable, and by first letter, the characters that may be read so."""
    from pypinyin.constants import PINYIN_DICT

    found: defaultdict[str, set[str]] = defaultdict(set)
    for code, readings in PINYIN_DICT.items():
        if _FIRST_HAN <= code <= _LAST_HAN:
            for reading in readings.split(","):
                for plain in _plain(reading):
                    found[plain].add(chr(code))
                    found[plain[0]].add(chr(code))
    return {part: "".join(sorted(characters)) for part, characters in found.items()}


def _plain(reading: str) -> set[str]:
    """A reading without its tone: lǚ is lv and lu."""
    bare = unicodedata.normalize("NFD", reading)
    kept = "".join(c for c in bare if not unicodedata.combining(c))
    with_v = "".join(c for c in bare.replace("u\u0308", "v") if not unicodedata.combining(c))
    return {word for word in (kept, with_v) if word.isascii() and word.isalpha()}
