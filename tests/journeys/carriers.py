"""A mail server and an SMS gateway to be spoken to over real sockets: what arrived, and an answer of one's choice."""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


class Carrier:
    """What arrived so far, and what is answered next; an empty answer list accepts."""

    def __init__(self) -> None:
        self.arrived: list[Any] = []
        self.answers: list[int] = []
        self.words: list[tuple[str, bool]] = []  # what a mail client said, and whether nobody else could read it
        self.port = 0

    def answer(self, good: int) -> int:
        return self.answers.pop(0) if self.answers else good


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None, *, from_the_start: bool = False) -> Iterator[Carrier]:
    """The little of RFC 5321 that a client needs to hand over a message. `answers` are given to RCPT TO.

    With `tls` it offers STARTTLS (RFC 3207) and a login behind it, or speaks nothing but TLS from the start (RFC 8314).
    """
    carrier = Carrier()

    class Session(socketserver.StreamRequestHandler):
        def secured(self) -> bool:
            """The same connection under TLS; False where the client turned away."""
            assert tls is not None
            try:
                self.connection = tls.wrap_socket(self.connection, server_side=True)
            except OSError:
                return False
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
            return True

        def handle(self) -> None:
            say = lambda text: self.wfile.write(text.encode() + b"\r\n")  # noqa: E731
            secret = False
            if tls is not None and from_the_start:
                secret = self.secured()
                if not secret:
                    return
            say("220 test")
            to, lines = "", list[bytes]()
            while line := self.rfile.readline():
                word = line[:4].upper().strip()
                carrier.words.append((line.decode().strip(), secret))
                if word in (b"EHLO", b"HELO"):
                    offered = "AUTH PLAIN" if secret else "STARTTLS" if tls else "8BITMIME"
                    say(f"250-test\r\n250 {offered}")
                elif word == b"STAR" and tls is not None and not secret:
                    say("220 go on")
                    secret = self.secured()
                    if not secret:
                        return
                elif word == b"AUTH":
                    say("235 in")
                elif word == b"RCPT":
                    code = carrier.answer(250)
                    to = line.decode().partition("<")[2].partition(">")[0]
                    say(f"{code} told")
                elif word == b"DATA":
                    say("354 go on")
                    lines = []
                    while (line := self.rfile.readline()) != b".\r\n":
                        lines.append(line[1:] if line.startswith(b"..") else line)
                    carrier.arrived.append((to, message_from_bytes(b"".join(lines), policy=policy.default)))
                    say("250 kept")
                elif word == b"QUIT":
                    say("221 bye")
                    return
                else:
                    say("250 ok")

    with _served(socketserver.ThreadingTCPServer, Session, carrier):
        yield carrier


@contextmanager
def gateway() -> Iterator[Carrier]:
    """An SMS gateway. `answers` are HTTP statuses."""
    carrier = Carrier()

    class Call(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = carrier.answer(202)
            if status < 300:
                carrier.arrived.append((dict(self.headers), body))
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", f"http://127.0.0.1:{carrier.port}/elsewhere")
            self.end_headers()

        def do_GET(self) -> None:
            """Where a detour would lead: it seems to accept."""
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: a test's output is its failures."""

    with _served(HTTPServer, Call, carrier):
        yield carrier


def text_of(message: EmailMessage) -> str:
    """The words of a mail."""
    body = message.get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text


@contextmanager
def _served(server_class: Any, handler: Any, carrier: Carrier) -> Iterator[None]:
    server_class.allow_reuse_address = server_class.daemon_threads = True
    with server_class(("127.0.0.1", 0), handler) as server:
        carrier.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
