"""Bill XML 1.1.0, read: every byte accounted for, nothing expanded, nothing fetched.

Refused before parsing: DTD, entities, comments, CDATA, processing instructions, other encodings, too many bytes.
Refused after: attributes or stray text among the elements that we know, the same element twice, a required one
missing. Children that we do not know are carried through as they came.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time

from lxml import etree

from piaoju.standard import bill_writing, carried, codes, money
from piaoju.standard.bill import AuxLine, Bill, Carried, Line, Payer, PayerKind, SealReference, UnitParty
from piaoju.standard.profile import SICHUAN_2026_1, Profile
from piaoju.standard.wire import names
from piaoju.standard.xml_guard import BillXmlInvalid, leaf_text, no_stray, parse


@dataclass(frozen=True, slots=True)
class SignatureNode:
    """One signature as the file holds it; `node` is its exact bytes."""

    reference: str
    algorithm: str
    format: str
    signature_time: str
    value_der: bytes
    node: bytes


@dataclass(frozen=True, slots=True)
class BillDocument:
    """A bill file taken apart: the bill, and the very bytes that were signed."""

    bill: Bill
    original: bytes
    unit_signature: SignatureNode | None
    finance_signature: SignatureNode | None

    @property
    def finance_original(self) -> bytes:
        """What finance signed: the original and the unit's node."""
        return self.original + (self.unit_signature.node if self.unit_signature else b"")

    @property
    def unit_node_bytes(self) -> bytes:
        """The unit's signature node, exactly as in the file (empty when there is none)."""
        return self.unit_signature.node if self.unit_signature else b""


def read_document(content: bytes, profile: Profile = SICHUAN_2026_1) -> BillDocument:
    """A bill file taken apart into its bill, its signed bytes and its signatures; refused with the place of the fault."""
    root = parse(content)
    if root.tag != names.ROOT or root.attrib:
        raise BillXmlInvalid("根元素不是 EInvoice：请提供开票系统生成的原始 XML 文件。", names.ROOT)
    children = [child.tag for child in root]
    if children not in ([names.HEADER, names.BODY], [names.HEADER, names.BODY, names.SIGNATURES]):
        raise BillXmlInvalid("EInvoice 下的元素不完整或多余：文件可能被改动，请重新取得原件。", names.ROOT)
    start, end = content.find(b"<Header>"), content.rfind(b"</EInvoiceData>")
    if start < 0 or end < 0:
        raise BillXmlInvalid("签名原文的起止标记不规范：请重新取得原件。", names.BODY)
    original = content[start : end + len(b"</EInvoiceData>")]
    unit_signature = finance_signature = None
    if len(children) == 3:
        nodes = _signatures(root[2], content[end:], profile)
        unit_signature = nodes.get(profile.unit_signature_node)
        finance_signature = nodes.get(profile.finance_signature_node)
    return BillDocument(_bill(root, original), original, unit_signature, finance_signature)


def read_original(original: bytes) -> Bill:
    """The bill of a 签名原文 alone."""
    return read_document(bill_writing.write_document(original, b"")).bill


def canonical_document(document: BillDocument, profile: Profile = SICHUAN_2026_1) -> bytes:
    """The only bytes that the file may have: its signed parts as they are, everything around them rebuilt."""
    nodes = [b"", b""]
    signatures = (document.unit_signature, document.finance_signature)
    for place, signature in enumerate(signatures):
        if signature:
            nodes[place] = bill_writing.signature_node(
                "finance" if place else "unit",
                profile.finance_reference if place else profile.unit_reference,
                signature.signature_time,
                signature.value_der,
                profile,
            )
    return bill_writing.write_document(document.original, nodes[0], nodes[1])


def _signatures(signatures: etree._Element, tail: bytes, profile: Profile) -> dict[str, SignatureNode]:
    found: dict[str, SignatureNode] = {}
    allowed = (profile.unit_signature_node, profile.finance_signature_node)
    for element in signatures:
        name = str(element.tag)
        if name not in allowed or name in found:
            raise BillXmlInvalid("签名区里有不认识或重复的节点：请重新取得原件。", names.SIGNATURES)
        opening, closing = f"<{name}>".encode(), f"</{name}>".encode()
        start, end = tail.find(opening), tail.find(closing)
        if start < 0 or end < 0:
            raise BillXmlInvalid("签名节点的起止标记不规范：请重新取得原件。", name)
        found[name] = _signature(element, name, tail[start : end + len(closing)])
    return found


def _signature(element: etree._Element, name: str, node: bytes) -> SignatureNode:
    shape = [names.SIGNED_INFO, names.SIGNATURE_TIME, names.SIGNATURE_VALUE]
    info_shape = [names.REFERENCE, names.SIGNATURE_ALGORITHM, names.SIGNATURE_FORMAT]
    if [child.tag for child in element] != shape or [child.tag for child in element[0]] != info_shape:
        raise BillXmlInvalid("签名节点的结构不符合规范：请重新取得原件。", name)
    reference, algorithm, form = (leaf_text(child) for child in element[0])
    signature_time, value = leaf_text(element[1]), leaf_text(element[2])
    try:
        if not re.fullmatch(r"[0-9]{14}", signature_time):
            raise ValueError(signature_time)
        value_der = b64decode(value, validate=True)
    except ValueError as fault:
        raise BillXmlInvalid("签名时间或签名值的编码不正确：请重新取得原件。", name) from fault
    return SignatureNode(reference, algorithm, form, signature_time, value_der, node)


def _bill(root: etree._Element, original: bytes) -> Bill:
    walk = _Walk(original)
    header = walk.leaves(root[0], names.HEADER, names.HEADER_LEAVES)
    body = walk.children(root[1], names.BODY, (names.MAIN, names.LINES, names.AUX_LINES))
    main = _need(body, names.MAIN)
    path = f"{names.BODY}/{names.MAIN}"
    parts = walk.children(main, path, _MAIN_CHILDREN)
    texts = {}
    for leaf in _MAIN_LEAVES:
        if leaf.element in parts:
            texts[leaf.identifier] = leaf_text(parts[leaf.element])
    unit = walk.leaves(_need(parts, names.UNIT), f"{path}/{names.UNIT}", names.UNIT_LEAVES)
    payer = walk.leaves(_need(parts, names.PAYER), f"{path}/{names.PAYER}", names.PAYER_LEAVES)
    _require(header, names.HEADER_LEAVES, {"bill_tag", "bill_id", "version"})
    _require(texts, _MAIN_LEAVES, _MAIN_REQUIRED)
    _require(unit, names.UNIT_LEAVES, {"code", "name"})
    _require(payer, names.PAYER_LEAVES, {"kind"})
    code, number = _codes(header, texts)
    return Bill(
        bill_tag=header["bill_tag"],
        version=header["version"],
        bill_name=texts["bill_name"],
        bill_code=code,
        bill_number=number,
        check_code=texts.get("check_code", ""),
        specimen_code=texts["specimen_code"],
        supervisor_area_code=texts["supervisor_area_code"],
        total_fen=_fen(texts["total_fen"], "TotalAmount"),
        issue_date=_date(texts["issue_date"]),
        issue_time=_time(texts["issue_time"]),
        unit=UnitParty(**unit),
        payer=_payer(payer),
        **{name: texts[name] for name in _PLAIN if name in texts},
        handler=texts["handler"],
        checker=texts["checker"],
        extension=walk.extension(parts.get(names.EXTENSION), f"{path}/{names.EXTENSION}"),
        unit_seal=walk.seal(parts, path, names.UNIT_SEAL),
        supervision_seal=walk.seal(parts, path, names.SUPERVISION_SEAL),
        lines=_lines(walk, body.get(names.LINES)),
        aux_lines=_aux_lines(walk, body.get(names.AUX_LINES)),
        unknown=tuple(walk.unknown()),
    )


_MAIN_LEAVES = names.MAIN_LEAVES_BEFORE_PARTIES + names.MAIN_LEAVES_AFTER_PARTIES
_MAIN_CHILDREN = (
    *[leaf.element for leaf in _MAIN_LEAVES],
    names.UNIT,
    names.PAYER,
    names.EXTENSION,
    names.UNIT_SEAL,
    names.SUPERVISION_SEAL,
)
_PLAIN = ("pay_mode", "business_number", "currency", "exchange_rate", "remark", "supervisor_remark")
_MAIN_REQUIRED = {
    "bill_name",
    "bill_code",
    "bill_number",
    "specimen_code",
    "supervisor_area_code",
    "total_fen",
    "issue_date",
    "issue_time",
    "handler",
    "checker",
}


class _Walk:
    """One walk over the signed part; remembers the children that it did not know."""

    def __init__(self, original: bytes) -> None:
        self.original = original
        self.places: dict[str, list[tuple[int, str]]] = {}  # parent path → (index, after which sibling)

    def children(
        self, parent: etree._Element, path: str, known: Iterable[str], repeated: str = ""
    ) -> dict[str, etree._Element]:
        """Known children by name (repeated ones with their ordinal); others are remembered."""
        no_stray(parent, path)
        known = frozenset(known)
        found: dict[str, etree._Element] = {}
        after, ordinal = "", 0
        for index, child in enumerate(parent):
            name = str(child.tag)
            if name not in known:
                self.places.setdefault(path, []).append((index, after))
                continue
            if name == repeated:
                ordinal += 1
                name = f"{name}[{ordinal}]" if ordinal > 1 else name
            if name in found:
                raise BillXmlInvalid(f"元素 {name} 重复，无法判断以哪个为准：请重新取得原件。", path)
            found[name] = child
            after = name
        return found

    def leaves(self, parent: etree._Element, path: str, leaves: tuple[names.Name, ...]) -> dict[str, str]:
        """Texts of the known leaves that are there, by our identifiers."""
        found = self.children(parent, path, [leaf.element for leaf in leaves])
        return {leaf.identifier: leaf_text(found[leaf.element]) for leaf in leaves if leaf.element in found}

    def extension(self, parent: etree._Element | None, path: str) -> tuple[tuple[str, str], ...]:
        """Every plain leaf of MainExt, known or not, in the order of the file."""
        if parent is None:
            return ()
        plain = [
            str(child.tag)
            for child in parent
            if child.tag in names.EXTENSION_ORDER or not (len(child) or child.attrib or child.nsmap)
        ]
        found = self.children(parent, path, plain)
        return tuple((names.SPELLINGS.get(name, name), leaf_text(child)) for name, child in found.items())

    def seal(self, parts: dict[str, etree._Element], path: str, name: str) -> SealReference:
        """A seal reference; a missing one is empty, since only issuing demands it."""
        if name not in parts:
            return SealReference("", "")
        return SealReference(
            **{"seal_id": "", "name": ""} | self.leaves(parts[name], f"{path}/{name}", names.SEAL_LEAVES)
        )

    def unknown(self) -> Iterable[Carried]:
        """The children that the standard does not name, with their exact text."""
        if not self.places:
            return
        root = carried.outline(self.original)
        for path, places in self.places.items():
            siblings = list(carried.find(root, path).children.values())
            for index, after in places:
                child = siblings[index]
                yield Carried(path, after, self.original[child.start : child.end].decode())


def _lines(walk: _Walk, parent: etree._Element | None) -> tuple[Line, ...]:
    path = f"{names.BODY}/{names.LINES}"
    found = {} if parent is None else walk.children(parent, path, (names.LINE,), repeated=names.LINE)
    if not found:
        raise BillXmlInvalid("没有项目明细：请重新取得原件。", names.LINES)
    return tuple(_line(walk, element, f"{path}/{name}") for name, element in found.items())


def _line(walk: _Walk, element: etree._Element, path: str) -> Line:
    parts = walk.children(element, path, _LINE_CHILDREN)
    texts = {
        leaf.identifier: leaf_text(parts[leaf.element]) for leaf in names.LINE_LEAVES if leaf.element in parts
    }
    _require(texts, names.LINE_LEAVES, {"item_code", "item_name", "amount_fen"})
    detail = {}
    if names.LINE_EXTENSION in parts:
        place = f"{path}/{names.LINE_EXTENSION}"
        detail = walk.leaves(parts[names.LINE_EXTENSION], place, names.LINE_EXTENSION_LEAVES)
    return Line(
        item_code=texts["item_code"],
        item_name=texts["item_name"],
        amount_fen=_fen(texts["amount_fen"], path),
        quantity_e4=_e4(texts.get("quantity_e4", ""), path),
        measure=texts.get("measure", ""),
        standard_e4=_e4(texts.get("standard_e4", ""), path),
        remark=texts.get("remark", ""),
        detail_name=detail.get("detail_name", ""),
    )


_LINE_CHILDREN = (*[leaf.element for leaf in names.LINE_LEAVES], names.LINE_EXTENSION)


def _aux_lines(walk: _Walk, parent: etree._Element | None) -> tuple[AuxLine, ...]:
    if parent is None:
        return ()
    path = f"{names.BODY}/{names.AUX_LINES}"
    found = walk.children(parent, path, (names.AUX_LINE,), repeated=names.AUX_LINE)
    return tuple(_aux_line(walk, element, f"{path}/{name}") for name, element in found.items())


def _aux_line(walk: _Walk, element: etree._Element, path: str) -> AuxLine:
    texts = walk.leaves(element, path, names.AUX_LINE_LEAVES)
    amount_e4 = _e4(texts.pop("amount_e4", ""), path)
    quantity_e4, standard_e4 = (_e4(texts.pop(name, ""), path) for name in ("quantity_e4", "standard_e4"))
    if amount_e4 is None or "name" not in texts:
        raise BillXmlInvalid("收费明细缺少名称或金额：请重新取得原件。", path)
    return AuxLine(amount_e4=amount_e4, quantity_e4=quantity_e4, standard_e4=standard_e4, **texts)


def _need(parts: dict[str, etree._Element], name: str) -> etree._Element:
    if name not in parts:
        raise BillXmlInvalid(f"缺少元素 {name}：请重新取得原件。", name)
    return parts[name]


def _require(texts: dict[str, str], leaves: tuple[names.Name, ...], required: set[str]) -> None:
    for leaf in leaves:
        if leaf.identifier in required and not texts.get(leaf.identifier):
            raise BillXmlInvalid(f"缺少必填内容“{leaf.label}”：请重新取得原件。", leaf.element)


def _codes(header: dict[str, str], texts: dict[str, str]) -> tuple[str, int]:
    code, number = texts["bill_code"], codes.parse_number(texts["bill_number"])
    if codes.parse_bill_code(code) is None or number is None:
        raise BillXmlInvalid(
            "票据代码应为 8 位数字、票据号码应为 10 位数字：请重新取得原件。", "EInvoiceCode"
        )
    if header["bill_id"] != codes.bill_id_text(code, number):
        raise BillXmlInvalid("票据标识与票据代码、号码不一致：请重新取得原件。", "EInvoiceID")
    if header["version"] != "1.1.0":
        raise BillXmlInvalid("数据规范版本不是 1.1.0，本系统不能可靠地读取。", "Version")
    return code, number


def _payer(texts: dict[str, str]) -> Payer:
    kind = names.PAYER_KINDS_READ.get(texts.pop("kind"))
    if kind is None:
        raise BillXmlInvalid("交款人类型应为 1（个人）或 2（单位）：请重新取得原件。", "PayerPartyType")
    read: PayerKind = "person" if kind == "person" else "organization"
    return Payer(kind=read, **({"name": ""} | texts))


def _fen(text: str, part: str) -> int:
    try:
        return money.parse_yuan(text)
    except money.AmountInvalid as fault:
        raise BillXmlInvalid(fault.detail, part) from fault


def _e4(text: str, part: str) -> int | None:
    try:
        return money.parse_e4(text) if text else None
    except money.AmountInvalid as fault:
        raise BillXmlInvalid(fault.detail, part) from fault


def _date(text: str) -> date:
    try:
        if not re.fullmatch(r"[0-9]{8}", text):
            raise ValueError(text)
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError as fault:
        raise BillXmlInvalid("开票日期应为 yyyyMMdd：请重新取得原件。", "IssueDate") from fault


def _time(text: str) -> time:
    try:
        if not re.fullmatch(r"[0-9]{2}:[0-9]{2}:[0-9]{2}", text):
            raise ValueError(text)
        return time.fromisoformat(text)
    except ValueError as fault:
        raise BillXmlInvalid("开票时间应为 HH:mm:ss：请重新取得原件。", "IssueTime") from fault
