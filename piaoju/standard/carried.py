"""Children that we do not know: found with their exact text, put back where they stood."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from piaoju.standard.bill import Carried


@dataclass(slots=True)
class Outline:
    """One element by its place in the bytes; children by name, from the second on with an ordinal (Item[2])."""

    start: int
    end: int = 0
    children: dict[str, Outline] = field(default_factory=dict)
    ordinals: dict[str, int] = field(default_factory=dict)


def outline(fragment: bytes) -> Outline:
    """The tree of a fragment already found safe (no DTD, no comments), by byte offsets."""
    opening = b"<r>"
    root = Outline(0, len(fragment))
    stack: list[Outline] = []
    parser = expat.ParserCreate("UTF-8")

    def started(name: str, attributes: dict[str, str]) -> None:
        if not stack:
            stack.append(root)
            return
        parent = stack[-1]
        ordinal = parent.ordinals[name] = parent.ordinals.get(name, 0) + 1
        element = Outline(parser.CurrentByteIndex - len(opening))
        parent.children[f"{name}[{ordinal}]" if ordinal > 1 else name] = element
        stack.append(element)

    def ended(name: str) -> None:
        element = stack.pop()
        if element is not root:
            tag = _tag_at(fragment, element.start)
            if not fragment.endswith(b"/>", element.start, tag):  # not <X/>: it ends with its closing tag
                tag = fragment.index(b">", parser.CurrentByteIndex - len(opening)) + 1
            element.end = tag

    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    parser.Parse(opening + fragment + b"</r>", True)
    return root


def find(root: Outline, path: str) -> Outline:
    """The element at a path such as EInvoiceData/Details/Item[2]."""
    element = root
    for name in path.split("/") if path else ():
        element = element.children[name]
    return element


def insert(original: bytes, children: tuple[Carried, ...]) -> bytes:
    """The fragment with every carried child back under its parent, after its sibling."""
    root = outline(original)
    added: dict[int, list[str]] = {}
    opened: dict[int, Outline] = {}
    for child in children:
        parent = find(root, child.parent)
        if child.after:
            at = parent.children[child.after].end
        elif parent.children:
            at = next(iter(parent.children.values())).start
        else:  # <X/> becomes <X>…</X>
            at = parent.start
            opened[at] = parent
        added.setdefault(at, []).append(child.xml)
    pieces, last = [], 0
    for at in sorted(added):
        inside = "".join(added[at]).encode()
        pieces.append(original[last:at])
        last = at
        if at in opened:
            name = original[at + 1 : opened[at].end - 2]
            inside = b"<" + name + b">" + inside + b"</" + name + b">"
            last = opened[at].end
        pieces.append(inside)
    return b"".join([*pieces, original[last:]])


_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")  # a > may stand in an attribute's quotes


def _tag_at(fragment: bytes, start: int) -> int:
    """One past the opening tag that begins here."""
    found = _TAG.match(fragment, start)
    if found is None:
        raise ValueError("no tag here")
    return found.end()
