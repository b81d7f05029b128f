"""Files sealed by frames: read from any byte, cut back and gone on with, and never opened when one bit is another."""

from __future__ import annotations

import io
import os
import random
import zipfile

import pytest

from piaoju.crypto import sealed_file
from piaoju.crypto.envelope import EnvelopeBroken
from piaoju.crypto.sealed_file import FRAME_BYTES, SEALED_FRAME_BYTES, SealedWriter

KEY, CONTEXT = os.urandom(16), b"download:7"
CONTENT = random.Random(1).randbytes(3 * FRAME_BYTES + 777)


def sealed(content: bytes = CONTENT) -> io.BytesIO:
    file = io.BytesIO()
    writer = SealedWriter(file, KEY, CONTEXT, os.urandom)
    for at in range(0, len(content), 10_000):
        writer.write(content[at : at + 10_000])
        writer.settle()
    assert writer.finish() == len(content)
    return file


def whole(file: io.BytesIO, first: int = 0, last: int = len(CONTENT)) -> bytes:
    return b"".join(sealed_file.read(file, KEY, CONTEXT, first=first, last=last))


def test_every_part_reads_back() -> None:
    file = sealed()
    assert whole(file) == CONTENT
    edges = [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 2 * FRAME_BYTES, len(CONTENT) - 1, len(CONTENT)]
    for first in edges:
        for last in edges:
            if first < last:
                assert whole(file, first, last) == CONTENT[first:last]


def test_nothing_of_the_content_is_readable_at_rest() -> None:
    text = "欧阳明日香".encode() * 20_000
    assert "欧阳".encode() not in sealed(text).getvalue()


@pytest.mark.parametrize("place", [0, 5, SEALED_FRAME_BYTES + 40, 3 * SEALED_FRAME_BYTES + 100])
def test_a_changed_bit_is_refused(place: int) -> None:
    content = bytearray(sealed().getvalue())
    content[place] ^= 1
    with pytest.raises(EnvelopeBroken):
        whole(io.BytesIO(content))


def test_a_frame_out_of_its_place_or_missing_is_refused() -> None:
    content = sealed().getvalue()
    frames = [content[at : at + SEALED_FRAME_BYTES] for at in range(0, len(content), SEALED_FRAME_BYTES)]
    for order in ([1, 0, 2, 3], [0, 1, 3], [0, 1, 2]):
        with pytest.raises(EnvelopeBroken):
            whole(io.BytesIO(b"".join(frames[number] for number in order)))
    with pytest.raises(EnvelopeBroken):
        list(sealed_file.read(sealed(), KEY, b"download:8", first=0, last=10))
    short = CONTENT[:-1]
    with pytest.raises(EnvelopeBroken):
        whole(sealed(short))


def test_a_writer_goes_on_from_where_another_stood() -> None:
    file = io.BytesIO()
    first = SealedWriter(file, KEY, CONTEXT, os.urandom)
    first.write(CONTENT[:100_000])
    first.settle()
    frames, tail = first.frames, first.tail
    first.write(b"what the killed one wrote further" * 9_000)
    first.settle()
    file.truncate(frames * SEALED_FRAME_BYTES)
    file.seek(0, io.SEEK_END)
    second = SealedWriter(file, KEY, CONTEXT, os.urandom, frames=frames, tail=tail)
    second.write(CONTENT[100_000:])
    second.finish()
    assert whole(file) == CONTENT


def test_a_zip_writes_its_heads_into_what_is_not_settled_and_no_further_back() -> None:
    file = io.BytesIO()
    writer = SealedWriter(file, KEY, CONTEXT, os.urandom)
    with zipfile.ZipFile(writer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{number}.bin", CONTENT[number:])
            writer.settle()
    size = writer.finish()
    with zipfile.ZipFile(io.BytesIO(whole(file, 0, size))) as opened:
        assert opened.testzip() is None
        assert not opened.infolist()[0].flag_bits & 8  # sizes stand in the heads: any reader can stream it
    with pytest.raises(ValueError, match="sealed already"):
        writer.seek(0)
