"""What pages show of one thing. Re-exported by `types`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from piaoju.registry.values import UnitPlace, Validity


@dataclass(frozen=True, slots=True)
class Step:
    """One of the six steps of a unit on its way online."""

    stage: str
    label: str
    state: str
    state_label: str
    owner: str
    owner_label: str
    due_on: date
    blocker: str
    blocked_by: str
    blocked_at: datetime | None
    done_at: datetime | None
    done_by: str


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    by: str
    stage_label: str
    event: str


@dataclass(frozen=True, slots=True)
class WayOnline:
    """A unit's way online as a page tells it."""

    place: UnitPlace
    industry_label: str
    connection_label: str
    wave: str
    started_on: date
    due_on: date
    steps: tuple[Step, ...]
    events: tuple[Event, ...]  # newest first
    same_wave: Mapping[str, int]  # online, under_way, stuck

    @property
    def current(self) -> Step | None:
        return next((step for step in self.steps if step.state in ("open", "stuck")), None)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal about a bill type, as the person who decides sees it."""

    id: int
    kind: str
    kind_label: str
    bill_type_code: str
    name: str
    basis_document: str
    region_code: str
    region_name: str
    industries: tuple[str, ...]
    validity: Validity
    state: str
    state_label: str
    proposed_at: datetime
    proposed_by: str
    proposer_person_id: int
    decided_at: datetime | None
    decided_by: str
    decision_remark: str


@dataclass(frozen=True, slots=True)
class RegionRow:
    code: str
    name: str
    short_name: str
    level: int
    local: bool
    validity: Validity
    parent_code: str
    parent_name: str


@dataclass(frozen=True, slots=True)
class DocumentsKept:
    """What a unit has of what it needs before its documents are complete."""

    industry: str
    license_kinds: frozenset[str]  # of licenses in force
    authorizations: int
    without_basis: int
    issuing_points: int


@dataclass(frozen=True, slots=True)
class LicenseRow:
    id: int
    kind_label: str
    number: str
    issuer: str
    validity: Validity
    state: str  # in_force, to_come, ended
    end_reason: str
    recorded_by: str


@dataclass(frozen=True, slots=True)
class PointRow:
    code: str
    name: str
    validity: Validity


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One of the records of a unit, for its history."""

    name: str
    region_name: str
    governing_name: str
    industry_label: str
    connection_label: str
    validity: Validity
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class UnitCard:
    """One unit as its page tells it. The telephone number is masked."""

    place: UnitPlace
    validity: Validity
    region_name: str
    finance_name: str
    governing_name: str
    industry: str
    industry_label: str
    connection_label: str
    recipient_name: str
    recipient_account: str
    recipient_bank: str
    contact_name: str
    contact_phone_masked: str
    authorizations: int
    licenses: tuple[LicenseRow, ...]
    points: tuple[PointRow, ...]
    records: tuple[RecordRow, ...]


@dataclass(frozen=True, slots=True)
class ImportKept:
    """An uploaded file of units, as it was kept."""

    id: int
    file_name: str
    content_sealed: bytes
    digest: bytes
    region_code: str
    applied: bool
    mode: str
    rows: int
    registered: int
    changed: int
    unchanged: int
    refused: int
    uploaded_at: datetime
    uploaded_by: str
    applied_at: datetime | None
