"""One founded office for a module, or one for a test that changes the registry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.offices import Installed


@pytest.fixture
def installed(database: str, data_folder: Path) -> Iterator[Installed]:
    """A founded office of this test's own."""
    from tests import offices  # a conftest is read before Django is set up

    with offices.found(database, data_folder) as installed:
        yield installed


@pytest.fixture(scope="module")
def shared(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """A founded office that a module's tests share; none of them may change the registry."""
    from tests import offices

    with offices.found(module_database, tmp_path_factory.mktemp("office")) as installed:
        yield installed
