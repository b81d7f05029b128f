"""The center site as one ASGI application: the hot path bare, everything else behind Django."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "piaoju.sites.settings")

import django

django.setup()

from django.conf import settings
from django.core.asgi import get_asgi_application

from piaoju.exchange import issue_call
from piaoju.journeys import premises
from piaoju.manage.downloads import handing
from piaoju.ops import health
from piaoju.sites.office import build_office

_django = get_asgi_application()
# Each request behind Django may hold a database connection: all processes together stay under the server's limit.
_room = asyncio.Semaphore(max(2, settings.DJANGO_REQUESTS_MAX // (os.cpu_count() or 1)))
_ISSUE = ("/api/v1/bills", "POST")
_Receive = Callable[[], Awaitable[dict[str, Any]]]
_Send = Callable[[Any], Awaitable[None]]


def _open() -> None:
    premises.open_office(build_office())
    premises.open_writer(settings.DATABASE_URL, threads=1)


async def application(scope: dict[str, Any], receive: _Receive, send: _Send) -> None:
    """Serve one connection's event: start and end of the process, a bill to issue, or a request for Django."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif (scope["path"], scope["method"]) == _ISSUE:
        await issue_call.issue_bill(scope, receive, send)
    elif scope["path"] in health.PATHS:
        await health.respond(scope, send)
    else:
        await _in_room(scope, receive, send)


async def _in_room(scope: dict[str, Any], receive: _Receive, send: _Send) -> None:
    """A request for Django, in its turn. An answer that takes as long as the line needs (a file) leaves the room early."""
    left = False

    async def sending(message: Any) -> None:
        nonlocal left
        if scope.get(handing.LONG) and not left:
            left = True
            _room.release()
        await send(message)

    await _room.acquire()
    try:
        await _django(scope, receive, sending)
    finally:
        if not left:
            _room.release()


async def _lifespan(receive: _Receive, send: _Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            _open()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            premises.close_writer()
            await send({"type": "lifespan.shutdown.complete"})
            return
