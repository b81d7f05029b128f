"""What a download is made into: one PDF of all its bills, or a ZIP of their files with a list of digests.

A maker takes bills in order, says where it stands, and is made again from there; finished bytes do not depend on how often.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Protocol, cast

import msgspec

from piaoju.crypto import sm3
from piaoju.issuing import queries as issuing
from piaoju.issuing.errors import BillNotFound
from piaoju.issuing.types import BillPlace
from piaoju.journeys import fetch_file, seal_layout
from piaoju.journeys.download_file import DownloadFiles
from piaoju.journeys.office import Office
from piaoju.kit.clock import local
from piaoju.kit.errors import PiaojuError
from piaoju.reporting.types import ChosenBill, DownloadRow
from piaoju.standard import bill_xml
from piaoju.standard.face.outputs.pdf_merged import MergedPdf, Progress
from piaoju.standard.face.printing import Print

Bodies = dict[tuple[str, int], bytes]  # by bill code and number
BILLS_AT_ONCE = 50  # of which the documents are in memory
FILE_FORMATS = {"xml": "XML（已签名的原件）", "ofd": "OFD（版式文件，已盖章）", "pdf": "PDF（便于阅读）"}
MANIFEST = "清单.csv"
NOT_A_PRINT = "查阅件，不计打印次数"  # for whoever may read the bills and not print them
_HEADS = ("序号", "票据代码", "票据号码", "文件", "字节数", "SM3")
# What a bill takes on the disk, at most and on average, for the check beforehand.
BYTES_A_BILL = {"merged": 8_000, "xml": 6_000, "ofd": 32_000, "pdf": 64_000}


class Maker(Protocol):
    """Makes one download's body."""

    @property
    def pages(self) -> int:
        """How many pages or files there are so far."""

    def add(self, bill: ChosenBill, xml: bytes, sealed_ofd: bytes | None) -> None:
        """One more bill. Raises EnvelopeBroken."""

    def progress(self) -> bytes:
        """Where it stands, for whoever goes on."""

    def finish(self) -> None:
        """What comes last."""


def maker_for(office: Office, row: DownloadRow, files: DownloadFiles, progress: bytes) -> Maker:
    """The maker of what was asked for, going on from its progress (empty: from the beginning)."""
    return (_Merged if row.format == "pdf" else _Bundle)(office, row, files, progress)


def documents(office: Office, bills: list[ChosenBill], *, with_ofd: bool) -> Iterator[tuple[ChosenBill, bytes, bytes | None]]:
    """Each bill with its parcel and its OFD as they are kept, in order. Raises BillNotFound."""
    for at in range(0, len(bills), BILLS_AT_ONCE):
        some = bills[at : at + BILLS_AT_ONCE]
        places = [place_of(bill) for bill in some]
        parcels = issuing.parcels_of(places)
        layouts = issuing.layouts_of(places) if with_ofd else {}
        if with_ofd:
            layouts |= seal_missing(office, [place for place in places if key_of(place) not in layouts], parcels)
        for bill in some:
            key = (bill.bill_code, bill.bill_number)
            if key not in parcels:
                raise BillNotFound(f"{named(bill)} 的原件不在。请用 piaoju fsck 检查")
            yield bill, parcels[key], layouts.get(key)


def seal_missing(office: Office, places: list[BillPlace], parcels: Bodies) -> Bodies:
    """Seal the OFDs of bills that have none yet, together, which costs half; those that were kept, as they are kept."""
    with suppress(PiaojuError, LookupError, ValueError):  # what fails here is tried again, and told, bill by bill
        some = [(place, fetch_file.opened_xml(office, place, parcels[key_of(place)])) for place in places]
        made = seal_layout.seal_bills(office, some) if some else {}
        return {key_of(place): body for place, body in made.items()}
    return {}


def key_of(place: BillPlace) -> tuple[str, int]:
    """A bill's code and number."""
    return place.bill_code, place.bill_number


def named(bill: ChosenBill) -> str:
    """A bill's code and number, as they are read."""
    return f"{bill.bill_code} {bill.bill_number:010d}"


def place_of(bill: ChosenBill) -> BillPlace:
    """Where a chosen bill's rows are."""
    return BillPlace(bill.unit_id, bill.issued_at, bill.bill_code, bill.bill_number)


class _Merged:
    """合并 PDF: every bill as it is printed, in order."""

    def __init__(self, office: Office, row: DownloadRow, files: DownloadFiles, progress: bytes) -> None:
        self._office, self._row = office, row
        self._how = msgspec.convert(row.wanted["print"], Print)
        at = msgspec.json.decode(progress, type=Progress) if progress else None
        self._writer = MergedPdf(files.body, files.side, office.fonts, at)

    @property
    def pages(self) -> int:
        return self._writer.pages

    def add(self, bill: ChosenBill, xml: bytes, sealed_ofd: bytes | None) -> None:
        if self._row.wanted.get("counted"):
            note = seal_layout.reprint_note(bill.print_ordinal or 1, self._row.requested_at)
        else:
            note = NOT_A_PRINT
        for face in seal_layout.draw_prints(self._office, bill_xml.read_document(xml).bill, self._how, note):
            self._writer.add(face)

    def progress(self) -> bytes:
        return msgspec.json.encode(self._writer.progress())

    def finish(self) -> None:
        self._writer.finish(self._row.title, local(self._row.requested_at).replace(microsecond=0))


class _Bundle:
    """压缩包: each bill's files under its code, and the manifest; the side file has a line for each file."""

    def __init__(self, office: Office, row: DownloadRow, files: DownloadFiles, progress: bytes) -> None:
        self._office, self._files = office, files
        self._formats = [name for name in FILE_FORMATS if name in row.wanted["formats"]]
        self._when = local(row.requested_at).timetuple()[:6]
        self._archive = zipfile.ZipFile(cast(io.BytesIO, files.body), "w", zipfile.ZIP_DEFLATED)
        # The archive is told of the files that were written before its maker was killed.
        self._archive.filelist.extend(self._noted())

    @property
    def pages(self) -> int:
        return len(self._archive.filelist)

    def add(self, bill: ChosenBill, xml: bytes, sealed_ofd: bytes | None) -> None:
        makers: dict[str, Callable[[], bytes]] = {
            "xml": lambda: xml, "ofd": lambda: self._ofd(bill, sealed_ofd), "pdf": lambda: self._pdf(xml),
        }  # fmt: skip
        for name in self._formats:
            content = makers[name]()
            entry = self._entry(f"{bill.bill_code}/{bill.bill_code}-{bill.bill_number:010d}.{name}", stored=name != "xml")
            self._archive.writestr(entry, content)
            note = (
                bill.ordinal, bill.bill_code, f"{bill.bill_number:010d}", entry.filename, entry.file_size, entry.CRC,
                entry.compress_size, entry.header_offset, entry.compress_type, sm3.digest(content).hex(),
            )  # fmt: skip
            self._files.side.write(("\t".join(map(str, note)) + "\n").encode())
        self._files.body.settle()

    def progress(self) -> bytes:
        return b""

    def finish(self) -> None:
        """The manifest, made of the side file's lines, then the archive's own directory."""
        with self._archive.open(self._entry(MANIFEST, stored=False), "w") as manifest:
            manifest.write(b"\xef\xbb\xbf" + _csv(*_HEADS))
            for line in self._lines():
                ordinal, code, number, name, size, *_, digest = line
                manifest.write(_csv(ordinal, code, number, name, size, digest))
        self._archive.close()

    def _entry(self, name: str, *, stored: bool) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, self._when)
        entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
        entry.create_system, entry.external_attr = 3, 0o600 << 16
        return entry

    def _noted(self) -> Iterator[zipfile.ZipInfo]:
        for _, _, _, name, size, crc, compressed, offset, method, _ in self._lines():
            entry = self._entry(name, stored=int(method) == zipfile.ZIP_STORED)
            entry.file_size, entry.CRC, entry.compress_size = int(size), int(crc), int(compressed)
            entry.header_offset = int(offset)
            yield entry

    def _lines(self) -> Iterator[list[str]]:
        side = self._files.side
        end = side.seek(0, io.SEEK_END)
        side.seek(0)
        while side.tell() < end:
            yield side.readline().decode().rstrip("\n").split("\t")

    def _ofd(self, bill: ChosenBill, sealed: bytes | None) -> bytes:
        place = place_of(bill)
        if sealed is None:
            return fetch_file.ofd_of(self._office, place)
        return fetch_file.opened_ofd(self._office, place, sealed)

    def _pdf(self, xml: bytes) -> bytes:
        return seal_layout.draw_pdf(self._office, bill_xml.read_document(xml).bill, xml)


def _csv(*values: str) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(values)
    return written.getvalue().encode()
