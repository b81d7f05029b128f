"""Values of the issuing window: drafts, templates, the review rule and deliveries. Re-exported by `types`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices

BUSINESS_NUMBER_CHARACTERS_MAX = 50


class DraftState(TextChoices):
    """草稿: what has been typed at a window and is no bill yet."""

    OPEN = "open", "草稿"
    SUBMITTED = "submitted", "待复核"
    RETURNED = "returned", "已退回"


class Channel(TextChoices):
    """推送方式: how a payer is reached."""

    MAIL = "mail", "邮件"
    SMS = "sms", "短信"


class DeliveryState(TextChoices):
    """推送状态."""

    WAITING = "waiting", "待发送"
    SENT = "sent", "已送出"
    GIVEN_UP = "given_up", "没有送到"


@dataclass(frozen=True, slots=True)
class Author:
    """Whose draft it is: the account, the person behind it, and the name that the bill will print."""

    operator_id: int
    person_id: int
    actor: str
    name: str


@dataclass(frozen=True, slots=True)
class DraftToKeep:
    """What has been typed so far; `sealed` is all of it, the other fields are what lists show."""

    unit_id: int
    business_number: str
    author: Author
    point_code: str
    bill_type_code: str
    payer_name: str
    total_fen: int | None
    sealed: bytes


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One draft as it is now."""

    id: int
    unit_id: int
    business_number: str
    author: Author
    point_code: str
    bill_type_code: str
    payer_name: str
    total_fen: int | None
    state: DraftState
    sealed: bytes
    kept_at: datetime
    submitted_at: datetime | None
    returned_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """模板: lines that are often issued together at one issuing point (an empty code: at all of the unit)."""

    id: int
    unit_id: int
    point_code: str
    name: str
    bill_type_code: str
    content: str
    kept_by: str


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """复核要求: bills of the window from this total on wait for a 复核员."""

    from_total_fen: int
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryKey:
    """One delivery: asked for at this instant, of this bill, by this channel."""

    unit_id: int
    asked_at: datetime
    bill_code: str
    bill_number: int
    channel: Channel


@dataclass(frozen=True, slots=True)
class DeliveryToMake:
    """A delivery to be made: the destination sealed, and as it may be shown."""

    key: DeliveryKey
    issued_at: datetime
    destination_sealed: bytes
    destination_masked: str
    asked_by: str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery as it is now."""

    key: DeliveryKey
    issued_at: datetime
    destination_sealed: bytes
    destination_masked: str
    state: DeliveryState
    attempts: int
    next_at: datetime
