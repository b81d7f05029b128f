"""Where each number is. A number is in exactly one segment; a segment belongs to exactly one unit."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, RangeOperators
from django.db import models


class Segment(models.Model):
    """号段: numbers [first, last] of one bill code, allotted to one unit. Also the router from a number to its unit."""

    id = models.BigAutoField(primary_key=True)
    unit_id = models.BigIntegerField("开票单位", db_index=True)
    bill_type_code = models.CharField("票据种类", max_length=4)
    bill_code = models.CharField("票据代码", max_length=8)
    span = BigIntegerRangeField("号码范围")
    allotted_at = models.DateTimeField("发放时间")
    allotted_by = models.CharField("经办主体", max_length=100)

    class Meta:
        verbose_name = "号段"
        constraints: ClassVar = [
            ExclusionConstraint(
                name="no_number_in_two_segments",
                expressions=[("bill_code", RangeOperators.EQUAL), ("span", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                condition=models.Q(span__startswith__gte=1) & models.Q(span__endswith__lte=10_000_000_000),
                name="numbers_have_ten_digits",
            ),
        ]


class Counter(models.Model):
    """The next number of a segment. Whoever advances it leaves a taking or an intent, so no number is lost."""

    pk = models.CompositePrimaryKey("unit_id", "segment_id")
    unit_id = models.BigIntegerField("开票单位")
    segment_id = models.BigIntegerField("号段")
    bill_code = models.CharField("票据代码", max_length=8)
    next_number = models.BigIntegerField("下一号码")
    last_number = models.BigIntegerField("终止号")
    last_used_at = models.DateTimeField("上一张时间", null=True)

    class Meta:
        verbose_name = "号码计数"
        indexes: ClassVar = [models.Index(fields=["unit_id", "bill_code", "next_number"], name="counter_by_code")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(next_number__lte=models.F("last_number") + 1), name="counter_within_its_segment"
            ),
        ]


class Taking(models.Model):
    """取号: numbers that a connection has taken and not yet used. Gone when their bills are recorded, or the numbers voided."""

    pk = models.CompositePrimaryKey("unit_id", "segment_id", "first_number")
    unit_id = models.BigIntegerField("开票单位")
    segment_id = models.BigIntegerField("号段")
    bill_code = models.CharField("票据代码", max_length=8)
    first_number = models.BigIntegerField("起始号")
    last_number = models.BigIntegerField("终止号")
    taken_at = models.DateTimeField("取号时间")  # by the database's clock, as the start of its connections is
    backend_pid = models.IntegerField("取号连接")

    class Meta:
        verbose_name = "取号"


class VoidedNumber(models.Model):
    """作废号码: a number that carries no bill, and why. Explains every gap."""

    pk = models.CompositePrimaryKey("unit_id", "bill_code", "bill_number")
    unit_id = models.BigIntegerField("开票单位")
    bill_code = models.CharField("票据代码", max_length=8)
    bill_number = models.BigIntegerField("票据号码")
    voided_at = models.DateTimeField("作废时间")
    reason = models.CharField("原因", max_length=200)

    class Meta:
        verbose_name = "作废号码"
        constraints: ClassVar = [models.CheckConstraint(condition=~models.Q(reason=""), name="void_has_a_reason")]
