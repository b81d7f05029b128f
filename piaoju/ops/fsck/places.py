"""Every number is where its movements brought it, each movement began where the one before ended, and the ledger was told.

The movements of a code are replayed from the first on a line of numbers, by code that shares nothing with the one that
wrote them. So what came to a place, less what went, is what is there, at every level, without another count.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from piaoju.ops.fsck.difference import LISTED_MAX, Difference, differing, rows

_NOWHERE = "0::0:none"
_CODES = """
SELECT DISTINCT medium, bill_code FROM stock_movement UNION SELECT DISTINCT medium, bill_code FROM stock_segment ORDER BY 1, 2
"""
_MOVEMENTS = """
SELECT id, lower(span), upper(span), concat_ws(':', from_level, from_region_code, from_unit_id, from_state),
       concat_ws(':', to_level, to_region_code, to_unit_id, to_state)
FROM stock_movement WHERE medium = %s AND bill_code = %s ORDER BY id
"""
_SEGMENTS = """
SELECT lower(span), upper(span), concat_ws(':', level, region_code, unit_id, state)
FROM stock_segment WHERE medium = %s AND bill_code = %s ORDER BY 1
"""

_TOLD = """
WITH happened AS (
    SELECT to_unit_id AS unit_id, at, 2 AS kind, bill_code, lower(span) AS number, upper(span) - lower(span) AS sheets
    FROM stock_movement WHERE kind = 'allotted'
    UNION ALL SELECT from_unit_id, at, 6, bill_code, lower(span), upper(span) - lower(span)
    FROM stock_movement WHERE kind = 'returned' AND from_level = 4
    UNION ALL SELECT to_unit_id, at, 7, bill_code, lower(span), upper(span) - lower(span)
    FROM stock_movement WHERE kind = 'voided' AND to_level = 4
    UNION ALL SELECT unit_id, voided_at, 7, bill_code, bill_number, 1 FROM stock_voidednumber
    UNION ALL SELECT unit_id, requested_at, 1, bill_code, id, sheets FROM stock_requisition WHERE level = 4
    UNION ALL SELECT to_unit_id, at, 1, bill_code, 0, sum(upper(span) - lower(span)) FROM stock_movement
    WHERE kind = 'allotted' AND (source = 'stock_on_demand' OR starts_with(source, 'top_up:')) GROUP BY to_unit_id, at, bill_code
), told AS (
    SELECT unit_id, at, kind::int, bill_code, bill_number AS number, sheets FROM ledger_fact WHERE kind IN (1, 2, 6, 7)
), each_once AS (
    SELECT unit_id, at, kind, bill_code COLLATE "C" AS bill_code, number, sum(sheets) AS sheets
    FROM happened GROUP BY 1, 2, 3, 4, 5
)
SELECT bill_code || '-' || lpad(number::text, 10, '0'),
       (ARRAY['申领', '发放', '', '', '', '退回', '作废'])[kind], coalesce(h.sheets::text, '无'), coalesce(t.sheets::text, '无')
FROM each_once AS h FULL JOIN told AS t USING (unit_id, at, kind, bill_code, number)
WHERE h.sheets IS DISTINCT FROM t.sheets ORDER BY 1
"""

Piece = tuple[int, int, str]  # [low, high) and where its numbers are


def examine(connection: Any) -> Iterator[Difference]:
    """Numbers that are not where they went, movements out of nothing, facts without their movement and the other way round."""
    listed = 0
    for medium, bill_code in rows(connection, _CODES):
        for difference in _of_code(connection, medium, bill_code):
            if listed == LISTED_MAX:
                yield Difference("numbers", difference.code, "…", f"同类差异超过 {LISTED_MAX} 处，其余未列出")
                break
            listed += 1
            yield difference
    yield from differing(connection, "numbers", "stock_not_as_booked", _TOLD, "{}份数：库存 {}，记账 {}")


def _of_code(connection: Any, medium: str, bill_code: str) -> Iterator[Difference]:
    line = Line()
    for number, low, high, origin, to in rows(connection, _MOVEMENTS, (medium, bill_code)):
        for found_low, found_high, there in line.move(low, high, origin, to):
            detail = f"流转 {number} 从 {origin} 起，而号码此前在 {there}（级次:财政部门:单位:状态）"
            yield Difference("numbers", "movement_from_elsewhere", f"{bill_code} {found_low}-{found_high - 1}", detail)
    for low, high, moved, there in differing_pieces(line.pieces(), rows(connection, _SEGMENTS, (medium, bill_code))):
        detail = f"流转记录应在 {moved}，号段表在 {there}（级次:财政部门:单位:状态）"
        yield Difference("numbers", "place_not_as_moved", f"{bill_code} {low}-{high - 1}", detail)


@dataclass(slots=True)
class Line:
    """All numbers of a code, in pieces that lie in one place each; what no piece covers is nowhere."""

    lows: list[int] = field(default_factory=list)
    highs: list[int] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    def move(self, low: int, high: int, origin: str, to: str) -> list[Piece]:
        """Put [low, high) into a place; which parts of it were not at the origin, and where they were."""
        first, last = bisect_right(self.highs, low), bisect_left(self.lows, high)
        covered = list(zip(self.lows[first:last], self.highs[first:last], self.places[first:last], strict=True))
        wrong = [piece for piece in _filled(covered, low, high) if piece[2] != origin]
        kept: list[Piece] = [(low, high, to)]
        if covered and covered[0][0] < low:
            kept.insert(0, (covered[0][0], low, covered[0][2]))
        if covered and covered[-1][1] > high:
            kept.append((high, covered[-1][1], covered[-1][2]))
        self.lows[first:last] = [piece[0] for piece in kept]
        self.highs[first:last] = [piece[1] for piece in kept]
        self.places[first:last] = [piece[2] for piece in kept]
        return wrong

    def pieces(self) -> list[Piece]:
        return list(zip(self.lows, self.highs, self.places, strict=True))


def _filled(covered: Sequence[Piece], low: int, high: int) -> list[Piece]:
    """[low, high) in pieces, with what no piece covers as nowhere."""
    found, at = [], low
    for piece_low, piece_high, place in covered:
        if piece_low > at:
            found.append((at, piece_low, _NOWHERE))
        found.append((max(at, piece_low), min(piece_high, high), place))
        at = min(piece_high, high)
    if at < high:
        found.append((at, high, _NOWHERE))
    return found


def differing_pieces(moved: Sequence[Piece], there: Sequence[Piece]) -> Iterator[tuple[int, int, str, str]]:
    """Where two lines of pieces, each by number and without overlaps, do not agree: (low, high, one place, the other)."""
    ends = sorted({end for low, high, _ in (*moved, *there) for end in (low, high)})
    a, b = _At(moved), _At(there)
    for low, high in pairwise(ends):
        one, other = a.place(low), b.place(low)
        if one != other:
            yield low, high, one, other


@dataclass(slots=True)
class _At:
    """Walks along a line of pieces; asked only forwards."""

    pieces: Sequence[Piece]
    index: int = 0

    def place(self, number: int) -> str:
        while self.index < len(self.pieces) and self.pieces[self.index][1] <= number:
            self.index += 1
        inside = self.index < len(self.pieces) and self.pieces[self.index][0] <= number
        return self.pieces[self.index][2] if inside else _NOWHERE
