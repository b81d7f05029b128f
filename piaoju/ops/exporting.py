"""Bills as files: an export of what the database holds, which `fsck` compares."""

from __future__ import annotations

from pathlib import Path

from piaoju.journeys import fetch_file
from piaoju.ops.installation import write_whole

FORMATS = ("xml", "ofd", "pdf")


def write_files(folder: Path, code: str, number: str) -> dict[str, str]:
    """Write the three files of a bill into a folder; their paths by format."""
    written = {}
    for file_format in FORMATS:
        path = folder / f"{code}-{number}.{file_format}"
        write_whole(path, fetch_file.of_bill(code, int(number), file_format), 0o600)
        written[file_format] = str(path)
    return written
