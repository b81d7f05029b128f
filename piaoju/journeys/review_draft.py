"""复核: a second person looks at what was typed and issues it, or gives it back with the reason. Never the same person."""

from __future__ import annotations

import json
from dataclasses import replace

from piaoju.identity import rules as identity_rules
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Scope
from piaoju.issuing import actions as issuing
from piaoju.issuing import queries
from piaoju.issuing.errors import DraftNotWaiting, DraftUnknown, ReviewedMeanwhile, ReviewReasonMissing
from piaoju.issuing.types import DraftRow, DraftState
from piaoju.journeys import issue_at_window, preview_bill, window_desk
from piaoju.journeys.acting import acting, reading
from piaoju.journeys.issue import Issued
from piaoju.journeys.office import Office
from piaoju.journeys.window_desk import Sheet
from piaoju.registry import queries as registry
from piaoju.standard.face.operations import Face


def see(office: Office, actor: OperatorActor, draft_id: int) -> tuple[DraftRow, Sheet]:
    """A draft that waits, and all that stands on it. Raises ActNotPermitted, DraftUnknown, DraftNotWaiting."""
    found = queries.draft(draft_id)
    reading(actor, Act.REVIEW_DRAFT, _scope(office, found), missing=DraftUnknown)
    if found.state != DraftState.SUBMITTED:
        raise DraftNotWaiting
    return found, window_desk.sheet_of(office, found)


def approve(office: Office, actor: OperatorActor, draft_id: int, *, trace_id: str = "") -> Issued:
    """通过并开具: the bill names this person as its 复核人.

    Raises SamePerson, DraftUnknown, DraftNotWaiting, ReviewedMeanwhile, and what issuing refuses.
    """
    with acting(
        office, actor, Act.REVIEW_DRAFT, scope=lambda: _scope(office, queries.draft(draft_id)), trace_id=trace_id,
        subject=f"draft:{draft_id} approve", missing=DraftUnknown,
    ) as cursor:  # fmt: skip
        draft = _locked(actor, draft_id)
        if queries.place_of_business_number(draft.unit_id, draft.business_number) is not None:
            raise ReviewedMeanwhile
        sheet = window_desk.sheet_of(office, draft)
        passed = _passed(draft, sheet, actor)
        issued = issue_at_window.write(issue_at_window.order_of(passed, draft.author.actor, trace_id))
        issue_at_window.close(office, cursor, sheet, draft.unit_id, asked_by=draft.author.actor)
    return issued


def face(office: Office, actor: OperatorActor, draft_id: int) -> Face:
    """The face as it will be if this person passes it. Raises what `see` raises; Refused where it cannot be issued any more."""
    draft, sheet = see(office, actor, draft_id)
    return preview_bill.face_of(office, _passed(draft, sheet, actor))


def give_back(office: Office, actor: OperatorActor, draft_id: int, reason: str) -> None:
    """退回: its author finds it among the drafts, with the reason. Raises SamePerson, ReviewReasonMissing, DraftNotWaiting."""
    with acting(
        office, actor, Act.REVIEW_DRAFT, scope=lambda: _scope(office, queries.draft(draft_id)),
        subject=f"draft:{draft_id} return", missing=DraftUnknown,
    ):  # fmt: skip
        draft = _locked(actor, draft_id)
        if not reason.strip():
            raise ReviewReasonMissing
        issuing.return_draft(draft.id, window_desk.author_of(actor), reason.strip()[:200])


def number_of(issued: Issued) -> tuple[str, str]:
    """Code and number of what was issued."""
    answer = json.loads(issued.answer)
    return answer["code"], answer["number"]


def _passed(draft: DraftRow, sheet: Sheet, checker: OperatorActor) -> Sheet:
    """The sheet with both names: whoever typed it, and whoever passes it."""
    return replace(sheet, body={**sheet.body, "handler": draft.author.name, "checker": checker.person_name})


def _locked(actor: OperatorActor, draft_id: int) -> DraftRow:
    draft = issuing.lock_draft(draft_id)
    if draft.state != DraftState.SUBMITTED:
        raise DraftNotWaiting
    identity_rules.refuse_same_person(draft.author.person_id, actor)
    return draft


def _scope(office: Office, draft: DraftRow) -> Scope:
    return window_desk.scope_of(office, registry.unit_code_of(draft.unit_id), draft.bill_type_code)
