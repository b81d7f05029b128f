"""The left menu, in one place: what there is, and which act lets a person see it. A page is added by one line here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: its words, the name of its url, and the acts of which one is enough to see it (none: everybody)."""

    label: str
    url: str
    acts: tuple[Act, ...] = ()


MENU: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("今天", (Entry("待办", "manage-home"),)),
    (
        "人员与权限",
        (
            Entry("操作员", "manage-people", (Act.READ_OPERATORS,)),
            Entry("任职", "manage-appointments", (Act.READ_OPERATORS,)),
            Entry("UKEY", "manage-ukeys", (Act.READ_OPERATORS,)),
            Entry("会话", "manage-sessions", (Act.END_SESSIONS,)),
        ),
    ),
    ("审计", (Entry("审计记录", "manage-audit", (Act.READ_AUDIT,)),)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as one person sees it."""

    label: str
    address: str
    current: bool
    count: int = 0


def lines(actor: OperatorActor, path: str, counts: dict[str, int] | None = None) -> list[tuple[str, list[Line]]]:
    """The sections and lines this person may open; the one that holds this path is the current one."""
    shown = [
        (section, [(entry, reverse(entry.url)) for entry in entries if _may(actor, entry.acts)]) for section, entries in MENU
    ]
    here = _current(path, [address for _, entries in shown for _, address in entries])
    return [
        (section, [Line(e.label, address, address == here, (counts or {}).get(e.url, 0)) for e, address in entries])
        for section, entries in shown
        if entries
    ]


def _may(actor: OperatorActor, acts: Iterable[Act]) -> bool:
    acts = tuple(acts)
    return not acts or any(rights.may_anywhere(actor, act) for act in acts)


def _current(path: str, addresses: list[str]) -> str:
    """The longest address that the path lies under."""
    holding = [address for address in addresses if path == address or path.startswith(address.rstrip("/") + "/")]
    return max(holding, key=len, default="")
