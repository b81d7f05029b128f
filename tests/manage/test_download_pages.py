"""打印与下载 over HTTP: from chosen rows to a file that is handed out whole, in parts, and once."""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pypdfium2
import pytest
from django.test import AsyncClient, Client
from PIL import Image

from piaoju.identity.types import Role
from piaoju.issuing import queries as issuing
from piaoju.issuing.types import BillPlace
from piaoju.journeys import download_bills, make_download
from piaoju.reporting import queries
from tests import offices
from tests.manage import world
from tests.offices import Installed

BILLS = 12
HERE = "/manage/downloads"


@pytest.fixture(scope="module")
def places(shared: Installed) -> list[BillPlace]:
    shared.issue(*(offices.body(f"P-{n}", f"{n + 1}.00", payer={"type": "person", "name": f"周{n}燕"}) for n in range(BILLS)))
    found = [issuing.place_of_business_number(shared.unit_id, f"P-{n}") for n in range(BILLS)]
    return [one[0] for one in found if one]


@pytest.fixture
def browser(shared: Installed, places: list[BillPlace]) -> Iterator[Client]:
    from django.test import override_settings

    keeper = shared.operator(Role.UNIT_KEEPER)
    with override_settings(ALLOWED_HOSTS=["*"]):
        yield world.signed_in(shared, keeper.operator_id)
    shared.jobs.waiting.clear()
    shared.run("TRUNCATE reporting_download CASCADE")
    download_bills.clear_downloads(shared.office)


def key(place: BillPlace) -> str:
    return f"{place.bill_code}-{place.bill_number:010d}"


def made(shared: Installed, browser: Client, **form: object) -> str:
    """The address of a download that was asked for and made."""
    response = browser.post(f"{HERE}/new", {"go": "1", "order": "listed", "style": "whole", **form})
    assert response.status_code == 303, re.sub(r"<[^>]+>|\s+", " ", response.content.decode())[:2000]
    shared.jobs.run(shared.office)
    return str(response["Location"])


def linked(browser: Client, address: str) -> str:
    response = browser.post(f"{address}/link")
    assert response.status_code == 303
    return str(response["Location"])


def body(browser: Client, address: str, status: int = 200, **headers: str) -> bytes:
    response = browser.get(address, headers=headers)
    assert response.status_code == status, response.status_code
    return b"".join(pieces_of(response)) if response.streaming else response.content


def pieces_of(response: Any) -> Any:
    return response.streaming_content


def test_from_the_list_to_the_file(shared: Installed, browser: Client, places: list[BillPlace]) -> None:
    assert "打印与下载" in browser.get("/manage/bills").content.decode()
    chosen = [key(place) for place in reversed(places[:5])]
    asking = browser.post(f"{HERE}/new", {"chosen": chosen, "query": ""}).content.decode()
    assert "5 张票据" in asking and chosen[0] in asking
    address = made(shared, browser, chosen=chosen, format="pdf")
    page = browser.get(address).content.decode()
    assert "可以下载" in page and "逐张选择" in page
    content = body(browser, linked(browser, address))
    texts = [one.get_textpage().get_text_range() for one in pypdfium2.PdfDocument(content)]
    assert [one.partition("-")[2] in text for one, text in zip(chosen, texts, strict=True)] == [True] * 5
    assert hashlib.new("sm3", content).hexdigest() in page


def test_the_whole_result_in_the_order_of_the_list(shared: Installed, browser: Client, places: list[BillPlace]) -> None:
    query = "sort=total_fen&total_fen=5.00&total_fen_cmp=ge"
    listed = re.findall(r'name="chosen" value="([^"]+)"', browser.get(f"/manage/bills?{query}").content.decode())
    assert len(listed) == BILLS - 4
    address = made(shared, browser, whole="1", query=query, format="zip", files=["xml"])
    with zipfile.ZipFile(io.BytesIO(body(browser, linked(browser, address)))) as opened:
        names = [name for name in opened.namelist() if name.endswith(".xml")]
    assert [name.partition("/")[2].removesuffix(".xml") for name in names] == listed
    assert "条件：票面金额" in browser.get(address).content.decode()


def test_any_part_can_be_asked_for_and_the_whole_once(shared: Installed, browser: Client, places: list[BillPlace]) -> None:
    address = linked(browser, made(shared, browser, chosen=[key(place) for place in places], format="pdf"))
    number = int(address.split("/")[3])
    row = queries.download(number)
    assert row is not None
    size = row.size_bytes
    head = browser.head(address)
    assert (head["Content-Length"], head["Accept-Ranges"], head.content) == (str(size), "bytes", b"")
    tag = head["ETag"]
    parts = []
    for first in range(0, size, 20_000):
        last = min(first + 20_000, size) - 1
        response = browser.get(address, headers={"Range": f"bytes={first}-{last}", "If-Range": tag})
        assert response.status_code == 206 and response["Content-Range"] == f"bytes {first}-{last}/{size}"
        parts.append(b"".join(pieces_of(response)))
        assert len(parts[-1]) == int(response["Content-Length"]) == last - first + 1
    assert hashlib.new("sm3", b"".join(parts)).hexdigest() == tag.strip('"')
    assert "link_spent" in body(browser, address, 404).decode()
    fresh = linked(browser, address.partition("/file/")[0])
    assert body(browser, fresh, 206, Range=f"bytes=-{500}") == b"".join(parts)[-500:]
    fresh = linked(browser, address.partition("/file/")[0])
    assert body(browser, fresh, 416, Range=f"bytes={size}-") == b""
    assert len(body(browser, fresh, 200, Range="bytes=100-200", **{"If-Range": '"another file"'})) == size


def test_an_unfinished_fetch_does_not_spend_the_link(shared: Installed, browser: Client, places: list[BillPlace]) -> None:
    address = linked(browser, made(shared, browser, chosen=[key(place) for place in places], format="pdf"))
    response = browser.get(address)
    begun = next(iter(pieces_of(response)))
    response.close()
    assert begun and len(body(browser, address)) > len(begun)


def test_what_is_opened_to_print_is_shown_and_the_rest_saved(
    shared: Installed, browser: Client, places: list[BillPlace]
) -> None:
    address = made(shared, browser, chosen=[key(places[0])], format="pdf")
    response = browser.post(f"{address}/link", {"show": "1"})
    shown = browser.get(response["Location"])
    assert shown["Content-Disposition"].startswith("inline") and shown["Content-Type"] == "application/pdf"
    assert browser.get(linked(browser, address))["Content-Disposition"].startswith("attachment")
    assert "周" not in shown["Content-Disposition"]


@pytest.mark.parametrize("style", ["whole", "overlay", "thermal80", "thermal58"])
def test_the_preview_is_what_is_printed(
    shared: Installed, browser: Client, places: list[BillPlace], style: str
) -> None:
    shared.issue(offices.body(f"V-{style}", "3.00"))  # printed for the first time: the preview has no ordinal to guess
    (place, _), *_ = [issuing.place_of_business_number(shared.unit_id, f"V-{style}") or (None, b"")]
    assert place is not None
    shifts = {"right": "1.5", "down": "-2"} if style == "overlay" else {}
    query = "&".join(f"{name}={value}" for name, value in shifts.items())
    shown = body(browser, f"{HERE}/preview.png?bill={key(place)}&style={style}&{query}")
    address = made(shared, browser, chosen=[key(place), key(places[1])], format="pdf", style=style, **shifts)
    content = body(browser, linked(browser, address))
    bitmap = pypdfium2.PdfDocument(content)[0].render(scale=110 / 72, rev_byteorder=True).to_pil().convert("RGB")
    assert Image.open(io.BytesIO(shown)).convert("RGB").tobytes() == bitmap.tobytes()


def test_a_shift_that_cannot_be_read_is_told_and_nothing_is_lost(
    shared: Installed, browser: Client, places: list[BillPlace]
) -> None:
    for wrong in ("一毫米", "21", "1e9", "NaN"):
        response = browser.post(
            f"{HERE}/new",
            {"go": "1", "chosen": [key(places[0])], "format": "pdf", "style": "overlay", "right": wrong, "down": "0"},
        )
        page = response.content.decode()
        assert response.status_code == 422 and "shift_unreadable" in page and f'value="{wrong}"' in page
    assert queries.downloads_with_files() == set()


def test_a_bill_of_another_unit_cannot_be_asked_for(shared: Installed, browser: Client, places: list[BillPlace]) -> None:
    stranger = world.signed_in(shared, shared.operator(Role.UNIT_KEEPER, unit_code="12510726MD2000028Q").operator_id)
    for who, chosen in ((stranger, key(places[0])), (browser, "51040126-0099999999"), (browser, "x"), (browser, "-1")):
        response = who.post(f"{HERE}/new", {"go": "1", "chosen": [chosen], "format": "pdf", "style": "whole", "order": "listed"})
        assert response.status_code == 404 and "bill_not_found" in response.content.decode()
        assert who.get(f"{HERE}/preview.png?bill={chosen}&style=whole").status_code == 404
        assert who.get(f"{HERE}/preview?bill={chosen}&style=whole").status_code == 404
    shown = browser.get(f"{HERE}/preview?bill={key(places[0])}&style=overlay&right=oops").content.decode()
    assert "−20 到 20 毫米" in shown and f"bill={key(places[0])}" in shown


def test_the_page_says_how_far_it_is_and_asks_again_only_while_it_is_made(
    shared: Installed, browser: Client, places: list[BillPlace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_download, "BILLS_A_CHUNK", 5)
    form = {"go": "1", "chosen": [key(place) for place in places], "format": "pdf", "style": "whole", "order": "listed"}
    response = browser.post(f"{HERE}/new", form)
    address = str(response["Location"])
    page = browser.get(address).content.decode()
    assert "等待生成" in page and "hx-trigger" in page and "0 / 12" in page
    seen: list[str] = []
    advance = make_download._advance

    def look(*arguments: object) -> None:
        advance(*arguments)
        seen.append(browser.get(address).content.decode())

    monkeypatch.setattr(make_download, "_advance", look)
    shared.jobs.run(shared.office)
    assert [re.findall(r"(\d+) / 12 张", page)[0] for page in seen] == ["5", "10", "12"]
    assert "hx-trigger" not in browser.get(address).content.decode()
    assert f'href="{address}"' in browser.get(HERE).content.decode()


def test_behind_the_server_the_file_comes_in_pieces(shared: Installed, browser: Client, places: list[BillPlace]) -> None:
    """As an ASGI application hands it out: no piece is larger than a frame, and the answer leaves the room early."""
    address = linked(browser, made(shared, browser, chosen=[key(place) for place in places], format="zip", files=["pdf"]))

    async def fetched() -> tuple[list[int], bytes]:
        client = AsyncClient()
        client.cookies = browser.cookies
        response = await client.get(address)
        assert response.asgi_request.scope["piaoju.long"] is True
        pieces = [piece async for piece in pieces_of(response)]
        return [len(piece) for piece in pieces], b"".join(pieces)

    sizes, content = asyncio.run(fetched())
    assert len(sizes) > 3 and max(sizes) <= 65_536
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None and len(opened.namelist()) == BILLS + 1
    assert browser.get(address).status_code == 404


@pytest.mark.parametrize("is_file", [True, False])
def test_an_answer_that_is_only_a_file_leaves_the_room_to_others(monkeypatch: pytest.MonkeyPatch, is_file: bool) -> None:
    from piaoju.sites import asgi

    room, held = asyncio.Semaphore(1), []

    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        scope["piaoju.long"] = is_file
        for more in (True, True, False):
            await send({"type": "http.response.body", "body": b"x", "more_body": more})
            held.append(room.locked())

    async def nobody(*_: Any) -> None:
        """Takes what is sent."""

    monkeypatch.setattr(asgi, "_room", room)
    monkeypatch.setattr(asgi, "_django", answer)
    asyncio.run(asgi._in_room({}, nobody, nobody))
    assert held == [not is_file] * 3 and not room.locked()
    asyncio.run(asgi._in_room({}, nobody, nobody))  # neither left twice nor kept
    assert not room.locked() and room._value == 1
