"""Files on their way out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import IO

_PIECE = 1 << 18


async def pieces(content: IO[bytes]) -> AsyncIterator[bytes]:
    """An open file in pieces, closed at the end. A stream that is not asynchronous would be read whole before it leaves."""
    with content:
        while piece := await asyncio.to_thread(content.read, _PIECE):
            yield piece
