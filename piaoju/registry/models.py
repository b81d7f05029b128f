"""Regions, units, bill types, charge items and who may issue what. Nothing here is deleted: things end.

Validity is a half-open interval of days [valid_from, valid_to) in Asia/Shanghai; an empty valid_to means "until further
notice". Source of the rules: 《财政票据管理办法》(财政部令第70号, amended by 令第104号); 财综〔2024〕62号.
"""

from __future__ import annotations

from django.db import models

from piaoju.registry.tables.catalogue import (
    Authorization,
    BillType,
    BillTypeEnablement,
    BillTypeProposal,
    ChargeItem,
    ChargeStandard,
    ProposalKind,
    ProposalState,
    Suspension,
    SuspensionScope,
)
from piaoju.registry.tables.onboarding import (
    ImportMode,
    ImportState,
    Onboarding,
    OnboardingEvent,
    OnboardingStep,
    Stage,
    StepOwner,
    StepState,
    UnitImport,
)
from piaoju.registry.tables.places import FinanceDepartment, GoverningDepartment, Region, RegionParent
from piaoju.registry.tables.units import ConnectionMode, Industry, IssuingPoint, License, LicenseKind, Unit, UnitRecord


class Revision(models.Model):
    """One row whose number grows with every change of this room, so that a reader knows when to read again."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = "修订号"


__all__ = [
    "Authorization",
    "BillType",
    "BillTypeEnablement",
    "BillTypeProposal",
    "ChargeItem",
    "ChargeStandard",
    "ConnectionMode",
    "FinanceDepartment",
    "GoverningDepartment",
    "ImportMode",
    "ImportState",
    "Industry",
    "IssuingPoint",
    "License",
    "LicenseKind",
    "Onboarding",
    "OnboardingEvent",
    "OnboardingStep",
    "ProposalKind",
    "ProposalState",
    "Region",
    "RegionParent",
    "Revision",
    "Stage",
    "StepOwner",
    "StepState",
    "Suspension",
    "SuspensionScope",
    "Unit",
    "UnitImport",
    "UnitRecord",
]
