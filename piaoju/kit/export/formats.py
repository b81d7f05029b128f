"""The four formats of a file, and the one way to write any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from piaoju.kit.errors import Refused
from piaoju.kit.export.columns import Export, Rows


@dataclass(frozen=True, slots=True)
class Format:
    label: str
    suffix: str
    media_type: str
    write: Callable[[IO[bytes], Export, Rows], int]


class FormatUnknown(Refused):
    code = "export_format_unknown"
    label = "没有这种文件格式。请选 Excel、CSV、NDJSON 或 Parquet"


def write(file_format: str, place: IO[bytes], export: Export, rows: Rows) -> int:
    """The file, from its present position on; how many rows it has. Raises FormatUnknown."""
    if file_format not in FORMATS:
        raise FormatUnknown
    return FORMATS[file_format].write(place, export, rows)


# Each format's library is loaded when a file of it is written.
def _workbook(place: IO[bytes], export: Export, rows: Rows) -> int:
    from piaoju.kit.export import workbook

    return workbook.write(place, export, rows)


def _commas(place: IO[bytes], export: Export, rows: Rows) -> int:
    from piaoju.kit.export import lines

    return lines.write_commas(place, export, rows)


def _objects(place: IO[bytes], export: Export, rows: Rows) -> int:
    from piaoju.kit.export import lines

    return lines.write_objects(place, export, rows)


def _parquet(place: IO[bytes], export: Export, rows: Rows) -> int:
    from piaoju.kit.export import parquet

    return parquet.write(place, export, rows)


FORMATS = {
    "xlsx": Format("Excel", ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _workbook),
    "csv": Format("CSV", ".csv", "text/csv; charset=utf-8", _commas),
    "ndjson": Format("NDJSON", ".ndjson", "application/x-ndjson", _objects),
    "parquet": Format("Parquet", ".parquet", "application/vnd.apache.parquet", _parquet),
}
