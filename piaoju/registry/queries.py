"""What the registry knows, as frozen values. What fills lists and pages stands in the modules named at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import Prefetch

from piaoju.registry import models
from piaoju.registry.coverage import Coverage, CoverageOfDay, RegionNode, coverage, coverage_over_time, regions_on, unit_names
from piaoju.registry.errors import RegionUnknown, UnitUnknown
from piaoju.registry.fitness import split as split_codes
from piaoju.registry.grounds import ground, import_kept, known_units, phone_kept
from piaoju.registry.holding import in_force
from piaoju.registry.lineage import cut, days_of_change, lineage, parents_above, subtree
from piaoju.registry.lists import (
    authorizations_page,
    enablements_page,
    imports_page,
    items_page,
    proposals_page,
    regions_page,
    suspensions_page,
    unit_codes,
    units_page,
)
from piaoju.registry.particulars import (
    INDUSTRY_LABELS,
    LICENSE_LABELS,
    MODE_LABELS,
    STAGE_LABELS,
    bill_types_authorized,
    documents_of,
    item_known,
    placed,
    proposal,
    proposals_open,
    province_code,
    record_of,
    region,
    unit_card,
    way_online,
)
from piaoju.registry.quality import RULES, QualityRow, QualityRule, quality_counts, quality_page, quality_rule, units_at_fault
from piaoju.registry.spans import (
    FIRST_DAY,
    LAST_DAY,
    is_everything,
    region_changes,
    region_records,
    regions_above,
    subtree_spans,
    unit_codes_of,
    unit_ids_of,
    unit_spans,
)
from piaoju.registry.types import (
    EnabledBillType,
    Enablement,
    FinanceDepartmentPlace,
    GrantedItem,
    LicensesOfKind,
    StageNow,
    StandardInForce,
    SuspensionInForce,
    UnitPlace,
    UnitRecordInForce,
    UnitRegister,
    Validity,
)

__all__ = [
    "FIRST_DAY",
    "INDUSTRY_LABELS",
    "LAST_DAY",
    "LICENSE_LABELS",
    "MODE_LABELS",
    "REVISION_SQL",
    "RULES",
    "STAGE_LABELS",
    "Coverage",
    "CoverageOfDay",
    "QualityRow",
    "QualityRule",
    "RegionNode",
    "authorizations_page",
    "bill_types_authorized",
    "coverage",
    "coverage_over_time",
    "documents_of",
    "enablements_page",
    "ground",
    "import_kept",
    "imports_page",
    "is_everything",
    "issuing_points",
    "item_known",
    "items_page",
    "known_units",
    "phone_kept",
    "proposal",
    "proposals_open",
    "proposals_page",
    "province_code",
    "quality_counts",
    "quality_page",
    "quality_rule",
    "region",
    "region_changes",
    "region_lineage",
    "region_records",
    "region_subtree",
    "regions_above",
    "regions_on",
    "regions_page",
    "revision",
    "split_codes",
    "subtree_spans",
    "suspensions",
    "suspensions_page",
    "unit_card",
    "unit_code_of",
    "unit_codes",
    "unit_codes_of",
    "unit_id_of",
    "unit_ids_of",
    "unit_names",
    "unit_place",
    "unit_place_of",
    "unit_register",
    "unit_spans",
    "units_at_fault",
    "units_page",
    "way_online",
]  # fmt: skip

REVISION_SQL = "SELECT number FROM registry_revision WHERE id = 1"
_MAY_ISSUE = (models.Stage.TRIAL, models.Stage.ONLINE)


def revision() -> int:
    """A number that grows with every change of the registry."""
    return models.Revision.objects.get(pk=1).number


def unit_register(unit_code: str) -> UnitRegister:
    """Everything that decides what this unit may issue. Raises UnitUnknown."""
    number = revision()  # read first: a change while reading makes this register stale, never falsely fresh
    unit = models.Unit.objects.filter(code=unit_code).first()
    if unit is None:
        raise UnitUnknown
    bill_types, items = _grants(unit)
    return UnitRegister(
        revision=number,
        unit_id=unit.id,
        code=unit.code,
        validity=Validity(unit.valid_from, unit.valid_to),
        records=_records(unit),
        bill_types=bill_types,
        items=items,
        licenses=_licenses(unit),
        suspensions=suspensions(),
        stage=_stage(unit),
    )


def issuing_points(unit_id: int, on: date) -> list[tuple[str, str]]:
    """Code and name of the issuing points that a unit uses on a day."""
    rows = models.IssuingPoint.objects.filter(in_force(on), unit_id=unit_id)
    return list(rows.order_by("code").values_list("code", "name"))


def suspensions() -> tuple[SuspensionInForce, ...]:
    """Every suspension now in force."""
    return tuple(
        SuspensionInForce(row.scope, row.scope_code, row.reason)
        for row in models.Suspension.objects.filter(lifted_at=None).order_by("id")
    )


def unit_code_of(unit_id: int) -> str:
    """The code of the unit with this id. Raises UnitUnknown."""
    code = models.Unit.objects.filter(pk=unit_id).values_list("code", flat=True).first()
    if code is None:
        raise UnitUnknown
    return code


def unit_id_of(unit_code: str) -> int:
    """The id of the unit with this code. Raises UnitUnknown."""
    unit_id = models.Unit.objects.filter(code=unit_code).values_list("id", flat=True).first()
    if unit_id is None:
        raise UnitUnknown
    return unit_id


def unit_place(unit_code: str, on: date) -> UnitPlace:
    """Where a unit stands on a day; of the nearest day that has a record. Raises UnitUnknown."""
    return _place(models.Unit.objects.filter(code=unit_code).first(), on)


def unit_place_of(unit_id: int, on: date) -> UnitPlace:
    """The same, by the unit's id. Raises UnitUnknown."""
    return _place(models.Unit.objects.filter(pk=unit_id).first(), on)


def region_lineage(region_code: str, on: date) -> tuple[str, ...]:
    """A region and those above it on a day, from below. Raises RegionUnknown."""
    if not models.Region.objects.filter(code=region_code).exists():
        raise RegionUnknown
    return lineage(region_code, parents_above([region_code]), on)


def region_subtree(region_codes: Collection[str], on: date) -> list[str]:
    """These regions and all below them on a day, by code."""
    return subtree(region_codes, on)


def finance_departments(region_codes: Collection[str]) -> dict[str, FinanceDepartmentPlace]:
    """The finance departments of these regions that have one, by region code."""
    rows = models.FinanceDepartment.objects.select_related("region").filter(region_id__in=list(region_codes))
    return {row.region_id: FinanceDepartmentPlace(row.region_id, row.region.level, row.name) for row in rows}


def _place(unit: models.Unit | None, on: date) -> UnitPlace:
    if unit is None:
        raise UnitUnknown
    return placed(unit, record_of(unit.id, on), on)


def _records(unit: models.Unit) -> tuple[UnitRecordInForce, ...]:
    """The unit's records, cut at the days on which the regions above them change."""
    rows = list(unit.records.order_by("valid_from", "id"))
    parents = parents_above({row.region_id for row in rows})
    days = days_of_change(parents)
    found = tuple(
        UnitRecordInForce(
            name=row.name,
            region_code=row.region_id,
            supervisor_area_code=row.finance_department_id,
            region_codes=lineage(row.region_id, parents, validity.valid_from),
            governing_code=row.governing_department_id or "",
            industry=row.industry,
            connection_mode=row.connection_mode,
            recipient_name=row.recipient_name,
            recipient_account=row.recipient_account,
            recipient_bank=row.recipient_bank,
            validity=validity,
        )
        for row in rows
        for validity in cut(Validity(row.valid_from, row.valid_to), days)
    )
    if not found:
        raise UnitUnknown
    return found


def _licenses(unit: models.Unit) -> tuple[LicensesOfKind, ...]:
    by_kind: defaultdict[str, list[models.License]] = defaultdict(list)
    for row in unit.licenses.order_by("valid_from", "id"):
        by_kind[row.kind].append(row)
    return tuple(
        LicensesOfKind(
            models.LicenseKind(kind).label, rows[-1].number, tuple(Validity(row.valid_from, row.valid_to) for row in rows)
        )
        for kind, rows in by_kind.items()
    )


def _stage(unit: models.Unit) -> StageNow | None:
    step = unit.steps.filter(state__in=[models.StepState.OPEN, models.StepState.STUCK]).first()
    if step is None:
        return None
    return StageNow(step.stage, models.Stage(step.stage).label, step.stage in _MAY_ISSUE, step.blocker)


def _grants(unit: models.Unit) -> tuple[dict[str, EnabledBillType], dict[tuple[str, str], GrantedItem]]:
    rows = models.Authorization.objects.filter(unit=unit).select_related("bill_type", "charge_item")
    standards = Prefetch("charge_item__chargestandard_set")
    enablements = Prefetch("bill_type__enablements", models.BillTypeEnablement.objects.order_by("id"))
    bill_types: dict[str, EnabledBillType] = {}
    granted: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows.prefetch_related(standards, enablements):
        kind = row.bill_type
        if kind.code not in bill_types:
            bill_types[kind.code] = EnabledBillType(kind.code, kind.name, _enablements(kind))
        granted[(kind.code, row.charge_item_id)].append(row)
    items = {
        key: GrantedItem(
            code=same[0].charge_item.code,
            name=same[0].charge_item.name,
            measure=same[0].charge_item.measure,
            standards=tuple(
                StandardInForce(s.minimum_e4, s.maximum_e4, Validity(s.valid_from, s.valid_to))
                for s in same[0].charge_item.chargestandard_set.all()
            ),
            granted=tuple(Validity(row.valid_from, row.valid_to) for row in same),
        )
        for key, same in granted.items()
    }
    return bill_types, items


def _enablements(kind: models.BillType) -> tuple[Enablement, ...]:
    return tuple(
        Enablement(row.region_id, frozenset(row.industries), Validity(row.valid_from, row.valid_to))
        for row in kind.enablements.all()
    )

