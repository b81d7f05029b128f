"""Imports go down; rooms are strangers; a room is entered by its doors. docs/house.md says why."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from copy import deepcopy
from functools import lru_cache
from pathlib import Path

import grimp
import pytest

from tests.architecture.source import PACKAGE, ROOT

ROOMS = frozenset({
    "ledger", "identity", "registry", "seal", "stock", "issuing", "payments", "verification", "reimbursement", "supervision",
    "reporting",
})  # fmt: skip
DOORS = frozenset({"actions", "queries", "types", "errors"})
EDGES = frozenset({"manage", "public", "exchange", "ops"})
EDGE_DOORS = DOORS - {"actions"}

# Further doors, each with who may use it and why. A line here is a decision: take it in review.
FURTHER_DOORS = {
    ("journeys", "piaoju.issuing.parcel"): "bytes to bytes: what the journey signed is packed before it is recorded",
    ("journeys", "piaoju.issuing.private"): "bytes to bytes: the payer's private facts are sealed before they are recorded",
    ("journeys", "piaoju.registry.rules"): "a pure decision over a whole group of requests, without a query each",
    ("journeys", "piaoju.stock.rules"): "pure decisions over what a journey has asked of ledger, registry and stock",
    ("journeys", "piaoju.registry.models"): "the scopes of a suspension, an enumeration that the table checks too",
    ("journeys", "piaoju.ledger.sequencer"): "work behind the commit, on a connection of its own: no act of anyone",
    ("journeys", "piaoju.seal.signers"): "the signer is chosen by the installation and handed to the founding journey",
    ("journeys", "piaoju.identity.rights"): "pure: which act is allowed where, asked by every verb of the back office",
    ("manage", "piaoju.identity.rights"): "pure: which act a page is for, and whether a person's menu shows it",
    ("journeys", "piaoju.issuing.rules"): "pure: how a bill stands, and what a reversal may take, decided under the desk's locks",
    ("journeys", "piaoju.identity.rules"): "pure: of two steps the second is another person's",
    ("journeys", "piaoju.identity.policy"): "profiles of passwords, locks and sessions, as values",
    ("journeys", "piaoju.identity.passkeys"): "bytes and JSON of WebAuthn: options out, answers in",
    ("sites", "piaoju.identity.policy"): "settings choose the profile",
    ("journeys", "piaoju.seal.signers.keystore"): "a demonstration's software UKEY is written with the same care (mode 600)",
    ("sites", "piaoju.seal.signers"): "settings choose the signing device",
    ("sites", "piaoju.seal.signers.keystore"): "a new installation writes its own keys with the same care (mode 600)",
}


@lru_cache(maxsize=1)
def house() -> grimp.ImportGraph:
    return grimp.build_graph("piaoju", include_external_packages=True, cache_dir=None)


def wrong_entries(graph: grimp.ImportGraph) -> list[str]:
    """Every import that enters a room other than by a door its importer may use."""
    found = []
    for importer in sorted(graph.modules):
        if not importer.startswith("piaoju."):
            continue
        floor = importer.split(".")[1]
        for entered in sorted(graph.find_modules_directly_imported_by(importer)):
            parts = entered.split(".")
            if parts[0] != "piaoju" or len(parts) < 2 or parts[1] not in ROOMS or parts[1] == floor:
                continue
            if (floor, entered) in FURTHER_DOORS:
                continue
            doors = EDGE_DOORS if floor in EDGES else DOORS
            if len(parts) != 3 or parts[2] not in doors:
                found.append(f"{importer} enters {entered}")
    return found


def planted(importer: str, imported: str) -> grimp.ImportGraph:
    graph = deepcopy(house())
    graph.add_import(importer=importer, imported=imported)
    return graph


def test_a_room_is_entered_only_by_its_doors() -> None:
    assert wrong_entries(house()) == []


@pytest.mark.parametrize(
    ("importer", "entered"),
    [
        ("piaoju.journeys.issue", "piaoju.issuing.models"),
        ("piaoju.exchange.api", "piaoju.issuing.actions"),
        ("piaoju.public.views", "piaoju.verification.actions"),
        ("piaoju.ops.cli", "piaoju.ledger.actions"),
        ("piaoju.exchange.api", "piaoju.registry.rules"),
        ("piaoju.stock.queries", "piaoju.ledger.sequencer"),
        ("piaoju.sites.office", "piaoju.identity"),
    ],
)
def test_an_entry_by_a_window_is_seen(importer: str, entered: str) -> None:
    assert f"{importer} enters {entered}" in wrong_entries(planted(importer, entered))


def test_every_further_door_is_in_use() -> None:
    used = {
        (importer.split(".")[1], entered)
        for importer in house().modules
        if importer.startswith("piaoju.")
        for entered in house().find_modules_directly_imported_by(importer)
    }
    assert {door: why for door, why in FURTHER_DOORS.items() if door not in used} == {}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


@pytest.fixture
def copied_house(tmp_path: Path) -> Path:
    """The package's imports alone, with the real contracts: a place to plant faults."""
    for path in PACKAGE.rglob("*.py"):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    return tmp_path


def test_imports_go_down_and_rooms_are_strangers() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("piaoju/ledger/queries.py", "import piaoju.journeys.issue", "Imports go down"),
        ("piaoju/stock/queries.py", "import piaoju.issuing.types", "Imports go down"),
        ("piaoju/public/views.py", "import piaoju.exchange.problems", "Imports go down"),
        ("piaoju/elsewhere/__init__.py", "", "Imports go down"),
        ("piaoju/kit/clock.py", "import piaoju.kit.limits\nimport django.utils.timezone", "standard, crypto and kit"),
        ("piaoju/crypto/sm3.py", "import psycopg", "standard, crypto and kit"),
        ("piaoju/crypto/engine.py", "import piaoju.crypto.sm2", "No two packages side by side"),
    ],
)
def test_a_fault_in_the_floors_is_seen(copied_house: Path, file: str, line: str, contract: str) -> None:
    path = copied_house / file
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + f"\n{line}\n")
    done = lint(copied_house)
    broken = [told for told in done.stdout.splitlines() if told.startswith(contract) and told.endswith("BROKEN")]
    assert done.returncode != 0 and (broken or "elsewhere" in done.stdout + done.stderr), done.stdout + done.stderr


def test_the_contracts_cover_every_package() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    floors = next(contract for contract in contracts if contract["id"] == "floors")
    assert floors["exhaustive"] and floors["containers"] == ["piaoju"]
    placed = {name.strip(" ()") for floor in floors["layers"] for name in floor.split("|")}
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} <= placed
