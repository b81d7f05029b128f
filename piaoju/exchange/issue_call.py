"""POST /api/v1/bills, bare: an ASGI handler in front of Django, because it is the hot path (docs/decisions).

Authentication, limits, refusals and their records are the same as behind Django; one suite tests them.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakKeyDictionary

from piaoju.exchange import clients, problems
from piaoju.identity.types import ClientActor
from piaoju.journeys import premises, refuse, take_order
from piaoju.journeys.issue import Issued, Order, Outcome
from piaoju.kit import limits
from piaoju.kit.clock import system_clock
from piaoju.kit.errors import PiaojuError

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_log = logging.getLogger("piaoju.exchange.issue_call")


class _Gone(Exception):
    """The caller went before the whole request was here: nothing was asked, and nobody hears an answer."""


async def issue_bill(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """One request to issue, from bytes to bytes."""
    trace_id = secrets.token_hex(8)
    client: ClientActor | None = None
    try:
        headers = dict(scope["headers"])
        client = await _client(headers)
        body = await _body(headers, receive)
        outcome = await _issue(order_of(body, client, trace_id))
    except _Gone:
        return
    except PiaojuError as refusal:
        outcome = refusal
        # A stranger's refusals are recorded by nobody: they would fill the record.
        if client is not None and not refusal.retryable:
            await asyncio.to_thread(
                refuse.record_refusal, premises.office(), actor=client.name, unit_code=client.unit_code,
                outcome=refusal.code_value, trace_id=trace_id,
            )  # fmt: skip
    except Exception as error:  # noqa: BLE001 - the edge: whatever it was, the caller gets a trace id and no detail
        _log.error("issuing failed: %s %s", type(error).__name__, trace_id, exc_info=error)
        outcome = PiaojuError(code="internal")
    await _respond(send, outcome, trace_id)


def order_of(body: bytes, client: ClientActor, trace_id: str) -> Order:
    """The order in a request body. Raises Refused with every fault found."""
    request, digest = take_order.from_body(body)
    return Order(request, digest, client.unit_code, client.name, client, trace_id)


async def _body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    declared = headers.get(b"content-length", b"0")
    if not declared.isdigit() or int(declared) > limits.BODY_BYTES_MAX:
        raise problems.BodyTooLarge
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limits.BODY_BYTES_MAX:
            raise problems.BodyTooLarge
        if not message.get("more_body"):
            return b"".join(parts)


async def _client(headers: dict[bytes, bytes]) -> ClientActor:
    token = clients.bearer(headers.get(b"authorization", b"").decode("latin-1"))
    now = system_clock()
    known = clients.remembered(token, now)
    return known if known is not None else await asyncio.to_thread(clients.client_of, token, now)


async def _issue(order: Order) -> Outcome:
    loop = asyncio.get_running_loop()
    tray = _trays.get(loop)
    if tray is None:
        tray = _trays[loop] = _Tray(loop)
    awaited: asyncio.Future[Outcome] = loop.create_future()
    premises.writer().submit(order, lambda outcome: tray.put(awaited, outcome))
    return await awaited


class _Tray:
    """Outcomes on their way from the writer's thread to their requests: a group wakes the loop once, not once a bill."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._outcomes: deque[tuple[asyncio.Future[Outcome], Outcome]] = deque()
        self._called = False

    def put(self, awaited: asyncio.Future[Outcome], outcome: Outcome) -> None:
        """From any thread. The outcome lies there before the loop is called, so no call finds the tray empty for it."""
        self._outcomes.append((awaited, outcome))
        if not self._called:
            self._called = True
            self._loop.call_soon_threadsafe(self._serve)

    def _serve(self) -> None:
        self._called = False
        while self._outcomes:
            awaited, outcome = self._outcomes.popleft()
            if not awaited.done():
                awaited.set_result(outcome)


_trays: WeakKeyDictionary[asyncio.AbstractEventLoop, _Tray] = WeakKeyDictionary()
_ISSUED_HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]


async def _respond(send: Send, outcome: Outcome, trace_id: str) -> None:
    if isinstance(outcome, Issued):
        status, body, pairs = (201 if outcome.created else 200), outcome.answer, _ISSUED_HEADERS
    else:
        status, body = problems.status_of(outcome), problems.body_of(outcome, trace_id)
        headers = problems.headers_of(outcome) | {"X-Content-Type-Options": "nosniff"}
        pairs = [(name.lower().encode(), text.encode()) for name, text in headers.items()]
    pairs = [*pairs, (b"content-length", b"%d" % len(body)), (b"x-trace-id", trace_id.encode())]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
