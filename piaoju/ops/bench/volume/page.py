"""docs/volume.md: what was measured, and the plan of each question."""

from __future__ import annotations

from collections.abc import Sequence

from piaoju.ops.bench.figures import machine
from piaoju.ops.bench.volume.asking import Asked

_PLAN_LINES = 40


def written(found: Sequence[Asked], months: int, bills: int) -> str:
    """The page: figures first, then plans."""
    lines = [
        "# Search and totals at their promised size", "",
        f"Made by `piaoju bench data --months {months} --bills {bills} --report docs/volume.md`: generated bills of 39,000",
        "units, in the real tables, asked through the one query layer; milliseconds inside the database, with everything",
        "that a page needs.",
        f"{machine()} (and while measuring whatever else the machine did).", "",
        "| question | history | hits | best | p50 | p99 |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for one in found:
        name, _, size = one.name.rpartition(" · ")
        took = " | ".join(f"{part:.1f}" for part in (min(one.milliseconds), one.at(0.5), one.at(0.99)))
        lines.append(f"| {name} | {size} | {sum(one.hits) / len(one.hits):,.0f} | {took} |")
    lines += ["", "## Plans", ""]
    for one in found:
        if one.plan:
            lines += [f"### {one.name}", "", "```", *(line[:160] for line in one.plan[:_PLAN_LINES]), "```", ""]
    return "\n".join(lines)
