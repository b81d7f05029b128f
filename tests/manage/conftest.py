"""One founded office for a module of pages, and how to ask a page as somebody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.offices import Installed


@pytest.fixture(scope="module")
def shared(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """A founded office that a module's tests share; none of them may change the registry."""
    from tests import offices

    with offices.found(module_database, tmp_path_factory.mktemp("office")) as installed:
        yield installed
