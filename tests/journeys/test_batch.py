"""批量开票: checked without a trace, issued once a row, refused row by row in the person's own file."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.db import connection

from piaoju.identity.errors import ActNotPermitted
from piaoju.identity.types import ClientActor, Role
from piaoju.issuing import actions as issuing_actions
from piaoju.issuing import queries as batches
from piaoju.issuing.errors import BatchHasFaults, BatchNotFound, BatchNotReady, ReviewNeeded
from piaoju.issuing.types import BatchKept
from piaoju.journeys import batch_results, check_batch, issue_batch
from piaoju.journeys import issue as desk
from piaoju.kit import limits, spreadsheet
from piaoju.kit.listing import Condition
from piaoju.ops.bench import tuition
from piaoju.reporting import queries as reporting
from piaoju.reporting.types import CHANNEL_LABELS, BillsQuestion, Reach
from tests import offices
from tests.offices import Installed

UNIVERSITY = tuition.UNIVERSITY
COMMAND = "command:batch"
COLUMN = {heading: place for place, heading in enumerate(tuition.HEADINGS)}


@pytest.fixture(scope="module")
def office(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    units = (UNIVERSITY, offices.HOSPITAL)
    with offices.found(module_database, tmp_path_factory.mktemp("office"), units=units) as installed:
        yield installed


def students(count: int, tag: str, **changes: tuple[str, str]) -> list[list[str]]:
    """Rows of tuition; `row37=("金额", "x")` changes a cell of that Excel row (the first student is in row 3)."""
    rows = [list(row) for row in tuition.rows(count, tag)]
    for place, (heading, text) in changes.items():
        rows[int(place.removeprefix("row")) - 3][COLUMN[heading]] = text
    return rows


def submit(
    office: Installed, content: bytes, *, name: str = "名单.xlsx", mode: str = "check_only", who: Any = COMMAND, run: bool = True
) -> BatchKept:
    batch_id = check_batch.submit(office.office, who, UNIVERSITY, name, content, mode)
    if run:
        office.jobs.run(office.office)
    return batches.batch(batch_id)


def issue(office: Installed, rows: list[list[str]], mode: str = "skip_errors") -> BatchKept:
    return submit(office, tuition.workbook(rows), mode=mode)


def outcomes(kept: BatchKept) -> list[dict[str, Any]]:
    return [json.loads(line) for line in batch_results.ndjson(kept)]


def state_of(office: Installed) -> list[Any]:
    """Everything that issuing would change."""
    return [
        office.column("SELECT count(*) FROM issuing_bill"),
        office.column("SELECT next_number FROM stock_counter ORDER BY unit_id, segment_id"),
        office.column("SELECT count(*) FROM ledger_fact"),
        office.column("SELECT count(*) FROM stock_taking"),
    ]


def bills_with(office: Installed, tag: str) -> int:
    return office.count("SELECT count(*) FROM issuing_bill WHERE business_number LIKE %s", f"{tag}-%")


def test_a_file_is_checked_without_a_trace_then_issued_once_and_once_only(office: Installed) -> None:
    rows = students(limits.BATCH_CHUNK_BILLS * 2 + 40, "A")
    before = state_of(office)
    kept = submit(office, tuition.workbook(rows))
    assert (kept.state, kept.rows, kept.bills, kept.counts["fit_bills"]) == ("checked", len(rows), len(rows), len(rows))
    assert kept.counts["fit_fen"] == sum(int(row[COLUMN["金额"]].replace(".", "")) for row in rows)
    assert state_of(office) == before
    issue_batch.start(office.office, COMMAND, kept.id, "all_or_nothing")
    with pytest.raises(BatchNotReady):
        issue_batch.start(office.office, COMMAND, kept.id, "all_or_nothing")
    office.jobs.run(office.office)
    kept = batches.batch(kept.id)
    assert (kept.state, batches.batch_progress(kept.id).issued) == ("done", len(rows))
    told = outcomes(kept)
    assert [one["row"] for one in told] == list(range(3, len(rows) + 3))
    assert {one["outcome"] for one in told} == {"issued"}
    assert len({(one["code"], one["number"]) for one in told}) == len(rows) == bills_with(office, "A")
    again = issue(office, rows)
    assert (again.state, again.counts["unchanged_bills"], again.counts.get("fit_bills", 0)) == ("done", len(rows), 0)
    assert [(one["code"], one["number"]) for one in outcomes(again)] == [(one["code"], one["number"]) for one in told]
    assert bills_with(office, "A") == len(rows)


PLANTED = {
    "row5": ("标准", "99999.00"),
    "row9": ("项目编码", "103050101"),
    "row14": ("金额", "5500.01"),
    "row20": ("交款人", ""),
    "row27": ("业务流水号", "B-000003"),
    "row33": ("交款人", "=1+1"),
    "row41": ("金额", "五千五"),
}
CODES = {
    5: "price_over_standard", 9: "item_not_granted", 14: "amount_mismatch", 20: "required", 27: "business_number_twice",
    33: "formula", 41: "not_a_number", 48: "formula", 52: "date_in_future",
}  # fmt: skip


def planted() -> bytes:
    """A workbook with one fault of each kind; two of them as only a person's program writes them."""
    rows = students(60, "B", **PLANTED)
    rows[2][COLUMN["金额"]] = "99999.00"
    book = openpyxl.load_workbook(io.BytesIO(tuition.workbook(rows)))
    sheet = book.worksheets[0]
    sheet.cell(48, COLUMN["金额"] + 1).value = "=I48*H48"
    sheet.cell(2, len(tuition.HEADINGS) + 1).value = "业务日期"
    for row in range(3, 63):
        sheet.cell(row, len(tuition.HEADINGS) + 1).value = "2026-11-01"
    sheet.cell(52, len(tuition.HEADINGS) + 1).value = "2099-01-01"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def test_exactly_the_planted_rows_are_refused_and_the_corrected_file_issues_exactly_the_rest(office: Installed) -> None:
    content = planted()
    kept = submit(office, content, mode="skip_errors")
    told = outcomes(kept)
    refused = {one["row"]: one["errors"][0]["code"] for one in told if one["outcome"] == "refused"}
    assert refused == CODES
    assert {one["outcome"] for one in told if one["row"] not in CODES} == {"issued"}
    assert bills_with(office, "B") == 60 - len(CODES)

    returned = batch_results.annotated(office.office, kept).read()
    sheet = openpyxl.load_workbook(io.BytesIO(returned)).worksheets[0]
    headings = [cell.value for cell in sheet[2]]
    result, code, number, wrong, remedy = (headings.index(h) for h in ("开具结果", "票据代码", "票据号码", "错误", "改正办法"))
    assert {row: sheet[row][wrong].value is not None for row in range(3, 63)} == {row: row in CODES for row in range(3, 63)}
    assert [row for row in CODES if not sheet[row][remedy].value] == [], [sheet[row][wrong].value for row in CODES]
    assert sheet[48][COLUMN["金额"]].value == "=I48*H48" and sheet["A1"].value == "2026 级秋季学费"
    assert sheet[3][result].value == "已开具" and len(sheet[3][number].value) == 10 and sheet[3][code].value

    book = openpyxl.load_workbook(io.BytesIO(returned))
    good = {5: ("标准", "5500.00"), 9: ("项目编码", "103042756"), 14: ("金额", "5500.00"), 20: ("交款人", "补上"),
            27: ("业务流水号", "B-000024"), 33: ("交款人", "改过"), 41: ("金额", "5500.00"), 48: ("金额", "5500.00")}  # fmt: skip
    sheet = book.worksheets[0]
    for row, (heading, text) in good.items():
        sheet.cell(row, COLUMN[heading] + 1).value = text
        sheet.cell(row, COLUMN["标准"] + 1).value = sheet.cell(row, COLUMN["金额"] + 1).value = (
            {"103042757": "1200.00", "103042761": "8000.00"}.get(sheet.cell(row, COLUMN["项目编码"] + 1).value, "5500.00")
        )
    sheet.cell(52, headings.index("业务日期") + 1).value = "2026-11-01"
    written = io.BytesIO()
    book.save(written)
    again = submit(office, written.getvalue(), mode="all_or_nothing")
    assert again.state == "done", outcomes(again)
    assert {one["row"] for one in outcomes(again) if one["outcome"] == "issued"} == set(CODES)
    assert {one["outcome"] for one in outcomes(again) if one["row"] not in CODES} == {"unchanged"}
    assert bills_with(office, "B") == 60


def test_all_or_nothing_issues_nothing_where_one_row_is_wrong(office: Installed) -> None:
    rows = students(20, "C", row7=("交款人", ""))
    before = state_of(office)
    kept = issue(office, rows, "all_or_nothing")
    assert (kept.state, state_of(office)) == ("failed", before)
    assert {one["outcome"] for one in outcomes(kept)} == {"refused"}
    checked = submit(office, tuition.workbook(rows))
    with pytest.raises(BatchHasFaults):
        issue_batch.start(office.office, COMMAND, checked.id, "all_or_nothing")
    assert state_of(office) == before


def test_csv_in_english_and_ndjson_of_both_kinds_are_the_same_bills(office: Installed) -> None:
    keys = ("business_number", "bill_type", "payer_type", "payer_name", "item_code", "quantity", "standard", "amount", "handler",
            "checker", "student_id")  # fmt: skip
    line = ("D-1", "0206", "person", "李明", "103042756", "1", "5500.00", "5500.00", "甲", "乙", "2026001")
    second = ("D-1", "0206", "person", "李明", "103042757", "1", "1200.00", "1,200.00", "甲", "乙", "2026001")
    comma = "\n".join([",".join(keys), ",".join(line), ",".join(f'"{text}"' for text in second)]).encode()
    kept = submit(office, comma, name="d.csv", mode="skip_errors")
    (first, other) = outcomes(kept)
    assert (first["outcome"], first["row"], other["row"], first["number"]) == ("issued", 2, 3, other["number"])
    flat = b"\n".join(json.dumps(dict(zip(keys, row, strict=True))).encode() for row in (line, second))
    body = offices.body(
        "D-1", bill_type="0206", handler="甲", checker="乙", extension={"student_id": "2026001"},
        lines=[offices.line("5500.00", item_code="103042756"), offices.line("1200.00", item_code="103042757")],
    )  # fmt: skip
    for content in (flat, json.dumps(body).encode() + b"\n\n"):
        kept = submit(office, content, name="d.ndjson", mode="skip_errors")
        assert {(one["outcome"], one["number"]) for one in outcomes(kept)} == {("unchanged", first["number"])}, outcomes(kept)
    assert office.count("SELECT total_fen FROM issuing_bill WHERE business_number = 'D-1'") == 670000


def test_a_row_that_is_wrong_keeps_its_whole_bill_and_says_so_in_each_row(office: Installed) -> None:
    rows = students(4, "E")
    rows[1] = [*rows[0]]
    rows[1][COLUMN["项目编码"]], rows[1][COLUMN["标准"]], rows[1][COLUMN["金额"]] = "103042757", "1200.00", "1200.01"
    rows[3] = [*rows[2]]
    told = outcomes(issue(office, rows))
    assert [(one["row"], one["outcome"], [error["code"] for error in one["errors"]]) for one in told] == [
        (3, "refused", ["bill_has_faults"]), (4, "refused", ["amount_mismatch"]), (5, "issued", []),
        (6, "refused", ["row_twice"]),
    ]  # fmt: skip


def test_a_batch_pauses_goes_on_and_stops_at_a_safe_point(office: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = students(limits.BATCH_CHUNK_BILLS * 3, "F")
    kept = submit(office, tuition.workbook(rows), mode="skip_errors", run=False)
    office.jobs.waiting.pop(0)
    check_batch.check_batch(office.office, batch=kept.id)
    issued = desk.issue_group

    def then(act: Any) -> Any:
        def once(*arguments: Any) -> Any:
            found = issued(*arguments)
            act(office.office, COMMAND, kept.id)
            return found

        return once

    with monkeypatch.context() as changed:
        changed.setattr("piaoju.journeys.issue_batch.issue_group", then(issue_batch.pause))
        office.jobs.run(office.office)
    assert batches.batch(kept.id).state == "paused"
    assert bills_with(office, "F") == batches.batch_progress(kept.id).done == limits.BATCH_CHUNK_BILLS
    issue_batch.resume(office.office, COMMAND, kept.id)
    with monkeypatch.context() as changed:
        changed.setattr("piaoju.journeys.issue_batch.issue_group", then(issue_batch.stop))
        office.jobs.run(office.office)
    assert batches.batch(kept.id).state == "stopped"
    for act in (issue_batch.resume, issue_batch.pause, issue_batch.stop):
        with pytest.raises(BatchNotReady):
            act(office.office, COMMAND, kept.id)
    told = outcomes(batches.batch(kept.id))
    assert [one["outcome"] for one in told].count("issued") == bills_with(office, "F") == 2 * limits.BATCH_CHUNK_BILLS
    assert {one["errors"][0]["code"] for one in told if one["outcome"] == "refused"} == {"batch_stopped"}
    assert issue(office, rows).state == "done"
    assert bills_with(office, "F") == len(rows)


class Killed(BaseException):
    """The end of a process, as far as a test in one process can have it."""


def test_whatever_step_dies_every_row_is_issued_once(office: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Die at each step of the issuing of a chunk, in turn, then run the job again."""
    rows = students(limits.BATCH_CHUNK_BILLS + 10, "G")
    kept = submit(office, tuition.workbook(rows), mode="skip_errors", run=False)
    office.jobs.waiting.clear()
    check_batch.check_batch(office.office, batch=kept.id)
    office.jobs.waiting.clear()
    progress = 0
    for step in ("signing.sign_drafts", "issue._Desk.record", "issue_batch.issuing.mark_chunk", "issue._Desk.outcomes_in_order",
                 "issue_batch.refuse.record_refusals"):  # fmt: skip
        with monkeypatch.context() as dying:

            def die(*_: Any, **__: Any) -> Any:
                raise Killed

            dying.setattr(f"piaoju.journeys.{step}", die)
            with pytest.raises(Killed):
                issue_batch.issue_batch_lane(office.office, batch=kept.id, lane=0)
        told = batches.batch_progress(kept.id).done
        assert told >= progress and told == bills_with(office, "G")
        progress = told
    issue_batch.issue_batch_lane(office.office, batch=kept.id, lane=1)
    assert batches.batch(kept.id).state == "done"
    assert bills_with(office, "G") == len(rows) == batches.batch_progress(kept.id).issued
    assert {one["outcome"] for one in outcomes(batches.batch(kept.id))} == {"issued"}


def test_a_check_that_was_killed_goes_on_where_it_stood(office: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Die in the first, second and last step of ten bills, four at a time: what was judged is not judged again."""
    rows = students(10, "W")
    rows[5][9] = "5500.01"
    kept = submit(office, tuition.workbook(rows), mode="check_only", run=False)
    monkeypatch.setattr(check_batch, "_SLICE", 4)
    judged: list[int] = []
    judge = check_batch._Judge._judge

    def noted(self: Any, bill: Any) -> Any:
        judged.append(bill.place)
        return judge(self, bill)

    def die(*_: Any, **__: Any) -> Any:
        raise Killed

    monkeypatch.setattr(check_batch._Judge, "_judge", noted)
    copy, copies = issuing_actions.copy_rows, iter((True, False, True, False, False, False))

    def copy_or_die(*arguments: Any) -> None:
        if next(copies):
            raise Killed
        copy(*arguments)

    monkeypatch.setattr("piaoju.journeys.check_batch.issuing.copy_rows", copy_or_die)
    read = []
    for _ in range(2):
        with pytest.raises(Killed):
            check_batch.check_batch(office.office, batch=kept.id)
        read.append(batches.batch(kept.id).rows_read)
    with monkeypatch.context() as dying, pytest.raises(Killed):
        dying.setattr("piaoju.journeys.check_batch.issuing.keep_chunks", die)
        check_batch.check_batch(office.office, batch=kept.id)
    assert [*read, batches.batch(kept.id).rows_read] == [0, 4, 10]
    check_batch.check_batch(office.office, batch=kept.id)
    assert judged == [*range(1, 5), *range(1, 9), *range(5, 11)]
    kept = batches.batch(kept.id)
    assert (kept.state, kept.counts["fit_bills"], kept.counts["refused_bills"]) == ("checked", 9, 1)
    assert [one["outcome"] for one in outcomes(kept)] == ["fit"] * 5 + ["refused"] + ["fit"] * 4


def test_progress_cannot_go_back(office: Installed) -> None:
    with connection.cursor() as cursor, pytest.raises(Exception, match="never goes back"):
        cursor.execute("UPDATE issuing_batchchunk SET issued = 0 WHERE issued > 0")


def test_what_is_no_rows_fault_pauses_the_batch_and_refuses_no_row(
    office: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("piaoju.journeys.stock_on_demand.draw", lambda *_: {})
    kept = submit(office, tuition.workbook(students(3, "H")), mode="check_only")
    office.run("UPDATE stock_counter SET next_number = last_number + 1")
    issue_batch.start(office.office, COMMAND, kept.id, "skip_errors")
    office.jobs.run(office.office)
    kept = batches.batch(kept.id)
    assert kept.state == "paused" and "号码" in kept.detail
    assert {one["outcome"] for one in outcomes(kept)} == {"fit"}


def test_only_the_units_own_people_see_or_move_a_batch(office: Installed) -> None:
    handler = office.operator(Role.HANDLER, unit_code=UNIVERSITY)
    kept = submit(office, tuition.workbook(students(2, "I")), who=handler)
    assert [row.yuan for row in batch_results.faulty(office.office, handler, kept.id, after=0, limit=9)] == []
    for other in (office.operator(Role.HANDLER),):
        for act in (issue_batch.pause, issue_batch.stop, issue_batch.resume):
            with pytest.raises(BatchNotFound):
                act(office.office, other, kept.id)
        with pytest.raises(BatchNotFound):
            batch_results.faulty(office.office, other, kept.id, after=0, limit=9)
    with pytest.raises(ActNotPermitted):
        issue_batch.stop(office.office, office.operator(Role.FINANCE, unit_code=UNIVERSITY), kept.id)
    issue_batch.stop(office.office, handler, kept.id)


def test_a_bill_of_a_file_shows_the_channel_the_file_came_by(office: Installed) -> None:
    client = ClientActor(0, "demo-daxue", UNIVERSITY, frozenset(), office.office.clock() + timedelta(hours=1))
    handler = office.operator(Role.HANDLER, unit_code=UNIVERSITY)
    for who, tag in ((handler, "CHP"), (client, "CHI"), (COMMAND, "CHC")):
        submit(office, tuition.workbook(students(2, tag)), mode="skip_errors", who=who)
    for channel, label, tag in (("operator", "页面", "CHP"), ("client", "接口", "CHI"), ("command", "命令行", "CHC")):
        asked = (Condition("channel", "eq", (channel,)), Condition("business_number", "starts", ("CH",)))
        rows = reporting.bills(BillsQuestion(asked), Reach.everything()).rows
        assert sorted(row.business_number for row in rows) == [f"{tag}-000000", f"{tag}-000001"]
        assert {CHANNEL_LABELS[row.channel] for row in rows} == {label}


def test_where_the_unit_wants_a_review_a_second_person_issues_the_file(office: Installed) -> None:
    handler, checker = (office.operator(role, unit_code=UNIVERSITY, person=role) for role in (Role.HANDLER, Role.CHECKER))
    unit_id = office.count("SELECT id FROM registry_unit WHERE code = %s", UNIVERSITY)
    kept = submit(office, tuition.workbook(students(2, "R")), who=handler)
    both = submit(office, tuition.workbook(students(2, "S")), who=checker)
    rule = "INSERT INTO issuing_reviewrule (unit_id, from_total_fen, set_by, set_at) VALUES (%s, 550000, 'test', now())"
    office.run(rule, unit_id)
    try:
        for who, batch_id in ((handler, kept.id), (checker, both.id), (handler, both.id)):
            with pytest.raises(ReviewNeeded):
                issue_batch.start(office.office, who, batch_id, "skip_errors")
        issue_batch.start(office.office, checker, kept.id, "skip_errors")
        office.run("UPDATE issuing_reviewrule SET from_total_fen = 550001")
        issue_batch.start(office.office, handler, both.id, "skip_errors")
    finally:
        office.run("DELETE FROM issuing_reviewrule")
        office.jobs.waiting.clear()


@pytest.mark.parametrize(
    ("name", "content", "refusal"),
    [
        ("x.xlsx", b"", spreadsheet.FileEmpty),
        ("x.xlsx", b"PK\x03\x04 not a workbook", spreadsheet.FileUnreadable),
        ("x.xlsx", b"\xd0\xcf\x11\xe0 old", spreadsheet.FileUnreadable),
        ("x.csv", "姓名,金额\n李明,1\n".encode(), spreadsheet.ColumnsMissing),
        ("x.csv", ",".join(tuition.HEADINGS).encode(), spreadsheet.FileEmpty),
        ("x.csv", b"a" * (limits.BATCH_BYTES_MAX + 1), spreadsheet.FileTooLarge),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_once(
    office: Installed, name: str, content: bytes, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        submit(office, content, name=name)


