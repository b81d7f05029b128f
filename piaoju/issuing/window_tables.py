"""What stands behind the issuing window: drafts, templates, the review rule, deliveries. Re-exported by `models`."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from piaoju.issuing.window_values import BUSINESS_NUMBER_CHARACTERS_MAX, Channel, DeliveryState, DraftState


class Draft(models.Model):
    """草稿: a bill being typed or waiting for its review; gone when it is issued. Its business number is the bill's."""

    id = models.BigAutoField(primary_key=True)
    unit_id = models.BigIntegerField("开票单位")
    business_number = models.CharField("业务流水号", max_length=BUSINESS_NUMBER_CHARACTERS_MAX)
    operator_id = models.BigIntegerField("操作员编号")
    person_id = models.BigIntegerField("人员编号")
    actor = models.CharField("经办主体", max_length=100)
    handler = models.CharField("开票人", max_length=60)
    point_code = models.CharField("开票点编码", max_length=50, blank=True)
    bill_type_code = models.CharField("票据种类", max_length=4, blank=True)
    payer_name = models.CharField("交款人", max_length=200, blank=True)
    total_fen = models.BigIntegerField("合计(分)", null=True)
    state = models.CharField("状态", max_length=9, choices=DraftState.choices, default=DraftState.OPEN)
    sealed = models.BinaryField("内容(密文)")
    kept_at = models.DateTimeField("保存时间")
    submitted_at = models.DateTimeField("提交时间", null=True)
    returned_by = models.CharField("退回人", max_length=60, blank=True)
    returned_by_person_id = models.BigIntegerField("退回人编号", null=True)
    reason = models.CharField("退回原因", max_length=200, blank=True)

    class Meta:
        verbose_name = "草稿"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit_id", "business_number"], name="one_draft_a_business_number"),
            models.CheckConstraint(condition=Q(state__in=DraftState.values), name="draft_state_known"),
            models.CheckConstraint(
                condition=~Q(state=DraftState.SUBMITTED) | Q(submitted_at__isnull=False, total_fen__isnull=False),
                name="submitted_draft_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(returned_by_person_id__isnull=True) | ~Q(returned_by_person_id=F("person_id")),
                name="draft_reviewed_by_another",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["operator_id", "kept_at"], name="draft_of_operator"),
            models.Index(fields=["unit_id", "state"], name="draft_of_unit"),
        ]


class BillTemplate(models.Model):
    """模板: lines, remark and pay mode that are often issued together; nothing of any payer."""

    id = models.BigAutoField(primary_key=True)
    unit_id = models.BigIntegerField("开票单位")
    point_code = models.CharField("开票点编码", max_length=50, blank=True)
    name = models.CharField("模板名称", max_length=40)
    bill_type_code = models.CharField("票据种类", max_length=4)
    content = models.TextField("内容")
    kept_by = models.CharField("经办主体", max_length=100)
    kept_at = models.DateTimeField("保存时间")

    class Meta:
        verbose_name = "开票模板"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit_id", "point_code", "name"], name="one_template_a_name"),
        ]


class ReviewRule(models.Model):
    """复核要求: from which total on a unit's bills of the window wait for a 复核员; no row: none does."""

    unit_id = models.BigIntegerField("开票单位", primary_key=True)
    from_total_fen = models.BigIntegerField("起始金额(分)")
    set_by = models.CharField("经办主体", max_length=100)
    set_at = models.DateTimeField("设置时间")

    class Meta:
        verbose_name = "复核要求"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(from_total_fen__gte=0), name="review_from_zero_on"),
        ]


class Delivery(models.Model):
    """推送: the outbox; one bill to one phone or mail address. Partitioned by month, keyed by unit."""

    pk = models.CompositePrimaryKey("unit_id", "asked_at", "bill_code", "bill_number", "channel")
    unit_id = models.BigIntegerField("开票单位")
    asked_at = models.DateTimeField("要求时间")
    bill_code = models.CharField("票据代码", max_length=8)
    bill_number = models.BigIntegerField("票据号码")
    channel = models.CharField("推送方式", max_length=4, choices=Channel.choices)
    issued_at = models.DateTimeField("开票时间")
    destination_sealed = models.BinaryField("地址(密文)")
    destination_masked = models.CharField("地址", max_length=120)
    asked_by = models.CharField("经办主体", max_length=100)
    state = models.CharField("状态", max_length=8, choices=DeliveryState.choices)
    attempts = models.SmallIntegerField("次数")
    next_at = models.DateTimeField("下次发送时间")
    sent_at = models.DateTimeField("送出时间", null=True)
    fault = models.CharField("没有送到的原因", max_length=200)

    class Meta:
        verbose_name = "推送"
        managed = False
        db_table = "issuing_delivery"
