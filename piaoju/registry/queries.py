"""What the registry knows, as frozen values."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Prefetch

from piaoju.registry import models
from piaoju.registry.errors import UnitUnknown
from piaoju.registry.types import (
    EnabledBillType,
    GrantedItem,
    StandardInForce,
    SuspensionInForce,
    UnitRegister,
    Validity,
)

REVISION_SQL = "SELECT number FROM registry_revision WHERE id = 1"


def revision() -> int:
    """A number that grows with every change of the registry."""
    return models.Revision.objects.get(pk=1).number


def unit_register(unit_code: str) -> UnitRegister:
    """Everything that decides what this unit may issue. Raises UnitUnknown."""
    number = revision()  # read first: a change while reading makes this register stale, never falsely fresh
    unit = models.Unit.objects.select_related("region").filter(code=unit_code).first()
    if unit is None:
        raise UnitUnknown
    bill_types, items = _grants(unit)
    return UnitRegister(
        revision=number,
        unit_id=unit.id,
        code=unit.code,
        name=unit.name,
        region_code=unit.region_id,
        supervisor_area_code=unit.finance_department_id,
        region_codes=_lineage(unit.region),
        recipient_name=unit.recipient_name,
        recipient_account=unit.recipient_account,
        recipient_bank=unit.recipient_bank,
        validity=Validity(unit.valid_from, unit.valid_to),
        bill_types=bill_types,
        items=items,
        suspensions=suspensions(),
    )


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


def _lineage(region: models.Region) -> tuple[str, ...]:
    codes = []
    here: models.Region | None = region
    while here is not None:
        codes.append(here.code)
        here = here.parent
    return tuple(codes)


def _grants(unit: models.Unit) -> tuple[dict[str, EnabledBillType], dict[tuple[str, str], GrantedItem]]:
    rows = models.Authorization.objects.filter(unit=unit).select_related("bill_type", "charge_item")
    standards = Prefetch("charge_item__chargestandard_set")
    bill_types: dict[str, EnabledBillType] = {}
    granted: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows.prefetch_related(standards):
        kind = row.bill_type
        bill_types[kind.code] = EnabledBillType(kind.code, kind.name, Validity(kind.valid_from, kind.valid_to))
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
