"""The browser that stands before each module's site."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.manage import standing


@pytest.fixture(scope="module")
def browser(site: object) -> Iterator[Browser]:
    """After the module's site and gone before it: while playwright runs, Django refuses this thread its database."""
    with standing.chromium() as opened:
        yield opened
