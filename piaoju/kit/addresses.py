"""The network address of an asker, behind our own proxies and behind nobody else's word."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NOWHERE = ipaddress.IPv6Address("::")


def client_address(remote: str, forwarded: str, trusted: Iterable[str]) -> Address:
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


def _parsed(text: str) -> Address | None:
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
