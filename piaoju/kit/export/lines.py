"""CSV and NDJSON: a line a row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import IO

from piaoju.kit.clock import local
from piaoju.kit.export.columns import Cell, Export, ExportColumn, Rows, cell_text, fen_text

_MARK = b"\xef\xbb\xbf"  # without it Excel reads UTF-8 as the machine's own code page
_WRITTEN_AT_ONCE = 1 << 18  # bytes


def write_commas(place: IO[bytes], export: Export, rows: Rows) -> int:
    """UTF-8 with its mark, CRLF, head lines before the headings; texts unchanged."""
    buffer = io.StringIO()
    lines = csv.writer(buffer, lineterminator="\r\n")
    place.write(_MARK)
    lines.writerow([export.title])
    lines.writerows(export.head)
    lines.writerow([column.heading for column in export.columns])
    count = 0
    for row in rows:
        lines.writerow([cell_text(column.kind, value) for column, value in zip(export.columns, row, strict=True)])
        count += 1
        if buffer.tell() > _WRITTEN_AT_ONCE:
            place.write(buffer.getvalue().encode())
            buffer.seek(0)
            buffer.truncate()
    if export.sum_line:
        lines.writerow([cell_text(column.kind, value) for column, value in zip(export.columns, export.sum_line, strict=True)])
    place.write(buffer.getvalue().encode())
    return count


def write_objects(place: IO[bytes], export: Export, rows: Rows) -> int:
    """The head as the first line's object, then an object a row; yuan are decimal numbers, times RFC 3339."""
    head = {"export": export.title} | dict(export.head)
    place.write(json.dumps(head, ensure_ascii=False).encode() + b"\n")
    keys = [json.dumps(column.name) + ": " for column in export.columns]
    count, waiting, size = 0, [], 0
    for row in rows:
        line = _object(keys, export.columns, row)
        waiting.append(line)
        size += len(line)
        count += 1
        if size > _WRITTEN_AT_ONCE:
            place.write("".join(waiting).encode())
            waiting, size = [], 0
    place.write("".join(waiting).encode())
    return count


def _object(keys: Sequence[str], columns: Sequence[ExportColumn], row: Sequence[Cell]) -> str:
    cells = (key + _json(column, value) for key, column, value in zip(keys, columns, row, strict=True))
    return "{" + ", ".join(cells) + "}\n"


def _json(column: ExportColumn, value: Cell) -> str:
    if value is None:
        return "null"
    if column.kind == "yuan" and isinstance(value, int):
        return fen_text(value)
    if isinstance(value, datetime):
        return json.dumps(local(value).isoformat())
    if isinstance(value, date):
        return json.dumps(value.isoformat())
    return json.dumps(value, ensure_ascii=False)
