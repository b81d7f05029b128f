"""A lean HTTP client for load: many connections, one thread, requests made ready before the clock starts.

It shares the machine with the server it measures, so what it costs itself is told too.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Load:
    """What came of a load."""

    answers: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    client_cpu_seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers with 201 a second."""
        return self.answers[201] / self.seconds if self.seconds else 0.0

    def percentile_ms(self, share: float) -> float:
        """The latency that this share of the requests stayed under."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class _Connection:
    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def answer(self) -> int | None:
        """The status, once the whole answer is here."""
        self.received += self.socket.recv(65536)
        head, separator, body = self.received.partition(b"\r\n\r\n")
        if not separator:
            return None
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        return int(head[9:12]) if len(body) >= length else None


def post(path: str, token: str, body: bytes) -> bytes:
    """A POST request, ready to be sent."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def run(host: str, port: int, requests: Sequence[bytes], connections: int) -> Load:
    """Send every request, each connection one after the other, and wait for all answers."""
    load = Load()
    waiting: Iterator[bytes] = iter(requests)
    selector = selectors.DefaultSelector()
    open_connections = [_Connection(host, port) for _ in range(connections)]
    started, cpu_started = time.perf_counter(), time.process_time()
    active = 0
    for connection in open_connections:
        request = next(waiting, None)
        if request is not None:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(request)
            active += 1
    while active:
        for key, _ in selector.select():
            connection = key.data
            status = connection.answer()
            if status is None:
                continue
            load.answers[status] += 1
            load.latencies_ms.append((time.perf_counter() - connection.sent_at) * 1000)
            request = next(waiting, None)
            if request is None:
                selector.unregister(connection.socket)
                active -= 1
            else:
                connection.send(request)
    load.seconds = time.perf_counter() - started
    load.client_cpu_seconds = time.process_time() - cpu_started
    for connection in open_connections:
        connection.socket.close()
    return load
