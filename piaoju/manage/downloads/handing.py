"""Handing a file out: whole or from any byte (RFC 9110 § 14), a piece at a time, never the whole of it in memory."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any, cast
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from piaoju.identity.rights import Act
from piaoju.journeys import fetch_download, premises
from piaoju.journeys.fetch_download import OpenedDownload
from piaoju.manage import frame

LONG = "piaoju.long"  # in the request's scope: its answer takes as long as the line needs, and no database connection
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@frame.view(Act.DOWNLOAD_BILLS)
def file(request: HttpRequest, download_id: int, token: str) -> HttpResponseBase:
    """The file behind a one-time link. `show`: for the browser to show and print, not to save."""
    actor, office = frame.actor_of(request), premises.office()
    asked = request.headers.get("Range", "")
    opened = fetch_download.open_download(
        office, actor, download_id, token, _first_byte(asked), touch=request.method != "HEAD"
    )  # fmt: skip
    tag = f'"{opened.tag}"'
    if request.headers.get("If-Range", tag) != tag:
        asked = ""
    span = _span(asked, opened.row.size_bytes)
    if span is None:
        response: HttpResponseBase = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{opened.row.size_bytes}"
        return response
    first, last = span
    response = HttpResponse() if request.method == "HEAD" else _streamed(request, opened, first, last)
    response["Content-Type"] = opened.content_type
    response["Content-Length"] = str(last - first)
    response["Accept-Ranges"], response["ETag"] = "bytes", tag
    how = "inline" if request.GET.get("show") == "1" and opened.row.format == "pdf" else "attachment"
    response["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(opened.name)}"
    if asked and _RANGE.fullmatch(asked):
        response.status_code = 206
        response["Content-Range"] = f"bytes {first}-{last - 1}/{opened.row.size_bytes}"
    return response


def _first_byte(asked: str) -> int:
    """Where a range begins, 0 for none; the last bytes of a file (bytes=-n) are asked for by nobody who has not begun."""
    found = _RANGE.fullmatch(asked)
    return int(found[1]) if found and found[1] else 0


def _span(asked: str, size: int) -> tuple[int, int] | None:
    """From which byte up to and without which; the whole where nothing that we serve is asked for; None beyond the end."""
    found = _RANGE.fullmatch(asked)
    if found is None or found[0] == "bytes=-":
        return 0, size
    if not found[1]:
        count = min(int(found[2]), size)
        return (size - count, size) if count else None
    first = int(found[1])
    last = min(int(found[2]) + 1, size) if found[2] else size
    return (first, last) if first < last else None


def _streamed(request: HttpRequest, opened: OpenedDownload, first: int, last: int) -> StreamingHttpResponse:
    pieces = _pieces(opened, first, last)
    if not isinstance(request, ASGIRequest):
        return StreamingHttpResponse(pieces)
    cast(dict[str, Any], request.scope)[LONG] = True
    return StreamingHttpResponse(_behind(pieces))


def _pieces(opened: OpenedDownload, first: int, last: int) -> Iterator[bytes]:
    yield from opened.pieces(first, last)
    if last == opened.row.size_bytes:
        opened.handed_out()
        _let_go()


def _let_go() -> None:
    """This thread's connection: asked for here, since the event loop's thread has another."""
    connection.close()


async def _behind(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The same, read in the request's own thread; the connection that the view used is not kept meanwhile."""
    await sync_to_async(_let_go)()
    while (piece := await sync_to_async(partial(next, pieces, None))()) is not None:
        yield piece
