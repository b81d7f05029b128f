"""An OFD package as a reader finds it: parts by path, its document, its signatures.

Reading is tolerant (absolute or relative paths, another case of letters) and says where it had to be.
GB/T 33190-2016, chapters 6, 7 and 18.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field

from lxml import etree

from piaoju.standard.verdict.container import Entry

NAMESPACE = "{http://www.ofdspec.org/2016}"
ROOT_PATH = "/OFD.xml"


class PackageUnreadable(Exception):
    """A part that must be there is missing or is no XML; `part` names it."""

    def __init__(self, detail: str, part: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.part = part


@dataclass(frozen=True, slots=True)
class ListedSignature:
    """One line of Signatures.xml: its id, Seal or Sign, and the path of its Signature.xml."""

    signature_id: str
    kind: str
    path: str


@dataclass(slots=True)
class Package:
    """The parts of an OFD file by absolute path."""

    parts: dict[str, bytes]
    warnings: dict[str, str] = field(default_factory=dict)
    _folded: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Package:
        parts = {entry.path: entry.content for entry in entries}
        return cls(parts, _folded={path.casefold(): path for path in parts})

    def find(self, location: str, beside: str = ROOT_PATH) -> str | None:
        """The path of a part named in `beside`: as written, then from the folder, then by another case."""
        written = location.strip()
        candidates = [posixpath.normpath("/" + written.lstrip("/"))]
        if not written.startswith("/"):
            candidates.insert(0, posixpath.normpath(posixpath.join(posixpath.dirname(beside), written)))
        for candidate in candidates:
            if candidate in self.parts:
                return candidate
        for candidate in candidates:
            actual = self._folded.get(candidate.casefold())
            if actual is not None:
                self.warnings[actual] = f"{beside} 中写作 {written}，包内是 {actual}：大小写不同，严格的阅读器找不到"
                return actual
        return None

    def xml(self, path: str) -> etree._Element:
        """The root element of a part."""
        content = self.parts.get(path)
        if content is None:
            raise PackageUnreadable("包内没有这个文件", path)
        return parse_xml(content, path)

    def document_path(self) -> str:
        """The path of the first document's Document.xml."""
        return self._required(first_text(self.xml(ROOT_PATH), "DocRoot"), "DocRoot")

    def signatures_path(self) -> str | None:
        """The path of Signatures.xml, or None when the package does not name one."""
        location = first_text(self.xml(ROOT_PATH), "Signatures")
        return None if location is None else self._required(location, "Signatures")

    def listed_signatures(self) -> list[ListedSignature]:
        """The signatures that the package lists, in its order."""
        path = self.signatures_path()
        if path is None:
            return []
        listed = []
        for element in self.xml(path).iter(NAMESPACE + "Signature"):
            location = element.get("BaseLoc", "")
            found = self.find(location, path)
            if found is None:
                raise PackageUnreadable(f"签名清单指向的 {location} 不在包内", path)
            listed.append(ListedSignature(element.get("ID", ""), element.get("Type", "Seal"), found))
        return listed

    def attachment_path(self, name: str) -> str | None:
        """The path of the attachment of that name, or None."""
        document = self.document_path()
        location = first_text(self.xml(document), "Attachments")
        listing = self.find(location, document) if location else None
        if listing is None:
            return None
        for element in self.xml(listing).iter(NAMESPACE + "Attachment"):
            file_location = first_text(element, "FileLoc")
            if element.get("Name") == name and file_location:
                return self.find(file_location, listing)
        return None

    def follow_document(self) -> list[str]:
        """Follow every location that Document.xml names; return those that lead nowhere."""
        path = self.document_path()
        root = self.xml(path)
        named = [element.get("BaseLoc") for element in root.iter() if element.get("BaseLoc")]
        named += [
            text
            for tag in ("PublicRes", "DocumentRes", "Annotations", "CustomTags", "Attachments")
            if (text := first_text(root, tag))
        ]
        return [location for location in named if location and self.find(location, path) is None]

    def _required(self, location: str | None, tag: str) -> str:
        found = self.find(location) if location else None
        if found is None:
            raise PackageUnreadable(f"{tag} 指向的 {location or '（空）'} 不在包内", ROOT_PATH)
        return found


def first_text(root: etree._Element, tag: str) -> str | None:
    """The text of the first element of that name, or None."""
    for element in root.iter(NAMESPACE + tag):
        return (element.text or "").strip() or None
    return None


def parse_xml(content: bytes, path: str) -> etree._Element:
    """The root element; no DTD, no entities, no network, no huge trees."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise PackageUnreadable(f"不是完好的 XML：{error}", path) from error
    if b"<!DOCTYPE" in content or root.getroottree().docinfo.internalDTD is not None:
        raise PackageUnreadable("XML 带有 DOCTYPE，不予读取", path)
    return root
