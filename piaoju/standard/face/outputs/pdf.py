"""A face as PDF: a convenience copy of the OFD, from the same operations, with both seals and the XML inside.

Fonts are embedded as subsets (CFF, Identity-H) with a map back to Unicode, so that any reader shows, finds and
copies every character.
"""

from __future__ import annotations

import hashlib
import zlib
from datetime import datetime
from functools import lru_cache
from xml.sax.saxutils import escape

from piaoju.standard.face.fonts import FontChain
from piaoju.standard.face.operations import Details, Face, Template
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

ATTACHMENT = "hidexml"


def render(face: Face, xml: bytes | None) -> bytes:
    """The face as a PDF file; the same bytes for the same face and XML."""
    file = _File()
    static = _forms(face.templates, face.fonts, face.height)
    catalog, pages, words = file.reserve(), file.reserve(), file.reserve()
    used = UsedCharacters(face.fonts)
    contents = [layer_content(page.operations, used, face.height) for page in face.pages]
    form_numbers = {
        template: file.add_form(face, static[template]) for template in sorted({p.template for p in face.pages})
    }
    fonts = font_objects(used, "D", file.add)
    seals = [file.add(seal_form(mark.picture)) for mark in face.seals]
    page_numbers: list[int] = []
    for number, (page, content) in enumerate(zip(face.pages, contents, strict=True)):
        marks = [(at, mark) for at, mark in enumerate(face.seals) if mark.page == number]
        stream = b"/T Do\n" + content + b"".join(set_seal(face, mark, at) for at, mark in marks)
        objects = " ".join([f"/T {form_numbers[page.template]} 0 R", *(f"/S{at} {seals[at]} 0 R" for at, _ in marks)])
        body = file.add(squeezed("", stream))
        page_numbers.append(file.add((
            f"<</Type/Page/Parent {pages} 0 R/MediaBox[0 0 {pt(face.width)} {pt(face.height)}]/Contents {body} 0 R"
            f"/Resources<</Font<<{fonts}>>/XObject<<{objects}>>/ExtGState<</G{SEAL_INK}>>>>>>"
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
        return self.add(form_object(face.width, face.height, f"/Resources<</Font<<{resources}>>>>", stream))

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
        stream = zlib.compress(layer_content(template.operations, used, height), 9)
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


def _attach(file: _File, xml: bytes, at: datetime) -> str:
    """The bill's XML as an embedded file, found by name and as data of the whole document."""
    head = f"/Type/EmbeddedFile/Subtype/text#2Fxml/Params<</Size {len(xml)}/ModDate({date_string(at)})>>"
    embedded = file.add(squeezed(head, xml))
    spec = file.add((
        f"<</Type/Filespec/F({ATTACHMENT})/UF({ATTACHMENT})/AFRelationship/Data/Desc(bill XML)"
        f"/EF<</F {embedded} 0 R/UF {embedded} 0 R>>>>"
    ).encode())
    return f"/AF[{spec} 0 R]/Names<</EmbeddedFiles<</Names[({ATTACHMENT}) {spec} 0 R]>>>>"


def _info(details: Details) -> bytes:
    date = date_string(details.issued_at)
    return (
        f"<</Title{text_string(details.title)}/Author{text_string(details.unit_name)}"
        f"/Subject{text_string(f'{details.code} {details.number}')}/Creator(piaoju)/Producer(piaoju)"
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
