"""生成下载: the job behind a download. Killed at any moment, it goes on from its last chunk and ends with the same bytes."""

from __future__ import annotations

import errno
import logging
from dataclasses import replace
from datetime import timedelta

from django.db import DatabaseError, connection, transaction

from piaoju.crypto import sm3
from piaoju.journeys import download_file, export_history, fetch_file
from piaoju.journeys.download_file import DiskTooFull, DownloadFiles, FilesShorter, Standing
from piaoju.journeys.download_makers import BYTES_A_BILL, Maker, documents, maker_for, named, place_of
from piaoju.journeys.make_export import RowsMaker
from piaoju.journeys.office import Office
from piaoju.journeys.print_bill import FORMS, count_prints
from piaoju.kit.errors import PiaojuError, Refused, Unavailable
from piaoju.kit.export import FORMATS
from piaoju.reporting import actions, queries
from piaoju.reporting.types import ChosenBill, DownloadRow

TASK = "make_download"
BILLS_A_CHUNK = 250
KEPT = timedelta(days=7)
_log = logging.getLogger("piaoju.journeys.make_download")


class BillNotDrawn(Refused):
    code = "bill_not_drawn"
    label = "有一张票据的内容读不出来，文件没有做成。请用 piaoju fsck 检查"


class _Stopped(Exception):
    """Its owner, or the end of its keeping, stopped it."""


def make_download(office: Office, *, download_id: int) -> None:
    """Make a download's file, from where the last maker stood. What cannot be made is told to its owner."""
    with transaction.atomic():
        wanted = actions.begin_download(download_id, office.clock())
    row = queries.download(download_id) if wanted else None
    if row is None:
        return
    try:
        _make(office, row)
    except _Stopped:
        download_file.remove(office, download_id)
    except Unavailable:
        raise
    except PiaojuError as refusal:
        _fail(office, download_id, refusal)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _fail(office, download_id, DiskTooFull())


def expected_bytes(row_format: str, formats: list[str], bills: int) -> int:
    """What a file of so many bills takes on the disk, roughly."""
    return bills * sum(BYTES_A_BILL[name] for name in (["merged"] if row_format == "pdf" else formats))


def _fail(office: Office, download_id: int, refusal: PiaojuError) -> None:
    with transaction.atomic():
        actions.fail_download(download_id, office.clock(), refusal.code_value, refusal.detail)
    download_file.remove(office, download_id)


def _make(office: Office, row: DownloadRow) -> None:
    at = download_file.standing_of(office, row.id, queries.download_state(row.id))
    left = row.bills - at.bills_done
    download_file.need_room(office, expected_bytes(row.format, list(row.wanted.get("formats", ())), left))
    try:
        with download_file.opened(office, row.id, at) as files:
            _write(office, row, files, at)
    except FilesShorter:
        # The files are not the ones the maker left (a restored database): from the beginning.
        download_file.remove(office, row.id)
        with download_file.opened(office, row.id, Standing()) as files:
            _write(office, row, files, Standing())


def _write(office: Office, row: DownloadRow, files: DownloadFiles, at: Standing) -> None:
    if row.format == export_history.FORMAT:
        count = export_history.write(office, row, files)
        _finish_counted(office, row, count, files.finish())
        return
    if row.format in FORMATS:
        _write_rows(office, row, files, at)
        return
    maker = maker_for(office, row, files, at.maker)
    done = at.bills_done
    with_ofd = row.format == "zip" and "ofd" in row.wanted["formats"]
    while done < row.bills:
        chunk = queries.download_bills(row.id, done, BILLS_A_CHUNK)
        if row.wanted.get("counted"):
            chunk = _counted(office, row, chunk)
        for bill, parcel, sealed_ofd in documents(office, chunk, with_ofd=with_ofd):
            _add(office, maker, bill, parcel, sealed_ofd)
        done = chunk[-1].ordinal
        _advance(office, row, files, maker, done)
    maker.finish()
    size = files.finish()
    _finish(office, row, maker.pages, size)


def _counted(office: Office, row: DownloadRow, chunk: list[ChosenBill]) -> list[ChosenBill]:
    """Each bill of the chunk with which print of it this is: counted once, before it is drawn, however often it is drawn."""
    new = [bill for bill in chunk if bill.print_ordinal is None]
    if new:
        form = FORMS[row.wanted["print"]["style"]]
        with transaction.atomic(), connection.cursor() as cursor:
            counted = count_prints(cursor, office, [place_of(bill) for bill in new], form, row.requested_by)
            ordinals = {bill.ordinal: counted[(bill.bill_code, bill.bill_number)] for bill in new}
            actions.note_prints(cursor, row.id, ordinals)
        chunk = [replace(bill, print_ordinal=ordinals.get(bill.ordinal, bill.print_ordinal)) for bill in chunk]
    return chunk


def _write_rows(office: Office, row: DownloadRow, files: DownloadFiles, at: Standing) -> None:
    """An export: rows are collected, then the file is written of them."""
    maker = RowsMaker(office, row, files, at.maker)
    while maker.collect():
        _advance(office, row, files, maker, maker.done)
    count = maker.finish()
    _finish_counted(office, row, count, files.finish())


def _finish_counted(office: Office, row: DownloadRow, count: int, size: int) -> None:
    """Whole, with as many bills as there are in it."""
    with transaction.atomic():
        actions.recount_download(row.id, count)
    _finish(office, row, 0, size)


def _add(office: Office, maker: Maker, bill: ChosenBill, parcel: bytes, sealed_ofd: bytes | None) -> None:
    """One bill more; what is wrong with it is said with its number: a file never leaves a bill out."""
    try:
        maker.add(bill, fetch_file.opened_xml(office, place_of(bill), parcel), sealed_ofd)
    except (DatabaseError, OSError, Unavailable):
        raise
    except PiaojuError as refusal:
        raise BillNotDrawn(f"{named(bill)}：{refusal.detail}", code=refusal.code_value) from refusal
    except Exception as error:
        _log.exception("%s cannot be put into a download", named(bill))
        raise BillNotDrawn(f"{named(bill)} 的内容读不出来。请用 piaoju fsck 检查这张票据，其余的可以先分开下载") from error


def _advance(office: Office, row: DownloadRow, files: DownloadFiles, maker: Maker | RowsMaker, done: int) -> None:
    """The chunk and its mark: first on the disk, then in the database."""
    standing = files.standing(done, maker.progress())
    download_file.need_room(office, 0)
    with transaction.atomic():
        going_on = actions.advance_download(
            row.id, bills_done=done, pages=maker.pages, size_bytes=files.body.tell(),
            state_sealed=standing.sealed(office, row.id),
        )  # fmt: skip
    if not going_on:
        raise _Stopped


def _finish(office: Office, row: DownloadRow, pages: int, size: int) -> None:
    """Read back whole, so that its digest is that of what will be handed out."""
    message = sm3.running(b"")
    for piece in download_file.read(office, row.id, 0, size):
        message.update(piece)
    at = office.clock()
    with transaction.atomic():
        ready = actions.finish_download(row.id, at, pages=pages, size_bytes=size, digest=message.digest(), kept_until=at + KEPT)
    if not ready:
        raise _Stopped
    download_file.remove(office, row.id, only_side=True)
