"""Children that we do not know: found with their exact text, put back where they stood."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from piaoju.standard.bill import Carried


@dataclass(slots=True)
class Outline:
    """One element by its place in the bytes."""

    name: str  # with its ordinal among siblings of that name, from the second on: Item, Item[2]
    start: int
    end: int = 0
    closing: int = 0  # where its closing tag begins; equals `start` for <X/>
    attributes: bool = False
    children: list[Outline] = field(default_factory=list)


def outline(fragment: bytes) -> Outline:
    """The tree of a checked fragment (no DTD, comments or instructions in it), by byte offsets."""
    wrapped = b"<r>" + fragment + b"</r>"
    root = Outline("", 0, len(fragment), len(fragment))
    open_elements: list[Outline] = []
    parser = expat.ParserCreate("UTF-8")

    def started(name: str, attributes: dict[str, str]) -> None:
        at = parser.CurrentByteIndex - 3
        if not open_elements:
            open_elements.append(root)
            return
        siblings = open_elements[-1].children
        same = sum(1 for sibling in siblings if sibling.name.partition("[")[0] == name)
        element = Outline(f"{name}[{same + 1}]" if same else name, at, attributes=bool(attributes))
        siblings.append(element)
        open_elements.append(element)

    def ended(name: str) -> None:
        element = open_elements.pop()
        if element is not root:
            element.closing = parser.CurrentByteIndex - 3
            element.end = fragment.index(b">", element.closing) + 1

    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    parser.Parse(wrapped, True)
    return root


def insert(original: bytes, children: tuple[Carried, ...]) -> bytes:
    """The fragment with every carried child back under its parent, after its sibling."""
    root = outline(original)
    places: dict[int, list[str]] = {}
    opened: dict[int, Outline] = {}
    for child in children:
        parent = _find(root, child.parent)
        at = parent.closing if parent.end != parent.closing else parent.end
        if original[parent.start : parent.end].endswith(b"/>") and parent.closing == parent.start:
            opened[parent.start] = parent
            at = parent.start
        elif child.after:
            at = next(found.end for found in parent.children if found.name == child.after)
        elif parent.children:
            at = parent.children[0].start
        places.setdefault(at, []).append(child.xml)
    pieces, last = [], 0
    for at in sorted(places):
        added = "".join(places[at]).encode()
        pieces.append(original[last:at])
        last = at
        if at in opened:
            name = opened[at].name.partition("[")[0].encode()
            added = b"<" + name + b">" + added + b"</" + name + b">"
            last = opened[at].end
        pieces.append(added)
    return b"".join([*pieces, original[last:]])


def _find(root: Outline, path: str) -> Outline:
    element = root
    for name in path.split("/") if path else ():
        element = next(child for child in element.children if child.name == name)
    return element
