"""How a bill reaches its payer: what a journey hands over, and what it asks of whoever carries it. Senders live in doors."""

from __future__ import annotations

from typing import Protocol

from piaoju.kit.values import Value


class BillMessage(Value, frozen=True):
    """A bill on its way to its payer. `reference` is the same for every attempt: who gets two may know them for one."""

    reference: str
    subject: str
    text: str
    file_name: str = ""
    pdf: bytes = b""


class Sender(Protocol):
    """One way to reach people: a mail server, an SMS gateway."""

    @property
    def carries_files(self) -> bool:
        """Whether the bill's PDF goes with the words."""
        ...

    def send(self, destination: str, message: BillMessage) -> None:
        """Handed over when this returns. Raises SenderRefused (never to be tried again), SenderAway (try later)."""
