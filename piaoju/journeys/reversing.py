"""What reversals add to issuing: the originals of a group, and what is still left of each.

Two who reverse one bill at once write the same place in its story; the database lets one of them, and the other is
decided anew from what the first has left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from piaoju.crypto import envelope
from piaoju.issuing import actions as issuing
from piaoju.issuing import queries as bills
from piaoju.issuing import rules
from piaoju.issuing.errors import SecondPersonNeeded
from piaoju.issuing.types import BillPlace, IntentRow, RedPlan, Sequel
from piaoju.journeys import void_numbers
from piaoju.journeys.office import Office
from piaoju.kit.values import Value
from piaoju.standard import bill_xml
from piaoju.standard.bill import Bill
from piaoju.standard.profile import Profile
from piaoju.standard.reversal_request import AskedLine

_OVERTAKEN = "取号待签后原票又被冲红，红票内容已变"
_ACTOR = "job:issue"
_Key = tuple[int, str, int]


class Reversal(Value, frozen=True):
    """What an order for a red bill names: the original, what of it, and why."""

    place: BillPlace
    original: Bill
    reason: str
    asked: tuple[AskedLine, ...] = ()
    is_approved: bool = False  # by a second person


class Originals:
    """The bills that one group reverses; of each, one reversal at a time."""

    def __init__(self, reversals: Sequence[Reversal]) -> None:
        # Each once: a bill that two orders of the group name must not have its story told twice.
        self._places = list(dict.fromkeys(reversal.place for reversal in reversals))
        self._sequels: dict[_Key, list[Sequel]] = defaultdict(list)
        self._claimed: set[_Key] = set()

    def look(self, cursor: Any) -> None:
        """Read what happened to them until now. Nothing is asked where there is no reversal."""
        if not self._places:
            return
        self._sequels.clear()
        cursor.execute(bills.SEQUELS_SQL, bills.sequel_parameters(self._places))
        for one in bills.sequels_by_row(cursor.fetchall()):
            self._sequels[(one.unit_id, one.bill_code, one.bill_number)].append(one)

    def claim(self, reversal: Reversal | None) -> bool:
        """Whether this order may be decided now: no other of this group reverses the same bill."""
        if reversal is None:
            return True
        key = _key(reversal)
        if key in self._claimed:
            return False
        self._claimed.add(key)
        return True

    def plan(self, reversal: Reversal, profile: Profile) -> RedPlan:
        """What it takes from what is left now. Raises what the rules refuse."""
        plan = rules.plan_reversal(reversal.original, self._sequels[_key(reversal)], reversal.asked)
        if needs_second_person(reversal.original, plan, profile) and not reversal.is_approved:
            raise SecondPersonNeeded
        return plan

    def is_overtaken(self, reversal: Reversal, plan: RedPlan) -> bool:
        """Whether something happened to the bill since it was decided."""
        return len(self._sequels[_key(reversal)]) != plan.ordinal - 1


def needs_second_person(original: Bill, plan: RedPlan, profile: Profile) -> bool:
    """Counted over all reversals of the bill: many small ones are one large one."""
    return original.total_fen - plan.left_fen > profile.reversal_alone_max_fen


def is_still_so(office: Office, kept: IntentRow, plan: RedPlan) -> bool:
    """Whether the red bill that was intended before takes what would be taken now."""
    context = f"intent:{kept.bill_code}-{kept.bill_number}".encode()
    original = envelope.open(office.data_key, kept.original, context)
    bill = bill_xml.read_document(bill_xml.write_document(original, b"")).bill
    return [(line.amount_fen, line.quantity_e4) for line in bill.lines] == [
        (-line.amount_fen, None if line.quantity_e4 is None else -line.quantity_e4) for line in plan.lines
    ]


def give_up_intent(cursor: Any, kept: IntentRow, at: Any) -> None:
    """Void the number of an intent that can no longer be finished truthfully, in the deciding transaction."""
    issuing.fulfil_intents(cursor, [(kept.unit_id, kept.business_number, kept.bill_code, kept.bill_number)])
    if cursor.fetchall():
        number = (kept.unit_id, kept.bill_code, kept.bill_number)
        void_numbers.void(cursor, [number], at=at, reason=_OVERTAKEN, actor=_ACTOR)


def _key(reversal: Reversal) -> _Key:
    return reversal.place.unit_id, reversal.place.bill_code, reversal.place.bill_number
