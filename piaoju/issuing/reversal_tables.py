"""冲红申请: a reversal that a person asked for and another decides. Re-exported by `models`."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from piaoju.issuing.sequel_values import ReversalState


class ReversalApplication(models.Model):
    """冲红申请: above the limit of one person. Its red bill, once issued, has this business number."""

    id = models.BigAutoField(primary_key=True)
    unit_id = models.BigIntegerField("开票单位")
    bill_code = models.CharField("票据代码", max_length=8)
    bill_number = models.BigIntegerField("票据号码")
    bill_type_code = models.CharField("票据种类", max_length=4)
    business_number = models.CharField("业务流水号", max_length=50)
    reason = models.CharField("冲红原因", max_length=200)
    lines = models.JSONField("要冲红的行")  # [line, quantity_e4 or null, fen or null]; none: all that is left
    amount_fen = models.BigIntegerField("冲红金额(分)")
    state = models.CharField("状态", max_length=9, choices=ReversalState.choices, default=ReversalState.SUBMITTED)
    asked_at = models.DateTimeField("申请时间")
    asked_by = models.CharField("申请人", max_length=100)
    asked_person_id = models.BigIntegerField("申请人编号")
    handler = models.CharField("开票人", max_length=60)
    decided_at = models.DateTimeField("审批时间", null=True)
    decided_by = models.CharField("审批人", max_length=100, blank=True)
    decided_person_id = models.BigIntegerField("审批人编号", null=True)
    remark = models.CharField("审批意见", max_length=200, blank=True)
    red_code = models.CharField("红票代码", max_length=8, blank=True)
    red_number = models.BigIntegerField("红票号码", null=True)

    class Meta:
        verbose_name = "冲红申请"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit_id", "bill_code", "bill_number"], name="one_open_reversal_a_bill",
                condition=Q(state=ReversalState.SUBMITTED),
            ),
            models.UniqueConstraint(fields=["unit_id", "business_number"], name="reversal_business_number_once"),
            models.CheckConstraint(
                condition=Q(state=ReversalState.WITHDRAWN) | Q(decided_person_id__isnull=True)
                | ~Q(decided_person_id=F("asked_person_id")),
                name="reversal_decided_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[ReversalState.APPROVED, ReversalState.REFUSED])
                | Q(decided_person_id__isnull=False, decided_at__isnull=False),
                name="reversal_decision_has_a_person",
            ),
            models.CheckConstraint(
                condition=Q(state=ReversalState.APPROVED, red_number__isnull=False)
                | ~Q(state=ReversalState.APPROVED) & Q(red_number__isnull=True),
                name="approved_reversal_has_a_red_bill",
            ),
            models.CheckConstraint(condition=~Q(reason="") & Q(amount_fen__gt=0), name="reversal_says_why_and_how_much"),
        ]  # fmt: skip
        indexes: ClassVar = [models.Index(fields=["unit_id", "state"], name="reversal_of_unit")]
