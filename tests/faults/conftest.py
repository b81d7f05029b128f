"""A site that is killed: found in a fresh folder, and nothing of it left running."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.site_process import Site


@pytest.fixture
def site(data_folder: Path) -> Iterator[Site]:
    site = Site(data_folder / "data")
    try:
        yield site
    finally:
        site.kill_what_is_left()
