"""What a verdict says: one Check per promise examined, and `valid` only when every one of them holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["xml", "ofd", "pdf", "unknown"]
Outcome = Literal["ok", "bad", "unknown"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was examined: what (中文), how it came out, why, and in which part of the file."""

    name: str
    outcome: Outcome
    detail: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class BillSummary:
    """What the file says about its bill; believe it only when the report is valid."""

    bill_code: str
    bill_number: str
    check_code: str
    bill_name: str
    kind: str
    issue_date: str
    total: str
    unit_code: str
    unit_name: str
    payer_name: str


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict on one file; `unknown` in any check means not valid."""

    kind: Kind
    valid: bool
    checks: tuple[Check, ...]
    bill: BillSummary | None = None
    demonstration: bool = False
    notices: tuple[str, ...] = ()

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that stand between this file and being valid."""
        return tuple(check for check in self.checks if check.outcome != "ok")


@dataclass(slots=True)
class Findings:
    """Collects checks while a file is examined."""

    checks: list[Check] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def ok(self, name: str, detail: str = "", part: str = "") -> None:
        self.checks.append(Check(name, "ok", detail, part))

    def bad(self, name: str, detail: str, part: str = "") -> None:
        self.checks.append(Check(name, "bad", detail, part))

    def unknown(self, name: str, detail: str, part: str = "") -> None:
        self.checks.append(Check(name, "unknown", detail, part))

    def judge(self, name: str, problems: Iterable[str], part: str = "", good: str = "") -> bool:
        """Record one check from a list of problems; an empty list is good."""
        found = [problem for problem in problems if problem]
        if found:
            self.bad(name, "；".join(found), part)
        else:
            self.ok(name, good, part)
        return not found

    def add(self, checks: Iterable[Check], prefix: str = "") -> None:
        """Take over the checks of a file found inside this one, naming where it was found."""
        for check in checks:
            part = f"{prefix}#{check.part}" if prefix and check.part else prefix or check.part
            self.checks.append(Check(check.name, check.outcome, check.detail, part))

    def report(
        self, kind: Kind, bill: BillSummary | None = None, *, demonstration: bool = False
    ) -> Report:
        """Close the examination: valid when there was something to examine and nothing else than ok."""
        valid = bool(self.checks) and bill is not None and all(c.outcome == "ok" for c in self.checks)
        return Report(kind, valid, tuple(self.checks), bill, demonstration, tuple(self.notices))
