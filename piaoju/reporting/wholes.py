"""Count and sums that the ledger knows already: whoever asks for all bills of a region and a time need not count a million."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from piaoju.ledger import queries as ledger
from piaoju.reporting import groups
from piaoju.reporting.totals import stretches_of, without_everything
from piaoju.reporting.types import BillsQuestion, Reach, TotalsQuestion

_FIRST, _LAST = datetime(1950, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_INSTANT = timedelta(microseconds=1)
_NAMES = {"bill_type": "bill_type", "region_code": "region_code", "governing_code": "governing_code", "industry": "industry"}
# Count, total_fen, red_sheets, red_fen, as `bills` has them.
_COLUMNS = {
    "": "issued_sheets + red_sheets, issued_fen - red_fen, red_sheets, red_fen",
    "normal": "issued_sheets, issued_fen, 0, 0",
    "red": "red_sheets, -red_fen, red_sheets, red_fen",
}


def known_by_the_ledger(question: BillsQuestion, reach: Reach) -> tuple[str, list[Any]] | None:
    """SQL of count and sums from the totals, for the same statement; None where the bills themselves must be counted.

    One unit's bills are counted: that is a range of one index. So is whatever totals do not tell apart.
    """
    low, high, kind, named = _FIRST, _LAST, "", {}
    if any(portion.unit_code for portion in reach.portions):
        return None
    for one in question.conditions:
        value: Any = one.values[0]
        last: Any = one.values[-1]
        if one.field == "issued_at" and one.comparison != "eq":
            low = max(low, value) if one.comparison in ("ge", "between") else low
            if one.comparison in ("lt", "le", "between"):
                high = min(high, last if one.comparison == "lt" else last + _INSTANT)
        elif one.field == "kind" and value in _COLUMNS and not kind:
            kind = value
        elif one.field in _NAMES and one.field not in named and (one.comparison == "under" or one.field != "region_code"):
            named[one.field] = value
        else:
            return None
    if low >= high or any(value == "" for value in named.values()):
        return None
    asked, reach = without_everything(TotalsQuestion(low, high, **named), reach)
    dimension = groups.dimension_of(asked, reach)
    if dimension is not None:
        return ledger.figures_as(*groups.sum_statement(asked, reach, dimension), _COLUMNS[kind])
    return ledger.sum_as(stretches_of(asked, reach), _COLUMNS[kind])
