"""What is asked of the issuing desk, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from piaoju.identity.types import ClientActor
from piaoju.journeys.reversing import Reversal
from piaoju.kit.errors import PiaojuError
from piaoju.kit.values import Value
from piaoju.standard.bill_request import BillRequest


class Order(Value, frozen=True):
    """One request to issue, as it came through a door. `client` is none for a command of this installation.

    With `reverses` it asks for a red bill; the request then says all but the lines, which are decided from what is left.
    """

    request: BillRequest
    digest: bytes
    unit_code: str
    actor: str
    client: ClientActor | None = None
    trace_id: str = ""
    is_recorded_by_caller: bool = False  # a person's act writes the record of its refusal itself (acting)
    reverses: Reversal | None = None


class Issued(Value, frozen=True):
    """What was answered: the very bytes, and whether they were new."""

    answer: bytes
    created: bool


Outcome = Issued | PiaojuError
Along = Callable[[Any, Sequence[Outcome | None]], None]  # (cursor, the outcomes in order): written with them or not at all
