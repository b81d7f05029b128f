"""Writes docs/errors.md from the code: `.venv/bin/python docs/make_errors.py`. A test keeps it current.

An error class tells its code, its label (what happened, why, what to do) and, by its family, the answer at the edge.
Codes of single places in a request are read from the calls that report them.
"""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import django

from piaoju.kit.errors import PiaojuError

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "errors.md"
# They open a process's doors when they are imported, and define no error.
NOT_IMPORTED = {"piaoju.sites.asgi", "piaoju.ops.serving"}
HEAD = """# 错误代码

由 `docs/make_errors.py` 从程序生成，请勿手工修改。

每个拒绝都有稳定的代码和一句中文：发生了什么、为什么、怎么办。接口以 `application/problem+json` 返回（`code`、`detail`、
`trace_id`，逐处的错误在 `errors`：`pointer`、`code`、`detail`）；命令以退出码返回：1 不符合规则或冲突，4 没有权限，5 暂时不可用。
`detail` 常比下表具体，会写出涉及的项目、金额或号码。“暂时不可用”可以原样重发，其余要先照说明处理。
"""


def page() -> str:
    """The whole page, from the code as it is now."""
    from piaoju.exchange import problems
    from piaoju.kit import errors

    _import_everything()
    parts = [HEAD]
    for family, title in (
        (errors.NotFound, "没有找到"),
        (errors.NotPermitted, "没有权限"),
        (errors.Conflict, "与已有的内容冲突"),
        (errors.Refused, "不符合规则"),
        (errors.Unavailable, "暂时不可用"),
    ):
        parts.append(f"\n## {title}\n\n| 代码 | HTTP | 说明与办法 |\n|---|---|---|\n")
        rows = {(kind.code, problems.status_of(_one(kind)), kind.label) for kind in _with_descendants(family)}
        parts += [f"| `{code}` | {status} | {_cell(label)} |\n" for code, status, label in sorted(rows)]
    parts.append("\n## 请求中某一处的错误\n\n`pointer` 指出是请求的哪一处。只有一处有错时，它的代码也是整个拒绝的代码。\n")
    parts.append("\n| 代码 | 说明（可变的部分写作 …） |\n|---|---|\n")
    parts += [f"| `{code}` | {_cell('<br>'.join(details))} |\n" for code, details in sorted(_codes_of_places().items())]
    return "".join(parts)


def _import_everything() -> None:
    import piaoju

    for module in pkgutil.walk_packages(piaoju.__path__, "piaoju."):
        if module.name not in NOT_IMPORTED and ".migrations" not in module.name and "__main__" not in module.name:
            importlib.import_module(module.name)


def _with_descendants(kind: type[PiaojuError]) -> Iterator[type[PiaojuError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__.startswith("piaoju."):
            yield from _with_descendants(below)


def _one(kind: type[PiaojuError]) -> PiaojuError:
    """A refusal of this kind, whatever its own class asks for when it is made."""
    refusal = kind.__new__(kind)
    PiaojuError.__init__(refusal)
    return refusal


def _codes_of_places() -> dict[str, list[str]]:
    """Each code that is reported at a place of a request, with the sentences that go with it."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "piaoju").rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                for code, sentence in _reported(function):
                    found.setdefault(code, set()).add(sentence)
    return {code: sorted(sentences) for code, sentences in found.items()}


def _reported(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """(code, sentence) of every FieldError(pointer, code, sentence) or faults.add(…) in a function."""
    inside = sorted((n for n in ast.walk(function) if isinstance(n, ast.Assign | ast.Call)), key=lambda n: n.lineno)
    texts: dict[str, str] = {}
    for node in inside:
        if isinstance(node, ast.Assign):
            texts |= {target.id: _sentence(node.value, {}) for target in node.targets if isinstance(target, ast.Name)}
        elif ast.unparse(node.func).endswith(("FieldError", ".add")) and len(node.args) == 3:
            code, sentence = node.args[1], _sentence(node.args[2], texts)
            if isinstance(code, ast.Constant) and sentence:
                yield str(code.value), sentence


def _sentence(node: ast.expr, texts: dict[str, str]) -> str:
    """The text of an expression, its variable parts as …; empty when it is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_sentence(part, {}) or "…" for part in node.values)
    return texts.get(node.id, "") if isinstance(node, ast.Name) else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "piaoju.sites.settings")
    django.setup()
    PAGE.write_text(page(), encoding="utf-8")
