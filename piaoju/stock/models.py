"""Where each number is. A number is in exactly one segment; a segment is in exactly one place.

Segments are what is true now, and are cut and joined as numbers move; movements are what happened, and are never changed.
Source of the rules: 《财政票据管理办法》(财政部令第70号, amended by 令第104号), 领用、保管、核销、销毁.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Func, Q

from piaoju.stock.types import DisposalKind, DisposalState, Level, Medium, MovementKind, RequisitionState, SegmentState

_OPEN = [RequisitionState.SUBMITTED, RequisitionState.APPROVED]
_VALIDITY = Func("valid_from", "valid_to", function="daterange")


class Segment(models.Model):
    """号段: numbers [first, last] of one code, in one place. Also the router from a number to its unit."""

    id = models.BigAutoField(primary_key=True)
    medium = models.CharField("介质", max_length=10, choices=Medium.choices)
    bill_type_code = models.CharField("票据种类", max_length=4)
    bill_code = models.CharField("票据代码", max_length=12)
    span = BigIntegerRangeField("号码范围")
    level = models.SmallIntegerField("级次", choices=Level.choices)
    region_code = models.CharField("财政部门", max_length=9)
    unit_id = models.BigIntegerField("开票单位", default=0)  # 0: a finance department has it
    state = models.CharField("状态", max_length=10, choices=SegmentState.choices)
    since = models.DateTimeField("何时起")
    placed_by = models.CharField("经办主体", max_length=100)

    class Meta:
        verbose_name = "号段"
        indexes: ClassVar = [
            models.Index(fields=["region_code", "bill_code", "state"], name="segment_by_department"),
            models.Index(fields=["unit_id", "bill_code"], name="segment_by_unit"),
        ]
        constraints: ClassVar = [
            ExclusionConstraint(
                name="no_number_in_two_segments",
                expressions=[
                    ("bill_code", RangeOperators.EQUAL),
                    ("span", RangeOperators.OVERLAPS),
                    ("medium", RangeOperators.EQUAL),
                ],
            ),
            models.CheckConstraint(
                condition=Q(span__startswith__gte=1) & Q(span__endswith__lte=10_000_000_000) & Q(span__isempty=False),
                name="numbers_have_ten_digits",
            ),
            models.CheckConstraint(
                condition=Q(level=Level.UNIT, unit_id__gt=0) | Q(level__in=[1, 2, 3], unit_id=0),
                name="a_unit_or_a_department_has_it",
            ),
            models.CheckConstraint(
                condition=~Q(state=SegmentState.NONE)
                & (~Q(state=SegmentState.HELD) | Q(unit_id=0))
                & (~Q(state=SegmentState.IN_USE) | Q(unit_id__gt=0)),
                name="units_use_departments_hold",
            ),
        ]


class Counter(models.Model):
    """The next number of a segment. Whoever advances it leaves a taking or an intent, so no number is lost."""

    pk = models.CompositePrimaryKey("unit_id", "segment_id")
    unit_id = models.BigIntegerField("开票单位")
    segment_id = models.BigIntegerField("号段")
    bill_code = models.CharField("票据代码", max_length=12)
    next_number = models.BigIntegerField("下一号码")
    last_number = models.BigIntegerField("终止号")
    last_used_at = models.DateTimeField("上一张时间", null=True)
    medium = models.CharField("介质", max_length=10, choices=Medium.choices, db_default=Medium.ELECTRONIC)

    class Meta:
        verbose_name = "号码计数"
        indexes: ClassVar = [models.Index(fields=["unit_id", "bill_code", "next_number"], name="counter_by_code")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(next_number__lte=F("last_number") + 1), name="counter_within_its_segment"),
        ]


class Taking(models.Model):
    """取号: numbers that a connection has taken and not yet used. Gone when their bills are recorded, or the numbers voided."""

    pk = models.CompositePrimaryKey("unit_id", "segment_id", "first_number")
    unit_id = models.BigIntegerField("开票单位")
    segment_id = models.BigIntegerField("号段")
    bill_code = models.CharField("票据代码", max_length=8)
    first_number = models.BigIntegerField("起始号")
    last_number = models.BigIntegerField("终止号")
    taken_at = models.DateTimeField("取号时间")
    backend_pid = models.IntegerField("取号连接")
    backend_start = models.DateTimeField("取号连接建立时间")

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
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(reason=""), name="void_has_a_reason")]


class Movement(models.Model):
    """号码流转: numbers went from one place to another. Append-only; the segments are what all movements come to."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField("流转", max_length=12, choices=MovementKind.choices)
    medium = models.CharField("介质", max_length=10, choices=Medium.choices)
    bill_type_code = models.CharField("票据种类", max_length=4)
    bill_code = models.CharField("票据代码", max_length=12)
    span = BigIntegerRangeField("号码范围")
    from_level = models.SmallIntegerField("原级次", choices=Level.choices)
    from_region_code = models.CharField("原财政部门", max_length=9, blank=True)
    from_unit_id = models.BigIntegerField("原开票单位")
    from_state = models.CharField("原状态", max_length=10, choices=SegmentState.choices)
    to_level = models.SmallIntegerField("现级次", choices=Level.choices)
    to_region_code = models.CharField("现财政部门", max_length=9)
    to_unit_id = models.BigIntegerField("现开票单位")
    to_state = models.CharField("现状态", max_length=10, choices=SegmentState.choices)
    at = models.DateTimeField("时间", db_index=True)
    by = models.CharField("经办主体", max_length=100)
    source = models.CharField("依据", max_length=60, blank=True)
    remark = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        verbose_name = "号码流转"
        indexes: ClassVar = [
            GistIndex(fields=["bill_code", "span"], name="movement_of_number"),
            models.Index(fields=["from_region_code", "id"], name="movement_out"),
            models.Index(fields=["to_region_code", "id"], name="movement_in"),
            models.Index(fields=["to_unit_id", "id"], name="movement_to_unit"),
            models.Index(fields=["source"], name="movement_by_source"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(span__isempty=False), name="movement_moves_something"),
            models.CheckConstraint(
                condition=Q(from_level=Level.NOWHERE, kind=MovementKind.OPENED, to_level=Level.PROVINCE)
                | ~Q(from_level=Level.NOWHERE) & ~Q(kind=MovementKind.OPENED),
                name="numbers_begin_at_the_province",
            ),
        ]


class Requisition(models.Model):
    """申领: a unit or a finance department asks its finance department for numbers. Two persons: one asks, others decide."""

    id = models.BigAutoField(primary_key=True)
    medium = models.CharField("介质", max_length=10, choices=Medium.choices)
    bill_type_code = models.CharField("票据种类", max_length=4)
    bill_code = models.CharField("票据代码", max_length=12)
    level = models.SmallIntegerField("申领级次", choices=Level.choices)
    region_code = models.CharField("财政部门", max_length=9)
    unit_id = models.BigIntegerField("申领单位", default=0)
    supplier_level = models.SmallIntegerField("发放级次", choices=Level.choices)
    supplier_region_code = models.CharField("发放财政部门", max_length=9)
    sheets = models.BigIntegerField("申领份数")
    approved_sheets = models.BigIntegerField("核准份数", null=True)
    state = models.CharField("状态", max_length=10, choices=RequisitionState.choices)
    reason = models.CharField("用途说明", max_length=200, blank=True)
    requested_at = models.DateTimeField("申领时间")
    requested_by = models.CharField("申领人", max_length=100)
    requested_person_id = models.BigIntegerField("申领人编号")
    reviewed_at = models.DateTimeField("审核时间", null=True)
    reviewed_by = models.CharField("审核人", max_length=100, blank=True)
    reviewed_person_id = models.BigIntegerField("审核人编号", null=True)
    review_remark = models.CharField("审核意见", max_length=200, blank=True)
    allotted_at = models.DateTimeField("发放时间", null=True)
    allotted_by = models.CharField("发放人", max_length=100, blank=True)
    allotted_person_id = models.BigIntegerField("发放人编号", null=True)

    class Meta:
        verbose_name = "申领"
        indexes: ClassVar = [
            models.Index(fields=["supplier_region_code", "state", "id"], name="requisition_to_decide"),
            models.Index(fields=["unit_id", "id"], name="requisition_by_unit"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(sheets__gt=0), name="requisition_asks_for_sheets"),
            models.CheckConstraint(
                condition=Q(approved_sheets=None) | Q(approved_sheets__gt=0, approved_sheets__lte=F("sheets")),
                name="no_more_than_asked",
            ),
            models.CheckConstraint(
                condition=(Q(reviewed_person_id=None) | ~Q(reviewed_person_id=F("requested_person_id")))
                & (Q(allotted_person_id=None) | ~Q(allotted_person_id=F("requested_person_id"))),
                name="requisition_by_two_persons",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[RequisitionState.SUBMITTED, RequisitionState.WITHDRAWN], reviewed_at=None)
                | Q(state=RequisitionState.REFUSED, reviewed_at__isnull=False, approved_sheets=None)
                | Q(state=RequisitionState.WITHDRAWN, reviewed_at__isnull=False, allotted_at=None)
                | Q(state=RequisitionState.APPROVED, approved_sheets__isnull=False, allotted_at=None)
                | Q(state=RequisitionState.ALLOTTED, approved_sheets__isnull=False, allotted_at__isnull=False),
                name="requisition_steps_in_order",
            ),
            models.UniqueConstraint(
                fields=["medium", "bill_code", "level", "region_code", "unit_id"], condition=Q(state__in=_OPEN),
                name="one_open_requisition",
            ),
        ]


class Disposal(models.Model):
    """作废、遗失、销毁: numbers leave use for ever. One person asks, another decides."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField("事项", max_length=12, choices=DisposalKind.choices)
    medium = models.CharField("介质", max_length=10, choices=Medium.choices)
    bill_type_code = models.CharField("票据种类", max_length=4)
    bill_code = models.CharField("票据代码", max_length=12)
    span = BigIntegerRangeField("号码范围")
    level = models.SmallIntegerField("级次", choices=Level.choices)
    region_code = models.CharField("财政部门", max_length=9)
    unit_id = models.BigIntegerField("开票单位", default=0)
    held_state = models.CharField("原状态", max_length=10, choices=SegmentState.choices)
    state = models.CharField("状态", max_length=10, choices=DisposalState.choices)
    reason = models.CharField("原因", max_length=200)
    notice_medium = models.CharField("公告媒体", max_length=100, blank=True)
    notice_on = models.DateField("公告日期", null=True)
    requested_at = models.DateTimeField("申请时间")
    requested_by = models.CharField("申请人", max_length=100)
    requested_person_id = models.BigIntegerField("申请人编号")
    decided_at = models.DateTimeField("审批时间", null=True)
    decided_by = models.CharField("审批人", max_length=100, blank=True)
    decided_person_id = models.BigIntegerField("审批人编号", null=True)
    decision_remark = models.CharField("审批意见", max_length=200, blank=True)

    class Meta:
        verbose_name = "号码处置"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="disposal_has_a_reason"),
            models.CheckConstraint(
                condition=Q(decided_person_id=None) | ~Q(decided_person_id=F("requested_person_id")),
                name="disposal_by_two_persons",
            ),
            models.CheckConstraint(
                condition=Q(state=DisposalState.SUBMITTED, decided_at=None)
                | ~Q(state=DisposalState.SUBMITTED) & Q(decided_at__isnull=False, decided_person_id__isnull=False),
                name="disposal_decided_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(kind=DisposalKind.LOSS, state=DisposalState.APPROVED)
                | Q(notice_on__isnull=False) & ~Q(notice_medium=""),
                name="loss_has_its_notice",
            ),
            ExclusionConstraint(
                name="one_open_disposal_of_a_number",
                expressions=[
                    ("bill_code", RangeOperators.EQUAL),
                    ("span", RangeOperators.OVERLAPS),
                    ("medium", RangeOperators.EQUAL),
                ],
                condition=Q(state=DisposalState.SUBMITTED),
            ),
        ]


class SetForUnit(models.Model):
    """What a finance department set for a unit and a bill type, from a day on."""

    id = models.BigAutoField(primary_key=True)
    unit_id = models.BigIntegerField("开票单位")
    medium = models.CharField("介质", max_length=10, choices=Medium.choices)
    bill_type_code = models.CharField("票据种类", max_length=4)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)
    set_by = models.CharField("经办主体", max_length=100)

    class Meta:
        verbose_name = "单位设置"
        abstract = True


def _one_at_a_time(name: str) -> ExclusionConstraint:
    return ExclusionConstraint(
        name=name,
        expressions=[
            ("unit_id", RangeOperators.EQUAL), ("medium", RangeOperators.EQUAL),
            ("bill_type_code", RangeOperators.EQUAL), (_VALIDITY, RangeOperators.OVERLAPS),
        ],
    )  # fmt: skip


class RequisitionLimit(SetForUnit):
    """限量: what a finance department set for a unit, in place of the limit that follows from its use."""

    requisition_limit_sheets = models.BigIntegerField("限量份数")

    class Meta:
        verbose_name = "申领限量"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(requisition_limit_sheets__gte=0), name="limit_not_negative"),
            _one_at_a_time("one_limit_at_a_time"),
        ]


class TopUp(SetForUnit):
    """自动补号: below the threshold, more is allotted without asking. For front servers, which work with the line cut."""

    threshold_sheets = models.BigIntegerField("低于份数")
    top_up_sheets = models.BigIntegerField("补足份数")

    class Meta:
        verbose_name = "自动补号"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(threshold_sheets__gt=0) & Q(top_up_sheets__gte=F("threshold_sheets")),
                name="top_up_reaches_its_threshold",
            ),
            _one_at_a_time("one_top_up_at_a_time"),
        ]


class WriteOff(models.Model):
    """核销: used numbers whose use was examined. 核旧领新 asks how many are used and not written off."""

    id = models.BigAutoField(primary_key=True)
    unit_id = models.BigIntegerField("开票单位")
    medium = models.CharField("介质", max_length=10, choices=Medium.choices)
    bill_type_code = models.CharField("票据种类", max_length=4)
    bill_code = models.CharField("票据代码", max_length=12)
    span = BigIntegerRangeField("号码范围")
    at = models.DateTimeField("核销时间")
    by = models.CharField("经办主体", max_length=100)

    class Meta:
        verbose_name = "核销"
        indexes: ClassVar = [models.Index(fields=["unit_id", "bill_type_code"], name="write_off_by_unit")]
        constraints: ClassVar = [
            ExclusionConstraint(
                name="written_off_once",
                expressions=[
                    ("bill_code", RangeOperators.EQUAL),
                    ("span", RangeOperators.OVERLAPS),
                    ("medium", RangeOperators.EQUAL),
                ],
            ),
        ]
