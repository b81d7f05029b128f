"""64 clients that want bills of one unit and keep asking, whatever happens to the server."""

from __future__ import annotations

import http.client
import json
import random
import socket
import threading
import time
from collections import Counter
from typing import Any

from tests.faults.receipts import Receipts
from tests.faults.site_process import Site

GIVE_UP_SECONDS = 180  # longer than any outage of the test
REPEATED_SHARE = 0.1
ABANDONED_SHARE = 0.1


class Clients:
    """Threads that issue until told to stop, each order repeated by its business number until it is answered."""

    def __init__(self, site: Site, token: str, body: dict[str, Any], *, seed: int, count: int, bills_max: int) -> None:
        self.site, self.body, self.bills_max = site, body, bills_max
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.receipts = Receipts()
        self.outcomes: Counter[str] = Counter()
        self.given_up: list[str] = []
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._live, args=(n, random.Random(seed + n))) for n in range(count)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """No new orders; those under way are carried to their end."""
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def ask_all_again(self) -> None:
        """Every order acknowledged so far, once more; the answers join the receipts."""
        left = sorted(self.receipts.answers)
        connection = _Connection(self.site.port)
        for business_number in left:
            self._order(connection, business_number, random.Random(0), may_abandon=False)
        connection.close()

    def _live(self, client: int, chance: random.Random) -> None:
        connection = _Connection(self.site.port)
        turn = 0
        while not self.stopping.is_set():
            if self.acknowledged < self.bills_max:
                turn += 1
            name = f"K{client}-{turn if turn else 1}"
            self._order(connection, name, chance, may_abandon=True)
            if chance.random() < REPEATED_SHARE:
                self._order(connection, name, chance, may_abandon=False)
            time.sleep(chance.random() * 0.1)
        connection.close()

    @property
    def acknowledged(self) -> int:
        return len(self.receipts.answers)

    def _order(self, connection: _Connection, name: str, chance: random.Random, *, may_abandon: bool) -> None:
        body = json.dumps(self.body | {"business_number": name}).encode()
        end = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < end:
            abandon = may_abandon and chance.random() < ABANDONED_SHARE
            status, answer = connection.post("/api/v1/bills", body, self.headers, abandon=abandon)
            with self.lock:
                self.outcomes[str(status)] += 1
                if status in (200, 201):
                    self.receipts.add(name, answer)
                    return
            time.sleep(0.05 + chance.random() * 0.2)
        self.given_up.append(name)


class _Connection:
    """A connection that is made anew after every failure. Status 0: no answer came; -1: we did not wait for it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.open: http.client.HTTPConnection | None = None

    def post(self, path: str, body: bytes, headers: dict[str, str], *, abandon: bool) -> tuple[int, bytes]:
        try:
            if self.open is None:
                self.open = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                self.open.connect()
                self.open.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.open.request("POST", path, body, headers)
            if abandon:
                self.close()
                return -1, b""
            answer = self.open.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return 0, b""

    def close(self) -> None:
        if self.open is not None:
            self.open.close()
            self.open = None
