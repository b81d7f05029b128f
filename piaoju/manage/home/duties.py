"""What waits for a person today. A duty is a question to a room: how many, and where to do it. One line here adds one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.manage import drafts, texts


@dataclass(frozen=True, slots=True)
class Duty:
    """One kind of work: who has it (`act`), how much of it there is, and the page where it is done."""

    title: str
    words: str
    act: Act
    address: str
    button: str
    waiting: Callable[[OperatorActor], int]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A duty as one person sees it."""

    duty: Duty
    count: int

    @property
    def written(self) -> str:
        return texts.number(self.count)


DUTIES: tuple[Duty, ...] = ()


def of(actor: OperatorActor) -> list[Waiting]:
    """This person's duties, those with work first."""
    mine = [Waiting(duty, duty.waiting(actor)) for duty in DUTIES if rights.may_anywhere(actor, duty.act)]
    return sorted(mine, key=lambda one: one.count == 0)


def unsent(actor: OperatorActor) -> list[tuple[str, datetime]]:
    """Forms this person began and did not send."""
    return drafts.waiting(actor.operator_id)
