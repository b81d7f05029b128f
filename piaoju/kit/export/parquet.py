"""Parquet: typed columns, a row group a chunk. arro3 writes it (docs/decisions)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import IO, Any

from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema
from arro3.io import write_parquet

from piaoju.kit.export.columns import Cell, Export, ExportColumn, Kind, Rows, cell_text, fen_text

_ROWS_AT_ONCE = 10_000
_ZONE = "Asia/Shanghai"
_EPOCH_DAY = date(1970, 1, 1)


def _microseconds(at: datetime) -> int:
    whole = int(at.replace(microsecond=0).timestamp())
    return whole * 1_000_000 + at.microsecond


# How a column's values go in, and what they are in the file: only text and whole numbers go in directly.
_AS: dict[Kind, tuple[DataType, DataType, Callable[[Any], str | int]]] = {
    "text": (DataType.utf8(), DataType.utf8(), str),
    "code": (DataType.utf8(), DataType.utf8(), str),
    "count": (DataType.int64(), DataType.int64(), int),
    "yuan": (DataType.utf8(), DataType.decimal128(20, 2), fen_text),
    "day": (DataType.int32(), DataType.date32(), lambda value: (value - _EPOCH_DAY).days),
    "instant": (DataType.int64(), DataType.timestamp("us", tz=_ZONE), _microseconds),
}


def write(place: IO[bytes], export: Export, rows: Rows) -> int:
    """One file, its head in the metadata of the schema; how many rows it has."""
    fields = [Field(column.name, _AS[column.kind][1], nullable=True) for column in export.columns]
    schema = Schema(fields, metadata={"export": export.title} | dict(export.head))
    counted = _Counted(iter(rows))
    write_parquet(
        RecordBatchReader.from_batches(schema, counted.batches(schema, export.columns)), place, compression="zstd(3)",
        created_by="piaoju",
    )  # fmt: skip
    return counted.count


class _Counted:
    """The rows as batches, counted as they pass."""

    def __init__(self, rows: Iterator[Sequence[Cell]]) -> None:
        self._rows = rows
        self.count = 0

    def batches(self, schema: Schema, columns: Sequence[ExportColumn]) -> Iterator[RecordBatch]:
        while chunk := list(islice(self._rows, _ROWS_AT_ONCE)):
            self.count += len(chunk)
            turned = zip(*chunk, strict=True)
            yield RecordBatch.from_arrays(
                [_array(column.kind, values) for column, values in zip(columns, turned, strict=True)], schema=schema
            )


def _array(kind: Kind, values: Sequence[Cell]) -> Array:
    given, kept, written = _AS[kind]
    if kind in ("text", "code"):
        return Array([None if value is None else cell_text(kind, value) for value in values], type=given)
    array = Array([None if value is None else written(value) for value in values], type=given)
    return array if given == kept else array.cast(kept)
