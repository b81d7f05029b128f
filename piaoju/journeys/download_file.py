"""The files of a download while it is made and while it is kept: sealed at rest, cut back to where its maker last stood.

Beside the body lies a second file, where makers note what they need at the end (no personal data): where objects are, which
files a bundle has. Both lie in the data folder's `downloads`, and only one process at a time may write them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

import msgspec

from piaoju.crypto import envelope, sealed_file
from piaoju.crypto.sealed_file import SEALED_FRAME_BYTES, SealedWriter
from piaoju.journeys.office import Office
from piaoju.kit import errors

RESERVED_BYTES = 512 * 2**20  # of the disk: the database comes first
_TAKEN_AT_ONCE = 1 << 20


class DiskTooFull(errors.Refused):
    code = "disk_too_full"
    label = "服务器磁盘空间不够存放这个文件。请少选一些票据，或请运维清理磁盘后再生成"


class BeingMade(errors.Unavailable):
    code = "download_being_made"
    label = "这个文件正由另一个进程生成，请稍候"


class FilesShorter(Exception):
    """The files are not those that the maker left: it has to begin anew."""


class Standing(msgspec.Struct, frozen=True):
    """Where a maker stands after a whole chunk of bills."""

    bills_done: int = 0
    frames: int = 0
    tail: bytes = b""
    side_bytes: int = 0
    maker: bytes = b""  # the maker's own

    def sealed(self, office: Office, download_id: int) -> bytes:
        """The standing as it is kept: it holds characters of people's names."""
        plain = zlib.compress(msgspec.json.encode(self), 6)
        return envelope.seal(office.data_key, plain, _context(download_id) + b":state", office.random_bytes(12))


def standing_of(office: Office, download_id: int, sealed: bytes | None) -> Standing:
    """The standing that was kept, or the beginning."""
    if sealed is None:
        return Standing()
    plain = zlib.decompress(envelope.open(office.data_key, sealed, _context(download_id) + b":state"))
    return msgspec.json.decode(plain, type=Standing)


class DownloadFiles:
    """The two files of a download, open for its maker."""

    def __init__(self, office: Office, download_id: int, body: BinaryIO, side: BinaryIO, at: Standing) -> None:
        self._body = body
        self.side = side
        self.body = SealedWriter(
            body, office.data_key, _context(download_id), office.random_bytes, frames=at.frames, tail=at.tail
        )

    def standing(self, bills_done: int, maker: bytes) -> Standing:
        """Where the maker stands; what was written up to here is on the disk."""
        self.body.settle()
        self._sync()
        return Standing(bills_done, self.body.frames, self.body.tail, self.side.tell(), maker)

    def take(self, content: IO[bytes]) -> None:
        """What stands in an open file, from its beginning, goes behind what the body has."""
        content.seek(0)
        while piece := content.read(_TAKEN_AT_ONCE):
            self.body.write(piece)
            self.body.settle()

    def finish(self) -> int:
        """The body is whole and on the disk; its length in bytes."""
        size = self.body.finish()
        self._sync()
        return size

    def _sync(self) -> None:
        for file in (self._body, self.side):
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def opened(office: Office, download_id: int, at: Standing) -> Iterator[DownloadFiles]:
    """The files, cut back to where the maker stood. Raises BeingMade, FilesShorter."""
    folder(office).mkdir(mode=0o700, exist_ok=True)
    with _open(_path(office, download_id, "sealed")) as body, _open(_path(office, download_id, "side")) as side:
        try:
            fcntl.flock(body, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BeingMade from None
        for file, size in ((body, at.frames * SEALED_FRAME_BYTES), (side, at.side_bytes)):
            if file.seek(0, os.SEEK_END) < size:
                raise FilesShorter(file.name)
            file.truncate(size)
            file.seek(size)
        yield DownloadFiles(office, download_id, body, side, at)


def read(office: Office, download_id: int, first: int, last: int) -> Iterator[bytes]:
    """The bytes of a whole file from `first` up to and without `last`. Raises FileNotFoundError, EnvelopeBroken."""
    with _path(office, download_id, "sealed").open("rb") as body:
        yield from sealed_file.read(body, office.data_key, _context(download_id), first=first, last=last)


def is_there(office: Office, download_id: int) -> bool:
    """Whether there is a file at all."""
    return _path(office, download_id, "sealed").exists()


def remove(office: Office, download_id: int, *, only_side: bool = False) -> None:
    """The files are gone."""
    for kind in ("side",) if only_side else ("side", "sealed"):
        _path(office, download_id, kind).unlink(missing_ok=True)


def numbers(office: Office) -> set[int]:
    """The downloads that have files here."""
    found = folder(office).glob("*.s*") if folder(office).exists() else ()
    return {int(path.stem) for path in found if path.stem.isdecimal()}


def need_room(office: Office, wanted_bytes: int) -> None:
    """Nothing, when the disk has room for that much. Raises DiskTooFull."""
    if shutil.disk_usage(office.data_folder).free < wanted_bytes + RESERVED_BYTES:
        raise DiskTooFull


def folder(office: Office) -> Path:
    """Where the files of downloads lie."""
    return office.data_folder / "downloads"


def _open(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")


def _path(office: Office, download_id: int, kind: str) -> Path:
    return folder(office) / f"{download_id}.{kind}"


def _context(download_id: int) -> bytes:
    return f"download:{download_id}".encode()
