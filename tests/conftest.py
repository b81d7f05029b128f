"""Fixtures every test may use. The database ones are real PostgreSQL: see tests/database.py.

server            the run's embedded server (engine.Server)
database          a fresh migrated database under Django's name, each test; yields its address
module_database   the same, once a module
empty_database    an empty database's address, each test
data_folder       a fresh folder that the database's account can reach (tmp_path is closed to it as root)

`@pytest.mark.django_db` is understood as `database`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from piaoju.ops import engine
from tests import database as databases

_folder = pytest.StashKey[Path]()
_lock = pytest.StashKey[int]()
_fault = pytest.StashKey[Exception | None]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "django_db: runs on a fresh migrated database (the `database` fixture)")
    config.addinivalue_line("markers", "slow: a long suite, run by `make faults` and not by `make test`")
    given = getattr(config, "workerinput", {}).get("piaoju_folder")
    if given:
        config.stash[_folder] = Path(given)
    else:
        config.stash[_folder], config.stash[_lock] = databases.make_folder()
    config.stash[_fault] = databases.set_django_up(config.stash[_folder])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Every xdist worker uses the one folder, hence the one server."""
    node.workerinput["piaoju_folder"] = str(node.config.stash[_folder])


def pytest_unconfigure(config: pytest.Config) -> None:
    if _lock in config.stash:
        databases.remove(config.stash[_folder])
        os.close(config.stash[_lock])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("django_db") and isinstance(item, pytest.Function):
            item.fixturenames.insert(0, "database")


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[engine.Server]:
    """The run's embedded PostgreSQL, shared by all workers, stopped by the last."""
    with engine.running(request.config.stash[_folder], database_url="") as running:
        yield running


@pytest.fixture(scope="session")
def template(request: pytest.FixtureRequest, server: engine.Server) -> Iterator[str]:
    """The migrated template's name."""
    fault = request.config.stash[_fault]
    if fault is not None:
        raise RuntimeError("Django could not be set up") from fault
    with databases.migrated_template(server, request.config.stash[_folder]) as name:
        yield name


@pytest.fixture
def database(server: engine.Server, template: str) -> Iterator[str]:
    """A fresh migrated database under Django's name; its address."""
    with databases.fresh(server, template) as url:
        yield url


@pytest.fixture(scope="module")
def module_database(server: engine.Server, template: str) -> Iterator[str]:
    """One migrated database for a whole module whose tests do not disturb each other."""
    with databases.fresh(server, template) as url:
        yield url


@pytest.fixture
def empty_database(server: engine.Server) -> Iterator[str]:
    """An empty database of this test's own; its address."""
    with databases.empty(server) as url:
        yield url


@pytest.fixture
def data_folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A fresh folder for an installation, reachable by the account the database runs under."""
    folder = databases.open_folder(request.config.stash[_folder], "d-")
    yield folder
    databases.remove(folder)
