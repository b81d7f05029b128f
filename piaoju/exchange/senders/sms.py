"""短信: handed to a gateway by one HTTPS call a message. Gateways differ: another one is another sender (see the package)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from piaoju.issuing.errors import SenderAway, SenderRefused
from piaoju.journeys.senders import BillMessage

PATIENCE_SECONDS = 10.0
ANSWER_BYTES_MAX = 64 * 1024
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# What the payer's number is to blame for; everything else is between the gateway and us, and may pass.
_NEVER = frozenset({400, 404, 410, 422})


class _NoDetour(HTTPRedirectHandler):
    """A phone number goes to the address that was configured and nowhere else."""

    def redirect_request(self, *arguments: Any, **named: Any) -> None:
        return None


@dataclass(frozen=True, slots=True)
class HttpGateway:
    """POST {"phone", "text", "reference"} as JSON; 2xx: accepted. The reference is also the Idempotency-Key."""

    address: str
    token: str
    carries_files: bool = False

    @classmethod
    def of(cls, address: str, token: str) -> HttpGateway:
        """Raises ValueError for an address that is not safe."""
        parts = urlsplit(address)
        if not parts.hostname or (parts.scheme != "https" and parts.hostname not in _LOOPBACK):
            raise ValueError("PIAOJU_SMS 应是 https:// 开头的网关地址；http:// 只能用于本机")
        return cls(address, token)

    def send(self, destination: str, message: BillMessage) -> None:
        """See Sender.send."""
        body = {"phone": _digits(destination), "text": message.text, "reference": message.reference}
        request = Request(
            self.address, json.dumps(body, ensure_ascii=False).encode(), method="POST",
            headers={
                "Content-Type": "application/json; charset=utf-8", "Authorization": f"Bearer {self.token}",
                "Idempotency-Key": message.reference,
            },
        )  # fmt: skip
        try:
            with build_opener(_NoDetour).open(request, timeout=PATIENCE_SECONDS) as answer:
                answer.read(ANSWER_BYTES_MAX)
        except HTTPError as refused:
            if refused.code in _NEVER:
                raise SenderRefused(f"短信网关不收这个号码（{refused.code}）。请核对手机号码后重发") from refused
            raise SenderAway(f"短信网关没有收下（{refused.code}）。系统会自动重发，不用再办") from refused
        except (URLError, OSError) as away:
            raise SenderAway from away


def _digits(phone: str) -> str:
    return "".join(c for c in phone if c.isdigit() or c == "+")
