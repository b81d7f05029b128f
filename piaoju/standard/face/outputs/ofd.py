"""A face as OFD (GB/T 33190): the form as template pages, this bill's texts above it, its XML attached.

Characters that a reader's own 宋体 may lack (outside GBK) are drawn as outlines. Every length in the file
comes from our own metrics (DeltaX), so columns stand straight whatever font the reader has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from piaoju.standard.face.fonts import FontChain
from piaoju.standard.face.operations import (
    BLACK,
    Details,
    Face,
    Modules,
    Operation,
    Page,
    Path,
    Picture,
    Tag,
    Template,
    Text,
)
from piaoju.standard.face.outputs import package

NAMESPACE = "http://www.ofdspec.org/2016"
TAG_NAMESPACE = "urn:piaoju:bill-face:1"
ATTACHMENT = "einvoice.xml"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_OFD = f'xmlns:ofd="{NAMESPACE}"'
_FONT_ID = 1
_FIRST_ID = 10


class Placed(NamedTuple):
    """One object of a page that prints a field: the field, the object, its page, and its text."""

    tag: Tag
    object_id: int
    page_id: int
    text: str


def render(face: Face, xml: bytes | None) -> bytes:
    """The face as an OFD file, with the bill's XML attached; the same bytes for the same face and XML."""
    forms = _compiled(face.templates, face.fonts)
    used = sorted({page.template for page in face.pages})
    next_id = forms.next_id
    parts: list[package.Part] = [
        package.part("OFD.xml", _ofd_xml(face.details).encode()),
        package.kept_part("Doc_0/PublicRes.xml", _PUBLIC_RES),
        *(forms.parts[template] for template in used),
    ]
    page_ids: list[int] = []
    placed: list[Placed] = []
    for number, page in enumerate(face.pages):
        page_id, next_id = next_id, next_id + 2
        page_ids.append(page_id)
        content, next_id = _page_xml(face, page, page_id, next_id, placed, forms.ids[page.template])
        parts.append(package.part(f"Doc_0/Pages/Page_{number}/Content.xml", content.encode()))
    document = _document_xml(face.width, face.height, tuple((t, forms.ids[t]) for t in used), tuple(page_ids),
                             next_id - 1, xml is not None)
    parts += (
        package.kept_part("Doc_0/Document.xml", document),
        package.kept_part("Doc_0/Tags/CustomTags.xml", _CUSTOM_TAGS),
        package.kept_part("Doc_0/Tags/CustomTag.xml", _tags_xml(placed)),
    )
    if xml is not None:
        parts += (package.kept_part("Doc_0/Attachs/Attachments.xml", _ATTACHMENTS),
                  package.part(f"Doc_0/Attachs/{ATTACHMENT}", xml))
    return package.pack(parts)


def render_picture(picture: Picture, fonts: FontChain) -> bytes:
    """A small drawing as an OFD file of its own: the picture of a seal."""
    objects, next_id = _objects(picture.operations, fonts, 4, 2, [])
    content = (f'{_XML}<ofd:Page {_OFD}><ofd:Content><ofd:Layer ID="3" Type="Body">{objects}'
               "</ofd:Layer></ofd:Content></ofd:Page>")
    box = f"0 0 {_mm(picture.width)} {_mm(picture.height)}"
    document = (f"{_XML}<ofd:Document {_OFD}><ofd:CommonData><ofd:MaxUnitID>{next_id - 1}</ofd:MaxUnitID>"
                f"<ofd:PageArea><ofd:PhysicalBox>{box}</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData>"
                '<ofd:Pages><ofd:Page ID="2" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages></ofd:Document>')
    identity = hashlib.new("sm3", content.encode()).hexdigest()[:32]
    head = (f'{_XML}<ofd:OFD {_OFD} Version="1.1" DocType="OFD"><ofd:DocBody><ofd:DocInfo><ofd:DocID>{identity}'
            "</ofd:DocID></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>")
    return package.pack_contents((
        ("OFD.xml", head.encode()), ("Doc_0/Document.xml", document.encode()),
        ("Doc_0/Pages/Page_0/Content.xml", content.encode()),
    ))


class _Forms(NamedTuple):
    parts: tuple[package.Part, ...]
    ids: tuple[int, ...]
    next_id: int


@lru_cache(maxsize=128)
def _compiled(templates: tuple[Template, ...], fonts: FontChain) -> _Forms:
    """The template pages of a bill type, written and deflated once."""
    parts: list[package.Part] = []
    ids: list[int] = []
    next_id = _FIRST_ID
    for number, template in enumerate(templates):
        template_id, next_id = next_id, next_id + 2
        objects, following = _objects(template.operations, fonts, next_id, template_id, [])
        content = (f'{_XML}<ofd:Page {_OFD}><ofd:Content><ofd:Layer ID="{template_id + 1}" Type="Background">'
                   f"{objects}</ofd:Layer></ofd:Content></ofd:Page>")
        next_id = following
        ids.append(template_id)
        parts.append(package.part(f"Doc_0/Tpls/Tpl_{number}/Content.xml", content.encode()))
    return _Forms(tuple(parts), tuple(ids), next_id)


def _page_xml(
    face: Face, page: Page, page_id: int, next_id: int, placed: list[Placed], template_id: int
) -> tuple[str, int]:
    objects, next_id = _objects(page.operations, face.fonts, next_id, page_id, placed)
    return (
        f'{_XML}<ofd:Page {_OFD}><ofd:Template TemplateID="{template_id}" ZOrder="Background"/><ofd:Content>'
        f'<ofd:Layer ID="{page_id + 1}" Type="Body">{objects}</ofd:Layer></ofd:Content></ofd:Page>'
    ), next_id


def _objects(
    operations: Iterable[Operation], fonts: FontChain, next_id: int, page_id: int, placed: list[Placed]
) -> tuple[str, int]:
    """The objects of a layer as XML, numbered from next_id; texts with a tag are noted in placed."""
    pieces: list[str] = []
    for operation in operations:
        if isinstance(operation, Text):
            if fonts.shape(operation.text).plain:
                if operation.tag is not None:
                    placed.append(Placed(operation.tag, next_id, page_id, operation.text))
                pieces.append(_plain_text(operation, fonts, next_id))
                next_id += 1
            else:
                next_id = _mixed_text(operation, fonts, next_id, page_id, pieces, placed)
        elif isinstance(operation, Path):
            pieces.append(_path(operation, next_id))
            next_id += 1
        else:
            pieces.append(_modules(operation, next_id))
            next_id += 1
    return "".join(pieces), next_id


def _plain_text(text: Text, fonts: FontChain, object_id: int) -> str:
    width, code = _text_code(fonts, text.text, text.size)
    colour = "" if text.colour == BLACK else f'<ofd:FillColor Value="{text.colour}"/>'
    weight = ' Weight="700"' if text.bold else ""
    return (
        f'<ofd:TextObject ID="{object_id}" Boundary="{_mm(text.x)} {_mm(text.y - text.size)} {width}" '
        f'Font="{_FONT_ID}" Size="{_mm(text.size)}"{weight}>{colour}{code}</ofd:TextObject>'
    )


@lru_cache(maxsize=30_000)
def _text_code(fonts: FontChain, text: str, size: int) -> tuple[str, str]:
    """Width and height of a text, and its TextCode with the advance of every character."""
    shaped = fonts.shape(text)
    steps: list[list[int]] = []
    for advance in shaped.advances[:-1]:
        step = advance * size // 1000
        if steps and steps[-1][0] == step:
            steps[-1][1] += 1
        else:
            steps.append([step, 1])
    deltas = " ".join(f"g {count} {_mm(step)}" if count > 2 else " ".join([_mm(step)] * count) for step, count in steps)
    attribute = f' DeltaX="{deltas}"' if deltas else ""
    extent = f"{_mm(shaped.width * size // 1000 + 10)} {_mm(size * 13 // 10)}"
    return extent, f'<ofd:TextCode X="0" Y="{_mm(size)}"{attribute}>{escape(text)}</ofd:TextCode>'


def _mixed_text(
    text: Text, fonts: FontChain, next_id: int, page_id: int, pieces: list[str], placed: list[Placed]
) -> int:
    """A text with rare characters: ordinary stretches as text, each rare character as an outline."""
    x, stretch, start = text.x, "", text.x
    for character in (*text.text, ""):
        glyph = fonts.glyph(character) if character else None
        if character and glyph is not None and glyph.plain:
            stretch += character
            x += glyph.advance * text.size // 1000
            continue
        if stretch:
            if text.tag is not None:
                placed.append(Placed(text.tag, next_id, page_id, stretch))
            pieces.append(_plain_text(text._replace(x=start, text=stretch), fonts, next_id))
            next_id += 1
            stretch = ""
        if character:
            advance = (1000 if glyph is None else glyph.advance) * text.size // 1000
            commands = _scaled_outline(fonts, character, text.size)
            if commands:
                if text.tag is not None:
                    placed.append(Placed(text.tag, next_id, page_id, character))
                box = f"{_mm(x)} {_mm(text.y - text.size)} {_mm(advance)} {_mm(text.size * 13 // 10)}"
                pieces.append(
                    f'<ofd:PathObject ID="{next_id}" Boundary="{box}" Stroke="false" Fill="true">'
                    f'<ofd:FillColor Value="{text.colour}"/><ofd:AbbreviatedData>{commands}'
                    "</ofd:AbbreviatedData></ofd:PathObject>"
                )
                next_id += 1
            x += advance
        start = x
    return next_id


@lru_cache(maxsize=4_096)
def _scaled_outline(fonts: FontChain, character: str, size: int) -> str:
    steps = []
    for letter, *numbers in fonts.outline(character):
        scaled = (_mm(int(number) * size // 1000 + (size if at % 2 else 0)) for at, number in enumerate(numbers))
        steps.append(" ".join((str(letter), *scaled)))
    return " ".join(steps)


def _path(path: Path, object_id: int) -> str:
    inks = (f'<ofd:StrokeColor Value="{path.stroke}"/>' if path.stroke else "") + (
        f'<ofd:FillColor Value="{path.fill}"/>' if path.fill else "")
    # Readers clip at the box: a stroke needs room for its thickness on every side.
    room = path.line_width
    commands = " ".join(
        " ".join((str(letter), *(_mm(int(number) + room) for number in numbers))) for letter, *numbers in path.commands
    )
    corner = f"{_mm(path.x - room)} {_mm(path.y - room)}"
    extent = f"{_mm(path.width + 2 * room)} {_mm(path.height + 2 * room)}"
    thickness = f' LineWidth="{_mm(path.line_width)}"' if path.stroke else ""
    return (
        f'<ofd:PathObject ID="{object_id}" Boundary="{corner} {extent}"{thickness} '
        f'Stroke="{_flag(path.stroke)}" Fill="{_flag(path.fill)}">'
        f"{inks}<ofd:AbbreviatedData>{commands}</ofd:AbbreviatedData></ofd:PathObject>"
    )


def _modules(code: Modules, object_id: int) -> str:
    module = code.module
    data = " ".join([_bar(module, row, first, last) for row, first, last in code.runs])
    side = _mm(module * code.side)
    return (
        f'<ofd:PathObject ID="{object_id}" Boundary="{_mm(code.x)} {_mm(code.y)} {side} {side}" Stroke="false" '
        f'Fill="true"><ofd:FillColor Value="0 0 0"/><ofd:AbbreviatedData>{data}</ofd:AbbreviatedData></ofd:PathObject>'
    )


@lru_cache(maxsize=65_536)
def _bar(module: int, row: int, first: int, last: int) -> str:
    """One run of dark modules; codes differ, but most of their short runs have been written before."""
    left, right, top, bottom = (_mm(module * step) for step in (first, last, row, row + 1))
    return f"M {left} {top} L {right} {top} L {right} {bottom} L {left} {bottom} C"


def _tags_xml(placed: Iterable[Placed]) -> str:
    """Which objects print which field. A field drawn partly as outlines says its text as well."""
    fields: dict[Tag, list[Placed]] = {}
    for entry in placed:
        fields.setdefault(entry.tag, []).append(entry)
    pieces = [f'{_XML}<bill:BillFace xmlns:bill="{TAG_NAMESPACE}" {_OFD}>']
    row = ("", 0)
    for tag, entries in fields.items():
        if (tag.group, tag.row) != row:
            if row[0]:
                pieces.append(f"</bill:{row[0]}>")
            row = (tag.group, tag.row)
            if row[0]:
                pieces.append(f'<bill:{row[0]} Index="{row[1]}">' if row[1] else f"<bill:{row[0]}>")
        references = "".join(
            f'<ofd:ObjectRef PageRef="{entry.page_id}">{entry.object_id}</ofd:ObjectRef>' for entry in entries
        )
        pieces.append(f"<bill:{tag.name}>{references}</bill:{tag.name}>")
    if row[0]:
        pieces.append(f"</bill:{row[0]}>")
    pieces.append("</bill:BillFace>")
    return "".join(pieces)


def _ofd_xml(details: Details) -> str:
    identity = hashlib.new("sm3", details.bill_id.encode()).hexdigest()[:32]
    pairs = (("票据代码", details.code), ("票据号码", details.number), ("校验码", details.check_code),
             ("金额", details.total))
    custom = "".join(f"<ofd:CustomData Name={quoteattr(name)}>{escape(text)}</ofd:CustomData>" for name, text in pairs)
    return (
        f'{_XML}<ofd:OFD {_OFD} Version="1.1" DocType="OFD"><ofd:DocBody><ofd:DocInfo><ofd:DocID>{identity}</ofd:DocID>'
        f"<ofd:Title>{escape(details.title)}</ofd:Title><ofd:Author>{escape(details.unit_name)}</ofd:Author>"
        f"<ofd:CreationDate>{details.issued_at.date().isoformat()}</ofd:CreationDate><ofd:Creator>piaoju</ofd:Creator>"
        f"<ofd:CustomDatas>{custom}</ofd:CustomDatas></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
        "</ofd:DocBody></ofd:OFD>"
    )


@lru_cache(maxsize=512)
def _document_xml(
    width: int, height: int, templates: tuple[tuple[int, int], ...], page_ids: tuple[int, ...], greatest: int,
    attached: bool,
) -> str:
    forms = "".join(
        f'<ofd:TemplatePage ID="{template_id}" BaseLoc="Tpls/Tpl_{number}/Content.xml"/>'
        for number, template_id in templates
    )
    pages = "".join(
        f'<ofd:Page ID="{page_id}" BaseLoc="Pages/Page_{number}/Content.xml"/>'
        for number, page_id in enumerate(page_ids)
    )
    attachments = "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>" if attached else ""
    return (
        f"{_XML}<ofd:Document {_OFD}><ofd:CommonData><ofd:MaxUnitID>{greatest}</ofd:MaxUnitID><ofd:PageArea>"
        f"<ofd:PhysicalBox>0 0 {_mm(width)} {_mm(height)}</ofd:PhysicalBox></ofd:PageArea>"
        f"<ofd:PublicRes>PublicRes.xml</ofd:PublicRes>{forms}</ofd:CommonData><ofd:Pages>{pages}</ofd:Pages>"
        f"<ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>{attachments}</ofd:Document>"
    )


_PUBLIC_RES = (
    f'{_XML}<ofd:Res {_OFD} BaseLoc="Res"><ofd:Fonts>'
    f'<ofd:Font ID="{_FONT_ID}" FontName="宋体" FamilyName="宋体" Charset="unicode"/></ofd:Fonts></ofd:Res>'
)
_CUSTOM_TAGS = (
    f'{_XML}<ofd:CustomTags {_OFD}><ofd:CustomTag TypeID="BillFace"><ofd:FileLoc>CustomTag.xml</ofd:FileLoc>'
    "</ofd:CustomTag></ofd:CustomTags>"
)
_ATTACHMENTS = (
    f'{_XML}<ofd:Attachments {_OFD}><ofd:Attachment ID="{_FONT_ID + 1}" Name="{ATTACHMENT}" Format="xml" '
    f'Visible="false"><ofd:FileLoc>{ATTACHMENT}</ofd:FileLoc></ofd:Attachment></ofd:Attachments>'
)


@lru_cache(maxsize=65_536)
def _mm(micrometres: int) -> str:
    """Micrometres as millimetres, without needless zeros."""
    sign, size = ("-", -micrometres) if micrometres < 0 else ("", micrometres)
    whole, rest = divmod(size, 1000)
    return f"{sign}{whole}.{rest:03d}".rstrip("0") if rest else f"{sign}{whole}"


def _flag(ink: str) -> str:
    return "true" if ink else "false"
