"""POST /api/v1/bills, bare: an ASGI handler in front of Django, because it is the hot path (docs/decisions).

Authentication, limits, refusals and their records are the same as behind Django; one suite tests them.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

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


async def issue_bill(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """One request to issue, from bytes to bytes."""
    trace_id = secrets.token_hex(8)
    client: ClientActor | None = None
    try:
        headers = dict(scope["headers"])
        client = await _client(headers)
        body = await _body(headers, receive)
        outcome = await _issue(order_of(body, client, trace_id))
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
            raise problems.BodyTooLarge
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
    arrived: asyncio.Future[Outcome] = loop.create_future()

    def arrive(outcome: Outcome) -> None:
        if not arrived.done():
            arrived.set_result(outcome)

    def answer(outcome: Outcome) -> None:
        loop.call_soon_threadsafe(arrive, outcome)

    premises.writer().submit(order, answer)
    return await arrived


async def _respond(send: Send, outcome: Outcome, trace_id: str) -> None:
    if isinstance(outcome, Issued):
        status, body = (201 if outcome.created else 200), outcome.answer
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    else:
        status, body = problems.status_of(outcome), problems.body_of(outcome, trace_id)
        headers = problems.headers_of(outcome)
    headers |= {"Content-Length": str(len(body)), "X-Trace-Id": trace_id, "X-Content-Type-Options": "nosniff"}
    pairs = [(name.lower().encode(), text.encode()) for name, text in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
