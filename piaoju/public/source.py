"""Where a request came from: the address of the asker, not of our own proxies, and never kept in clear."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest

from piaoju.verification.types import Source

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NOWHERE = ipaddress.IPv6Address("::")


def source_of(request: HttpRequest) -> Source:
    """The keyed digests of the asker's address and network."""
    address = client_address(
        request.META.get("REMOTE_ADDR", ""),
        request.META.get("HTTP_X_FORWARDED_FOR", ""),
        settings.TRUSTED_PROXIES,
    )
    # One household has a whole /64 of IPv6, one customer of a provider often a /48.
    host, network = ("32", "24") if address.version == 4 else ("64", "48")
    return Source(_keyed(f"{address}/{host}"), _keyed(f"{address}/{network}"))


def client_address(remote: str, forwarded: str, trusted: Iterable[str]) -> _Address:
    """The nearest address that is none of our proxies; X-Forwarded-For is believed only from those."""
    networks = [ipaddress.ip_network(entry.strip(), strict=False) for entry in trusted]
    address = _parsed(remote) or _NOWHERE
    for entry in reversed(forwarded.split(",")):
        if not any(address in network for network in networks):
            break
        earlier = _parsed(entry)
        if earlier is None:
            break
        address = earlier
    return address


def _parsed(text: str) -> _Address | None:
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _keyed(text: str) -> bytes:
    network = str(ipaddress.ip_network(text, strict=False)).encode()
    key = hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=32, person=b"piaoju.source").digest()
    return hashlib.blake2b(network, key=key, digest_size=16).digest()
