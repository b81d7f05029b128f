"""常用视图: an address of a list that a person gave a name. The person is named by number, without a key."""

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
