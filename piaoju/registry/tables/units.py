"""Units: what never changes (id, code), what changes in time (the record), and the licenses that may run out."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from piaoju.registry.tables.places import FinanceDepartment, GoverningDepartment, Region
from piaoju.registry.tables.validity import begins_before_it_ends, one_at_a_time


class Industry(models.TextChoices):
    MEDICAL = "medical", "医疗"
    EDUCATION = "education", "教育"
    ASSOCIATION = "association", "社团协会"
    OTHER = "other", "其他"


class ConnectionMode(models.TextChoices):
    ONLINE = "online", "在线接口模式"
    FRONT = "front", "前置服务器"
    MOBILE = "mobile", "移动开票终端"


class Unit(models.Model):
    """开票单位: an organization that may issue bills. Its code is for ever; the rest is in its records."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField("统一社会信用代码", max_length=18, unique=True)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)

    class Meta:
        verbose_name = "开票单位"
        constraints: ClassVar = [begins_before_it_ends("unit_begins_before_it_ends")]


class UnitRecord(models.Model):
    """单位档案: what is said of a unit from a day on. A change begins a new record; the old one stays readable."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="records", verbose_name="开票单位")
    name = models.CharField("单位名称", max_length=200)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="行政区划")
    finance_department = models.ForeignKey(FinanceDepartment, models.PROTECT, verbose_name="财政部门")
    governing_department = models.ForeignKey(GoverningDepartment, models.PROTECT, null=True, verbose_name="主管部门")
    industry = models.CharField("行业类型", max_length=12, choices=Industry.choices)
    connection_mode = models.CharField(
        "接入方式", max_length=8, choices=ConnectionMode.choices, default=ConnectionMode.ONLINE
    )
    recipient_name = models.CharField("收款人全称", max_length=200, blank=True)
    recipient_account = models.CharField("收款人账号", max_length=50, blank=True)
    recipient_bank = models.CharField("收款人开户行", max_length=200, blank=True)
    contact_name = models.CharField("联系人", max_length=60, blank=True)
    contact_phone_sealed = models.BinaryField("联系电话（加密）", null=True)
    contact_phone_index = models.BinaryField("联系电话索引", null=True)
    contact_phone_tail = models.CharField("联系电话末四位", max_length=4, blank=True)
    recorded_at = models.DateTimeField("登记时间")
    recorded_by = models.CharField("经办主体", max_length=100)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)

    class Meta:
        verbose_name = "单位档案"
        constraints: ClassVar = [
            one_at_a_time("one_record_at_a_time", "unit"),
            begins_before_it_ends("record_begins_before_it_ends"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["region", "unit"], name="record_of_region"),
            models.Index(fields=["governing_department"], name="record_of_governing"),
            models.Index(fields=["name"], name="record_of_name"),
        ]


class IssuingPoint(models.Model):
    """开票点: a window or place of a unit where bills are issued (placeCode on the wire)."""

    unit = models.ForeignKey(Unit, models.PROTECT, verbose_name="开票单位")
    code = models.CharField("开票点编码", max_length=50)
    name = models.CharField("名称", max_length=100)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)

    class Meta:
        verbose_name = "开票点"
        constraints: ClassVar = [
            one_at_a_time("one_issuing_point_at_a_time", "unit", "code"),
            begins_before_it_ends("point_begins_before_it_ends"),
        ]


class LicenseKind(models.TextChoices):
    REQUISITION = "requisition", "票据领用证"
    LEGAL_PERSON = "legal_person", "法人登记证书"
    CHARGE_BASIS = "charge_basis", "收费依据文件"
    MEDICAL_PRACTICE = "medical_practice", "医疗机构执业许可证"
    SCHOOL = "school", "办学许可证"
    SOCIETY = "society", "社会团体登记证书"


class License(models.Model):
    """证照: when the last one of a kind has run out, issuing is locked until a new one is registered."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="licenses", verbose_name="开票单位")
    kind = models.CharField("证照种类", max_length=16, choices=LicenseKind.choices)
    number = models.CharField("证照编号", max_length=100)
    issuer = models.CharField("发证机关", max_length=100, blank=True)
    recorded_at = models.DateTimeField("登记时间")
    recorded_by = models.CharField("经办主体", max_length=100)
    end_reason = models.CharField("提前终止原因", max_length=200, blank=True)
    valid_from = models.DateField("生效日期")
    valid_to = models.DateField("失效日期", null=True)  # the first day on which it does not hold

    class Meta:
        verbose_name = "证照"
        constraints: ClassVar = [
            one_at_a_time("one_license_at_a_time", "unit", "kind"),
            begins_before_it_ends("license_begins_before_it_ends"),
        ]
        indexes: ClassVar = [models.Index(fields=["valid_to"], name="license_by_its_end")]
