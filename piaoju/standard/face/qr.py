"""The QR code of a bill as runs of dark modules."""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING, cast

import zxingcpp

from piaoju.standard.face.operations import Modules

if TYPE_CHECKING:
    from typing_extensions import Buffer


def modules(text: str, x: int, y: int, side: int) -> Modules:
    """The QR code of a text (error correction M), in a square of at most this side."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    # One byte a module, row by row: 0 is dark.
    cells = bytes(cast("Buffer", code.to_image(scale=1, add_quiet_zones=False)))
    count = isqrt(len(cells))
    runs: list[tuple[int, int, int]] = []
    for row in range(count):
        start = cells.find(b"\0", row * count, (row + 1) * count)
        while start >= 0:
            end = cells.find(b"\xff", start, (row + 1) * count)
            end = (row + 1) * count if end < 0 else end
            runs.append((row, start - row * count, end - row * count))
            start = cells.find(b"\0", end, (row + 1) * count)
    # Whole hundredths of a millimetre: short numbers in the file, and no reader has to round.
    module = side // count // 10 * 10
    return Modules(x, y, module, count, tuple(runs))
