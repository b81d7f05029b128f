"""Regions and the departments of a region. A region keeps its code for ever; what stands above it changes in time."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from piaoju.registry.tables.validity import begins_before_it_ends, one_at_a_time


class Region(models.Model):
    """行政区划: one of GB/T 2260, or a local extension code (开发区、高新区) of 6 or 9 digits."""

    code = models.CharField("行政区划代码", max_length=9, primary_key=True)
    name = models.CharField("名称", max_length=60)
    short_name = models.CharField("简称", max_length=20)
    level = models.PositiveSmallIntegerField("级次")  # 1 province, 2 city, 3 county
    local = models.BooleanField("本地扩展代码", default=False)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)

    class Meta:
        verbose_name = "行政区划"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(code__regex=r"^[0-9]{6}([0-9]{3})?$"), name="region_code_is_digits"),
            models.CheckConstraint(condition=models.Q(level__range=(1, 3)), name="region_level_is_known"),
            begins_before_it_ends("region_begins_before_it_ends"),
        ]


class RegionParent(models.Model):
    """上级: which region stood above which, from when to when. A trigger keeps the upper one's level smaller."""

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="行政区划")
    parent = models.ForeignKey(Region, models.PROTECT, related_name="children", verbose_name="上级")
    basis_document = models.CharField("依据文件", max_length=200, blank=True)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)

    class Meta:
        verbose_name = "上级行政区划"
        constraints: ClassVar = [
            one_at_a_time("one_parent_at_a_time", "region"),
            begins_before_it_ends("parent_begins_before_it_ends"),
        ]


class FinanceDepartment(models.Model):
    """财政部门: the supervisor of one region, whose supervision seal its bills carry."""

    region = models.OneToOneField(Region, models.PROTECT, primary_key=True, verbose_name="行政区划")
    name = models.CharField("名称", max_length=100)

    class Meta:
        verbose_name = "财政部门"


class GoverningDepartment(models.Model):
    """主管部门: education, health, police … of a region; it sees the totals of its own units."""

    code = models.CharField("主管部门代码", max_length=18, primary_key=True)
    name = models.CharField("名称", max_length=100)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="行政区划")
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)

    class Meta:
        verbose_name = "主管部门"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["region", "name"], name="one_governing_department_of_a_name"),
            begins_before_it_ends("governing_begins_before_it_ends"),
        ]
