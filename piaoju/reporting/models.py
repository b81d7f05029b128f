"""常用视图: an address of a list that a person gave a name (a number names the person, without a key); what the auditor found."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class SavedView(models.Model):
    """常用视图: one name a person and list."""

    id = models.BigAutoField(primary_key=True)
    operator_id = models.BigIntegerField("操作员编号")
    list_name = models.CharField("列表", max_length=40)
    name = models.CharField("名称", max_length=30)
    query = models.CharField("查询条件", max_length=2_000)
    saved_at = models.DateTimeField("保存时间")

    class Meta:
        verbose_name = "常用视图"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["operator_id", "list_name", "name"], name="one_view_a_name"),
            models.CheckConstraint(condition=~models.Q(name=""), name="view_has_a_name"),
        ]


class AuditSlice(models.Model):
    """核对区间: when the auditor last derived it anew, and how many differences there were."""

    kind = models.CharField("区间", max_length=6)
    low = models.DateTimeField("起")
    high = models.DateTimeField("止")
    checked_at = models.DateTimeField("核对时间", db_index=True)
    took_ms = models.IntegerField("用时（毫秒）")
    differences = models.IntegerField("差异")

    class Meta:
        verbose_name = "核对区间"
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "low"], name="slice_is_noted_once")]


class Difference(models.Model):
    """差异: what did not add up, since when; cleared when the same slice adds up again. Never deleted."""

    code = models.CharField("差异种类", max_length=30)
    subject = models.CharField("对象", max_length=200)
    detail = models.CharField("差异", max_length=300)
    kind = models.CharField("区间", max_length=6)
    low = models.DateTimeField("区间起点")
    found_at = models.DateTimeField("发现时间")
    seen_at = models.DateTimeField("最近一次")
    cleared_at = models.DateTimeField("消除时间", null=True)

    class Meta:
        verbose_name = "差异"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code", "subject"], condition=models.Q(cleared_at=None), name="a_difference_is_open_once"
            )
        ]
