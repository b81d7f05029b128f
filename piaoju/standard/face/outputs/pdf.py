"""A face as PDF: a convenience copy of the OFD, from the same operations, with both seals and the XML inside.

Fonts are embedded as subsets (CFF, Identity-H) with a map back to Unicode, so that any reader shows, finds and
copies every character.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from xml.sax.saxutils import escape

from piaoju.standard.face.fonts import FontChain
from piaoju.standard.face.operations import (
    Details,
    Face,
    Modules,
    Operation,
    Path,
    Picture,
    Template,
    Text,
)
from piaoju.standard.face.outputs.pdf_fonts import UsedCharacters, font_objects

ATTACHMENT = "hidexml"
_LEVEL = 6


def render(face: Face, xml: bytes | None) -> bytes:
    """The face as a PDF file; the same bytes for the same face and XML."""
    file = _File()
    static = _forms(face.templates, face.fonts, face.height)
    catalog, pages, words = file.reserve(), file.reserve(), file.reserve()
    used = UsedCharacters(face.fonts)
    contents = [_content(page.operations, used, face.height) for page in face.pages]
    form_numbers = {
        template: file.add_form(face, static[template]) for template in sorted({p.template for p in face.pages})
    }
    fonts = font_objects(used, "D", file.add)
    seals = [_seal_form(file, mark.picture) for mark in face.seals]
    page_numbers: list[int] = []
    for number, (page, content) in enumerate(zip(face.pages, contents, strict=True)):
        marks = [(at, mark) for at, mark in enumerate(face.seals) if mark.page == number]
        stream = b"/T Do\n" + content + b"".join(
            b"q 1 0 0 1 %s %s cm /G gs /S%d Do Q\n" % (
                _points(mark.box.x), _points(face.height - mark.box.y - mark.box.height), at)
            for at, mark in marks
        )
        objects = " ".join([f"/T {form_numbers[page.template]} 0 R", *(f"/S{at} {seals[at]} 0 R" for at, _ in marks)])
        body = file.add(_stream("", stream))
        page_numbers.append(file.add((
            f"<</Type/Page/Parent {pages} 0 R/MediaBox[0 0 {_pt(face.width)} {_pt(face.height)}]/Contents {body} 0 R"
            f"/Resources<</Font<<{fonts}>>/XObject<<{objects}>>/ExtGState<</G<</BM/Multiply/ca .8/CA .8>>>>>>>>"
        ).encode()))
    kids = " ".join(f"{number} 0 R" for number in page_numbers)
    file.put(pages, f"<</Type/Pages/Count {len(page_numbers)}/Kids[{kids}]>>".encode())
    file.put(words, _info(face.details))
    metadata = file.add(_metadata(face.details))
    attached = "" if xml is None else _attach(file, xml, face.details.issued_at)
    file.put(catalog, (
        f"<</Type/Catalog/Pages {pages} 0 R/Lang(zh-CN)/Metadata {metadata} 0 R{attached}"
        "/ViewerPreferences<</DisplayDocTitle true>>>>"
    ).encode())
    return file.finish(catalog, words)


class _File:
    """The numbered objects of a PDF file."""

    def __init__(self) -> None:
        self._objects: list[bytes] = []

    def reserve(self) -> int:
        self._objects.append(b"")
        return len(self._objects)

    def put(self, number: int, content: bytes) -> None:
        self._objects[number - 1] = content

    def add(self, content: bytes) -> int:
        self._objects.append(content)
        return len(self._objects)

    def add_form(self, face: Face, form: tuple[bytes, tuple[bytes, ...], str]) -> int:
        """A form XObject with the fonts of its own; font objects inside refer to each other by place."""
        stream, parts, fonts = form
        first = len(self._objects) + 1
        for content in parts:
            self.add(_renumber(content, first))
        resources = _renumber(fonts.encode(), first).decode()
        return self.add(
            f"<</Type/XObject/Subtype/Form/BBox[0 0 {_pt(face.width)} {_pt(face.height)}]"
            f"/Resources<</Font<<{resources}>>>>/Filter/FlateDecode/Length {len(stream)}>>stream\n".encode()
            + stream + b"\nendstream"
        )

    def finish(self, catalog: int, info: int) -> bytes:
        chunks = [b"%PDF-1.7\n%\xe7\xa5\xa8\xe6\x8d\xae\n"]
        offset = len(chunks[0])
        table = [b"0000000000 65535 f \n"]
        for number, content in enumerate(self._objects, start=1):
            chunk = b"%d 0 obj\n%s\nendobj\n" % (number, content)
            table.append(b"%010d 00000 n \n" % offset)
            chunks.append(chunk)
            offset += len(chunk)
        body = b"".join(chunks)
        identity = hashlib.new("sm3", body).hexdigest()[:32]
        return b"".join((body, b"xref\n0 %d\n" % len(table), *table, (
            f"trailer\n<</Size {len(table)}/Root {catalog} 0 R/Info {info} 0 R/ID[<{identity}><{identity}>]>>\n"
            f"startxref\n{offset}\n%%EOF\n"
        ).encode()))


@lru_cache(maxsize=128)
def _forms(
    templates: tuple[Template, ...], fonts: FontChain, height: int
) -> tuple[tuple[bytes, tuple[bytes, ...], str], ...]:
    """Each template as a compressed stream, its font objects (numbered from 0 by «n»), its font resources."""
    forms = []
    for template in templates:
        used = UsedCharacters(fonts)
        stream = zlib.compress(_content(template.operations, used, height), 9)
        parts: list[bytes] = []

        def keep(content: bytes, parts: list[bytes] = parts) -> int:
            parts.append(content)
            return len(parts) - 1

        resources = font_objects(used, "F", keep, mark="«{}»")
        forms.append((stream, tuple(parts), resources))
    return tuple(forms)


def _renumber(content: bytes, first: int) -> bytes:
    """Places «n» in a kept object become object numbers; streams never hold the marks (they are not valid in them)."""
    head, keyword, rest = content.partition(b"stream\n")
    pieces = head.split("«".encode())
    for at in range(1, len(pieces)):
        place, _, after = pieces[at].partition("»".encode())
        pieces[at] = b"%d%s" % (first + int(place), after)
    return b"".join(pieces) + keyword + rest


def _content(operations: Iterable[Operation], used: UsedCharacters, height: int) -> bytes:
    """The content stream of a layer."""
    pieces: list[str] = []
    for operation in operations:
        if isinstance(operation, Text):
            _text(operation, used, height, pieces)
        elif isinstance(operation, Path):
            pieces.append(_path(operation, height))
        else:
            pieces.append(_modules(operation, height))
    return "".join(pieces).encode()


def _text(text: Text, used: UsedCharacters, height: int, pieces: list[str]) -> None:
    # A bold line is its outline drawn as well: one font file serves both.
    weight = f"2 Tr {_pt(text.size * 28 // 1000)} w {_colour(text.colour)} RG " if text.bold else ""
    runs = " ".join(
        f"/F{font} {_pt(text.size)} Tf <{codes}> Tj"
        for font, codes in used.runs(text.text)
    )
    after = "0 Tr " if text.bold else ""
    pieces.append(f"BT {_colour(text.colour)} rg {weight}{_pt(text.x)} {_pt(height - text.y)} Td {runs} {after}ET\n")


def _path(path: Path, height: int) -> str:
    return _drawn(path, height)


@lru_cache(maxsize=1_024)
def _drawn(path: Path, height: int) -> str:
    pieces: list[str] = []
    at_x, at_y = 0, 0
    for letter, *numbers in path.commands:
        points = [int(number) for number in numbers]
        if letter == "Q":
            # PDF knows cubic curves only.
            cx, cy, x, y = points
            points = [at_x + (cx - at_x) * 2 // 3, at_y + (cy - at_y) * 2 // 3, x + (cx - x) * 2 // 3,
                      y + (cy - y) * 2 // 3, x, y]
        if points:
            at_x, at_y = points[-2], points[-1]
        pieces += (
            _pt(path.x + number) if at % 2 == 0 else _pt(height - path.y - number) for at, number in enumerate(points)
        )
        pieces.append({"M": "m", "L": "l", "Q": "c", "B": "c", "C": "h"}[str(letter)])
    inks = (f"{_colour(path.stroke)} RG {_pt(path.line_width)} w " if path.stroke else "") + (
        f"{_colour(path.fill)} rg " if path.fill else "")
    return f"{inks}{' '.join(pieces)} {'B' if path.stroke and path.fill else 'S' if path.stroke else 'f'}\n"


def _modules(code: Modules, height: int) -> str:
    scale = _pt(code.module)
    cells = " ".join(f"{first} {-row - 1} {last - first} 1 re" for row, first, last in code.runs)
    return f"q 0 g {scale} 0 0 {scale} {_pt(code.x)} {_pt(height - code.y)} cm {cells} f Q\n"


def _seal_form(file: _File, picture: Picture) -> int:
    width, height = _pt(picture.width), _pt(picture.height)
    stream = _seal_stream(picture)
    return file.add(
        f"<</Type/XObject/Subtype/Form/BBox[0 0 {width} {height}]/Group<</S/Transparency>>/Filter/FlateDecode"
        f"/Length {len(stream)}>>stream\n".encode() + stream + b"\nendstream"
    )


@lru_cache(maxsize=2_048)
def _seal_stream(picture: Picture) -> bytes:
    return zlib.compress("".join(_drawn(path, picture.height) for path in picture.operations).encode(), 9)


def _attach(file: _File, xml: bytes, at: datetime) -> str:
    """The bill's XML as an embedded file, found by name and as data of the whole document."""
    head = f"/Type/EmbeddedFile/Subtype/text#2Fxml/Params<</Size {len(xml)}/ModDate({_date(at)})>>"
    embedded = file.add(_stream(head, xml))
    spec = file.add((
        f"<</Type/Filespec/F({ATTACHMENT})/UF({ATTACHMENT})/AFRelationship/Data/Desc(bill XML)"
        f"/EF<</F {embedded} 0 R/UF {embedded} 0 R>>>>"
    ).encode())
    return f"/AF[{spec} 0 R]/Names<</EmbeddedFiles<</Names[({ATTACHMENT}) {spec} 0 R]>>>>"


def _info(details: Details) -> bytes:
    date = _date(details.issued_at)
    return (
        f"<</Title{_words(details.title)}/Author{_words(details.unit_name)}"
        f"/Subject{_words(f'{details.code} {details.number}')}/Creator(piaoju)/Producer(piaoju)"
        f"/CreationDate({date})/ModDate({date})>>"
    ).encode()


def _metadata(details: Details) -> bytes:
    at = details.issued_at.isoformat()
    text = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">'
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(details.title)}</rdf:li></rdf:Alt></dc:title>'
        f"<dc:creator><rdf:Seq><rdf:li>{escape(details.unit_name)}</rdf:li></rdf:Seq></dc:creator>"
        f"<dc:identifier>{details.code} {details.number}</dc:identifier><xmp:CreateDate>{at}</xmp:CreateDate>"
        f"<xmp:ModifyDate>{at}</xmp:ModifyDate><xmp:CreatorTool>piaoju</xmp:CreatorTool>"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()
    return b"<</Type/Metadata/Subtype/XML/Length %d>>stream\n%s\nendstream" % (len(text), text)


def _stream(head: str, content: bytes) -> bytes:
    squeezed = zlib.compress(content, _LEVEL)
    return f"<<{head}/Filter/FlateDecode/Length {len(squeezed)}>>stream\n".encode() + squeezed + b"\nendstream"


def _words(text: str) -> str:
    return "<FEFF" + text.encode("utf-16-be").hex().upper() + ">"


def _date(at: datetime) -> str:
    offset = at.strftime("%z") or "+0000"
    return f"D:{at.strftime('%Y%m%d%H%M%S')}{offset[:3]}'{offset[3:5]}'"


@lru_cache(maxsize=64)
def _colour(colour: str) -> str:
    """The three parts of a colour as PDF counts them, 0 to 1."""
    return " ".join(f"{int(part) * 1000 // 255 / 1000:g}" for part in colour.split())


@lru_cache(maxsize=65_536)
def _pt(micrometres: int) -> str:
    """Micrometres as points, in thousandths."""
    thousandths = (abs(micrometres) * 720 + 127) // 254
    whole, rest = divmod(thousandths, 1000)
    text = f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)
    return f"-{text}" if micrometres < 0 else text


def _points(micrometres: int) -> bytes:
    return _pt(micrometres).encode()
