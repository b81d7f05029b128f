"""What an examination finds, and how its queries become findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Part = Literal["totals", "facts", "numbers", "bills", "log", "files", "guards"]

# One fault can show in every row of a table: past this many, the rest is counted and not listed.
LISTED_MAX = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the facts say: in which part, which thing, and what is wrong (中文)."""

    part: Part
    code: str
    subject: str
    detail: str


def rows(connection: Any, statement: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of a query, in the examination's one snapshot."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())


def differing(
    connection: Any, part: Part, code: str, statement: str, detail: str, params: Sequence[Any] = ()
) -> Iterator[Difference]:
    """A difference for each row of a query: its first column is the subject, the others fill `detail`."""
    found = rows(connection, f"{statement} LIMIT {LISTED_MAX + 1}", params)
    for subject, *values in found[:LISTED_MAX]:
        yield Difference(part, code, str(subject), detail.format(*values))
    if len(found) > LISTED_MAX:
        yield Difference(part, code, "…", f"同类差异超过 {LISTED_MAX} 处，其余未列出")
