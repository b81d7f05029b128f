"""/livez, /readyz and /metrics: what a supervisor of processes asks. Details only in the metrics."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from piaoju.ops import measures

PATHS = ("/livez", "/readyz", "/metrics")
_FREE_SHARE_MIN = 0.05
_Send = Callable[[dict[str, Any]], Awaitable[None]]


async def respond(scope: dict[str, Any], send: _Send) -> None:
    """Answer one of the three paths."""
    status, media_type, body = 200, "text/plain; charset=utf-8", b"ok\n"
    if scope["path"] == "/readyz":
        wrong = await asyncio.to_thread(_not_ready)
        if wrong:
            status, body = 503, f"not ready: {wrong}\n".encode()
    elif scope["path"] == "/metrics":
        if not _local(scope):
            status, body = 404, b""
        else:
            await asyncio.to_thread(measures.refresh)
            media_type, body = CONTENT_TYPE_LATEST, generate_latest(REGISTRY)
    headers = [(b"content-type", media_type.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _local(scope: dict[str, Any]) -> bool:
    """Metrics are for this machine's collector only; a proxy in front makes its own address the caller's."""
    client: Any = scope.get("client")
    forwarded = any(name == b"x-forwarded-for" for name, _ in scope["headers"])
    return bool(client) and client[0] in ("127.0.0.1", "::1") and not forwarded


def _not_ready() -> str:
    """What is missing for work, in one word; empty when nothing is."""
    try:
        close_old_connections()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:  # noqa: BLE001 - whatever is wrong with the database, the answer is the same
        return "database"
    usage = shutil.disk_usage(settings.DATA_FOLDER)
    return "disk" if usage.free < usage.total * _FREE_SHARE_MIN else ""
