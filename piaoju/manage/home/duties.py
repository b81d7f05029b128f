"""What waits for a person today. A duty is a question to a room: how many, and where to do it. One line here adds one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing import queries as issuing
from piaoju.journeys import (
    premises,
    register_certificate,
    registry_quality,
    reverse_by_person,
    see_batches,
    see_people,
    stock_reading,
    window_reading,
)
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


DUTIES: tuple[Duty, ...] = (
    Duty(
        "开完草稿", "没有开完的和被复核员退回的", Act.ISSUE_BILL, "/manage/drafts", "去草稿",
        lambda actor: issuing.drafts_open(actor.operator_id),
    ),
    Duty(
        "复核票据", "开票员提交、等第二个人看过才开具", Act.REVIEW_DRAFT, "/manage/reviews", "去复核",
        lambda actor: issuing.drafts_to_review(window_reading.units_for(actor, Act.REVIEW_DRAFT)),
    ),
    Duty(
        "批量开票", "已检查等你开具、正在开具和暂停的名单", Act.ISSUE_BATCH, "/manage/batches", "去看看",
        lambda actor: see_batches.under_way(premises.office(), actor),
    ),
    Duty(
        "审批票种申请", "别人提出的启用和停用，由你审批", Act.DECIDE_BILL_TYPE, "/manage/proposals?state=proposed", "去审批",
        lambda actor: registry_quality.proposals_waiting(premises.office(), actor),
    ),
    Duty(
        "办理单位上线", "正在上线的单位，逾期和卡住的排在前面", Act.PASS_STEP, "/manage/onboarding", "去办理",
        lambda actor: registry_quality.under_way(premises.office(), actor),
    ),
    Duty(
        "核准证书和印章", "别人提交的证书和印章，由你核准", Act.DECIDE_CERTIFICATE,
        "/manage/certificates?state=submitted", "去核准",
        lambda actor: register_certificate.waiting(premises.office(), actor),
    ),
    Duty(
        "证照、证书过期的单位", "今天已经不能开具，续期登记后立即恢复", Act.REGISTER_LICENSE, "/manage/quality", "去办理",
        lambda actor: registry_quality.locked_units(premises.office(), actor),
    ),
    Duty(
        "审核、发放申领", "下级和单位申领号码，等本级审核或发放", Act.REVIEW_REQUISITION, "/manage/stock/requisitions",
        "去办理", lambda actor: stock_reading.waiting(premises.office(), actor)[0],
    ),
    Duty(
        "审批作废、遗失、销毁", "由申请人以外的人审批", Act.DECIDE_DISPOSAL, "/manage/stock/disposals?state=submitted", "去审批",
        lambda actor: stock_reading.waiting(premises.office(), actor)[1],
    ),
    Duty(
        "审批冲红", "超过限额的冲红，由申请人以外的人审批", Act.DECIDE_REVERSAL, "/manage/reversals?state=submitted", "去审批",
        reverse_by_person.waiting,
    ),
    Duty(
        "批准任职", "要两个人办的任职，提请人和被任命的人都不能批", Act.APPROVE_APPOINTMENT, "/manage/appointments?state=waiting",
        "去审批", lambda actor: see_people.waiting(premises.office(), actor),
    ),
)  # fmt: skip


def of(actor: OperatorActor) -> list[Waiting]:
    """This person's duties, those with work first."""
    mine = [Waiting(duty, duty.waiting(actor)) for duty in DUTIES if rights.may_anywhere(actor, duty.act)]
    return sorted(mine, key=lambda one: one.count == 0)


def unsent(actor: OperatorActor) -> list[tuple[str, datetime]]:
    """Forms this person began and did not send."""
    return drafts.waiting(actor.operator_id)
