"""The software UKEY agent: what a vendor's agent offers a page on this machine, with a key file in place of a device.

It listens on the loopback only, answers pages of one origin only, and signs nothing but the center's own challenges.
The interface is described in docs/ukey-agent.md.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from piaoju.crypto import keyfile, sm2
from piaoju.crypto.certificates import Certificate, pem_blocks
from piaoju.kit.errors import NotPermitted, PiaojuError, Refused

PREFIX = "piaoju-ukey-sign-in/1\n"
PIN_TRIES_MAX = 6
_BODY_BYTES_MAX = 4096
_CHALLENGE_CHARACTERS_MAX = 600


class PinWrong(NotPermitted):
    code = "pin_wrong"
    label = "UKEY 的 PIN 不对"


class PinLocked(NotPermitted):
    code = "pin_locked"
    label = "PIN 连续输错，UKEY 已锁住。请联系发放 UKEY 的人解锁；软件 UKEY 请重新启动程序"


class ChallengeStrange(Refused):
    code = "challenge_strange"
    label = "要签的不是本系统这个网站的登录挑战，没有签名。请从登录页重新开始"


class Device:
    """A key file as a device: opened by its PIN, locked after six wrong ones, one at a time."""

    def __init__(self, pem: bytes) -> None:
        blocks = pem_blocks(pem, "CERTIFICATE")
        if len(blocks) != 1 or b"-----BEGIN ENCRYPTED PRIVATE KEY-----" not in pem:
            raise Refused("这个文件不是软件 UKEY：应有一个加密私钥和一张证书。请换用 demo 生成的 keys/ukey-….pem")
        self.certificate = blocks[0]
        self._public_key = Certificate.parse(self.certificate).public_key
        self._pem, self._wrong, self._lock = pem, 0, threading.Lock()

    def sign(self, challenge: str, pin: str, host: str) -> bytes:
        """The signature over a sign-in challenge of this host. Raises PinWrong, PinLocked, ChallengeStrange."""
        lines = challenge.split("\n")
        wanted = challenge.startswith(PREFIX) and len(lines) == 4 and lines[1] == host
        if not wanted or len(challenge) > _CHALLENGE_CHARACTERS_MAX:
            raise ChallengeStrange
        with self._lock:
            if self._wrong >= PIN_TRIES_MAX:
                raise PinLocked
            try:
                key = sm2.PrivateKey(keyfile.decrypt(self._pem, pin.encode()))
            except keyfile.KeyFileUnreadable as error:
                self._wrong += 1
                raise PinWrong(f"UKEY 的 PIN 不对，还可以试 {PIN_TRIES_MAX - self._wrong} 次。请核对") from error
            self._wrong = 0
        if key.public_key != self._public_key:
            raise Refused("软件 UKEY 的私钥与证书不配套。请重新生成")
        return key.sign(challenge.encode())


def server_of(device: Device, origin: str, port: int) -> ThreadingHTTPServer:
    """The agent, not yet serving; port 0 takes a free one. `origin`: scheme://host[:port] of the only site it serves."""

    class Answering(_Answering):
        pass

    Answering.device, Answering.origin = device, origin
    return ThreadingHTTPServer(("127.0.0.1", port), Answering)


def device_of(path: Path) -> Device:
    """The device in a file. Raises Refused where it is none."""
    try:
        return Device(path.read_bytes())
    except OSError as error:
        raise Refused(f"{path} 读不到（{error.strerror}）。请用 --key 指定软件 UKEY 文件") from error


class _Answering(BaseHTTPRequestHandler):
    device: ClassVar[Device]
    origin: ClassVar[str]
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_OPTIONS(self) -> None:
        """The browser asks first whether a page of that origin may speak to us."""
        self._answer(dict, needs_origin=True)

    def do_GET(self) -> None:
        if self.path == "/v1/status":
            self._answer(lambda: {"agent": "piaoju", "version": 1, "devices": 1}, needs_origin=True)
        elif self.path == "/v1/certificate":
            self._answer(lambda: {"certificate": _text(self.device.certificate)}, needs_origin=True)
        else:
            self._send(404, {"code": "not_found", "detail": "没有这个地址"})

    def do_POST(self) -> None:
        if self.path != "/v1/sign":
            self._send(404, {"code": "not_found", "detail": "没有这个地址"})
            return
        self._answer(self._sign, needs_origin=True)

    def _sign(self) -> dict[str, Any]:
        size = self.headers.get("Content-Length", "")
        if not size.isdigit() or int(size) > _BODY_BYTES_MAX:
            raise ChallengeStrange
        try:
            given = json.loads(self.rfile.read(int(size)))
            challenge, pin = str(given["challenge"]), str(given["pin"])
        except (ValueError, TypeError, KeyError) as error:
            raise ChallengeStrange from error
        signature = self.device.sign(challenge, pin, urlsplit(self.origin).netloc)
        return {"signature": _text(signature), "certificate": _text(self.device.certificate)}

    def _answer(self, ask: Callable[[], dict[str, Any]], *, needs_origin: bool) -> None:
        # A name that was pointed at 127.0.0.1 brings its own Host; a page of another site its own Origin.
        port = self.connection.getsockname()[1]
        if self.headers.get("Host") not in {f"127.0.0.1:{port}", f"localhost:{port}"}:
            self._send(403, {"code": "host_strange", "detail": "只接受本机访问"})
        elif needs_origin and self.headers.get("Origin") != self.origin:
            self._send(403, {"code": "origin_strange", "detail": f"只接受 {self.origin} 的网页"})
        else:
            try:
                self._send(200, ask())
            except PiaojuError as refusal:
                self._send(403, {"code": refusal.code_value, "detail": refusal.detail})

    def _send(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Vary", "Origin")
        if self.headers.get("Origin") == self.origin:
            self.send_header("Access-Control-Allow-Origin", self.origin)
            self.send_header("Access-Control-Allow-Methods", "GET, POST")
            self.send_header("Access-Control-Allow-Headers", "Content-Type")
            self.send_header("Access-Control-Allow-Private-Network", "true")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what a page asked is nobody's business."""


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
