"""Files of many bills: made in chunks, killed and gone on with, sealed at rest, fetched once by whoever asked for them."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import random
import shutil
import signal
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from django.db import connections

from piaoju.crypto.envelope import EnvelopeBroken
from piaoju.identity import queries as identity
from piaoju.identity.types import OperatorActor, Role
from piaoju.issuing import queries as issuing
from piaoju.issuing.types import BillPlace
from piaoju.journeys import download_bills, download_file, download_makers, fetch_download, fetch_file, make_download, seal_ahead
from piaoju.journeys.download_bills import Wanted, WantUnknown
from piaoju.journeys.download_file import DiskTooFull
from piaoju.kit.values import replace
from piaoju.reporting import queries
from piaoju.reporting.errors import DownloadNotFound, DownloadNotReady, LinkSpent, NoBills, TooManyBills, TooManyDownloads
from piaoju.standard.face import printing
from piaoju.standard.face.printing import Print
from tests import offices
from tests.offices import HOSPITAL, Installed

BILLS = 40
PDF, ZIP = Wanted("pdf"), Wanted("zip", files=("xml", "ofd", "pdf"))


@pytest.fixture(scope="module")
def places(shared: Installed) -> list[BillPlace]:
    """Forty bills of the hospital, in the order of issuing."""
    shared.issue(*(offices.body(f"D-{n}", f"{n + 1}.00", payer={"type": "person", "name": f"周{n}燕"}) for n in range(BILLS)))
    found = [issuing.place_of_business_number(shared.unit_id, f"D-{n}") for n in range(BILLS)]
    return [one[0] for one in found if one]


@pytest.fixture
def keeper(shared: Installed) -> OperatorActor:
    return shared.operator(Role.UNIT_KEEPER)


@pytest.fixture
def reader(shared: Installed) -> OperatorActor:
    """Somebody who may see the bills and not print them: their files have no print of their own, and are alike."""
    return shared.operator(Role.SUPERVISOR)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch, shared: Installed) -> Iterator[None]:
    monkeypatch.setattr(make_download, "BILLS_A_CHUNK", 7)
    yield
    shared.jobs.waiting.clear()
    shared.run("TRUNCATE reporting_download CASCADE")
    download_bills.clear_downloads(shared.office)


def ready(shared: Installed, actor: OperatorActor, places: list[BillPlace], wanted: Wanted) -> int:
    number = download_bills.request(shared.office, actor, places, wanted)
    shared.jobs.run(shared.office)
    return number


def content_of(shared: Installed, number: int) -> bytes:
    row = queries.download(number)
    assert row is not None and row.state == "ready", row
    content = b"".join(download_file.read(shared.office, number, 0, row.size_bytes))
    assert hashlib.new("sm3", content).digest() == row.digest and len(content) == row.size_bytes
    return content


def firsts(content: bytes) -> list[str]:
    texts = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content)]
    return [text for text in texts if "清单 第" not in text]


def test_a_merged_file_has_every_bill_in_the_chosen_order(
    shared: Installed, places: list[BillPlace], keeper: OperatorActor
) -> None:
    turned = list(reversed(places))
    for order, expected in (("listed", turned), ("number", places), ("issued", places)):
        content = content_of(shared, ready(shared, keeper, turned, replace(PDF, order=order)))
        read = firsts(content)
        assert len(read) == len(expected)
        assert all(f"{place.bill_number:010d}" in text for place, text in zip(expected, read, strict=True))
        assert f"周{BILLS - 1}燕" in read[0 if order == "listed" else -1]


def test_a_bundle_has_every_file_and_its_manifest_is_right(
    shared: Installed, places: list[BillPlace], keeper: OperatorActor
) -> None:
    content = content_of(shared, ready(shared, keeper, places, ZIP))
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None
        lines = list(csv.DictReader(io.StringIO(opened.read("清单.csv").decode("utf-8-sig"))))
        assert len(lines) == 3 * BILLS and {line["文件"] for line in lines} | {"清单.csv"} == set(opened.namelist())
        for line in lines:
            file = opened.read(line["文件"])
            assert (len(file), hashlib.new("sm3", file).hexdigest()) == (int(line["字节数"]), line["SM3"])
        for place in places[::17]:
            stem = f"{place.bill_code}/{place.bill_code}-{place.bill_number:010d}"
            assert opened.read(f"{stem}.xml") == fetch_file.at_place(shared.office, place, "xml")
            assert opened.read(f"{stem}.ofd") == fetch_file.at_place(shared.office, place, "ofd")
            assert opened.read(f"{stem}.pdf") == fetch_file.at_place(shared.office, place, "pdf")
        assert not any("周" in name for name in opened.namelist())


@pytest.mark.parametrize("wanted", [PDF, Wanted("zip", files=("xml", "ofd"))], ids=["pdf", "zip"])
@pytest.mark.parametrize("killed_at", [0, 6, 7, 33, 39])
def test_a_maker_killed_anywhere_ends_with_the_same_bytes(
    shared: Installed, places: list[BillPlace], reader: OperatorActor, monkeypatch: pytest.MonkeyPatch, wanted: Wanted,
    killed_at: int,
) -> None:  # fmt: skip
    at = shared.office.clock()
    still = shared.with_clock(lambda: at)
    whole = content_of(shared, ready(still, reader, places, wanted))
    number = download_bills.request(still.office, reader, places, wanted)
    seen = _killed_at(monkeypatch, killed_at)
    with pytest.raises(_Killed):
        make_download.make_download(still.office, download_id=number)
    done = _row(number).bills_done
    assert done == killed_at - killed_at % 7
    monkeypatch.undo()
    monkeypatch.setattr(make_download, "BILLS_A_CHUNK", 7)
    make_download.make_download(still.office, download_id=number)
    assert seen and content_of(shared, number) == whole


def test_a_maker_killed_at_its_end_and_one_whose_files_were_lost_end_with_the_same_bytes(
    shared: Installed, places: list[BillPlace], reader: OperatorActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = shared.office.clock()
    still = shared.with_clock(lambda: at)
    whole = content_of(shared, ready(still, reader, places, PDF))
    number = download_bills.request(still.office, reader, places, PDF)
    monkeypatch.setattr(make_download, "_finish", _die)
    with pytest.raises(_Killed):
        make_download.make_download(still.office, download_id=number)
    assert _row(number).bills_done == BILLS
    monkeypatch.undo()
    for lost in ((), ("sealed",), ("side",)):
        for kind in lost:
            (download_file.folder(shared.office) / f"{number}.{kind}").unlink()
        monkeypatch.setattr(make_download, "_finish", _die)
        with pytest.raises(_Killed):
            make_download.make_download(still.office, download_id=number)
        monkeypatch.undo()
    make_download.make_download(still.office, download_id=number)
    assert content_of(shared, number) == whole


def test_a_process_killed_at_random_moments_is_followed_by_others_to_the_same_bytes(
    shared: Installed, places: list[BillPlace], reader: OperatorActor
) -> None:
    """kill -9, not an exception: nothing is flushed, no lock is given back by us. Progress never goes back."""
    at = shared.office.clock()
    still = shared.with_clock(lambda: at)
    wanted = Wanted("zip", files=("xml", "pdf"))
    whole = content_of(shared, ready(still, reader, places, wanted))
    number = download_bills.request(still.office, reader, places, wanted)
    chance, seen, killed = random.Random(7), 0, 0
    while _row(number).state != "ready":
        child = os.fork()
        if not child:
            connections["default"].connection = None  # the parent's own; never closed from here
            make_download.make_download(still.office, download_id=number)
            os._exit(0)
        time.sleep(chance.uniform(0.05, 0.4 + 0.1 * killed))
        os.kill(child, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
        assert _row(number).bills_done >= seen
        seen = _row(number).bills_done
    assert killed and content_of(shared, number) == whole


def test_lanes_seal_ahead_what_a_bundle_wants_and_change_nothing_that_is_sealed(
    shared: Installed, keeper: OperatorActor
) -> None:
    shared.issue(*(offices.body(f"A-{n}") for n in range(120)))
    found = [issuing.place_of_business_number(shared.unit_id, f"A-{n}") for n in range(120)]
    fresh = [one[0] for one in found if one]
    before = fetch_file.ofd_of(shared.office, fresh[-1])
    number = download_bills.request(shared.office, keeper, fresh, Wanted("zip", files=("ofd",)))
    assert [task for task, _ in shared.jobs.waiting] == ["make_download", *["seal_ahead"] * shared.office.lanes]
    with connections["default"].cursor() as cursor:  # the first group is another lane's
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"seal ahead {number} 120"])
        with ThreadPoolExecutor(1) as lane:
            lane.submit(seal_ahead.seal_ahead, shared.office, download_id=number, lane=0).result()
        cursor.execute("SELECT pg_advisory_unlock_all()")
    assert issuing.unsealed_of(fresh) == fresh[70:119]
    shared.jobs.run(shared.office)
    with zipfile.ZipFile(io.BytesIO(content_of(shared, number))) as archive:
        files = [archive.read(f"{p.bill_code}/{p.bill_code}-{p.bill_number:010d}.ofd") for p in fresh]
    assert files[-1] == before and files == [fetch_file.ofd_of(shared.office, place) for place in fresh]
    assert issuing.unsealed_of(fresh) == []


def test_two_makers_never_write_one_file(
    shared: Installed, places: list[BillPlace], keeper: OperatorActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = download_bills.request(shared.office, keeper, places, PDF)
    other: list[type[BaseException] | None] = []

    def meanwhile(*_: Any) -> None:
        try:
            make_download.make_download(shared.office, download_id=number)
        except download_file.BeingMade:
            other.append(download_file.BeingMade)

    with download_file.opened(shared.office, number, download_file.Standing()):
        meanwhile()
    assert other == [download_file.BeingMade]
    make_download.make_download(shared.office, download_id=number)
    assert len(firsts(content_of(shared, number))) == BILLS


def test_nothing_of_a_bill_is_readable_in_the_folder(
    shared: Installed, places: list[BillPlace], keeper: OperatorActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(shared, keeper, places, Wanted("zip", files=("xml",)))
    number = download_bills.request(shared.office, keeper, places, Wanted("zip", files=("xml",)))
    _killed_at(monkeypatch, 30)
    with pytest.raises(_Killed):
        make_download.make_download(shared.office, download_id=number)
    files = list(download_file.folder(shared.office).iterdir())
    assert len(files) == 3
    for file in files:
        assert "周".encode() not in file.read_bytes() and b"<EInvoice" not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0
    assert "周".encode() not in bytes(_state(shared, number))


def test_a_stopped_download_leaves_no_file_and_can_be_made_again(
    shared: Installed, places: list[BillPlace], keeper: OperatorActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = download_bills.request(shared.office, keeper, places, PDF)
    advance = make_download._advance

    def stopped_meanwhile(*arguments: Any) -> None:
        if _row(number).bills_done == 14:
            download_bills.stop(shared.office, keeper, number)
        advance(*arguments)

    monkeypatch.setattr(make_download, "_advance", stopped_meanwhile)
    shared.jobs.run(shared.office)
    assert _row(number).state == "stopped" and not download_file.is_there(shared.office, number)
    monkeypatch.undo()
    with pytest.raises(DownloadNotReady):
        download_bills.stop(shared.office, keeper, number)
    download_bills.restart(shared.office, keeper, number)
    shared.jobs.run(shared.office)
    assert len(firsts(content_of(shared, number))) == BILLS


def test_a_bill_whose_original_is_broken_stops_the_file_and_is_named(
    shared: Installed, places: list[BillPlace], keeper: OperatorActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = issuing.parcels_of
    broken = places[20]

    def one_flipped(asked: list[BillPlace]) -> dict[tuple[str, int], bytes]:
        found = real(asked)
        key = (broken.bill_code, broken.bill_number)
        return found | {key: found[key][:-1] + bytes([found[key][-1] ^ 1])} if key in found else found

    monkeypatch.setattr(issuing, "parcels_of", one_flipped)
    row = _row(ready(shared, keeper, places, PDF))
    assert (row.state, row.failure_code) == ("failed", "envelope_broken")
    assert f"{broken.bill_code} {broken.bill_number:010d}" in row.failure
    assert not download_file.is_there(shared.office, row.id)
    monkeypatch.undo()
    download_bills.restart(shared.office, keeper, row.id)
    shared.jobs.run(shared.office)
    assert _row(row.id).state == "ready" and _row(row.id).failure == ""


def test_a_full_disk_is_told_before_and_while_it_is_made(
    shared: Installed, places: list[BillPlace], keeper: OperatorActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = download_bills.request(shared.office, keeper, places, PDF)
    free = shutil.disk_usage(shared.office.data_folder)._replace(free=download_file.RESERVED_BYTES - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    with pytest.raises(DiskTooFull):
        download_bills.request(shared.office, keeper, places, PDF)
    shared.jobs.run(shared.office)
    assert (_row(number).state, _row(number).failure_code) == ("failed", "disk_too_full")


def test_what_is_asked_for_has_limits(shared: Installed, places: list[BillPlace], keeper: OperatorActor) -> None:
    office = shared.office
    many = (BillPlace(1, places[0].issued_at, "51010126", number) for number in range(50_001))
    with pytest.raises(TooManyBills):
        download_bills.request(office, keeper, many, PDF)
    with pytest.raises(NoBills):
        download_bills.request(office, keeper, [], PDF)
    for odd in (Wanted("zip"), Wanted("zip", files=("exe",)), Wanted("tar"), replace(PDF, order="odd"),
                Wanted("pdf", how=Print("odd")), Wanted("pdf", how=Print(shift_right=20_001))):  # fmt: skip
        with pytest.raises(WantUnknown):
            download_bills.request(office, keeper, places, odd)
    for _ in range(3):
        download_bills.request(office, keeper, places[:1], PDF)
    with pytest.raises(TooManyDownloads):
        download_bills.request(office, keeper, places[:1], PDF)


def test_a_bill_chosen_twice_is_there_once(shared: Installed, places: list[BillPlace], keeper: OperatorActor) -> None:
    assert len(firsts(content_of(shared, ready(shared, keeper, [*places[:2], places[0]], PDF)))) == 2


def test_each_bill_of_a_merged_file_is_one_print_however_often_its_maker_was_killed(
    shared: Installed, keeper: OperatorActor, reader: OperatorActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.issue(*(offices.body(f"R-{n}", "1.00") for n in range(10)))
    fresh = [found[0] for n in range(10) if (found := issuing.place_of_business_number(shared.unit_id, f"R-{n}"))]
    number = download_bills.request(shared.office, keeper, fresh, PDF)
    _killed_at(monkeypatch, 9)
    with pytest.raises(_Killed):
        make_download.make_download(shared.office, download_id=number)
    monkeypatch.undo()
    shared.jobs.run(shared.office)
    assert not any("补打" in text or "查阅件" in text for text in firsts(content_of(shared, number)))
    assert [len(issuing.prints_of(place)) for place in fresh] == [1] * 10
    again = firsts(content_of(shared, ready(shared, keeper, fresh[:3], Wanted("pdf", how=Print("overlay")))))
    assert all("补打：第 2 次打印" in text for text in again) and len(again) == 3
    roll = firsts(content_of(shared, ready(shared, keeper, fresh[:1], Wanted("pdf", how=Print("thermal58")))))
    assert "补打：第 3 次打印" in roll[0]
    assert [one.form for one in issuing.prints_of(fresh[0])] == ["face", "overprint", "receipt"]
    read = firsts(content_of(shared, ready(shared, reader, fresh[:3], PDF)))
    assert all("查阅件，不计打印次数" in text for text in read) and len(issuing.prints_of(fresh[0])) == 3
    ready(shared, keeper, fresh[:3], ZIP)
    assert len(issuing.prints_of(fresh[0])) == 3
    download_bills.remove(shared.office, keeper, number)
    download_bills.restart(shared.office, keeper, number)
    shared.jobs.run(shared.office)
    assert "补打：第 4 次打印" in firsts(content_of(shared, number))[0]


def test_every_style_of_print_can_be_asked_for(shared: Installed, places: list[BillPlace], keeper: OperatorActor) -> None:
    for style in printing.STYLES:
        content = content_of(shared, ready(shared, keeper, places[:2], Wanted("pdf", how=Print(style))))
        assert [f"{place.bill_number:010d}" in text for place, text in zip(places, firsts(content), strict=False)] == [True] * 2


class _Killed(BaseException):
    """As if the process ended here."""


def _die(*_: Any) -> None:
    raise _Killed


def _killed_at(monkeypatch: pytest.MonkeyPatch, at: int) -> list[int]:
    """The maker dies after this many bills were written to the file."""
    seen: list[int] = []
    for maker in (download_makers._Merged, download_makers._Bundle):
        real = maker.add

        def add(self: Any, *arguments: Any, real: Any = real) -> None:
            if len(seen) == at:
                seen.append(-1)
                raise _Killed
            seen.append(1)
            real(self, *arguments)

        monkeypatch.setattr(maker, "add", add)
    return seen


def _row(number: int) -> Any:
    row = queries.download(number)
    assert row is not None
    return row


def _state(shared: Installed, number: int) -> bytes:
    return queries.download_state(number) or b""


def test_a_link_is_for_one_whole_fetch_by_its_owner_and_is_recorded(
    shared: Installed, places: list[BillPlace], keeper: OperatorActor
) -> None:
    office, number = shared.office, ready(shared, keeper, places, PDF)
    token = fetch_download.make_link(office, keeper, number)
    opened = fetch_download.open_download(office, keeper, number, token, 0)
    whole = b"".join(opened.pieces(0, opened.row.size_bytes))
    assert hashlib.new("sm3", whole).hexdigest() == opened.tag
    again = fetch_download.open_download(office, keeper, number, token, 1_000)  # the connection broke: it goes on
    assert b"".join(again.pieces(1_000, opened.row.size_bytes)) == whole[1_000:]
    again.handed_out()
    with pytest.raises(LinkSpent):
        fetch_download.open_download(office, keeper, number, token, 0)
    fetch_download.open_download(office, keeper, number, token, 1_000)  # the end may have been lost
    later = shared.with_clock(lambda: office.clock() + timedelta(minutes=16)).office
    with pytest.raises(LinkSpent):
        fetch_download.open_download(later, keeper, number, token, 1_000)
    acts = f"SELECT count(*) FROM identity_auditrecord WHERE subject LIKE 'download:{number} %%' AND act = 'fetch_download'"
    assert shared.count(f"{acts} AND outcome = 'begun'") == 1 == shared.count(f"{acts} AND outcome = 'whole'")


def test_a_link_expires_and_a_new_one_ends_the_one_before(
    shared: Installed, places: list[BillPlace], keeper: OperatorActor
) -> None:
    office, number = shared.office, ready(shared, keeper, places[:3], PDF)
    first = fetch_download.make_link(office, keeper, number)
    second = fetch_download.make_link(office, keeper, number)
    with pytest.raises(LinkSpent):
        fetch_download.open_download(office, keeper, number, first, 0)
    tomorrow = shared.with_clock(lambda: office.clock() + timedelta(hours=24, seconds=1)).office
    with pytest.raises(LinkSpent):
        fetch_download.open_download(tomorrow, keeper, number, second, 0)
    for wrong in ("", "0" * 64, second + "0"):
        with pytest.raises(DownloadNotFound):
            fetch_download.open_download(office, keeper, number, wrong, 0)
    assert shared.count("SELECT count(*) FROM reporting_downloadlink WHERE token_digest = %s", bytes.fromhex(second)) == 0


def test_another_person_s_download_is_the_same_as_none(
    shared: Installed, places: list[BillPlace], keeper: OperatorActor
) -> None:
    office, number = shared.office, ready(shared, keeper, places[:3], PDF)
    token = fetch_download.make_link(office, keeper, number)
    other = shared.operator(Role.UNIT_KEEPER, person="someone else")
    for who, which in ((other, number), (keeper, 10**9)):
        for act in (download_bills.stop, download_bills.restart, download_bills.remove, fetch_download.make_link):
            with pytest.raises(DownloadNotFound) as refused:
                act(office, who, which)
            assert refused.value.detail == DownloadNotFound.label
    with pytest.raises(DownloadNotFound):
        fetch_download.open_download(office, other, number, token, 0)


def test_who_may_no_longer_see_the_bills_gets_no_link_and_no_byte(shared: Installed, places: list[BillPlace]) -> None:
    handler = shared.operator(Role.HANDLER, person="moved")
    number = ready(shared, handler, places[:3], PDF)
    token = fetch_download.make_link(shared.office, handler, number)
    mine = "UPDATE identity_appointment SET {} WHERE operator_id = %s"
    for change in ("unit_code = '12510726MD2000028Q'", "bill_types = '[\"0601\"]'"):
        shared.run(mine.format(change), handler.operator_id)
        moved = identity.operator_actor(handler.username, shared.office.clock())
        assert moved.appointments != handler.appointments
        with pytest.raises(DownloadNotFound):
            fetch_download.make_link(shared.office, moved, number)
        with pytest.raises(DownloadNotFound):
            fetch_download.open_download(shared.office, moved, number, token, 0)
        shared.run(mine.format(f"unit_code = '{HOSPITAL}', bill_types = '[]'"), handler.operator_id)
    fetch_download.open_download(shared.office, handler, number, token, 0)


def test_old_files_are_cleared_and_forgotten(shared: Installed, places: list[BillPlace], keeper: OperatorActor) -> None:
    office, number = shared.office, ready(shared, keeper, places[:3], PDF)
    token = fetch_download.make_link(office, keeper, number)
    stray = download_file.folder(office) / f"{10**9}.sealed"
    stray.write_bytes(b"left by a database that was restored")
    after = shared.with_clock(lambda: office.clock() + timedelta(days=6)).office
    assert download_bills.clear_downloads(after) == 0
    assert download_file.is_there(office, number) and not stray.exists()
    after = shared.with_clock(lambda: office.clock() + timedelta(days=7, seconds=1)).office
    assert download_bills.clear_downloads(after) == 1
    assert _row(number).state == "cleared" and not download_file.is_there(office, number)
    with pytest.raises((DownloadNotFound, DownloadNotReady)):
        fetch_download.open_download(office, keeper, number, token, 0)
    after = shared.with_clock(lambda: office.clock() + timedelta(days=40)).office
    download_bills.clear_downloads(after)
    assert queries.download(number) is None


def test_a_file_that_is_gone_is_told_and_can_be_made_again(
    shared: Installed, places: list[BillPlace], keeper: OperatorActor
) -> None:
    office, number = shared.office, ready(shared, keeper, places[:3], PDF)
    (download_file.folder(office) / f"{number}.sealed").unlink()
    with pytest.raises(DownloadNotReady, match="重新生成"):
        fetch_download.make_link(office, keeper, number)
    download_bills.restart(office, keeper, number)
    shared.jobs.run(office)
    assert len(firsts(content_of(shared, number))) == 3


def test_a_file_that_was_changed_is_not_handed_out(
    shared: Installed, places: list[BillPlace], keeper: OperatorActor
) -> None:
    office, number = shared.office, ready(shared, keeper, places, PDF)
    path = download_file.folder(office) / f"{number}.sealed"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    opened = fetch_download.open_download(office, keeper, number, fetch_download.make_link(office, keeper, number), 0)
    with pytest.raises(EnvelopeBroken):
        list(opened.pieces(0, opened.row.size_bytes))
