"""What became of a batch: outcomes row by row in one stream, and the person's own file back with them."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

import xlsxwriter

from piaoju.crypto import envelope
from piaoju.issuing import queries as batches
from piaoju.issuing.types import BatchKept, ReadRow
from piaoju.journeys import batch_columns, batch_file, check_batch
from piaoju.journeys.batch_access import Who, batch_for
from piaoju.journeys.office import Office
from piaoju.kit import spreadsheet
from piaoju.standard import codes

_SLICE = 2_000
_NOT_ISSUED = {
    "stopped": ("batch_stopped", "批次停止时还没有开到这一行。需要时把文件再传一次，只会开具没有开的行"),
    "failed": ("batch_not_issued", "文件里有需要改正的行，按「全部无误才开具」没有开这一行。改正后再传"),
}
_REMEDY = re.compile("[：，；。](?=请|确认|核对)|。(?=.)").search
_LABELS = {"issued": "已开具", "unchanged": "以前已开具", "refused": "未开具", "fit": "可以开具"}


@dataclass(frozen=True, slots=True)
class FaultyRow:
    """One row that has to be put right, as a person sees it: names masked by the page."""

    place: int  # of its bill: where the next page begins after
    number: int
    business_number: str
    payer_name: str
    payer_is_person: bool
    item: str
    yuan: str
    fields: frozenset[str]
    faults: tuple[tuple[str, str], ...]  # (what is wrong, what to type)


def outcomes(kept: BatchKept) -> Iterator[dict[str, Any]]:
    """One outcome a row of the file, bill by bill (contract, "Batch files")."""
    for read in _all(kept):
        yield from _of_rows(kept, read)


def ndjson(kept: BatchKept) -> Iterator[bytes]:
    """The same as lines of JSON."""
    for one in outcomes(kept):
        yield json.dumps(one, ensure_ascii=False).encode() + b"\n"


def ndjson_file(kept: BatchKept) -> IO[bytes]:
    """The same as an open file without a name: it is sent as fast as it can be read."""
    written = tempfile.TemporaryFile()  # noqa: SIM115 - the caller sends it and closes it
    written.writelines(ndjson(kept))
    written.seek(0)
    return written


def workbook(office: Office, kept: BatchKept) -> IO[bytes]:
    """The outcomes as a workbook: the person's own, if it was one and is still there; else a plain one. Open, without a name."""
    if kept.file_name.lower().endswith(".xlsx") and kept.file_swept_at is None:
        return annotated(office, kept)
    return plain_workbook(kept)


def plain_workbook(kept: BatchKept) -> IO[bytes]:
    """The outcomes alone as a workbook, a row a row of the file. An open file without a name."""
    written = tempfile.TemporaryFile()  # noqa: SIM115 - the caller sends it and closes it
    book = xlsxwriter.Workbook(written, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("开具结果")
    sheet.write_row(0, 0, ("行号", "业务流水号", *batch_columns.OUTCOME_HEADINGS))
    for place, one in enumerate(outcomes(kept), 1):
        sheet.write_number(place, 0, one["row"])
        for column, text in enumerate((one["business_number"], *_remark(one)), 1):
            sheet.write_string(place, column, text)
    book.close()
    written.seek(0)
    return written


def annotated(office: Office, kept: BatchKept) -> IO[bytes]:
    """The person's own file with 开具结果, the bill's code and number, 错误 and 改正办法; of NDJSON, the outcomes."""
    content = check_batch.content_of(office, kept)
    written = tempfile.TemporaryFile()  # noqa: SIM115 - the caller sends it and closes it
    if batch_file.form_of(kept.file_name, content) == "ndjson":
        written.writelines(ndjson(kept))
    else:
        table = batch_file.opened(content).table
        remarks = {one["row"]: _remark(one) for one in outcomes(kept)}
        spreadsheet.annotate_large(content, table, batch_columns.OUTCOME_HEADINGS, remarks, written)
    written.seek(0)
    return written


def name_of_annotated(kept: BatchKept) -> str:
    """What the returned file is called."""
    stem, _, ending = kept.file_name.rpartition(".")
    return f"{stem or kept.file_name}-批注.{ending or 'csv'}"


def faulty(office: Office, who: Who, batch_id: int, *, after: int, limit: int, fault: str = "") -> list[FaultyRow]:
    """The rows to put right, of a batch this actor may see. Raises BatchNotFound."""
    kept = batch_for(office, who, batch_id)
    found: list[FaultyRow] = []
    for read in batches.read_rows(kept, after=after, limit=limit, states=("refused",), fault=fault):
        found += _faulty_rows(read, _body(office, kept, read))
    return found


def _all(kept: BatchKept) -> Iterator[ReadRow]:
    after = 0
    while some := batches.read_rows(kept, after=after, limit=_SLICE):
        yield from some
        after = some[-1].place


def _of_rows(kept: BatchKept, read: ReadRow) -> Iterator[dict[str, Any]]:
    state = read.state
    late = _NOT_ISSUED.get(kept.state) if state == "fit" else None
    for number in read.row_numbers:
        one: dict[str, Any] = {"row": number, "business_number": read.business_number, "outcome": "refused" if late else state}
        if read.bill_code:
            one |= {"code": read.bill_code, "number": codes.number_text(read.bill_number)}
        one["errors"] = [{"field": "", "code": late[0], "detail": late[1]}] if late else _errors(read, number)
        yield one


def _errors(read: ReadRow, number: int) -> list[dict[str, Any]]:
    """The faults of this row; one found while issuing is the whole bill's."""
    return [
        {"field": fault["field"], "code": fault["code"], "detail": fault["detail"]}
        for fault in read.faults
        if fault["row"] in (0, number)
    ]


def _remark(one: Mapping[str, Any]) -> tuple[str, ...]:
    parts = [told(error) for error in one["errors"]]
    label = _LABELS[one["outcome"]]
    return (
        label, one.get("code", ""), one.get("number", ""),
        "；".join(what for what, _ in parts), "；".join(remedy for _, remedy in parts),
    )  # fmt: skip


def split(detail: str) -> tuple[str, str]:
    """(what is wrong, what to do): the house's sentences say them in this order."""
    found = _REMEDY(detail)
    return (detail[: found.start()], detail[found.end() :].rstrip("。")) if found else (detail.rstrip("。"), "")


def told(error: Mapping[str, Any]) -> tuple[str, str]:
    """The same of one fault, the column named where the sentence does not."""
    what, remedy = split(error["detail"])
    heading = batch_columns.heading_of(error["field"]) if error["field"] else ""
    return (f"{heading}：{what}" if heading and heading not in what else what), remedy


def _body(office: Office, kept: BatchKept, read: ReadRow) -> Mapping[str, Any]:
    sealed = batches.batch_body(kept, read.place)
    if not sealed:  # swept
        return {}
    try:
        found = json.loads(envelope.open(office.data_key, sealed, check_batch.body_context(kept.id, read.place)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _faulty_rows(read: ReadRow, body: Mapping[str, Any]) -> Iterator[FaultyRow]:
    payer = body.get("payer")
    payer = payer if isinstance(payer, dict) else {}
    lines = body.get("lines")
    lines = lines if isinstance(lines, list) else []
    for place, number in enumerate(read.row_numbers):
        mine = [fault for fault in read.faults if fault["row"] in (0, number)]
        line = lines[place] if place < len(lines) and isinstance(lines[place], dict) else {}
        yield FaultyRow(
            read.place, number, read.business_number, str(payer.get("name", "")), payer.get("type") != "organization",
            str(line.get("item_code", "")), str(line.get("amount", "")), frozenset(fault["field"] for fault in mine),
            tuple(told(fault) for fault in mine),
        )  # fmt: skip
