"""单位上线: the six steps, in order, each with owner, deadline and blocker. Re-exported by `actions`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from piaoju.registry import models, rules
from piaoju.registry.errors import StageNotOpen

_CURRENT = [models.StepState.OPEN, models.StepState.STUCK]


def begin_onboarding(
    unit_ids: Sequence[int], *, wave: str, import_id: int | None, started_on: date, due_on: date, at: datetime, by: str
) -> None:
    """Open the way online of these units: the first step is done by registering, the second is open."""
    models.Onboarding.objects.bulk_create(
        models.Onboarding(unit_id=one, wave=wave, unit_import_id=import_id, started_on=started_on, due_on=due_on)
        for one in unit_ids
    )
    steps = rules.planned_steps(started_on, due_on)
    models.OnboardingStep.objects.bulk_create(
        models.OnboardingStep(
            unit_id=one, stage=stage, owner=owner, due_on=due,
            state=(models.StepState.DONE, models.StepState.OPEN)[place] if place < 2 else models.StepState.WAITING,
            done_at=at if place == 0 else None, done_by=by if place == 0 else "",
        )
        for one in unit_ids
        for place, (stage, owner, due) in enumerate(steps)
    )  # fmt: skip
    told = "登记单位" + (f"，随批量登记 {import_id}" if import_id else "")
    models.OnboardingEvent.objects.bulk_create(
        models.OnboardingEvent(unit_id=one, stage=models.Stage.REGISTERED, at=at, by=by, event=told) for one in unit_ids
    )


def complete_step(unit_id: int, stage: str, at: datetime, by: str, event: str) -> None:
    """The step is done and the next one opens. Raises StageNotOpen."""
    steps = models.OnboardingStep.objects.filter(unit_id=unit_id)
    done = steps.filter(stage=stage, state__in=_CURRENT).update(
        state=models.StepState.DONE, done_at=at, done_by=by, blocker="", blocked_by="", blocked_at=None
    )
    if not done:
        raise StageNotOpen
    following = rules.following(stage)
    if following:
        steps.filter(stage=following).update(state=models.StepState.OPEN)
    append_event(unit_id, stage, at, by, event)


def block_step(unit_id: int, stage: str, why: str, at: datetime, by: str) -> None:
    """卡住: who stopped it and why. Raises StageNotOpen."""
    steps = models.OnboardingStep.objects.filter(unit_id=unit_id, stage=stage, state__in=_CURRENT)
    if not steps.update(state=models.StepState.STUCK, blocker=why, blocked_by=by, blocked_at=at):
        raise StageNotOpen
    append_event(unit_id, stage, at, by, f"卡住：{why}"[:300])


def unblock_step(unit_id: int, stage: str, at: datetime, by: str) -> None:
    """The step goes on. Raises StageNotOpen."""
    steps = models.OnboardingStep.objects.filter(unit_id=unit_id, stage=stage, state=models.StepState.STUCK)
    if not steps.update(state=models.StepState.OPEN, blocker="", blocked_by="", blocked_at=None):
        raise StageNotOpen
    append_event(unit_id, stage, at, by, "问题已解决，继续办理")


def postpone_step(unit_id: int, stage: str, due_on: date, at: datetime, by: str, why: str) -> None:
    """改期. Raises StageNotOpen."""
    steps = models.OnboardingStep.objects.filter(unit_id=unit_id, stage=stage).exclude(state=models.StepState.DONE)
    if not steps.update(due_on=due_on):
        raise StageNotOpen
    append_event(unit_id, stage, at, by, f"期限改到 {due_on}：{why}"[:300])


def append_event(unit_id: int, stage: str, at: datetime, by: str, event: str) -> None:
    """One line of what happened on the way; never changed afterwards."""
    models.OnboardingEvent.objects.create(unit_id=unit_id, stage=stage, at=at, by=by, event=event)
