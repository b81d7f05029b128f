"""The auditor sees within a minute what does not add up, names it, and sees that it adds up again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from piaoju.journeys import audit_totals, keep_books
from piaoju.journeys.audit_totals import Auditor
from piaoju.journeys.issue import Issued
from piaoju.journeys.office import Office
from piaoju.kit.clock import local
from piaoju.reporting import queries
from piaoju.reporting.auditing import Slice
from piaoju.reporting.models import AuditSlice, Difference
from tests.offices import Installed, body, line, settlement_items


class Clock:
    """The present, moved on by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture(scope="module")
def issued(shared: Installed) -> Installed:
    """A few bills of two items; half of them folded into the totals, half not yet."""
    first, second = settlement_items()[:2]
    for half in range(2):
        lines = [line("10.00", item_code=first), line("2.50", item_code=second)]
        outcomes = shared.issue(*(body(f"{half}-{number}", lines=lines) for number in range(3)))
        assert all(isinstance(outcome, Issued) for outcome in outcomes), outcomes
        if half == 0:
            keep_books.fold_totals()
    return shared


@contextmanager
def planted(table: str, change: str) -> Iterator[None]:
    """The change, made behind every trigger; afterwards it was never made."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(change)
        assert cursor.rowcount >= 1, "the change to be found was not made"
        yield
        transaction.set_rollback(True)


def slices(now: datetime) -> list[Slice]:
    """The present hours, and every day and month."""
    found = [audit_totals.hours_of(now)]
    with_day = queries.next_slice(now, now)
    assert with_day is not None
    day = now.astimezone(found[0].low.tzinfo).replace(hour=0, minute=0, second=0, microsecond=0)
    months = {day.replace(day=1), day.replace(day=1, month=day.month - (day.month - 1) % 3), day.replace(day=1, month=1)}
    tenday = day.replace(day=1 + min((day.day - 1) // 10, 2) * 10)
    return [*found, Slice("day", day, day + timedelta(days=1)), Slice("tenday", tenday, tenday + timedelta(days=10)),
            *(Slice("month", month, (month + timedelta(days=32)).replace(day=1)) for month in months)]  # fmt: skip


PLANTED = {
    "ledger_total": (
        ("UPDATE ledger_total SET amount_fen = amount_fen + 1 WHERE scope = 2 AND grain = 1 AND item_code = ''", "hours_not"),
        ("UPDATE ledger_total SET amount_fen = amount_fen - 1 WHERE scope = 1 AND grain = 2", "days_not"),
        ("UPDATE ledger_total SET amount_fen = amount_fen - 1 WHERE scope = 3 AND grain = 2 AND bill_type_code = ''", "days_not"),
        ("UPDATE ledger_total SET amount_fen = amount_fen - 1 WHERE scope = 1 AND grain = 4 AND item_code <> ''", "tendays_not"),
        ("UPDATE ledger_total SET amount_fen = amount_fen - 1 WHERE scope = 2 AND grain = 4 AND item_code <> ''", "tendays_not"),
        ("UPDATE ledger_total SET amount_fen = amount_fen - 1 WHERE scope = 1 AND grain = 3 AND item_code <> ''", "month_not"),
        ("DELETE FROM ledger_total WHERE scope = 2 AND grain = 3 AND item_code <> ''", "month_not"),
        ("UPDATE ledger_total SET sheets = sheets + 1 WHERE scope = 2 AND grain = 5 AND item_code <> ''", "longer_not"),
        ("UPDATE ledger_total SET sheets = sheets + 1 WHERE scope = 2 AND grain = 6 AND item_code = ''", "longer_not"),
        ("UPDATE ledger_total SET sheets = sheets + 1 WHERE scope = 3 AND grain = 3 AND item_code = ''", "month_not"),
        ("DELETE FROM ledger_total WHERE scope = 3 AND grain = 1", "hours_not"),
        ("UPDATE ledger_total SET amount_fen = amount_fen + 1 WHERE scope = 3 AND grain = 4", "tendays_not"),
        ("DELETE FROM ledger_total WHERE grain = 5", "longer_not"),
        ("UPDATE ledger_total SET sheets = sheets + 1 WHERE grain = 6", "longer_not"),
    ),
    "ledger_delta": (("DELETE FROM ledger_delta WHERE id = (SELECT max(id) FROM ledger_delta WHERE kind = 3)", "hours_not"),),
    "issuing_bill": (
        ("DELETE FROM issuing_bill WHERE business_number = '0-1'", "bills_not"),
        ("UPDATE issuing_bill SET total_fen = total_fen + 100 WHERE business_number = '1-2'", "bills_not"),
        ("UPDATE issuing_bill SET region_code = '510726' WHERE business_number = '1-0'", "bills_not"),
    ),
    "issuing_bill_line": (
        ("UPDATE issuing_bill_line SET amount_fen = amount_fen + 1 WHERE line_number = 1", "lines_not"),
        ("UPDATE issuing_bill_line SET total_fen = total_fen + 1 WHERE line_number = 2", "lines_not"),
        ("UPDATE issuing_bill_line SET region_code = '510726' WHERE line_number = 1", "lines_not"),
    ),
    "ledger_fact": (("DELETE FROM ledger_fact WHERE kind = 3 AND bill_number = 1", "bills_not"),),
}


@pytest.mark.parametrize(("table", "change", "named"), [(t, *c) for t, changes in PLANTED.items() for c in changes])
def test_a_planted_difference_is_named_and_an_honest_book_is_not(issued: Installed, table: str, change: str, named: str) -> None:
    now = issued.office.clock()
    assert [found for one in slices(now) for found in queries.differences(one)] == []
    with planted(table, change):
        found = [each for one in slices(now) for each in queries.differences(one)]
        assert any(each.code.startswith(named) for each in found), found
        assert all(each.subject and each.detail for each in found)


def test_a_difference_is_known_within_a_minute_and_cleared_when_it_is_gone(issued: Installed, caplog) -> None:
    clock = Clock()
    office, auditor = issued.with_clock(clock).office, Auditor()
    assert auditor.step(office) == 0
    change = PLANTED["ledger_total"][0][0]
    issued.run(change)
    clock.ahead += timedelta(seconds=46)
    assert auditor.step(office) >= 1
    assert queries.audit_state().differences >= 1 and "hours_not_as_booked" in caplog.text
    clock.ahead += timedelta(seconds=46)
    assert auditor.step(office) == 0, "the same difference is told once"
    issued.run(change.replace("+ 1", "- 1"))
    clock.ahead += timedelta(hours=7)  # by then every day and month is due again
    for _ in range(24):  # days, 旬 and the year's months
        clock.ahead += timedelta(minutes=1)
        auditor.step(office)
    assert queries.audit_state().differences == 0
    assert Difference.objects.exclude(cleared_at=None).count() >= 1, "what was found stays known"


def test_a_closed_day_that_was_changed_is_named(issued: Installed) -> None:
    while keep_books.fold_totals():
        pass
    later = issued.with_clock(lambda: datetime.now(UTC) + timedelta(days=1)).office
    with transaction.atomic():
        while keep_books.close_days(later):
            pass
        midnight = local(issued.office.clock()).replace(hour=0, minute=0, second=0, microsecond=0)
        day = Slice("day", midnight, midnight + timedelta(days=1))
        assert queries.differences(day) == []
        change = "UPDATE reporting_grouptotal SET amount_fen = amount_fen + 1 WHERE dimension = 'mode'"
        with planted("reporting_grouptotal", change):
            assert {one.code for one in queries.differences(day)} == {"closed_not_as_booked"}
        transaction.set_rollback(True)


def test_while_issuing_is_busy_the_present_hour_is_looked_at_within_a_minute_and_nothing_else(
    issued: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_totals, "AGAIN_AFTER", timedelta(0))  # days and months would always be due
    clock = Clock()
    office, auditor = issued.with_clock(clock).office, Auditor()
    before = days_looked_at()
    auditor.step(office, busy=True)
    change = "UPDATE ledger_total SET amount_fen = amount_fen + 1 WHERE scope = 3 AND grain = 1 AND item_code = ''"
    with planted("ledger_total", change):
        clock.ahead += timedelta(seconds=20)
        assert auditor.step(office, busy=True) == 0, "as seldom as may be"
        clock.ahead += timedelta(seconds=26)
        assert auditor.step(office, busy=True) >= 1
        assert days_looked_at() == before
    clock.ahead += timedelta(days=2)  # after whatever other tests looked at
    auditor.step(office)
    assert days_looked_at() != before


def test_a_look_that_takes_long_leaves_the_rush_nineteen_parts_of_twenty(
    issued: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Slice] = []

    def look(office: Office, one: Slice) -> tuple[timedelta, int]:
        looks.append(one)
        return timedelta(seconds=6), 0

    monkeypatch.setattr(audit_totals, "look", look)
    clock = Clock()
    office, auditor = issued.with_clock(clock).office, Auditor()
    for ahead in (0, 60, 119, 121):
        clock.ahead = timedelta(seconds=ahead)
        auditor.step(office, busy=True)
    assert len(looks) == 2


def days_looked_at() -> set[tuple[datetime, datetime]]:
    return set(AuditSlice.objects.exclude(kind="hours").values_list("low", "checked_at"))


def test_every_day_and_month_comes_round(issued: Installed) -> None:
    clock = Clock()
    clock.ahead = timedelta(hours=40)
    office, auditor = issued.with_clock(clock).office, Auditor()
    for _ in range(24):
        clock.ahead += timedelta(minutes=1)
        auditor.step(office)
    now = office.clock()
    assert queries.next_slice(now, now - timedelta(hours=1)) is None
    state = queries.audit_state()
    assert state.all_checked_since is not None and now - state.all_checked_since < timedelta(hours=1)


def test_two_auditors_and_writers_do_no_harm(issued: Installed) -> None:
    auditors = [Auditor(), Auditor()]
    for number in range(4):
        issued.issue(body(f"late-{number}"))
        if number % 2:
            keep_books.fold_totals()
        assert [auditor.step(issued.office) for auditor in auditors] == [0, 0]
        assert queries.differences(audit_totals.hours_of(issued.office.clock())) == []
