"""生成导出文件: rows are collected chunk by chunk, sealed, each with its mark; then the file is written of them in one go.

Killed while collecting, the job goes on after the last chunk; killed while writing, it writes again from what was collected.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from piaoju.crypto import envelope
from piaoju.journeys import download_file
from piaoju.journeys.download_file import DownloadFiles
from piaoju.journeys.export_rows import cells, file_of, opened
from piaoju.journeys.office import Office
from piaoju.kit.errors import Unavailable
from piaoju.kit.export import write
from piaoju.kit.listing import read_cursor, write_cursor
from piaoju.reporting import queries
from piaoju.reporting.types import BillsPage, BillsQuestion, DownloadRow

ROWS_A_CHUNK = 2_000
_LENGTH = struct.Struct(">I")
_ATTEMPTS_MAX = 3


class StillChanging(Unavailable):
    """Bills of the past were being committed all the while; asked again later."""

    code = "export_still_changing"
    label = "导出期间一直有票据正在入账，文件没有做成。会自动再试"


class Standing(msgspec.Struct):
    """Where the collecting stands."""

    after: str = ""
    rows: int = 0
    fen: int = 0
    chunks: int = 0
    whole: bool = False
    attempts: int = 0


class RowsMaker:
    """Collects the rows of one export and writes its file."""

    pages = 0

    def __init__(self, office: Office, row: DownloadRow, files: DownloadFiles, progress: bytes) -> None:
        self._office, self._row, self._files = office, row, files
        self._most = row.bills_done
        self.question = opened(office, row.wanted, row.operator_id)
        self.at = msgspec.json.decode(progress, type=Standing) if progress else Standing()

    @property
    def done(self) -> int:
        """How many of the bills that were counted are collected; it never goes back, also where collecting began anew."""
        self._most = max(self._most, min(self.at.rows, self._row.bills))
        return self._most

    def progress(self) -> bytes:
        return msgspec.json.encode(self.at)

    def collect(self) -> bool:
        """One more chunk; False when there is none."""
        if self.at.whole:
            return False
        after = read_cursor(self.at.after) if self.at.after else None
        question, order = self.question, self.question.order(ROWS_A_CHUNK)
        chunk = queries.rows(BillsQuestion(question.asked), question.portions, order=order, after=after, limit=ROWS_A_CHUNK)
        rows = [cells(row, full_payers=bool(question.full_payers)) for row in chunk.rows]
        self._keep(msgspec.msgpack.encode(rows))
        self.at.rows += len(rows)
        self.at.fen += sum(row.total_fen for row in chunk.rows)
        self.at.chunks += 1
        self.at.after = write_cursor(chunk.after) if chunk.after else ""
        self.at.whole = chunk.after is None
        if self.at.whole:
            self._compare()
        return True

    def finish(self) -> int:
        """The file, of what was collected; how many rows it has."""
        exact = msgspec.structs.replace(self.question, count=self.at.rows, total_fen=self.at.fen)
        with tempfile.TemporaryFile(dir=download_file.folder(self._office)) as place:
            count = write(self._row.format, place, file_of(exact), self._rows())
            self._files.take(place)
        return count

    def _compare(self) -> None:
        """What was collected is exactly what the question finds; a bill committed late begins it anew."""
        found = queries.bills(BillsQuestion(self.question.asked), self.question.portions, BillsPage(limit=1)).whole
        if (found.count, found.sums["total_fen"]) == (self.at.rows, self.at.fen):
            return
        if self.at.attempts + 1 >= _ATTEMPTS_MAX:
            raise StillChanging
        self._files.side.seek(0)
        self._files.side.truncate()
        self.at = Standing(attempts=self.at.attempts + 1)

    def _keep(self, plain: bytes) -> None:
        nonce = self._office.random_bytes(envelope.NONCE_BYTES)
        closed = envelope.seal(self._office.data_key, plain, self._context(self.at.chunks), nonce)
        self._files.side.write(_LENGTH.pack(len(closed)) + closed)

    def _rows(self) -> Iterator[list[Any]]:
        side: BinaryIO = self._files.side
        side.seek(0)
        for number in range(self.at.chunks):
            (length,) = _LENGTH.unpack(side.read(_LENGTH.size))
            plain = envelope.open(self._office.data_key, side.read(length), self._context(number))
            yield from msgspec.msgpack.decode(plain)

    def _context(self, number: int) -> bytes:
        return f"export:{self._row.id}:{number}".encode()
