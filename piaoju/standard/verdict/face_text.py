"""Whether an OFD prints what its signed XML says, field by field, by the tags that join the two.

CustomTags name for every printed field the objects that draw it. The texts of those objects, put together, must be the
value in the XML. A character drawn as an outline has no text: it stands for any one character, and its look is
covered by the seals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from lxml import etree

from piaoju.standard import money
from piaoju.standard.bill import Bill
from piaoju.standard.face.fields import aux_cells, line_cells, other_fields, payer_code_shown
from piaoju.standard.face.operations import Tag
from piaoju.standard.verdict.package import NAMESPACE, Package, PackageUnreadable, first_text
from piaoju.standard.verdict.report import Findings

FACE = "票面与数据一致"
_OUTLINE = "\0"
_SHOWN = 5
_MUST_SHOW = frozenset(
    {
        "EInvoiceName", "EInvoiceCode", "EInvoiceNumber", "RandomNumber", "IssueDate", "PayerPartyName",
        "TotalAmount", "TotalAmountInWords", "InvoicingPartyName", "ItemName", "ItemAmount", "AuxItemName",
        "AuxItemAmount",
    }
)  # fmt: skip


def examine_face(package: Package, bill: Bill, findings: Findings) -> None:
    """Compare every tagged text of the pages with the bill."""
    try:
        part, shown = shown_texts(package)
    except PackageUnreadable as refusal:
        findings.bad(FACE, refusal.detail, refusal.part)
        return
    expected = expected_texts(bill)
    problems = [
        f"{_name(tag)}印的是“{text.replace(_OUTLINE, '□')}”，数据是“{expected.get(tag, '（无）')}”"
        for tag, text in shown.items()
        if not _matches(text, expected.get(tag, ""))
    ]
    problems += [
        f"{_name(tag)}没有印出"
        for tag, text in expected.items()
        if tag.name in _MUST_SHOW and text and tag not in shown
    ]
    problems += _custom_problems(package, bill)
    findings.judge(FACE, problems[:_SHOWN], part, f"{len(shown)} 个字段逐一相同")


def expected_texts(bill: Bill) -> dict[Tag, str]:
    """What each tag of the face must say."""
    head = {
        "EInvoiceName": bill.bill_name,
        "EInvoiceCode": bill.bill_code,
        "EInvoiceNumber": bill.number_text,
        "RandomNumber": bill.check_code,
        "IssueDate": bill.issue_date.isoformat(),
        "PayerPartyName": bill.payer.name,
        "PayerPartyCode": payer_code_shown(bill.payer),
        "TotalAmount": money.format_fen(bill.total_fen),
        "TotalAmountInWords": money.in_words(bill.total_fen),
        "InvoicingPartyName": bill.unit.name,
        "Checker": bill.checker,
        "HandlingPerson": bill.handler,
    }
    expected = {Tag("", 0, name): text for name, text in head.items()}
    for _, text, tag in chain(*other_fields(bill)):
        expected[tag] = text
    rows = [line_cells(line, index) for index, line in enumerate(bill.lines)]
    rows += [aux_cells(line, index) for index, line in enumerate(bill.aux_lines)]
    for cell in chain.from_iterable(row.values() for row in rows):
        if cell.tag is not None:
            expected[cell.tag] = cell.text
    return expected


def shown_texts(package: Package) -> tuple[str, dict[Tag, str]]:
    """The path of the tag file, and what the pages print under each of its tags."""
    document = package.document_path()
    listing = _follow(package, package.xml(document), "CustomTags", document)
    path = _follow(package, package.xml(listing), "FileLoc", listing)
    objects = _printed_objects(package, document)
    shown: dict[Tag, str] = {}
    for tag, field in _tagged(package.xml(path)):
        if tag in shown:
            raise PackageUnreadable(f"{_name(tag)}有两个标签", path)
        pieces = []
        for reference in field.iter(NAMESPACE + "ObjectRef"):
            place = (reference.get("PageRef", ""), (reference.text or "").strip())
            if place not in objects:
                raise PackageUnreadable(f"{_name(tag)}的标签指向不存在的对象 {place[1]}", path)
            pieces.append(objects[place])
        shown[tag] = "".join(pieces)
    return path, shown


def _printed_objects(package: Package, document: str) -> Mapping[tuple[str, str], str]:
    """(page id, object id) → the text that the object prints."""
    objects = {}
    for page in package.xml(document).iter(NAMESPACE + "Page"):
        path = package.find(page.get("BaseLoc", ""), document)
        if path is None:
            raise PackageUnreadable("页面不在包内", document)
        for element in package.xml(path).iter(NAMESPACE + "TextObject", NAMESPACE + "PathObject"):
            is_text = element.tag == NAMESPACE + "TextObject"
            text = "".join(code.text or "" for code in element.iter(NAMESPACE + "TextCode"))
            objects[page.get("ID", ""), element.get("ID", "")] = text if is_text else _OUTLINE
    return objects


def _tagged(root: etree._Element) -> Iterator[tuple[Tag, etree._Element]]:
    for child in root:
        if child.find(NAMESPACE + "ObjectRef") is not None:
            yield Tag("", 0, _local(child)), child
            continue
        index = child.get("Index", "0")
        for field in child:
            yield Tag(_local(child), int(index) if index.isdecimal() else -1, _local(field)), field


def _custom_problems(package: Package, bill: Bill) -> list[str]:
    """CustomDatas of OFD.xml are what other programs search by: the same values again."""
    expected = {
        "票据代码": bill.bill_code,
        "票据号码": bill.number_text,
        "校验码": bill.check_code,
        "金额": money.format_fen(bill.total_fen),
    }
    found = {
        element.get("Name", ""): element.text or ""
        for element in package.xml("/OFD.xml").iter(NAMESPACE + "CustomData")
    }
    return [
        f"OFD.xml 的{name}是“{text}”，数据是“{expected.get(name, '（无）')}”"
        for name, text in found.items()
        if expected.get(name) != text
    ]


def _matches(shown: str, expected: str) -> bool:
    # Wrapping drops spaces at the ends of lines; nothing else may differ.
    left, right = "".join(shown.split()), "".join(expected.split())
    return len(left) == len(right) and all(a in (b, _OUTLINE) for a, b in zip(left, right, strict=True))


def _follow(package: Package, root: etree._Element, element: str, beside: str) -> str:
    location = first_text(root, element)
    found = package.find(location, beside) if location else None
    if found is None:
        raise PackageUnreadable(f"没有{element}：票面的字段无法与数据对照", beside)
    return found


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _name(tag: Tag) -> str:
    return f"{tag.group}[{tag.row}]/{tag.name}" if tag.group else tag.name
