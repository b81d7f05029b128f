"""Calls that belong elsewhere: transactions outside journeys, clocks without a zone, chance, signals."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.architecture.source import ROOT, modules

# Who may open a transaction besides the journeys, and why.
TRANSACTIONS_ELSEWHERE: dict[str, str] = {}
# Modules that load more than they say, or that are known to be broken. Never a dependency.
NEVER_IMPORTED = frozenset({"gmssl", "crossmool", "smcryptopy", "tongsuopy", "fitz", "pymupdf", "easyofd", "pickle"})
# In the pure floors nothing reads the clock, the disk or the network.
IMPURE = frozenset({"socket", "http", "urllib.request", "subprocess", "requests", "httpx", "time", "tempfile", "shutil"})
# The pure floors may read these, each for the reason given.
PURE_EXCEPTIONS: dict[tuple[str, str], str] = {}


def ruff(source: str, path: str) -> list[str]:
    """The codes that ruff reports for a source, as if it lay at that path."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise", "--stdin-filename", path, "-"]
    done = subprocess.run(command, input=source, cwd=ROOT, capture_output=True, text=True, check=False)
    return [line.split(": ", 1)[1].split(" ")[0] for line in done.stdout.splitlines() if line.startswith(path)]


@pytest.mark.parametrize(
    ("path", "source", "code"),
    [
        ("piaoju/issuing/actions.py", "from django.db import transaction\n\nprint(transaction)\n", "TID251"),
        ("piaoju/exchange/api.py", "from django.db.transaction import atomic\n\nprint(atomic)\n", "TID251"),
        ("piaoju/registry/models.py", "from django.dispatch import receiver\n\nprint(receiver)\n", "TID251"),
        ("piaoju/registry/models.py", "from django.db.models import signals\n\nprint(signals)\n", "TID251"),
        ("piaoju/stock/rules.py", "import random\n\nprint(random)\n", "TID251"),
        ("piaoju/stock/rules.py", "import time\n\nprint(time.time())\n", "TID251"),
        ("piaoju/issuing/rules.py", "from piaoju.standard.wire import names\n\nprint(names)\n", "TID251"),
        ("piaoju/ops/cli.py", "from datetime import datetime\n\nprint(datetime.now())\n", "DTZ005"),
        ("piaoju/journeys/issue.py", "from datetime import datetime\n\nprint(datetime.now())\n", "DTZ005"),
        ("piaoju/journeys/issue.py", "from datetime import datetime\n\nprint(datetime.utcnow())\n", "DTZ003"),
        ("piaoju/journeys/issue.py", "from datetime import date\n\nprint(date.today())\n", "DTZ011"),
        ("piaoju/standard/codes.py", "import random\n\nprint(random.random())\n", "S311"),
        ("piaoju/journeys/issue.py", "try:\n    print()\nexcept Exception:\n    pass\n", "BLE001"),
        ("piaoju/kit/ids.py", "print(eval('1'))\n", "S307"),
    ],
)
def test_a_banned_call_is_seen(path: str, source: str, code: str) -> None:
    assert code in ruff(source, path)


def test_journeys_may_open_a_transaction() -> None:
    assert ruff("from django.db import transaction\n\nprint(transaction)\n", "piaoju/journeys/issue.py") == []


def imported(tree: ast.Module) -> set[str]:
    """The modules a module imports, absolute, with what it takes from them."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def opens_transaction(tree: ast.Module) -> bool:
    """Whether a module opens or ends a transaction: atomic(), connection.transaction(), commit(), rollback()."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute | ast.Name)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id)
        in {"atomic", "transaction", "commit", "rollback", "set_autocommit"}
        for node in ast.walk(tree)
    )


def outside_journeys(paths: dict[str, ast.Module]) -> list[str]:
    return [p for p, tree in paths.items() if not p.startswith("piaoju/journeys/") and opens_transaction(tree)]


def impure(paths: dict[str, ast.Module]) -> list[str]:
    """What the pure floors import that reads a clock, a disk or a network."""
    pure = ("piaoju/standard/", "piaoju/crypto/", "piaoju/kit/")
    return [
        f"{path} imports {name}"
        for path, tree in paths.items()
        if path.startswith(pure)
        for name in sorted(imported(tree) & IMPURE)
        if (path, name) not in PURE_EXCEPTIONS
    ]


def test_transactions_are_opened_in_journeys_only() -> None:
    assert [path for path in outside_journeys(modules()) if path not in TRANSACTIONS_ELSEWHERE] == []
    assert [path for path in TRANSACTIONS_ELSEWHERE if path not in outside_journeys(modules())] == []


@pytest.mark.parametrize("source", ["connection.commit()", "with c.transaction(): pass", "with atomic(): pass"])
def test_a_transaction_elsewhere_is_seen(source: str) -> None:
    assert outside_journeys({"piaoju/stock/actions.py": ast.parse(source)}) == ["piaoju/stock/actions.py"]


def test_the_pure_floors_read_no_clock_no_disk_no_network() -> None:
    assert impure(modules()) == []


def test_an_impure_import_is_seen() -> None:
    assert impure({"piaoju/kit/ids.py": ast.parse("import socket")}) == ["piaoju/kit/ids.py imports socket"]


def test_a_forbidden_library_is_never_imported() -> None:
    names = {(path, name.split(".")[0]) for path, tree in modules().items() for name in imported(tree)}
    assert [(path, name) for path, name in names if name in NEVER_IMPORTED] == []


def test_money_is_never_a_float() -> None:
    """`float(...)` and `/` on a name that holds fen or ten-thousandths appear nowhere."""
    assert [fault for path, tree in modules().items() for fault in floats(path, tree)] == []


def floats(path: str, tree: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            inside = [part for part in ast.walk(node) if isinstance(part, ast.Name | ast.Attribute)]
            names = [part.id if isinstance(part, ast.Name) else part.attr for part in inside]
            found += [f"{path}:{node.lineno} divides {name}" for name in names if name.endswith(("_fen", "_e4"))]
    return found


def test_a_divided_amount_is_seen() -> None:
    assert floats("piaoju/stock/rules.py", ast.parse("x = total_fen / 100")) == ["piaoju/stock/rules.py:1 divides total_fen"]
