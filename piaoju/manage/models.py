"""The door's own memory: what people typed and have not sent. No room reads it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class FormDraft(models.Model):
    """表单草稿: one a person and address, sealed; dropped when sent, or after 30 days."""

    id = models.BigAutoField(primary_key=True)
    operator_id = models.BigIntegerField("操作员编号")
    address = models.CharField("页面地址", max_length=300)
    sealed = models.BinaryField("加密内容")
    kept_at = models.DateTimeField("保存时间", db_index=True)

    class Meta:
        verbose_name = "表单草稿"
        constraints: ClassVar = [models.UniqueConstraint(fields=["operator_id", "address"], name="one_draft_an_address")]
