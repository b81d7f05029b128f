"""The first hour of an installation: everything in one piece, online at once. Re-exported by `actions`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from piaoju.registry import models, rules
from piaoju.registry.types import ItemToRegister, RegionToRegister, UnitToRegister

MAIN_POINT = ("01", "主开票点")  # 开票点 that every unit has from its first day on


def register_regions(regions: Sequence[RegionToRegister]) -> None:
    """行政区划: each is there afterwards, under its parent from its first day on; parents come before children."""
    models.Region.objects.bulk_create(
        [
            models.Region(
                code=row.code, name=row.name, short_name=row.short_name, level=row.level, valid_from=row.valid_from
            )
            for row in regions
        ],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "short_name"],
    )
    placed = set(models.RegionParent.objects.values_list("region_id", flat=True))
    models.RegionParent.objects.bulk_create(
        models.RegionParent(region_id=row.code, parent_id=row.parent_code, valid_from=row.valid_from)
        for row in regions
        if row.parent_code and row.code not in placed
    )


def register_finance_departments(departments: Mapping[str, str]) -> None:
    """财政部门, by the code of its region."""
    for region_code, name in departments.items():
        models.FinanceDepartment.objects.update_or_create(region_id=region_code, defaults={"name": name})


def enable_bill_type(code: str, name: str, basis_document: str, valid_from: date) -> None:
    """票种启用 in the whole province, with its basis document; without one the database refuses."""
    kind, new = models.BillType.objects.get_or_create(code=code, defaults={"name": name})
    if new:
        province = models.Region.objects.get(level=1)
        kind.enablements.create(basis_document=basis_document, region=province, valid_from=valid_from)


def register_items(items: Sequence[ItemToRegister]) -> None:
    """收费项目 with their standards."""
    for row in items:
        item, new = models.ChargeItem.objects.get_or_create(
            code=row.code, defaults={"name": row.name, "measure": row.measure}
        )
        if not new:
            continue
        item.bill_types.set(models.BillType.objects.filter(code__in=row.bill_types))
        models.ChargeStandard.objects.create(
            charge_item=item, minimum_e4=row.minimum_e4, maximum_e4=row.maximum_e4, basis_document=row.basis_document,
            valid_from=row.valid_from,
        )  # fmt: skip


def register_units(units: Sequence[UnitToRegister], at: datetime, by: str) -> dict[str, int]:
    """开票单位, online, with what each may charge; the ids by code."""
    ids: dict[str, int] = {}
    for row in units:
        unit, new = models.Unit.objects.get_or_create(code=row.code, defaults={"valid_from": row.valid_from})
        ids[row.code] = unit.id
        if new:
            _register(unit, row, at, by)
    return ids


def _register(unit: models.Unit, row: UnitToRegister, at: datetime, by: str) -> None:
    models.UnitRecord.objects.create(
        unit=unit, name=row.name, region_id=row.region_code, finance_department_id=row.finance_region_code,
        governing_department=_governing(row), industry=row.industry, connection_mode=row.connection_mode,
        recipient_name=row.recipient_name, recipient_account=row.recipient_account, recipient_bank=row.recipient_bank,
        recorded_at=at, recorded_by=by, valid_from=row.valid_from,
    )  # fmt: skip
    models.Authorization.objects.bulk_create(
        models.Authorization(
            unit=unit, bill_type_id=bill_type, charge_item_id=item, basis_document=row.basis_document,
            valid_from=row.valid_from,
        )
        for bill_type, item in row.grants
    )  # fmt: skip
    models.License.objects.bulk_create(
        models.License(
            unit=unit, kind=one.kind, number=one.number, issuer=one.issuer, valid_from=one.valid_from,
            valid_to=one.valid_to, recorded_at=at, recorded_by=by,
        )
        for one in row.licenses
    )  # fmt: skip
    models.IssuingPoint.objects.create(unit=unit, code=MAIN_POINT[0], name=MAIN_POINT[1], valid_from=row.valid_from)
    models.Onboarding.objects.create(unit=unit, started_on=row.valid_from, due_on=row.valid_from)
    models.OnboardingStep.objects.bulk_create(
        models.OnboardingStep(
            unit=unit, stage=plan.stage, state=models.StepState.DONE, owner=plan.owner, due_on=row.valid_from, done_at=at,
            done_by=by,
        )
        for plan in rules.STEPS
    )  # fmt: skip


def _governing(row: UnitToRegister) -> models.GoverningDepartment | None:
    if not row.governing_name:
        return None
    return models.GoverningDepartment.objects.get_or_create(
        region_id=row.region_code, name=row.governing_name,
        defaults={"code": rules.governing_code(row.region_code, row.governing_name), "valid_from": row.valid_from},
    )[0]  # fmt: skip
