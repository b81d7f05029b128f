"""An uploaded file has an end: the file and the payers in it go, what became of each row stays."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator
from datetime import timedelta

import openpyxl
import pytest

from piaoju.issuing import actions as issuing
from piaoju.issuing import queries as batches
from piaoju.issuing.errors import BatchFileSwept, BatchNotReady
from piaoju.issuing.types import BatchKept
from piaoju.journeys import batch_results, check_batch, issue_batch, sweep_batches
from piaoju.journeys.office import Office
from piaoju.ops.bench import tuition
from tests import offices
from tests.offices import Installed

KEPT_DAYS = 30


@pytest.fixture(scope="module")
def office(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with offices.found(module_database, tmp_path_factory.mktemp("office"), units=(tuition.UNIVERSITY,)) as installed:
        yield dataclasses.replace(
            installed, office=dataclasses.replace(installed.office, batch_files_kept=timedelta(days=KEPT_DAYS))
        )


def submit(office: Installed, tag: str, mode: str) -> BatchKept:
    """A file of five students, of which the third has no name."""
    rows = [list(row) for row in tuition.rows(5, tag)]
    rows[2][tuition.HEADINGS.index("交款人")] = ""
    kept = check_batch.submit(office.office, "command:batch", tuition.UNIVERSITY, "名单.xlsx", tuition.workbook(rows), mode)
    office.jobs.run(office.office)
    return batches.batch(kept)


def after(office: Installed, days: float) -> Office:
    moment = office.office.clock() + timedelta(days=days)
    return dataclasses.replace(office.office, clock=lambda: moment)


def sealed_bytes(office: Installed, kept: BatchKept) -> int:
    """What is left of the file and of the rows as they were sent."""
    file = office.count("SELECT octet_length(content_sealed) FROM issuing_batch WHERE id = %s", kept.id)
    return file + office.count("SELECT sum(coalesce(octet_length(body), 0)) FROM issuing_batch_row WHERE batch_id = %s", kept.id)


def test_a_file_is_emptied_when_its_days_are_over_and_the_outcomes_stay(
    office: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_batches, "_ROWS_AT_ONCE", 2)
    kept = submit(office, "S", "skip_errors")
    told = list(batch_results.outcomes(kept))
    assert [one["outcome"] for one in told] == ["issued", "issued", "refused", "issued", "issued"]
    assert sweep_batches.sweep(after(office, KEPT_DAYS - 0.1)) == 0
    assert sealed_bytes(office, kept) > 0
    assert sweep_batches.sweep(after(office, KEPT_DAYS + 0.1)) == 1
    assert sweep_batches.sweep(after(office, KEPT_DAYS + 0.1)) == 0
    assert sealed_bytes(office, kept) == 0
    swept = batches.batch(kept.id)
    assert (swept.state, swept.file_swept_at is not None, swept.counts) == ("done", True, kept.counts)
    assert list(batch_results.outcomes(swept)) == told
    with batch_results.workbook(office.office, swept) as book:
        sheet = openpyxl.load_workbook(io.BytesIO(book.read())).active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [one["row"] for one in told]
    (faulty,) = batch_results.faulty(office.office, "command:batch", kept.id, after=0, limit=9)
    assert (faulty.payer_name, faulty.yuan, bool(faulty.faults)) == ("", "", True)
    with pytest.raises(BatchFileSwept):
        batch_results.annotated(office.office, swept)


def test_a_file_that_waited_all_its_days_is_stopped_and_never_issued(office: Installed) -> None:
    kept = submit(office, "W", "check_only")
    assert kept.state == "checked"
    assert sweep_batches.sweep(after(office, KEPT_DAYS + 0.1)) == 1
    assert (batches.batch(kept.id).state, sealed_bytes(office, kept)) == ("stopped", 0)
    with pytest.raises(BatchNotReady):
        issue_batch.start(office.office, "command:batch", kept.id, "skip_errors")
    assert office.count("SELECT count(*) FROM issuing_bill WHERE business_number LIKE 'W-%%'") == 0


def test_what_is_at_work_is_left_alone_and_what_stopped_halfway_is_swept_again(
    office: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = submit(office, "H", "check_only")
    with monkeypatch.context() as beaten:  # a person gives the word at the very moment
        beaten.setattr(issuing, "move_batch", lambda *_, **__: False)
        sweep_batches.sweep(after(office, KEPT_DAYS + 0.1))
    assert sealed_bytes(office, kept) > 0
    with monkeypatch.context() as killed, pytest.raises(ZeroDivisionError):
        killed.setattr(issuing, "empty_file", lambda *_: 1 // 0)
        sweep_batches.sweep(after(office, KEPT_DAYS + 0.1))
    assert batches.batch(kept.id).file_swept_at is None
    assert sweep_batches.sweep(after(office, KEPT_DAYS + 0.1)) == 1
    assert sealed_bytes(office, kept) == 0
