"""What the checks of this folder look at: the package's own files, parsed once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "piaoju"
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@lru_cache(maxsize=1)
def modules() -> dict[str, ast.Module]:
    """Every module of the package by its path from the root; migrations are history and are left out."""
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
        if "migrations" not in path.parts
    }


def definitions(tree: ast.Module) -> Iterator[Definition]:
    """Every function and class of a module, inner ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, Definition))


def words(name: str) -> list[str]:
    """A name's words, lower case: `SealInfo`, `seal_info` and `SEAL_INFO` are all seal, info."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)]


def has_chinese(text: str) -> bool:
    """Whether a text holds at least one Chinese character."""
    return re.search(r"[\u4e00-\u9fff]", text) is not None
