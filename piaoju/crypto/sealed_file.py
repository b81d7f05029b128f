"""A file at rest: SM4-GCM by frames, so that it can be written as it goes, cut back, and read from any byte.

Each frame is an envelope of its own (envelope.py), bound to its file and its place in it: a frame that was changed, moved or
left out does not open. How many bytes there are in all is known elsewhere; a file cut short is seen by that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from piaoju.crypto import envelope

FRAME_BYTES = 64 * 1024
SEALED_FRAME_BYTES = FRAME_BYTES + 1 + envelope.NONCE_BYTES + envelope.TAG_BYTES


class Output(Protocol):
    """What sealed frames are added to."""

    def write(self, content: bytes, /) -> int: ...


class Input(Protocol):
    """What sealed frames are read from."""

    def seek(self, place: int, /) -> int: ...

    def read(self, size: int, /) -> bytes: ...


class SealedWriter:
    """Takes a file's bytes and adds sealed frames to an output; what was not settled yet may still be written over."""

    def __init__(
        self, output: Output, key: bytes, context: bytes, random_bytes: Callable[[int], bytes], *, frames: int = 0,
        tail: bytes = b"",
    ) -> None:
        self._output, self._key, self._context, self._random_bytes = output, key, context, random_bytes
        self._frames = frames
        self._open = bytearray(tail)
        self._at = len(tail)

    @property
    def frames(self) -> int:
        """How many frames are sealed: the output is SEALED_FRAME_BYTES times that long."""
        return self._frames

    @property
    def tail(self) -> bytes:
        """What is not in a sealed frame yet."""
        return bytes(self._open)

    def write(self, content: bytes) -> int:
        """These bytes at the present place."""
        end = self._at + len(content)
        self._open[self._at : end] = content
        self._at = end
        return len(content)

    def tell(self) -> int:
        """The present place in the file."""
        return self._frames * FRAME_BYTES + self._at

    def seek(self, place: int) -> int:
        """Go to a place that is not settled yet. ValueError for any other."""
        at = place - self._frames * FRAME_BYTES
        if not 0 <= at <= len(self._open):
            raise ValueError("sealed already, or not written yet")
        self._at = at
        return place

    def flush(self) -> None:
        """Nothing: frames are added when they are full and settled."""

    def settle(self) -> None:
        """What was written stays as it is: whole frames are sealed. The present place is the end."""
        whole = len(self._open) // FRAME_BYTES
        for at in range(whole):
            self._seal(bytes(self._open[at * FRAME_BYTES : (at + 1) * FRAME_BYTES]))
        del self._open[: whole * FRAME_BYTES]
        self._at = len(self._open)

    def finish(self) -> int:
        """The last frame, shorter than the others, is sealed too; the file's length in bytes."""
        self.settle()
        size = self.tell()
        if self._open:
            self._seal(bytes(self._open))
            self._open.clear()
        return size

    def _seal(self, content: bytes) -> None:
        context = _of_frame(self._context, self._frames)
        self._output.write(envelope.seal(self._key, content, context, self._random_bytes(envelope.NONCE_BYTES)))
        self._frames += 1


def read(source: Input, key: bytes, context: bytes, *, first: int, last: int) -> Iterator[bytes]:
    """The bytes from `first` up to and without `last`, a frame at a time. Raises EnvelopeBroken."""
    for frame in range(first // FRAME_BYTES, -(-last // FRAME_BYTES)):
        source.seek(frame * SEALED_FRAME_BYTES)
        content = envelope.open(key, source.read(SEALED_FRAME_BYTES), _of_frame(context, frame))
        start = frame * FRAME_BYTES
        piece = content[max(0, first - start) : last - start]
        if len(piece) != min(last, start + FRAME_BYTES) - max(first, start):
            raise envelope.EnvelopeBroken("文件比登记的短，可能已损坏。请重新生成")
        yield piece


def _of_frame(context: bytes, frame: int) -> bytes:
    return context + b":%d" % frame
