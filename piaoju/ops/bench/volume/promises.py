"""What was promised of each question, and whether it is held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from piaoju.ops.bench.volume.asking import Asked, part_of

GROWTH, WRITING = 1.5, 0.15
_SEARCH = {0.5: 2.0, 0.99: 20.0}
_NEAR, _PROVINCE = {0.5: 20.0}, {0.5: 100.0}
# Milliseconds that this part of all answers may take at most; questions that are not named are only told.
LIMITS: Mapping[str, Mapping[float, float]] = {
    "项目 + 金额 =，一个月": _SEARCH,
    "项目 + 金额范围 + 单位，一个月": _SEARCH,
    "项目 + 金额范围 + 县，一个月": _SEARCH,
    "单位 × 票据种类": _NEAR,
    "单位 × 全部项目": _NEAR,
    "县 × 票据种类": _NEAR,
    "县 × 全部项目": _NEAR,
    "全省 × 一个项目": _PROVINCE,
    "全省 × 全部项目": _PROVINCE,
    "全省 × 市": _PROVINCE,
    "全省 × 行业": _PROVINCE,
    "全省 × 主管部门": _PROVINCE,
    "一个主管部门": _PROVINCE,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A figure beside its limit; without a limit it is only told."""

    name: str
    value: float
    measure: str
    limit: float | None = None

    @property
    def held(self) -> bool:
        return self.limit is None or self.value <= self.limit

    @property
    def line(self) -> str:
        text = f"{self.name:<48}{self.value:>10,.2f} {self.measure}"
        return text if self.limit is None else f"{text}，上限 {self.limit:,.2f}：{'守住' if self.held else '没有守住'}"


def judged(stages: Sequence[Sequence[Asked]]) -> list[Judged]:
    """Every question at every size, then how each that has a limit grew from the first size to the last."""
    return [*(told for stage in stages for one in stage for told in _times(one)), *_growth(stages)]


def writing(whose: str, with_totals: float, without: float) -> Judged:
    """How much slower bills are written because totals are kept, folding included; both in bills a second."""
    return Judged(f"汇总占写入（含并入，{whose}）", 1 - with_totals / without if without else 0.0, "份", WRITING)


def _times(one: Asked) -> Iterator[Judged]:
    limits = LIMITS.get(one.name, {})
    for part, name in ((0.5, "p50"), (0.99, "p99")):
        yield Judged(f"{one.name} · {one.bills:,} 张 · {name}", one.at(part), "毫秒", limits.get(part))
    yield Judged(f"{one.name} · {one.bills:,} 张 · 连同各行名称 p50", part_of(one.shown, 0.5), "毫秒")
    yield Judged(f"{one.name} · {one.bills:,} 张 · 头一次问 p50", part_of(one.cold, 0.5), "毫秒")


def _growth(stages: Sequence[Sequence[Asked]]) -> Iterator[Judged]:
    if len(stages) < 2:
        return
    small = {one.name: one for one in stages[0]}
    for one in stages[-1]:
        if one.name in LIMITS:
            name = f"{one.name} · {small[one.name].bills:,} → {one.bills:,} 张"
            yield Judged(name, one.at(0.5) / small[one.name].at(0.5), "倍", GROWTH)
