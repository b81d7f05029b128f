"""Where a request came from: the address of the asker, not of our own proxies, and never kept in clear."""

from __future__ import annotations

import hashlib
import ipaddress

from django.conf import settings
from django.http import HttpRequest

from piaoju.kit.addresses import client_address
from piaoju.verification.types import Source


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


def _keyed(text: str) -> bytes:
    network = str(ipaddress.ip_network(text, strict=False)).encode()
    key = hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=32, person=b"piaoju.source").digest()
    return hashlib.blake2b(network, key=key, digest_size=16).digest()
