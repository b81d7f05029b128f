"""Stored documents as bytes, opened by code of this examination's own."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zstandard

from piaoju.crypto import envelope, sm3
from piaoju.kit.errors import PiaojuError
from piaoju.ops.fsck.difference import rows

ATTACHMENT = "einvoice.xml"
_MARK_BYTES = 16
_PLAIN_BYTES_MAX = 32 * 1024 * 1024


class Unreadable(Exception):
    """Stored bytes that do not open: another key, or a changed byte."""


@dataclass(frozen=True, slots=True)
class StoredBill:
    """The signed XML of a bill and the answer its issuer got."""

    xml: bytes
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Opener:
    """What opens a stored document: the key, and the texts that documents hold by their marks."""

    data_key: bytes
    texts: Mapping[bytes, bytes]


def opener(connection: Any, data_folder: Path) -> Opener | None:
    """What opens the documents of this installation, or None when it has no key. A text not of its mark is left out."""
    path = data_folder / "keys" / "data.key"
    if not path.exists():
        return None
    kept = [(bytes(mark), bytes(text)) for mark, text in rows(connection, "SELECT mark, text FROM issuing_kepttext")]
    texts = {mark: text for mark, text in kept if sm3.digest(text)[:_MARK_BYTES] == mark}
    return Opener(bytes.fromhex(path.read_text().strip()), texts)


def open_document(by: Opener, body: bytes, bill_code: str, bill_number: int) -> StoredBill:
    """What a row of issuing_bill_document holds. Raises Unreadable."""
    plain = _open(by.data_key, body, f"bill-document:{bill_code}-{bill_number:010d}")
    try:
        plain = zstandard.ZstdDecompressor().decompress(plain, max_output_size=_PLAIN_BYTES_MAX)
        length = int.from_bytes(plain[:4], "big")
        answer = json.loads(plain[4 + length :])
    except (zstandard.ZstdError, ValueError) as error:
        raise Unreadable(str(error)) from error
    return StoredBill(_written_out(plain[4 : 4 + length], by.texts), answer)


def _written_out(xml: bytes, texts: Mapping[bytes, bytes]) -> bytes:
    """The XML with every text where its mark stood after a zero byte; a mark may hold zero bytes of its own."""
    parts: list[bytes] = []
    at = 0
    while (zero := xml.find(b"\0", at)) >= 0:
        mark = xml[zero + 1 : zero + 1 + _MARK_BYTES]
        if mark not in texts:
            raise Unreadable(f"常用文本 {mark.hex()} 缺失或被改动")
        parts += (xml[at:zero], texts[mark])
        at = zero + 1 + _MARK_BYTES
    return b"".join((*parts, xml[at:]))


def open_layout(by: Opener, body: bytes, bill_code: str, bill_number: int) -> bytes:
    """The sealed OFD of a row of issuing_bill_layout. Raises Unreadable."""
    return _open(by.data_key, body, f"bill-layout:{bill_code}-{bill_number:010d}")


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
