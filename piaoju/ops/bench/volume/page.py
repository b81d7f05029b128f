"""docs/volume.md: what was measured beside what was promised, and how each promised question is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from piaoju.ops.bench.figures import machine
from piaoju.ops.bench.volume.asking import Asked, part_of
from piaoju.ops.bench.volume.measuring import Wanted
from piaoju.ops.bench.volume.promises import LIMITS, Judged

_PARTITION = re.compile(r"_20\d\d_\d\d|(?<=issuing_sequel)_\d")
_READ = re.compile(r"(?:Parallel )?((?:Seq|Index|Index Only|Bitmap Heap) Scan .*?on \w+)")
_NODE = re.compile(r"^( *)(?:->  )?(.*?)  \(cost=.*?actual rows=([\d.]+) loops=(\d+)\)")


def written(stages: Sequence[Sequence[Asked]], told: Sequence[Judged], wanted: Wanted) -> str:
    """The page: figures first, then plans."""
    lost = [one for one in told if not one.held]
    lines = [
        "# Search and totals at their promised size", "",
        f"Made by `piaoju bench data --months {wanted.months} --bills {wanted.bills} --report docs/volume.md`: generated bills",
        "of 39,000 units in the real tables, each question asked about lines drawn by chance through the one query layer;",
        "milliseconds inside the database: rows, exact count and sums, when what is read is in memory. `cold`: asked the first",
        "time; `shown`: with the names and other words of a page's fifty rows.",
        f"{machine()} the page was written.", "",
        "Not held:" if lost else "All limits are held.", "", *(f"- {' '.join(one.line.split())}" for one in lost), "",
        *_table(stages), "", *(f"- {' '.join(one.line.split())}" for one in told[-2:]), "", "## Plans", "",
        f"Of the promised questions at {stages[-1][0].bills:,} bills: what is read, partitions of one table together.", "",
    ]  # fmt: skip
    for one in stages[-1]:
        if one.name in LIMITS:
            lines += [f"**{one.name}**", "```", *_nodes(one.plan), "```"]
    return "\n".join(lines) + "\n"


def _table(stages: Sequence[Sequence[Asked]]) -> Iterator[str]:
    sizes = [f"{stage[0].bills:,}: p50 | p99" for stage in stages]
    yield f"| question | hits | {' | '.join(sizes)} | growth | limit p50 / p99 | cold p50 | shown p50 |"
    yield "|---" * (6 + 2 * len(sizes)) + "|"
    for row in zip(*stages, strict=True):
        times = " | ".join(f"{one.at(0.5):.1f} | {one.at(0.99):.1f}" for one in row)
        growth = f"{row[-1].at(0.5) / row[0].at(0.5):.2f}" if len(row) > 1 else ""
        limits = " / ".join(f"{most:g}" for most in LIMITS.get(row[-1].name, {}).values())
        more = f"{part_of(row[-1].cold, 0.5):.1f} | {part_of(row[-1].shown, 0.5):.1f}"
        yield f"| {row[-1].name} | {sum(row[-1].hits) / len(row[-1].hits):,.0f} | {times} | {growth} | {limits} | {more} |"


def _nodes(plan: Sequence[str]) -> Iterator[str]:
    """What is read of which table or index, and how many rows; partitions of one table together."""
    read: dict[str, list[int]] = {}
    for line in plan:
        found = _NODE.match(line)
        of_table = _READ.match(_PARTITION.sub("", found[2])) if found and found[4] != "0" else None
        if found and of_table:
            name = of_table[1].replace(" Backward", "")
            rows, times = read.setdefault(name, [0, 0])
            read[name] = [rows + round(float(found[3]) * int(found[4])), times + int(found[4])]
    for name, (rows, times) in read.items():
        yield f"{name}: {rows:,} rows in {times:,} times"
