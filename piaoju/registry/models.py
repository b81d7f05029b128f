"""Regions, units, bill types, charge items and who may issue what. Nothing here is deleted.

Validity is a half-open interval of days [valid_from, valid_to) in Asia/Shanghai; an empty valid_to means "until further
notice". Source of the rules: 《财政票据管理办法》(财政部令第70号, amended by 令第104号); 财综〔2024〕62号.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models


class Industry(models.TextChoices):
    MEDICAL = "medical", "医疗"
    EDUCATION = "education", "教育"
    ASSOCIATION = "association", "社团协会"
    OTHER = "other", "其他"


class Region(models.Model):
    """行政区划: one of the province's cities and counties, or a local extension code."""

    code = models.CharField("行政区划代码", max_length=9, primary_key=True)
    name = models.CharField("名称", max_length=60)
    short_name = models.CharField("简称", max_length=20)
    level = models.PositiveSmallIntegerField("级次")  # 1 province, 2 city, 3 county
    parent = models.ForeignKey("self", models.PROTECT, null=True, verbose_name="上级")

    class Meta:
        verbose_name = "行政区划"


class FinanceDepartment(models.Model):
    """财政部门: the supervisor of one region, whose supervision seal its bills carry."""

    region = models.OneToOneField(Region, models.PROTECT, primary_key=True, verbose_name="行政区划")
    name = models.CharField("名称", max_length=100)

    class Meta:
        verbose_name = "财政部门"


class Unit(models.Model):
    """开票单位: an organization that may issue bills."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField("统一社会信用代码", max_length=18, unique=True)
    name = models.CharField("单位名称", max_length=200)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="行政区划")
    finance_department = models.ForeignKey(FinanceDepartment, models.PROTECT, verbose_name="财政部门")
    industry = models.CharField("行业类型", max_length=12, choices=Industry.choices)
    recipient_name = models.CharField("收款人全称", max_length=200, blank=True)
    recipient_account = models.CharField("收款人账号", max_length=50, blank=True)
    recipient_bank = models.CharField("收款人开户行", max_length=200, blank=True)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)

    class Meta:
        verbose_name = "开票单位"


class BillType(models.Model):
    """票据种类: enabled only with its basis document (no basis, not enabled)."""

    code = models.CharField("种类代码", max_length=4, primary_key=True)
    name = models.CharField("票据名称", max_length=100)
    basis_document = models.CharField("依据文件", max_length=200)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)

    class Meta:
        verbose_name = "票据种类"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(basis_document=""), name="bill_type_has_a_basis"),
        ]


class ChargeItem(models.Model):
    """收费项目."""

    code = models.CharField("项目编码", max_length=50, primary_key=True)
    name = models.CharField("项目名称", max_length=200)
    measure = models.CharField("计量单位", max_length=20, blank=True)
    bill_types: models.ManyToManyField[BillType, BillType] = models.ManyToManyField(BillType, verbose_name="适用票据种类")

    class Meta:
        verbose_name = "收费项目"


class ChargeStandard(models.Model):
    """收费标准: the range a unit price may lie in, in 1/10,000 yuan; an empty end has no limit."""

    charge_item = models.ForeignKey(ChargeItem, models.PROTECT, verbose_name="收费项目")
    minimum_e4 = models.BigIntegerField("标准下限", null=True)
    maximum_e4 = models.BigIntegerField("标准上限", null=True)
    basis_document = models.CharField("依据文件", max_length=200)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)

    class Meta:
        verbose_name = "收费标准"
        constraints: ClassVar = [
            ExclusionConstraint(
                name="one_standard_at_a_time",
                expressions=[
                    (models.F("charge_item"), RangeOperators.EQUAL),
                    (models.Func("valid_from", "valid_to", function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Authorization(models.Model):
    """票种核准: this unit may charge this item on this bill type."""

    unit = models.ForeignKey(Unit, models.PROTECT, verbose_name="开票单位")
    bill_type = models.ForeignKey(BillType, models.PROTECT, verbose_name="票据种类")
    charge_item = models.ForeignKey(ChargeItem, models.PROTECT, verbose_name="收费项目")
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)

    class Meta:
        verbose_name = "票种核准"
        constraints: ClassVar = [
            ExclusionConstraint(
                name="one_authorization_at_a_time",
                expressions=[
                    (models.F("unit"), RangeOperators.EQUAL),
                    (models.F("bill_type"), RangeOperators.EQUAL),
                    (models.F("charge_item"), RangeOperators.EQUAL),
                    (models.Func("valid_from", "valid_to", function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class SuspensionScope(models.TextChoices):
    ALL = "all", "全部"
    REGION = "region", "行政区划"
    UNIT = "unit", "开票单位"
    BILL_TYPE = "bill_type", "票据种类"
    CHARGE_ITEM = "charge_item", "收费项目"


class Suspension(models.Model):
    """停用(停开): the stop switch. Issuing in its scope is refused from the next commit on, until lifted."""

    scope = models.CharField("范围", max_length=12, choices=SuspensionScope.choices)
    scope_code = models.CharField("代码", max_length=50, blank=True)
    reason = models.CharField("原因", max_length=200)
    suspended_at = models.DateTimeField("停用时间")
    suspended_by = models.CharField("经办主体", max_length=100)
    lifted_at = models.DateTimeField("恢复时间", null=True)

    class Meta:
        verbose_name = "停用"
        constraints: ClassVar = [models.CheckConstraint(condition=~models.Q(reason=""), name="suspension_has_a_reason")]


class Revision(models.Model):
    """One row whose number grows with every change of this room, so that a reader knows when to read again."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = "修订号"
