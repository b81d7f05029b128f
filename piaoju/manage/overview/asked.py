"""What an overview is asked: all of it is in its address; read from there, and written into every link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from piaoju.journeys.see_overview import Where
from piaoju.kit.clock import local
from piaoju.manage import texts
from piaoju.manage.overview import periods, written
from piaoju.manage.overview.periods import Period
from piaoju.registry import queries as registry
from piaoju.reporting.types import TotalsQuestion
from piaoju.standard import bill_types

# Name → (label, choices); without choices it is a code that is typed.
CONDITIONS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "industry": ("行业类型", registry.INDUSTRY_LABELS),
    "bill_type": ("票据种类", {kind.code: f"{kind.code} {kind.name}" for kind in bill_types.BILL_TYPES}),
    "governing_code": ("主管部门代码", {}),
    "mode": ("接入方式", registry.MODE_LABELS),
}
_CODE_MAX = 18


@dataclass(frozen=True, slots=True)
class Asked:
    """An address that was read."""

    period: Period
    unit: str
    conditions: Mapping[str, str]
    faults: tuple[str, ...]
    here: str  # the path of the page, for links that change one thing

    @property
    def question(self) -> TotalsQuestion:
        compared = self.period.compared
        given = self.conditions
        return TotalsQuestion(
            compared.low, compared.high, bill_type=given.get("bill_type", ""), governing_code=given.get("governing_code", ""),
            industry=given.get("industry", ""), mode=given.get("mode", ""),
        )  # fmt: skip

    def kept(self) -> list[tuple[str, str]]:
        """Everything but the period, for the form that types one."""
        return [*self.conditions.items(), *([("unit", self.unit)] if self.unit != "wan" else [])]

    def address(self, *, region: str = "", unit_code: str = "", without: str = "", **changes: str) -> str:
        """This page, or another place's, with these things changed."""
        path = self.here
        if region:
            path = reverse("manage-overview-region", args=[region])
        elif unit_code:
            path = reverse("manage-overview-unit", args=[unit_code])
        query = self._period() | dict(self.conditions) | {"unit": self.unit} | changes
        if "period" in changes and changes["period"] != "custom":
            query = {key: value for key, value in query.items() if key not in ("from", "to")}
        query.pop(without, None)
        if query.get("period") == "month":
            del query["period"]
        if query["unit"] == "wan":
            del query["unit"]
        return f"{path}?{urlencode(query)}"

    def bills(self, where: Where, *, during: tuple[datetime, datetime] | None = None, **changes: str) -> str:
        """The list of bills that a figure is the sum of."""
        return f"{reverse('manage-bills')}?{urlencode(self._listed(where, during) | changes)}"

    def facts(self, where: Where, kind: str) -> str:
        """The list of facts that a figure is the sum of."""
        return f"{reverse('manage-facts')}?{urlencode(self._listed(where, None) | {'kind': kind})}"

    def chips(self, where: Where) -> list[dict[str, str]]:
        compared = self.period.compared
        written_period = f"{texts.instant(compared.low)} 至 {texts.instant(compared.high - timedelta(seconds=1))}"
        chips = [{"label": "期间", "value": written_period, "without": self.address(period="month")}]
        scope = where.name if where.unit_code else f"{where.name}（含下级）"
        chips.append({"label": "开票单位" if where.unit_code else "地区", "value": scope, "without": ""})
        for name, value in self.conditions.items():
            label, choices = CONDITIONS[name]
            chips.append({"label": label, "value": choices.get(value, value), "without": self.address(without=name)})
        return chips

    def choices(self) -> list[dict[str, Any]]:
        """What the form for more conditions offers."""
        return [
            {"name": name, "label": label, "value": self.conditions.get(name, ""), "choices": list(choices.items())}
            for name, (label, choices) in CONDITIONS.items()
        ]

    def _period(self) -> dict[str, str]:
        if self.period.word == "custom":
            return {"period": "custom", "from": self.period.from_typed, "to": self.period.to_typed}
        return {"period": self.period.word}

    def _listed(self, where: Where, during: tuple[datetime, datetime] | None) -> dict[str, str]:
        low, high = during or (self.period.compared.low, self.period.compared.high)
        low, high = max(low, self.period.compared.low), min(high, self.period.compared.high)
        place = {"unit_code": where.unit_code} if where.unit_code else {"region_code": where.region_code}
        last = high - timedelta(seconds=1)
        return {"issued_at": _second(low), "issued_at_to": _second(last)} | place | dict(self.conditions)


def read(given: QueryDict, now: datetime, here: str) -> Asked:
    """The address of an overview; what cannot be read is named, and then left out."""
    period = periods.read(given, now)
    faults = [period.fault] if period.fault else []
    conditions = {}
    for name, (label, choices) in CONDITIONS.items():
        value = given.get(name, "").strip()
        if not value:
            continue
        if (choices and value not in choices) or len(value) > _CODE_MAX or not value.isprintable():
            faults.append(f"{label}：没有「{value[:20]}」。请从选项中选择")
            continue
        conditions[name] = value
    unit = given.get("unit", "wan")
    return Asked(period, unit if unit in written.UNITS else "wan", conditions, tuple(faults), here)


def _second(at: datetime) -> str:
    return local(at).strftime("%Y-%m-%d %H:%M:%S")
