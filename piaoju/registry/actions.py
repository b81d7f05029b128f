"""Verbs that write the registry, inside someone's transaction. Nothing is deleted: things end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from piaoju.registry import models
from piaoju.registry.types import ItemToRegister, RegionToRegister, UnitToRegister


def suspend(scope: str, scope_code: str, reason: str, at: datetime, by: str) -> None:
    """停开: refuse issuing in a scope from the next commit on, until lifted."""
    models.Suspension.objects.create(
        scope=scope, scope_code=scope_code, reason=reason, suspended_at=at, suspended_by=by
    )


def lift_suspension(scope: str, scope_code: str, at: datetime) -> int:
    """恢复: lift every suspension of exactly this scope; how many there were."""
    return models.Suspension.objects.filter(scope=scope, scope_code=scope_code, lifted_at=None).update(lifted_at=at)


def end_bill_type(code: str, on: date) -> None:
    """停用票据种类: from this day on nobody issues it."""
    models.BillType.objects.filter(code=code).update(valid_to=on)


def register_regions(regions: Sequence[RegionToRegister]) -> None:
    """行政区划: each is there afterwards; parents come before children."""
    models.Region.objects.bulk_create(
        [
            models.Region(
                code=row.code, name=row.name, short_name=row.short_name, level=row.level, parent_id=row.parent_code
            )
            for row in regions
        ],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "short_name", "level", "parent"],
    )


def register_finance_departments(departments: Mapping[str, str]) -> None:
    """财政部门, by the code of its region."""
    for region_code, name in departments.items():
        models.FinanceDepartment.objects.update_or_create(region_id=region_code, defaults={"name": name})


def enable_bill_type(code: str, name: str, basis_document: str, valid_from: date) -> None:
    """票种启用: with its basis document; without one the database refuses."""
    models.BillType.objects.get_or_create(
        code=code, defaults={"name": name, "basis_document": basis_document, "valid_from": valid_from}
    )


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


def register_units(units: Sequence[UnitToRegister]) -> dict[str, int]:
    """开票单位 with what each may charge; the ids by code."""
    ids: dict[str, int] = {}
    for row in units:
        unit, new = models.Unit.objects.get_or_create(
            code=row.code,
            defaults={
                "name": row.name, "region_id": row.region_code, "finance_department_id": row.finance_region_code,
                "industry": row.industry, "recipient_name": row.recipient_name,
                "recipient_account": row.recipient_account, "recipient_bank": row.recipient_bank,
                "valid_from": row.valid_from,
            },
        )  # fmt: skip
        ids[row.code] = unit.id
        if new:
            models.Authorization.objects.bulk_create(
                models.Authorization(
                    unit=unit, bill_type_id=bill_type, charge_item_id=item, valid_from=row.valid_from
                )
                for bill_type, item in row.grants
            )
    return ids
