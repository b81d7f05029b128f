"""What crosses the door of the seal room: frozen values, safe to keep for a process's life."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from piaoju.crypto.ses import Picture


class HolderKind(StrEnum):
    """Whom a certificate is for."""

    AUTHORITY = "authority"
    SEAL_MAKER = "seal_maker"
    LOG = "log"
    SUPERVISION = "supervision"
    UNIT = "unit"
    PERSON = "person"


class SealKind(StrEnum):
    """监制章 of a finance department, or 单位章 of a unit."""

    SUPERVISION = "supervision"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Holder:
    """Someone who holds a certificate: a unit by its code, a finance department by its region code."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class SealDescription:
    """A seal as a bill names it, and its bytes."""

    seal_id: str
    name: str
    eseal_der: bytes
    seal_hash: str


@dataclass(frozen=True, slots=True)
class SigningIdentity:
    """Who signs: a key by its handle, the certificate that names it, the seal it may set."""

    kind: SealKind
    holder_code: str
    holder_name: str  # as the certificate's subject says it
    key_ref: str
    certificate_der: bytes
    public_key: bytes
    seal: SealDescription
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """Who signs the checkpoints of the log."""

    key_ref: str
    certificate_der: bytes
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Submission:
    """证书登记申请, as the person who decides sees it."""

    id: int
    kind: SealKind
    holder_code: str
    holder_name: str
    key_ref: str
    certificate_der: bytes
    eseal_der: bytes
    serial: str
    valid_from: datetime
    valid_until: datetime
    state: str
    state_label: str
    submitted_at: datetime
    submitted_by: str
    submitter_person_id: int
    decided_at: datetime | None
    decided_by: str
    decision_remark: str


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate as a page tells it."""

    serial: str
    kind: str
    holder_code: str
    holder_name: str
    seal_name: str
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None
    revoked_reason: str
    state: str  # in_force, to_come, expired, revoked


@dataclass(frozen=True, slots=True)
class SubmissionRow:
    """One line of the list of submissions."""

    id: int
    kind: str
    holder_code: str
    holder_name: str
    serial: str
    valid_until: datetime
    state: str
    submitted_at: datetime
    submitted_by: str
    decided_at: datetime | None
    decided_by: str


# Draws a seal: the kind, the name on it -> its picture.
PictureOf = Callable[[SealKind, str], Picture]
