"""The QR code of a bill as runs of dark modules."""

from __future__ import annotations

import re
from functools import lru_cache
from math import isqrt
from typing import TYPE_CHECKING, cast

import zxingcpp

from piaoju.standard.face.operations import Modules

if TYPE_CHECKING:
    from typing_extensions import Buffer

_DARK = re.compile(rb"\0+").finditer


def modules(text: str, x: int, y: int, side: int) -> Modules:
    """The QR code of a text (error correction M), in a square of at most this side."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    # One byte a module, row by row: 0 is dark.
    cells = bytes(cast("Buffer", code.to_image(scale=1, add_quiet_zones=False)))
    count = isqrt(len(cells))
    rows = b"\1".join(cells[at : at + count] for at in range(0, len(cells), count))
    runs = tuple([_run(count + 1, *found.span()) for found in _DARK(rows)])
    # Whole hundredths of a millimetre: short numbers in the file, and no reader has to round.
    module = side // count // 10 * 10
    return Modules(x, y, module, count, runs)


@lru_cache(maxsize=65_536)
def _run(step: int, start: int, end: int) -> tuple[int, int, int]:
    """Row, first column and column after the last of a stretch; step counts a row and its separator."""
    return start // step, start % step, end % step
