"""存草稿: what is typed at a window is safe at every row, until it becomes a bill. Typing leaves no record; acts do."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from piaoju.identity.errors import ActNotPermitted
from piaoju.identity.rights import Act, may_anywhere
from piaoju.identity.types import OperatorActor
from piaoju.issuing import actions as issuing
from piaoju.issuing import queries
from piaoju.issuing.errors import DraftNotOpen, DraftUnknown
from piaoju.issuing.types import DraftRow, DraftState
from piaoju.journeys import window_desk
from piaoju.journeys.acting import reading
from piaoju.journeys.errors import SheetUnnumbered
from piaoju.journeys.office import Office
from piaoju.journeys.window_desk import Sheet
from piaoju.registry.errors import UnitUnknown


def keep(office: Office, actor: OperatorActor, sheet: Sheet) -> datetime:
    """The sheet is kept as typed; since when.

    Raises ActNotPermitted, UnitUnknown, SheetUnnumbered, DraftTooLarge, DraftNotOpen, DraftsTooMany.
    """
    permit(office, actor, sheet)
    at = office.clock()
    unit_id = window_desk.register_of(sheet.unit_code).unit_id
    draft = window_desk.draft_of(office, unit_id, window_desk.author_of(actor), sheet)
    with transaction.atomic(), connection.cursor() as cursor:
        issuing.keep_draft(cursor, draft, at)
    return at


def own(actor: OperatorActor, draft_id: int) -> DraftRow:
    """A draft of this operator. Raises ActNotPermitted, DraftUnknown: another's is the same as none."""
    if not may_anywhere(actor, Act.ISSUE_BILL):
        raise ActNotPermitted
    found = queries.draft(draft_id)
    if found.author.operator_id != actor.operator_id:
        raise DraftUnknown
    return found


def drop(actor: OperatorActor, draft_id: int) -> None:
    """删除草稿. Raises DraftUnknown, DraftNotOpen (it waits for review: withdraw it first)."""
    with transaction.atomic():
        found = issuing.lock_draft(own(actor, draft_id).id)
        if found.state == DraftState.SUBMITTED:
            raise DraftNotOpen
        issuing.drop_draft(found.unit_id, found.business_number)


def withdraw(actor: OperatorActor, draft_id: int) -> None:
    """撤回: back from the 复核员 before a decision. Raises DraftUnknown."""
    with transaction.atomic():
        found = issuing.lock_draft(own(actor, draft_id).id)
        if found.state == DraftState.SUBMITTED:
            issuing.withdraw_draft(found.id)


def permit(office: Office, actor: OperatorActor, sheet: Sheet) -> None:
    """Nothing, if the actor may issue this at this unit. Raises ActNotPermitted, UnitUnknown, SheetUnnumbered."""
    number = sheet.business_number
    if not number or not number.isprintable():
        raise SheetUnnumbered
    scope = window_desk.scope_of(office, sheet.unit_code, sheet.bill_type_code)
    reading(actor, Act.ISSUE_BILL, scope, missing=UnitUnknown)
