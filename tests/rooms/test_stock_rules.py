"""The pure decisions of stock, and fsck's line of numbers against a model that keeps every number by itself."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piaoju.ops.fsck.places import Line, differing_pieces
from piaoju.stock import errors, rules
from piaoju.stock.types import DisposalKind, Medium, SegmentState, Usage

POLICY = rules.Policy(
    first_requisition_sheets=100, requisition_needs_write_off=False, stock_on_demand_sheets=10, retention_years=5,
    retention_years_least=2,
)  # fmt: skip
SPANS = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 30)), min_size=1, max_size=60).map(
    lambda pairs: [(sum(gap + size for gap, size in pairs[:n]) + gap, sum(gap + size for gap, size in pairs[: n + 1]) - 1)
                   for n, (gap, _) in enumerate(pairs)]
)  # fmt: skip


@given(SPANS, st.integers(1, 900))
def test_what_is_given_is_in_stock_is_as_much_as_asked_and_in_one_piece_where_one_holds_it(
    spans: list[tuple[int, int]], sheets: int
) -> None:
    have = sum(last - first + 1 for first, last in spans)
    try:
        parts = rules.parts_to_allot(spans, sheets)
    except errors.DepartmentStockExhausted:
        biggest = sorted((last - first + 1 for first, last in spans), reverse=True)
        assert have < sheets or (len(spans) > rules.PARTS_MAX and biggest[0] < sheets)
        return
    assert sum(last - first + 1 for first, last in parts) == sheets
    assert all(any(low <= first and last <= high for low, high in spans) for first, last in parts)
    assert len(parts) == 1 or all(last - first + 1 < sheets for first, last in spans)
    assert parts == sorted(parts) and len(parts) <= rules.PARTS_MAX


@pytest.mark.parametrize(
    ("left", "used", "set_limit", "allowed"),
    [(0, 0, None, 100), (30, 0, None, 70), (30, 500, None, 470), (600, 500, None, 0), (30, 500, 50, 20), (0, 500, 0, 0)],
)
def test_the_limit_is_half_a_year_s_use_or_what_was_set_less_what_is_left(
    left: int, used: int, set_limit: int | None, allowed: int
) -> None:
    assert rules.requisition_limit(Usage(left, used, 0), used, set_limit, POLICY) == allowed


def test_a_top_up_is_due_below_the_threshold_and_reaches_the_mark() -> None:
    assert [rules.top_up_due(left, 100, 500) for left in (0, 99, 100, 700)] == [500, 401, 0, 0]


@pytest.mark.parametrize(
    ("medium", "state", "today", "early", "refusal"),
    [
        (Medium.ELECTRONIC, SegmentState.VOIDED, date(2025, 3, 1), False, None),
        (Medium.ELECTRONIC, SegmentState.VOIDED, date(2025, 2, 28), False, errors.RetentionNotOver),
        (Medium.PAPER, SegmentState.IN_USE, date(2022, 3, 1), True, None),
        (Medium.PAPER, SegmentState.IN_USE, date(2022, 2, 28), True, errors.RetentionNotOver),
        (Medium.ELECTRONIC, SegmentState.IN_USE, date(2040, 1, 1), False, errors.DestructionOfUsable),
        (Medium.PAPER, SegmentState.HELD, date(2040, 1, 1), False, errors.DestructionOfUsable),
    ],
)
def test_destruction_waits_for_the_retention_time_also_from_a_leap_day(
    medium: Medium, state: SegmentState, today: date, early: bool, refusal: type[Exception] | None
) -> None:
    def decide() -> None:
        rules.refuse_destruction(medium, state, date(2020, 2, 29), today, POLICY, early=early)

    if refusal is None:
        decide()
    else:
        with pytest.raises(refusal):
            decide()


def test_a_loss_needs_its_notice_and_nothing_else_does() -> None:
    today = date(2026, 11, 23)
    for medium, on in (("", today), ("日报", None), ("日报", date(2026, 11, 24))):
        with pytest.raises(errors.NoticeMissing):
            rules.refuse_notice(DisposalKind.LOSS, medium, on, today)
    rules.refuse_notice(DisposalKind.LOSS, "日报", today, today)
    rules.refuse_notice(DisposalKind.VOID, "", None, today)


MOVES = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 20), st.sampled_from("abc")), max_size=25)


@given(MOVES, MOVES)
def test_the_replayed_line_agrees_with_every_number_by_itself(
    moves: list[tuple[int, int, str]], others: list[tuple[int, int, str]]
) -> None:
    lines, models = [], []
    for told in (moves, others):
        line, by_number = Line(), dict[int, str]()
        for low, size, to in told:
            origin = by_number.get(low, "0::0:none")
            wrong = {n for n_low, n_high, _ in line.move(low, low + size, origin, to) for n in range(n_low, n_high)}
            assert wrong == {n for n in range(low, low + size) if by_number.get(n, "0::0:none") != origin}
            by_number.update(dict.fromkeys(range(low, low + size), to))
        assert {n: place for low, high, place in line.pieces() for n in range(low, high)} == by_number
        lines.append(line.pieces())
        models.append(by_number)
    found = {n for low, high, _, _ in differing_pieces(*lines) for n in range(low, high)}
    assert found == {n for n in range(70) if models[0].get(n) != models[1].get(n)}
