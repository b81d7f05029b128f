"""A file can be read once from top to bottom, a function without scrolling."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.source import ROOT, modules

FILE_LINES_MAX, FUNCTION_LINES_MAX = 400, 50


def too_long(path: str, source: str) -> list[str]:
    found = [path] if source.count("\n") > FILE_LINES_MAX else []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            if node.end_lineno - node.lineno >= FUNCTION_LINES_MAX:
                found.append(f"{path}: {node.name}")
    return found


def test_files_and_functions_stay_short() -> None:
    assert [fault for path in modules() for fault in too_long(path, (ROOT / path).read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("source", ["x = 1\n" * 401, "def long():\n" + "    x = 1\n" * 50])
def test_what_grew_too_long_is_seen(source: str) -> None:
    assert too_long("planted.py", source) != []


def test_every_room_says_what_it_owns() -> None:
    """One page a room: owns, promises, doors, stands on, when it fails; 40 lines at most."""
    wanting = []
    for folder in sorted((ROOT / "piaoju").iterdir()):
        if not (folder / "__init__.py").exists():
            continue
        page = folder / "README.md"
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        if text.count("\n") > 40 or any(f"**{part}**" not in text for part in PARTS):
            wanting.append(folder.name)
    assert wanting == []


PARTS = ("Owns", "Promises", "Doors", "Stands on", "When it fails")
