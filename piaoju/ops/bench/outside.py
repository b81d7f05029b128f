"""Files of many bills judged by readers that are not ours: pdfium, unzip, and the digests of OpenSSL.

Each promise is said when it was kept; a file that breaks one ends the run.
"""

from __future__ import annotations

import csv
import hashlib
import io
import secrets
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from piaoju.issuing.types import BillPlace

_MANIFEST = "清单.csv"
_PAGES_READ = 200


class Wrong(Exception):
    """A file is not what was promised."""


def bundle(path: Path, chosen: Sequence[BillPlace], formats: Sequence[str]) -> str:
    """A ZIP: whole, every file of every bill once and in order, each with the SM3 that the manifest says."""
    unzip = shutil.which("unzip")
    if unzip:
        done = subprocess.run([unzip, "-tqq", str(path)], capture_output=True, check=False)
        _need(done.returncode == 0, f"unzip: {done.stdout[-300:]!r}")
    with zipfile.ZipFile(path) as archive:
        listed = list(csv.reader(io.StringIO(archive.read(_MANIFEST).decode("utf-8-sig"))))[1:]
        names = [f"{one.bill_code}/{one.bill_code}-{one.bill_number:010}.{kind}" for one in chosen for kind in formats]
        _need([row[3] for row in listed] == names, "the manifest is not the chosen bills in their order")
        _need([*names, _MANIFEST] == archive.namelist(), "the archive is not what its manifest says")
        for row in listed:
            digest = hashlib.new("sm3", archive.read(row[3])).hexdigest()
            _need(digest == row[5], f"{row[3]}: another SM3 than the manifest's")
    return f"{len(names):,} files, {'unzip -t, ' if unzip else ''}every SM3 of the manifest right"


def merged(path: Path, chosen: Sequence[BillPlace]) -> str:
    """A PDF of one page a bill: as many pages as bills, random pages with the number that stands at that place."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        pages = len(document)
        _need(pages == len(chosen), f"{pages:,} pages of {len(chosen):,} bills")
        drawn = secrets.SystemRandom().sample(range(len(chosen)), min(_PAGES_READ, len(chosen)))
        for place in sorted({0, len(chosen) - 1, *drawn}):
            page = document[place]
            text = page.get_textpage()
            _need(f"{chosen[place].bill_number:010}" in text.get_text_range(), f"page {place + 1} is another bill's")
            text.close()
            page.close()
    finally:
        document.close()
    return f"{pages:,} pages by pdfium, {len(drawn)} random ones read right{_fonts(path)}"


def _fonts(path: Path) -> str:
    """What poppler says of the fonts, which all pages share. Raises Wrong when one is not inside."""
    if not shutil.which("pdffonts"):
        return ""
    told = subprocess.run(["pdffonts", "-l", "50", str(path)], capture_output=True, text=True, check=True).stdout
    fonts = [line for line in islice(told.splitlines(), 2, None) if line.strip()]
    _need(bool(fonts) and all(" yes yes yes " in line for line in fonts), f"a font is not inside: {fonts}")
    return ", fonts inside by poppler"


def _need(right: bool, otherwise: str) -> None:
    if not right:
        raise Wrong(otherwise)
