"""Many bills as one PDF, written as it goes: forms, seals and fonts once for the whole file, each page when it comes.

What is kept in memory grows with the characters and the seals that were met, not with the pages: where each object begins is
written to a second file. Fonts are cut at the end, when every character is known. After each bill the writer can say where it
stands (`Progress`); a writer that is given that much and both files cut to that length goes on as if nothing had happened, so
that the finished bytes are the same. The signed XML is not inside: this is what is printed; originals are in the bundle.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from array import array
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Protocol

import msgspec

from piaoju.standard.face.fonts import FontChain
from piaoju.standard.face.operations import Face, Picture, Template
from piaoju.standard.face.outputs.pdf_drawing import (
    SEAL_INK,
    date_string,
    form_object,
    layer_content,
    pt,
    seal_form,
    set_seal,
    squeezed,
    text_string,
)
from piaoju.standard.face.outputs.pdf_fonts import UsedCharacters, font_objects

_HEAD = b"%PDF-1.7\n%\xe7\xa5\xa8\xe6\x8d\xae\n"
_CATALOG, _PAGES, _INFO, _FONTS, _STATE, _FIRST_FREE = 1, 2, 3, 4, 5, 6
_KIDS_MAX = 100  # pages of one node of the page tree: readers find page 40,000 by a few steps
_FORMS_REMEMBERED_MAX = 256
_PLACE = struct.Struct("<IQ")  # object number, first byte
_LINES_AT_ONCE = 8_192


class Output(Protocol):
    """What is written to: bytes are added at its end."""

    def write(self, content: bytes, /) -> int: ...


class Places(Output, Protocol):
    """Where the places of objects are kept: written at its end, read once from its beginning."""

    def seek(self, place: int, /) -> int: ...

    def read(self, size: int, /) -> bytes: ...


class Progress(msgspec.Struct, forbid_unknown_fields=True):
    """Where a merged file stands after a whole number of bills."""

    size_bytes: int = 0
    places_bytes: int = 0
    last_object: int = _FIRST_FREE - 1
    pages: int = 0
    chain: str = ""  # SM3 of the pages so far
    node: int = 0  # the node of the page tree that takes pages now
    kids: list[int] = []
    nodes: list[tuple[int, int]] = []  # full nodes, and how many pages each has
    forms: dict[str, int] = {}  # SM3 of a form or a seal → its object
    characters: dict[str, dict[str, str]] = {}  # font → glyph → character


def in_one(faces: Iterable[Face], fonts: FontChain, title: str, at: datetime) -> bytes:
    """A few faces as one PDF, exactly as they are in a file of many."""
    body = io.BytesIO()
    writer = MergedPdf(body, io.BytesIO(), fonts)
    for face in faces:
        writer.add(face)
    writer.finish(title, at)
    return body.getvalue()


class MergedPdf:
    """One PDF out of many faces that are drawn with the same fonts."""

    def __init__(self, body: Output, places: Places, fonts: FontChain, progress: Progress | None = None) -> None:
        self._body, self._places = body, places
        self._at = msgspec.json.decode(msgspec.json.encode(progress), type=Progress) if progress else Progress()
        self._used = UsedCharacters(fonts)
        for font, characters in self._at.characters.items():
            self._used.by_font[int(font)] = {int(glyph): character for glyph, character in characters.items()}
        self._known: dict[Template | Picture, int] = {}
        if not self._at.size_bytes:
            self._write(_HEAD)

    @property
    def pages(self) -> int:
        """How many pages there are so far."""
        return self._at.pages

    def progress(self) -> Progress:
        """Where the file stands, to go on from later; never changed by this writer afterwards."""
        self._at.characters = {
            str(font): {str(glyph): character for glyph, character in characters.items()}
            for font, characters in self._used.by_font.items()
        }
        return msgspec.json.decode(msgspec.json.encode(self._at), type=Progress)

    def add(self, face: Face) -> None:
        """The pages of one bill, after those that are there."""
        for number in range(len(face.pages)):
            self._add_page(face, number)

    def finish(self, title: str, at: datetime) -> None:
        """The fonts, the page tree and the list of places: the file is whole. ValueError when it has no page."""
        if not self._at.pages:
            raise ValueError("a merged PDF of no pages")
        self._close_node()
        entries = font_objects(self._used, "M", self._add)
        self._put(_FONTS, f"<<{entries}>>".encode())
        self._put(_STATE, SEAL_INK.encode())
        kids = " ".join(f"{node} 0 R" for node, _ in self._at.nodes)
        self._put(_PAGES, f"<</Type/Pages/Count {self._at.pages}/Kids[{kids}]>>".encode())
        date = date_string(at)
        self._put(_INFO, (
            f"<</Title{text_string(title)}/Creator(piaoju)/Producer(piaoju)/CreationDate({date})/ModDate({date})>>"
        ).encode())
        # Pages are as wide as a bill: printed at their own size, never stretched to the paper.
        self._put(_CATALOG, (
            f"<</Type/Catalog/Pages {_PAGES} 0 R/Lang(zh-CN)"
            "/ViewerPreferences<</DisplayDocTitle true/PrintScaling/None>>>>"
        ).encode())
        self._write_places()

    def _add_page(self, face: Face, number: int) -> None:
        at, page = self._at, face.pages[number]
        template = face.templates[page.template]
        form = self._form(template, partial(self._template_form, face, template))
        marks = [mark for mark in face.seals if mark.page == number]
        seals = [self._form(mark.picture, partial(seal_form, mark.picture)) for mark in marks]
        content = b"/T Do\n" + layer_content(page.operations, self._used, face.height) + b"".join(
            set_seal(face, mark, place) for place, mark in enumerate(marks)
        )
        body = self._add(squeezed("", content))
        if not at.node:
            at.node = self._reserve()
        objects = " ".join([f"/T {form} 0 R", *(f"/S{place} {seal} 0 R" for place, seal in enumerate(seals))])
        state = f"/ExtGState<</G {_STATE} 0 R>>" if marks else ""
        at.kids.append(self._add((
            f"<</Type/Page/Parent {at.node} 0 R/MediaBox[0 0 {pt(face.width)} {pt(face.height)}]/Contents {body} 0 R"
            f"/Resources<</Font {_FONTS} 0 R/XObject<<{objects}>>{state}>>>>"
        ).encode()))
        at.pages += 1
        at.chain = hashlib.new("sm3", at.chain.encode() + content).hexdigest()
        if len(at.kids) == _KIDS_MAX:
            self._close_node()

    def _form(self, thing: Template | Picture, write: Callable[[], bytes]) -> int:
        """The object of a form or seal: written when it is first met; known again by its content after a restart."""
        number = self._known.get(thing)
        if number is None:
            content = write()
            digest = hashlib.new("sm3", content).hexdigest()
            number = self._at.forms.get(digest)
            if number is None:
                number = self._at.forms[digest] = self._add(content)
            if len(self._known) >= _FORMS_REMEMBERED_MAX:
                self._known.clear()
            self._known[thing] = number
        return number

    def _template_form(self, face: Face, template: Template) -> bytes:
        content = zlib.compress(layer_content(template.operations, self._used, face.height), 9)
        return form_object(face.width, face.height, f"/Resources<</Font {_FONTS} 0 R>>", content)

    def _close_node(self) -> None:
        at = self._at
        if at.kids:
            kids = " ".join(f"{kid} 0 R" for kid in at.kids)
            self._put(at.node, f"<</Type/Pages/Parent {_PAGES} 0 R/Count {len(at.kids)}/Kids[{kids}]>>".encode())
            at.nodes.append((at.node, len(at.kids)))
            at.node, at.kids = 0, []

    def _reserve(self) -> int:
        self._at.last_object += 1
        return self._at.last_object

    def _add(self, content: bytes) -> int:
        number = self._reserve()
        self._put(number, content)
        return number

    def _put(self, number: int, content: bytes) -> None:
        self._places.write(_PLACE.pack(number, self._at.size_bytes))
        self._at.places_bytes += _PLACE.size
        self._write(b"%d 0 obj\n%s\nendobj\n" % (number, content))

    def _write(self, content: bytes) -> None:
        self._body.write(content)
        self._at.size_bytes += len(content)

    def _write_places(self) -> None:
        """The cross-reference table: twenty bytes an object, in the order of their numbers."""
        size = self._at.last_object + 1
        offsets = array("Q", bytes(8 * size))
        self._places.seek(0)
        while piece := self._places.read(_PLACE.size * _LINES_AT_ONCE):
            for number, offset in _PLACE.iter_unpack(piece):
                offsets[number] = offset
        start = self._at.size_bytes
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % size)
        for first in range(1, size, _LINES_AT_ONCE):
            self._write(b"".join(b"%010d 00000 n \n" % offset for offset in offsets[first : first + _LINES_AT_ONCE]))
        identity = self._at.chain[:32]
        self._write((
            f"trailer\n<</Size {size}/Root {_CATALOG} 0 R/Info {_INFO} 0 R/ID[<{identity}><{identity}>]>>\n"
            f"startxref\n{start}\n%%EOF\n"
        ).encode())
