"""The conditions a list offers: exact by default, the comparison always written, wrong input said in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import ClassVar

from piaoju.kit.listing import Comparison, Condition, Value
from piaoju.manage import texts
from piaoju.manage import typed as read
from piaoju.manage.typed import Unreadable
from piaoju.standard import money

WORDS: Mapping[Comparison, str] = {
    "eq": "=", "ge": "≥", "le": "≤", "lt": "早于", "between": "介于", "contains": "含", "starts": "以…开头", "under": "包含下级",
    "absolute_ge": "绝对值 ≥", "absolute_le": "绝对值 ≤", "absent": "为空", "present": "不为空",
}  # fmt: skip
TYPED_CHARACTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition that may be asked. Its name is the name of the source's field."""

    name: str
    label: str
    usual: bool = field(default=True, kw_only=True)  # among the fields that are shown at once; the others open with 展开
    comparisons: ClassVar[tuple[Comparison, ...]] = ("eq",)
    widget: ClassVar[str] = "text"
    hint: ClassVar[str] = ""
    keyboard: ClassVar[str] = "text"

    @property
    def choices_of_comparison(self) -> list[tuple[str, str]]:
        return [(comparison, WORDS[comparison]) for comparison in self.comparisons]

    def condition(self, comparison: str, typed: str, typed_to: str) -> Condition | None:
        """The condition that was typed; none if nothing was. Raises Unreadable."""
        typed, typed_to = typed.strip(), typed_to.strip()
        if not typed and not typed_to:
            return None
        if max(len(typed), len(typed_to)) > TYPED_CHARACTERS_MAX or not (typed + typed_to).isprintable():
            raise Unreadable(f"太长或含有看不见的字符。请填写不超过 {TYPED_CHARACTERS_MAX} 个字")
        chosen: Comparison = next((c for c in self.comparisons if c == comparison), self.comparisons[0])
        if chosen == "between":
            return self._between(typed, typed_to)
        return Condition(self.name, chosen, (self.value(typed),))

    def _between(self, typed: str, typed_to: str) -> Condition:
        if not typed_to:
            return Condition(self.name, "ge", (self.value(typed),))
        if not typed:
            return Condition(self.name, "le", (self.last(typed_to),))
        first, last = self.value(typed), self.last(typed_to)
        if first > last:  # type: ignore[operator]  # both are of this filter's one type
            raise Unreadable(f"起（{typed}）在止（{typed_to}）之后。请对调")
        return Condition(self.name, "between", (first, last))

    def value(self, typed: str) -> Value:
        """The typed text as a value. Raises Unreadable."""
        return typed

    def last(self, typed: str) -> Value:
        """The typed end of a range, which is included."""
        return self.value(typed)

    def retyped(self, condition: Condition) -> tuple[str, str, str]:
        """The condition as it would be typed: comparison, value, end of a range."""
        typed = [self.typed(value) for value in condition.values]
        return condition.comparison, typed[0], typed[1] if len(typed) > 1 else ""

    def typed(self, value: Value) -> str:
        """A value as it would be typed."""
        return str(value)

    def shown(self, condition: Condition) -> str:
        """The condition's values as the chip writes them."""
        return " 至 ".join(self.written(value) for value in condition.values)

    def written(self, value: Value) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class TextFilter(Filter):
    """Words: 含 is the usual comparison."""

    comparisons: ClassVar[tuple[Comparison, ...]] = ("contains", "eq", "starts")


@dataclass(frozen=True, slots=True)
class CodeFilter(Filter):
    """A code or number, exact."""

    comparisons: ClassVar[tuple[Comparison, ...]] = ("eq", "starts")


@dataclass(frozen=True, slots=True)
class CodeOnlyFilter(Filter):
    """A code that is asked for whole."""


@dataclass(frozen=True, slots=True)
class NameFilter(Filter):
    """A name: whole by default, or a part of it; two characters are enough."""

    comparisons: ClassVar[tuple[Comparison, ...]] = ("eq", "contains")


@dataclass(frozen=True, slots=True)
class BranchFilter(Filter):
    """A code, its children, or whatever begins like it."""

    comparisons: ClassVar[tuple[Comparison, ...]] = ("eq", "under", "starts")


@dataclass(frozen=True, slots=True)
class UnderFilter(Filter):
    """A code with all that lies below it: regions, charge items."""

    comparisons: ClassVar[tuple[Comparison, ...]] = ("under", "eq")


@dataclass(frozen=True, slots=True)
class ChoiceFilter(Filter):
    """One of a few values: (value, 中文) pairs."""

    choices: tuple[tuple[str, str], ...] = ()
    widget: ClassVar[str] = "choice"

    def value(self, typed: str) -> Value:
        if typed not in dict(self.choices):
            raise Unreadable("没有这个选项。请从列表中选择")
        return typed

    def written(self, value: Value) -> str:
        return dict(self.choices).get(str(value), str(value))


@dataclass(frozen=True, slots=True)
class CountFilter(Filter):
    """A whole number."""

    comparisons: ClassVar[tuple[Comparison, ...]] = ("eq", "ge", "le", "between")
    keyboard: ClassVar[str] = "numeric"

    def value(self, typed: str) -> Value:
        return read.whole_number(typed)

    def written(self, value: Value) -> str:
        return texts.number(int(value)) if isinstance(value, int) else str(value)


@dataclass(frozen=True, slots=True)
class YuanFilter(Filter):
    """An amount in yuan, compared with fen by its signed value; 绝对值 is a comparison of its own."""

    comparisons: ClassVar[tuple[Comparison, ...]] = ("eq", "ge", "le", "between", "absolute_ge", "absolute_le")
    keyboard: ClassVar[str] = "decimal"

    def value(self, typed: str) -> Value:
        return read.fen(typed)

    def typed(self, value: Value) -> str:
        return money.format_fen(int(value)) if isinstance(value, int) else str(value)

    def written(self, value: Value) -> str:
        return f"{texts.yuan(int(value))} 元" if isinstance(value, int) else str(value)


@dataclass(frozen=True, slots=True)
class DayFilter(Filter):
    """A range of days, both included."""

    comparisons: ClassVar[tuple[Comparison, ...]] = ("between",)
    widget: ClassVar[str] = "range"
    hint: ClassVar[str] = "如 2026-11-22"

    def value(self, typed: str) -> Value:
        return read.day(typed)

    def written(self, value: Value) -> str:
        return texts.day(value) if isinstance(value, date) else str(value)


@dataclass(frozen=True, slots=True)
class InstantFilter(Filter):
    """A range of time on the clocks of Asia/Shanghai; a day alone means its first or its last instant."""

    comparisons: ClassVar[tuple[Comparison, ...]] = ("between",)
    widget: ClassVar[str] = "range"
    hint: ClassVar[str] = "如 2026-11-22 或 2026-11-22 08:00"

    def value(self, typed: str) -> Value:
        return read.instant(typed)[0]

    def last(self, typed: str) -> Value:
        at, step = read.instant(typed)
        return at + step - timedelta(microseconds=1)

    def retyped(self, condition: Condition) -> tuple[str, str, str]:
        first, last = condition.values[0], condition.values[-1]
        if condition.comparison == "lt" and isinstance(last, datetime):
            last -= timedelta(microseconds=1)
        typed = "" if condition.comparison in ("le", "lt") else self.typed(first)
        return "between", typed, "" if condition.comparison == "ge" else self.typed(last)

    def typed(self, value: Value) -> str:
        return texts.instant(value) if isinstance(value, datetime) else str(value)

    def written(self, value: Value) -> str:
        return texts.instant(value) if isinstance(value, datetime) else str(value)
