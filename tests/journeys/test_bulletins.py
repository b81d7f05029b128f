"""通报: cut at a signed head of the log, the same to the fen whenever it is derived again, and kept as it was made."""

from __future__ import annotations

from datetime import date

import psycopg
import pypdfium2
import pytest

from piaoju.identity.types import OperatorActor, Role
from piaoju.journeys import bulletin_document, bulletins, keep_books
from piaoju.kit.clock import local_date
from piaoju.kit.errors import NotFound
from piaoju.reporting import queries
from piaoju.reporting.errors import BulletinTooEarly
from tests import offices
from tests.journeys.asking import issued
from tests.offices import Installed


@pytest.fixture
def supervisor(shared: Installed) -> OperatorActor:
    actor = shared.operator(Role.SUPERVISOR)
    keep_books.keep_log(shared.office)  # whichever test of this file comes first, the log has a head
    return actor


def month(installed: Installed) -> date:
    return local_date(installed.office.clock()).replace(day=1)


def made(installed: Installed, actor: OperatorActor) -> queries.BulletinKept:
    number = bulletins.make(installed.office, actor, "510000", month(installed))
    return bulletins.of_actor(installed.office, actor, number)


def test_what_comes_after_the_mark_changes_nothing(shared: Installed, supervisor: OperatorActor) -> None:
    shared.issue(*(offices.body(f"B-{n}", f"{n + 1}.50") for n in range(4)))
    keep_books.keep_log(shared.office)
    keep_books.fold_totals()
    first = made(shared, supervisor)
    assert first.content["figures"]["issued_sheets"] == 4 and first.content["figures"]["issued_fen"] == 1200
    assert first.content["coverage"]["whole"] == [1, 1]

    shared.issue(*(offices.body(f"B-late-{n}", "100.00") for n in range(3)))  # pending: no place in the log yet
    pending = made(shared, supervisor)
    assert pending.size == first.size and pending.content["figures"] == first.content["figures"]
    assert bulletins.differs(shared.office, supervisor, first.id) == []

    keep_books.keep_log(shared.office)
    keep_books.fold_totals()
    assert bulletins.differs(shared.office, supervisor, first.id) == []
    later = made(shared, supervisor)
    assert later.size > first.size and later.content["figures"]["issued_fen"] == 31200
    for kept in (first, later):
        whole = [figures["issued_fen"] for figures in kept.content["below"].values()]
        types = [figures["issued_fen"] for figures in kept.content["bill_types"].values()]
        assert sum(whole) == sum(types) == kept.content["figures"]["issued_fen"]


def test_a_reversal_after_the_mark_is_of_the_next_bulletin(shared: Installed, supervisor: OperatorActor) -> None:
    bill = issued(shared.issue(offices.body("B-red", "9.00"))[0])
    keep_books.keep_log(shared.office)
    before = made(shared, supervisor)
    issued(shared.issue_orders(offices.reversal(shared, bill, "B-red-1"))[0])
    keep_books.keep_log(shared.office)
    keep_books.fold_totals()
    after = made(shared, supervisor)
    figures, earlier = after.content["figures"], before.content["figures"]
    assert figures["red_sheets"] == earlier["red_sheets"] + 1
    assert figures["red_fen"] == earlier["red_fen"] + 900
    assert figures["issued_fen"] == earlier["issued_fen"], "a red bill takes nothing from what was issued"
    for part in ("below", "bill_types"):
        assert sum(one["red_fen"] for one in after.content[part].values()) == figures["red_fen"]
    assert bulletins.differs(shared.office, supervisor, before.id) == [] == bulletins.differs(shared.office, supervisor, after.id)


def test_a_changed_total_is_seen_and_a_bulletin_cannot_be_changed(shared: Installed, supervisor: OperatorActor) -> None:
    kept = made(shared, supervisor)
    change = "UPDATE ledger_total SET amount_fen = amount_fen + {} WHERE scope = 2 AND kind = 3 AND item_code = ''"
    shared.run(change.format(1))
    try:
        assert "figures" in bulletins.differs(shared.office, supervisor, kept.id)
    finally:
        shared.run(change.format(-1))
    assert bulletins.differs(shared.office, supervisor, kept.id) == []
    for text in ("UPDATE reporting_bulletin SET size = size", "DELETE FROM reporting_bulletin"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            shared.run(text)


def test_the_document_says_what_the_page_says(shared: Installed, supervisor: OperatorActor) -> None:
    kept = made(shared, supervisor)
    file = bulletin_document.document(kept, shared.office.fonts)
    assert file == bulletin_document.document(kept, shared.office.fonts)
    pages = pypdfium2.PdfDocument(file)
    text = "".join(page.get_textpage().get_text_range() for page in pages).replace("\r\n", "").replace("\n", "")
    for words in (*bulletin_document.paragraphs(kept), *bulletin_document.mark_lines(kept)):
        assert words.replace(" ", "") in text.replace(" ", ""), words
    for _, _, rows in bulletin_document.tables(kept):
        assert all(cell in text for cell in rows[-1])


def test_a_long_table_goes_on_with_its_heads_on_the_next_page(shared: Installed, supervisor: OperatorActor) -> None:
    from dataclasses import replace

    kept = made(shared, supervisor)
    many = {f"51{n:04d}": dict.fromkeys(kept.content["figures"], n) for n in range(1000, 1100)}
    kept = replace(kept, content={**kept.content, "below": many})
    pages = pypdfium2.PdfDocument(bulletin_document.document(kept, shared.office.fonts))
    assert len(pages) >= 3
    assert all("净额（元）" in page.get_textpage().get_text_range() for page in pages)


def test_months_to_come_and_foreign_regions_have_none(shared: Installed, supervisor: OperatorActor) -> None:
    with pytest.raises(BulletinTooEarly):
        bulletins.make(shared.office, supervisor, "510000", date(2099, 1, 1))
    county = shared.operator(Role.SUPERVISOR, region_code="510726")
    number = made(shared, supervisor).id
    for foreign in (lambda: bulletins.make(shared.office, county, "510000", month(shared)),
                    lambda: bulletins.of_actor(shared.office, county, number)):  # fmt: skip
        with pytest.raises(NotFound):
            foreign()
