"""Reads the package's own CSV and JSON files; a wrong row stops at once with its file named."""

from __future__ import annotations

import csv
from importlib.resources import files
from typing import TypeVar

import msgspec

T = TypeVar("T")


def rows(name: str, row_type: type[T]) -> tuple[T, ...]:
    """Every row of `data/<name>` as `row_type`; a missing, extra or ill-typed column is an error."""
    text = _text(name)
    return tuple(_converted(row, row_type, name) for row in csv.DictReader(text.splitlines(), strict=True))


def document(name: str, document_type: type[T]) -> T:
    """The JSON file `data/<name>` as `document_type`; an unknown or missing field is an error."""
    try:
        return msgspec.json.decode(_text(name), type=document_type)
    except msgspec.ValidationError as error:
        raise ValueError(f"演示数据 {name} 有误：{error}。请按文件中其他行改正。") from error


def _converted(row: dict[str, str], row_type: type[T], name: str) -> T:
    try:
        return msgspec.convert(row, row_type, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"演示数据 {name} 的一行有误：{error}；该行是 {row}。请改正后再试。") from error


def _text(name: str) -> str:
    return files(__package__).joinpath("data", name).read_text(encoding="utf-8")
