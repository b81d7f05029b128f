"""Files of rows: what comes out is what went in, typed, in every format, and no text becomes a formula."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from arro3.io import read_parquet
from python_calamine import CalamineWorkbook

from piaoju.kit.export import FORMATS, Export, ExportColumn, workbook, write
from piaoju.kit.export.formats import FormatUnknown

COLUMNS = (
    ExportColumn("number", "票据号码", "code"),
    ExportColumn("payer", "交款人", wide=True),
    ExportColumn("sheets", "份数", "count"),
    ExportColumn("total", "票面金额", "yuan"),
    ExportColumn("issued_at", "开票时间", "instant"),
    ExportColumn("day", "日期", "day"),
)
HEAD = (("条件", "开票时间 2026-11-01 至 2026-11-30"), ("=数据截至", "2026-11-23 09:41:07"))
AT = datetime(2026, 11, 22, 16, 0, 5, 250_000, tzinfo=UTC)  # 00:00:05 of the 23rd in Shanghai
NAMES = ["=1+1", "@SUM(A1)", "-5", "+86", '引"号', "制表\t符", "'单引", "0x10", "_x0041_", "１２３", "http://a.cn", "1E+17"]
FENS = [1, 99, 100, -5, 123_456_789_012_34, 10_010_01]


def rows(names: list[str] = NAMES) -> list[list[object]]:
    return [
        [f"{i:010d}", name, i, FENS[i % len(FENS)], AT, date(2026, 11, 23)] for i, name in enumerate(names)
    ]  # fmt: skip


def written(file_format: str, given: object = None, **changes: object) -> bytes:
    place = io.BytesIO()
    export = Export("票据查询", COLUMNS, HEAD, **changes)
    made = rows() if given is None else given
    assert write(file_format, place, export, made) == len(NAMES) or given is not None
    return place.getvalue()


def test_excel_keeps_texts_and_figures_and_has_no_formula():
    content = written("xlsx", sum_line=("合计", None, 3, -100, None, None))
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert sheet[1][:2] == list(HEAD[0]) and sheet[2][:2] == list(HEAD[1])
    assert sheet[3] == [column.heading for column in COLUMNS]
    body = sheet[4:-1]
    assert [line[1] for line in body] == NAMES
    assert [line[0] for line in body] == [f"{i:010d}" for i in range(len(NAMES))]
    for line, row in zip(body, rows(), strict=True):
        assert isinstance(line[3], float) and Decimal(str(line[3])) * 100 == row[3]
        assert line[2] == row[2] and line[4] == "2026-11-23 00:00:05" and line[5] == "2026-11-23"
    assert sheet[-1][:4] == ["合计", "", 3, -1]
    assert not any(b"<f>" in part for part in _parts(content))


def test_an_amount_past_fifteen_digits_is_written_exactly_as_text():
    row = ["1", "某", 1, 12_345_678_901_234_567, AT, None]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(written("xlsx", [row]))).get_sheet_by_index(0).to_python()
    assert sheet[-1][3] == "123456789012345.67"


def test_a_full_sheet_is_followed_by_another_with_head_and_headings():
    place = io.BytesIO()
    workbook.write(place, Export("票据", COLUMNS, HEAD), rows(), sheet_rows_max=5)
    book = CalamineWorkbook.from_filelike(io.BytesIO(place.getvalue()))
    sheets = [book.get_sheet_by_index(i).to_python() for i in range(len(book.sheet_names))]
    assert [len(sheet) - 4 for sheet in sheets] == [5, 5, 2]
    assert all(sheet[3][0] == "票据号码" for sheet in sheets)
    assert [line[1] for sheet in sheets for line in sheet[4:]] == NAMES


def test_csv_keeps_texts_unchanged_and_amounts_exact():
    text = written("csv").decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[1] == list(HEAD[0]) and lines[3][3] == "票面金额（元）"
    assert [line[1] for line in lines[4:]] == NAMES
    assert [line[3] for line in lines[4:]] == [str(Decimal(row[3]).scaleb(-2)) for row in rows()]


def test_ndjson_has_the_head_first_and_decimal_figures():
    head, *lines = [json.loads(line, parse_float=Decimal) for line in written("ndjson").decode().splitlines()]
    assert head == {"export": "票据查询"} | dict(HEAD)
    assert [line["payer"] for line in lines] == NAMES
    assert [line["total"] for line in lines] == [Decimal(row[3]).scaleb(-2) for row in rows()]
    assert lines[0]["issued_at"] == "2026-11-23T00:00:05.250000+08:00" and lines[0]["day"] == "2026-11-23"


def test_parquet_has_decimal_figures_instants_and_the_head():
    table = read_parquet(io.BytesIO(written("parquet"))).read_all()
    kept = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    assert kept == {"export": "票据查询"} | dict(HEAD)
    types = {field.name: str(field.type) for field in (table.schema.field(i) for i in range(len(COLUMNS)))}
    assert "Decimal128(20, 2)" in types["total"] and "Timestamp" in types["issued_at"] and "Date32" in types["day"]
    assert table.column("payer").to_pylist() == NAMES
    assert [Decimal(str(value)) for value in table.column("total").to_pylist()] == [Decimal(row[3]).scaleb(-2) for row in rows()]
    assert table.column("issued_at").to_pylist()[0] == AT


@pytest.mark.parametrize("file_format", FORMATS)
def test_no_row_and_empty_cells_make_a_readable_file(file_format):
    for given in ([], [[None] * len(COLUMNS)]):
        content = written(file_format, given)
        if file_format == "parquet":
            assert read_parquet(io.BytesIO(content)).read_all().num_rows == len(given)
        assert content


@pytest.mark.parametrize("file_format", ["csv", "ndjson", "parquet"])
def test_rows_are_held_nowhere(file_format, tmp_path):
    def many(count):
        return ([f"{i:010d}", "王小明", 1, i, AT, None] for i in range(count))

    peaks = []
    for count in (2_000, 30_000):
        tracemalloc.start()
        with open(tmp_path / "file", "wb") as place:
            assert write(file_format, place, Export("票据", COLUMNS, HEAD), many(count)) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 8_000_000, peaks


def test_an_unknown_format_is_refused():
    with pytest.raises(FormatUnknown):
        write("pdf", io.BytesIO(), Export("票据", COLUMNS, HEAD), [])


def _parts(content: bytes) -> list[bytes]:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return [book.read(name) for name in book.namelist() if "sheet" in name]
