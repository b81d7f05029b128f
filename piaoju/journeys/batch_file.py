"""A file of bills, in any of its three forms: .xlsx, .csv, .ndjson. Rows with one business number are one bill."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from piaoju.journeys import batch_columns as columns
from piaoju.kit import limits, spreadsheet
from piaoju.kit.errors import FieldError
from piaoju.standard import bill_types

_EQUALS = FieldError("", "formula", "以「=」开头，是公式不是内容。请把单元格改成文本，填写实际内容")
_LINE_KEYS = frozenset({"item_code", "quantity", "standard", "amount"})


@dataclass(slots=True)
class FileBill:
    """One bill of a file: its rows as (number, texts by key), and what was wrong with them before anything was judged."""

    place: int
    numbers: list[int]
    rows: list[Mapping[str, str]] = field(default_factory=list)
    faults: list[tuple[int, FieldError]] = field(default_factory=list)  # (row number, fault at /key)
    whole: bytes = b""  # a body of POST /bills, of an NDJSON file

    @property
    def business_number(self) -> str:
        return self.rows[0].get("business_number", "")[: limits.BUSINESS_NUMBER_CHARACTERS_MAX]

    def body(self) -> bytes:
        """What it asks for, as the body of `POST /bills`."""
        if self.whole:
            return self.whole
        found: list[tuple[int, FieldError]] = []
        body = columns.body_of(self.rows, found)
        self.faults += [(self.numbers[place], fault) for place, fault in found]
        return msgspec.json.encode(body)


def form_of(file_name: str, content: bytes) -> str:
    """xlsx, csv or ndjson; the content decides where the name does not."""
    ending = file_name.rpartition(".")[2].lower()
    if content.startswith(b"PK"):
        return "xlsx"
    return "ndjson" if ending in ("ndjson", "jsonl") or content.lstrip()[:1] == b"{" else "csv"


def opened(content: bytes) -> spreadsheet.LargeTable:
    """The table of a workbook or a text file. Raises what `spreadsheet.read_large` raises."""
    large = spreadsheet.read_large(content, wanted=columns.wanted(), required=(), rows_max=limits.BATCH_ROWS_MAX)
    lacking = columns.missing(large.table.headings)
    if lacking:
        raise spreadsheet.ColumnsMissing(f"找不到这些列：{'、'.join(lacking)}。请下载模板，把内容填在模板的列里")
    return large


def rows_of(file_name: str, content: bytes) -> Iterator[tuple[int, Mapping[str, Any], Mapping[str, FieldError]]]:
    """(row number, texts by key, faults by key) of each row; of an NDJSON body, {"": its bytes}. Raises as `opened`."""
    if form_of(file_name, content) == "ndjson":
        yield from _ndjson_rows(content)
        return
    for row in opened(content).rows():
        kind = bill_types.bill_type(columns.bill_type_code(row.texts.get("票据种类") or row.texts.get("bill_type", "")))
        faults = {_key(heading, kind): fault for heading, fault in row.faults.items()}
        texts = columns.keyed(row.texts, kind)
        for key, text in texts.items():
            if text.startswith("="):
                faults.setdefault(key, _EQUALS)
        if texts or faults:
            yield row.number, texts, faults


def bills_of(rows: Iterator[tuple[int, Mapping[str, Any], Mapping[str, FieldError]]]) -> list[FileBill]:
    """The bills of a file, in the order of their first rows."""
    bills: list[FileBill] = []
    known: dict[str, FileBill] = {}
    for number, texts, faults in rows:
        business_number = texts.get("business_number", "")
        found = known.get(business_number) if business_number else None
        told = [(number, FieldError(f"/{key}", fault.code, fault.detail)) for key, fault in faults.items()]
        if found is not None and not (told or found.whole or "" in texts) and _is_further_line(found, number, texts, told):
            found.numbers.append(number)
            found.rows.append(texts)
            continue
        if found is not None and not told:
            told.append((number, _twice(found.numbers[0])))
        bill = FileBill(len(bills) + 1, [number], [texts], told, texts.get("", b""))
        bills.append(bill)
        if business_number and found is None:
            known[business_number] = bill
    return bills


def _is_further_line(bill: FileBill, number: int, texts: Mapping[str, str], told: list[tuple[int, FieldError]]) -> bool:
    """Whether this row is one more line of that bill: the same head, and not the same row again."""
    first = bill.rows[0]
    if any(first.get(key) != texts.get(key) for key in (first.keys() | texts.keys()) - _LINE_KEYS):
        return False
    for row_number, row in zip(bill.numbers, bill.rows, strict=True):
        if row == texts:
            detail = f"与第 {row_number} 行完全相同。确认是否重复；不重复请合成一行，或改业务流水号"
            told.append((number, FieldError("/business_number", "row_twice", detail)))
            return False
    return True


def _twice(row_number: int) -> FieldError:
    detail = f"业务流水号与第 {row_number} 行相同，而交款人等内容不同。确认是否重复；不重复请改业务流水号"
    return FieldError("/business_number", "business_number_twice", detail)


def _key(heading: str, kind: Any) -> str:
    return next(iter(columns.keyed({heading: "?"}, kind)), heading)


def _ndjson_rows(content: bytes) -> Iterator[tuple[int, Mapping[str, Any], Mapping[str, FieldError]]]:
    filled = 0
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        filled += 1
        if filled > limits.BATCH_ROWS_MAX:
            raise spreadsheet.FileTooLarge(f"文件超过 {limits.BATCH_ROWS_MAX:,} 行。请分成几个文件上传")
        yield number, *_ndjson_row(line)
    if not filled:
        raise spreadsheet.FileEmpty


def _ndjson_row(line: bytes) -> tuple[Mapping[str, Any], Mapping[str, FieldError]]:
    try:
        found = json.loads(line, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return {}, {"": FieldError("", "json_invalid", "这一行不是合法的 JSON。请检查编码、引号与括号")}
    if not isinstance(found, dict):
        return {}, {"": FieldError("", "json_invalid", "这一行应是一个 JSON 对象（花括号）。请对照接口说明")}
    if "lines" in found or "payer" in found:
        named = found.get("business_number")
        return {"business_number": named if isinstance(named, str) else "", "": line.strip()}, {}
    texts, faults = {}, {}
    known = set(columns.wanted())
    for key, value in found.items():
        if isinstance(value, str | int) and not isinstance(value, bool):
            texts[key] = str(value).strip()
        elif value is not None:
            faults[key] = FieldError("", "type_invalid", "这里应是文字或整数。请加上双引号")
        if key not in known:
            faults[key] = FieldError("", "unknown_field", f"没有字段“{key[:40]}”。请删除或改正拼写")
    kind = bill_types.bill_type(columns.bill_type_code(texts.get("bill_type", "")))
    return columns.keyed(texts, kind), faults

