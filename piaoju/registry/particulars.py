"""One thing at a time, as a page tells it. Re-exported by `queries`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date

from piaoju.registry import models
from piaoju.registry.errors import ProposalUnknown, RegionUnknown, UnitUnknown
from piaoju.registry.holding import in_force
from piaoju.registry.lineage import lineage, parents_above
from piaoju.registry.types import (
    DocumentsKept,
    Event,
    LicenseRow,
    PointRow,
    Proposal,
    RecordRow,
    RegionRow,
    Sight,
    Step,
    UnitCard,
    UnitPlace,
    Validity,
    WayOnline,
)

STAGE_LABELS: dict[str, str] = {str(value): str(label) for value, label in models.Stage.choices}
LICENSE_LABELS: dict[str, str] = {str(value): str(label) for value, label in models.LicenseKind.choices}
INDUSTRY_LABELS: dict[str, str] = {str(value): str(label) for value, label in models.Industry.choices}
MODE_LABELS: dict[str, str] = {str(value): str(label) for value, label in models.ConnectionMode.choices}
_EVENTS_SHOWN_MAX = 100
_RECORDS_SHOWN_MAX = 50


def region(code: str, on: date | None = None) -> RegionRow:
    """One region, under its parent of a day (of its last one, if none is asked for). Raises RegionUnknown."""
    row = models.Region.objects.filter(pk=code).first()
    if row is None:
        raise RegionUnknown
    above = models.RegionParent.objects.filter(region=row).select_related("parent").order_by("valid_from", "id")
    parent = (above.filter(in_force(on)) if on else above).last()
    return RegionRow(
        row.code, row.name, row.short_name, row.level, row.local, Validity(row.valid_from, row.valid_to),
        parent.parent_id if parent else "", parent.parent.name if parent else "",
    )  # fmt: skip


def province_code() -> str:
    """The region that stands above all. Raises RegionUnknown where none is registered."""
    row = models.Region.objects.filter(level=1).order_by("code").first()
    if row is None:
        raise RegionUnknown
    return row.code


def item_known(code: str) -> bool:
    """Whether this charge item is registered."""
    return models.ChargeItem.objects.filter(pk=code).exists()


def bill_types_authorized(unit_id: int, ids: Collection[int]) -> set[str]:
    """The bill types that these authorizations of a unit are about."""
    return set(models.Authorization.objects.filter(unit_id=unit_id, pk__in=ids).values_list("bill_type_id", flat=True))


def proposal(proposal_id: int) -> Proposal:
    """Raises ProposalUnknown."""
    row = models.BillTypeProposal.objects.select_related("region").filter(pk=proposal_id).first()
    if row is None:
        raise ProposalUnknown
    return Proposal(
        row.id, row.kind, models.ProposalKind(row.kind).label, row.bill_type_code, row.name, row.basis_document,
        row.region_id, row.region.name, tuple(row.industries), Validity(row.valid_from, row.valid_to), row.state,
        models.ProposalState(row.state).label, row.proposed_at, row.proposed_by, row.proposer_person_id, row.decided_at,
        row.decided_by, row.decision_remark,
    )  # fmt: skip


def proposals_open(sight: Sight, not_by_person_id: int) -> int:
    """How many proposals in the regions in sight wait for someone other than this person."""
    rows = models.BillTypeProposal.objects.filter(state=models.ProposalState.PROPOSED)
    if not sight.everything:
        rows = rows.filter(region_id__in=sight.region_codes)
    return rows.exclude(proposer_person_id=not_by_person_id).count()


def documents_of(unit_id: int, on: date) -> DocumentsKept:
    """What a unit has of what it needs before it may go on."""
    record = record_of(unit_id, on)
    grants = models.Authorization.objects.filter(in_force(on), unit_id=unit_id)
    kinds = models.License.objects.filter(in_force(on), unit_id=unit_id).values_list("kind", flat=True)
    return DocumentsKept(
        record.industry, frozenset(kinds), grants.count(), grants.filter(basis_document="").count(),
        models.IssuingPoint.objects.filter(in_force(on), unit_id=unit_id).count(),
    )  # fmt: skip


def way_online(unit_code: str, on: date) -> WayOnline:
    """A unit's way online. Raises UnitUnknown."""
    way = models.Onboarding.objects.select_related("unit").filter(unit__code=unit_code).first()
    if way is None:
        raise UnitUnknown
    record = record_of(way.unit_id, on)
    order = list(models.Stage.values)
    steps = sorted(models.OnboardingStep.objects.filter(unit_id=way.unit_id), key=lambda step: order.index(step.stage))
    events = models.OnboardingEvent.objects.filter(unit_id=way.unit_id).order_by("-id")[:_EVENTS_SHOWN_MAX]
    return WayOnline(
        place=placed(way.unit, record, on),
        industry_label=INDUSTRY_LABELS[record.industry],
        connection_label=MODE_LABELS[record.connection_mode],
        wave=way.wave,
        started_on=way.started_on,
        due_on=way.due_on,
        steps=tuple(_step(step) for step in steps),
        events=tuple(Event(row.at, row.by, STAGE_LABELS[row.stage], row.event) for row in events),
        same_wave=_wave_counts(way.wave),
    )


def unit_card(unit_code: str, on: date) -> UnitCard:
    """Everything the registry says of one unit on a day, and what it said before. Raises UnitUnknown."""
    unit = models.Unit.objects.filter(code=unit_code).first()
    if unit is None:
        raise UnitUnknown
    record = record_of(unit.id, on)
    records = unit.records.select_related("region", "governing_department").order_by("-valid_from", "-id")[:_RECORDS_SHOWN_MAX]
    return UnitCard(
        place=placed(unit, record, on),
        validity=Validity(unit.valid_from, unit.valid_to),
        region_name=record.region.name,
        finance_name=record.finance_department.name,
        governing_name=record.governing_department.name if record.governing_department else "",
        industry=record.industry,
        industry_label=INDUSTRY_LABELS[record.industry],
        connection_label=MODE_LABELS[record.connection_mode],
        recipient_name=record.recipient_name,
        recipient_account=record.recipient_account,
        recipient_bank=record.recipient_bank,
        contact_name=record.contact_name,
        contact_phone_masked=f"＊＊＊＊{record.contact_phone_tail}" if record.contact_phone_tail else "",
        authorizations=models.Authorization.objects.filter(in_force(on), unit=unit).count(),
        licenses=tuple(_license(row, on) for row in unit.licenses.order_by("kind", "-valid_from", "-id")),
        points=tuple(
            PointRow(row.code, row.name, Validity(row.valid_from, row.valid_to))
            for row in models.IssuingPoint.objects.filter(unit=unit).order_by("code", "valid_from")
        ),
        records=tuple(
            RecordRow(
                row.name, row.region.name, row.governing_department.name if row.governing_department else "",
                INDUSTRY_LABELS[row.industry], MODE_LABELS[row.connection_mode], Validity(row.valid_from, row.valid_to),
                row.recorded_at, row.recorded_by,
            )
            for row in records
        ),
    )  # fmt: skip


def record_of(unit_id: int, on: date) -> models.UnitRecord:
    """The record of a day; of the nearest day that has one. Raises UnitUnknown."""
    rows = (
        models.UnitRecord.objects.filter(unit_id=unit_id)
        .select_related("region", "finance_department", "governing_department")
        .order_by("valid_from", "id")
    )
    row = rows.filter(valid_from__lte=on).last() or rows.first()
    if row is None:
        raise UnitUnknown
    return row


def placed(unit: models.Unit, record: models.UnitRecord, on: date) -> UnitPlace:
    """Where the unit of this record stands on a day."""
    above = lineage(record.region_id, parents_above([record.region_id]), on)
    return UnitPlace(
        unit.id, unit.code, record.name, record.region_id, above, record.governing_department_id or "",
        record.connection_mode,
    )  # fmt: skip


def _license(row: models.License, on: date) -> LicenseRow:
    validity = Validity(row.valid_from, row.valid_to)
    state = "in_force" if validity.holds(on) else "to_come" if row.valid_from > on else "ended"
    return LicenseRow(
        row.id, LICENSE_LABELS[row.kind], row.number, row.issuer, validity, state, row.end_reason, row.recorded_by
    )


def _step(row: models.OnboardingStep) -> Step:
    return Step(
        row.stage, STAGE_LABELS[row.stage], row.state, models.StepState(row.state).label, row.owner,
        models.StepOwner(row.owner).label, row.due_on, row.blocker, row.blocked_by, row.blocked_at, row.done_at, row.done_by,
    )  # fmt: skip


def _wave_counts(wave: str) -> dict[str, int]:
    """How many units of a wave are online, under way and stuck; all zero without a wave."""
    if not wave:
        return {"online": 0, "under_way": 0, "stuck": 0}
    units = models.Onboarding.objects.filter(wave=wave).values("unit_id")
    steps = models.OnboardingStep.objects.filter(unit_id__in=units, state__in=["open", "stuck"])
    states = Counter(steps.values_list("state", flat=True))
    return {"online": units.count() - states.total(), "under_way": states["open"], "stuck": states["stuck"]}
