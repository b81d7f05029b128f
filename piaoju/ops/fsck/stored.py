"""Stored documents as bytes, opened by code of this examination's own."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zstandard

from piaoju.crypto import envelope
from piaoju.kit.errors import PiaojuError

ATTACHMENT = "einvoice.xml"
_PLAIN_BYTES_MAX = 32 * 1024 * 1024


class Unreadable(Exception):
    """Stored bytes that do not open: another key, or a changed byte."""


@dataclass(frozen=True, slots=True)
class StoredBill:
    """The signed XML of a bill and the answer its issuer got."""

    xml: bytes
    answer: dict[str, Any]


def data_key(data_folder: Path) -> bytes | None:
    """The key documents are stored under, or None when this installation has none."""
    path = data_folder / "keys" / "data.key"
    return bytes.fromhex(path.read_text().strip()) if path.exists() else None


def open_document(key: bytes, body: bytes, bill_code: str, bill_number: int) -> StoredBill:
    """What a row of issuing_bill_document holds. Raises Unreadable."""
    plain = _open(key, body, f"bill-document:{bill_code}-{bill_number:010d}")
    try:
        plain = zstandard.ZstdDecompressor().decompress(plain, max_output_size=_PLAIN_BYTES_MAX)
        length = int.from_bytes(plain[:4], "big")
        answer = json.loads(plain[4 + length :])
    except (zstandard.ZstdError, ValueError) as error:
        raise Unreadable(str(error)) from error
    return StoredBill(plain[4 : 4 + length], answer)


def open_layout(key: bytes, body: bytes, bill_code: str, bill_number: int) -> bytes:
    """The sealed OFD of a row of issuing_bill_layout. Raises Unreadable."""
    return _open(key, body, f"bill-layout:{bill_code}-{bill_number:010d}")


def attached_xml(ofd: bytes) -> bytes | None:
    """The bill XML inside an OFD, or None."""
    try:
        with zipfile.ZipFile(io.BytesIO(ofd)) as archive:
            names = [name for name in archive.namelist() if name.rpartition("/")[2] == ATTACHMENT]
            return archive.read(names[0]) if len(names) == 1 else None
    except (zipfile.BadZipFile, zlib.error, RuntimeError):
        return None


def _open(key: bytes, body: bytes, context: str) -> bytes:
    try:
        return envelope.open(key, bytes(body), context.encode())
    except PiaojuError as error:
        raise Unreadable(error.detail) from error
