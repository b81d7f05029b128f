"""Bills as they were issued, for ever. The tables that grow are partitioned by month and keyed by unit.

Django only reads through these models (managed = False): the tables, their partitions and their append-only triggers are
made by raw SQL in the migrations, the rows are written by the group writer (actions.py).
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from piaoju.issuing.reversal_tables import ReversalApplication
from piaoju.issuing.window_tables import BillTemplate, Delivery, Draft, ReviewRule

__all__ = [
    "Bill", "BillDocument", "BillKind", "BillLayout", "BillLine", "BillNumberKey", "BillTemplate", "BusinessKey", "Delivery",
    "Draft", "Intent", "KeptText", "ReversalApplication", "ReviewRule", "WaitingLayout",
]  # fmt: skip


class BillKind(models.TextChoices):
    NORMAL = "normal", "正常票"
    RED = "red", "红票"


class Bill(models.Model):
    """财政电子票据: the facts of one bill that people search by. Its truth is the signed XML in BillDocument."""

    pk = models.CompositePrimaryKey("unit_id", "issued_at", "bill_code", "bill_number")
    unit_id = models.BigIntegerField("开票单位")
    issued_at = models.DateTimeField("开票时间")
    bill_code = models.CharField("票据代码", max_length=8)
    bill_number = models.BigIntegerField("票据号码")
    bill_type_code = models.CharField("票据种类", max_length=4)
    region_code = models.CharField("行政区划", max_length=9)
    check_code = models.CharField("校验码", max_length=20)
    business_number = models.CharField("业务流水号", max_length=50)
    payer_type = models.SmallIntegerField("交款人类型")
    payer_name = models.CharField("交款人", max_length=200)
    payer_code_index = models.BinaryField("交款人代码索引", null=True)
    private_sealed = models.BinaryField("证件电话邮箱(密文)", null=True)
    total_fen = models.BigIntegerField("票面金额(分)")
    pay_mode = models.CharField("缴款方式", max_length=10)
    payment_code = models.CharField("缴款码", max_length=20)
    handler = models.CharField("开票人", max_length=60)
    checker = models.CharField("复核人", max_length=60)
    reverses_code = models.CharField("原票代码", max_length=8, null=True)
    reverses_number = models.BigIntegerField("原票号码", null=True)
    actor = models.CharField("经办主体", max_length=100)
    digest = models.BinaryField("摘要")

    class Meta:
        verbose_name = "财政电子票据"
        managed = False
        db_table = "issuing_bill"


class BillLine(models.Model):
    """明细: one charge item of a bill. Auxiliary lines live in the XML only."""

    pk = models.CompositePrimaryKey("unit_id", "issued_at", "bill_code", "bill_number", "line_number")
    unit_id = models.BigIntegerField("开票单位")
    issued_at = models.DateTimeField("开票时间")
    bill_code = models.CharField("票据代码", max_length=8)
    bill_number = models.BigIntegerField("票据号码")
    line_number = models.SmallIntegerField("行")
    item_code = models.CharField("项目编码", max_length=50)
    quantity_e4 = models.BigIntegerField("数量")
    standard_e4 = models.BigIntegerField("标准", null=True)
    amount_fen = models.BigIntegerField("金额(分)")
    region_code = models.TextField("票据的行政区划")
    total_fen = models.BigIntegerField("票据的金额(分)")

    class Meta:
        verbose_name = "明细"
        managed = False
        db_table = "issuing_bill_line"


class BillDocument(models.Model):
    """The signed XML as signed and the answer as given, compressed together, encrypted at rest."""

    pk = models.CompositePrimaryKey("unit_id", "issued_at", "bill_code", "bill_number")
    unit_id = models.BigIntegerField("开票单位")
    issued_at = models.DateTimeField("开票时间")
    bill_code = models.CharField("票据代码", max_length=8)
    bill_number = models.BigIntegerField("票据号码")
    body = models.BinaryField("原文(密文)")

    class Meta:
        verbose_name = "票据原文"
        managed = False
        db_table = "issuing_bill_document"


class KeptText(models.Model):
    """常用文本: what stands in all bills of a signer (its certificate), kept once; documents have its mark instead."""

    mark = models.BinaryField("标记", primary_key=True)
    text = models.BinaryField("文本")

    class Meta:
        verbose_name = "常用文本"


class BillLayout(models.Model):
    """版式文件: the sealed OFD, made once after recording, encrypted at rest."""

    pk = models.CompositePrimaryKey("unit_id", "issued_at", "bill_code", "bill_number")
    unit_id = models.BigIntegerField("开票单位")
    issued_at = models.DateTimeField("开票时间")
    bill_code = models.CharField("票据代码", max_length=8)
    bill_number = models.BigIntegerField("票据号码")
    sealed_at = models.DateTimeField("盖章时间")
    font_digest = models.BinaryField("字体摘要")
    body = models.BinaryField("版式文件(密文)")

    class Meta:
        verbose_name = "版式文件"
        managed = False
        db_table = "issuing_bill_layout"


class WaitingLayout(models.Model):
    """待盖章: a recorded bill whose OFD is not sealed yet. Added with the bill, removed with the seal."""

    pk = models.CompositePrimaryKey("unit_id", "bill_code", "bill_number")
    unit_id = models.BigIntegerField("开票单位")
    bill_code = models.CharField("票据代码", max_length=8)
    bill_number = models.BigIntegerField("票据号码")
    issued_at = models.DateTimeField("开票时间", db_index=True)

    class Meta:
        verbose_name = "待盖章"


class BusinessKey(models.Model):
    """业务流水号: one business number of a unit names one bill, for ever."""

    pk = models.CompositePrimaryKey("unit_id", "business_number")
    unit_id = models.BigIntegerField("开票单位")
    business_number = models.CharField("业务流水号", max_length=50)
    request_digest = models.BinaryField("请求摘要")
    issued_at = models.DateTimeField("开票时间")
    bill_code = models.CharField("票据代码", max_length=8)
    bill_number = models.BigIntegerField("票据号码")

    class Meta:
        verbose_name = "业务流水号"
        managed = False
        db_table = "issuing_business_key"


class BillNumberKey(models.Model):
    """票据号码: one number of a unit's code carries one bill, for ever."""

    pk = models.CompositePrimaryKey("unit_id", "bill_code", "bill_number")
    unit_id = models.BigIntegerField("开票单位")
    bill_code = models.CharField("票据代码", max_length=8)
    bill_number = models.BigIntegerField("票据号码")
    issued_at = models.DateTimeField("开票时间")

    class Meta:
        verbose_name = "票据号码"
        managed = False
        db_table = "issuing_bill_number"


class Intent(models.Model):
    """待签(拟开): a number taken and the exact bytes to be signed, kept until a signer outside answered."""

    pk = models.CompositePrimaryKey("unit_id", "business_number")
    unit_id = models.BigIntegerField("开票单位")
    business_number = models.CharField("业务流水号", max_length=50)
    request_digest = models.BinaryField("请求摘要")
    bill_code = models.CharField("票据代码", max_length=8)
    bill_number = models.BigIntegerField("票据号码")
    intended_at = models.DateTimeField("取号时间", db_index=True)
    request_body = models.BinaryField("请求(密文)")
    original = models.BinaryField("签名原文(密文)")

    class Meta:
        verbose_name = "待签"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit_id", "bill_code", "bill_number"], name="one_intent_a_number")
        ]


class BatchState(models.TextChoices):
    QUEUED = "queued", "等待检查"
    CHECKING = "checking", "检查中"
    CHECKED = "checked", "已检查"
    ISSUING = "issuing", "开具中"
    PAUSED = "paused", "已暂停"
    STOPPED = "stopped", "已停止"
    DONE = "done", "已完成"
    FAILED = "failed", "未能开具"


class BatchMode(models.TextChoices):
    CHECK_ONLY = "check_only", "只检查"
    ALL_OR_NOTHING = "all_or_nothing", "全部无误才开具"
    SKIP_ERRORS = "skip_errors", "跳过错误行"


class Batch(models.Model):
    """批次: one file of bills, as it was uploaded (encrypted), what was found in it, and how far issuing it has come."""

    unit_id = models.BigIntegerField("开票单位")
    unit_code = models.CharField("统一社会信用代码", max_length=18)
    file_name = models.CharField("文件名", max_length=200)
    digest = models.BinaryField("摘要")
    content_sealed = models.BinaryField("文件(密文)")
    uploaded_at = models.DateTimeField("上传时间")
    actor = models.CharField("经办主体", max_length=100)
    client_id = models.CharField("接口客户端", max_length=64, blank=True)
    mode = models.CharField("做法", max_length=20, choices=BatchMode, default=BatchMode.CHECK_ONLY)
    state = models.CharField("状态", max_length=10, choices=BatchState, default=BatchState.QUEUED)
    detail = models.CharField("说明", max_length=500, blank=True)
    rows_read = models.IntegerField("已检查行数", default=0)
    rows = models.IntegerField("行数", default=0)
    bills = models.IntegerField("票据张数", default=0)
    counts = models.JSONField("检查结果", default=dict)
    checked_at = models.DateTimeField("检查完成时间", null=True)
    started_at = models.DateTimeField("开始开具时间", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)
    file_swept_at = models.DateTimeField("文件清除时间", null=True)

    class Meta:
        verbose_name = "批次"
        indexes: ClassVar = [
            models.Index(fields=["unit_id", "-id"], name="batches_of_unit"),
            models.Index(
                fields=["uploaded_at"], name="batches_with_files", condition=models.Q(file_swept_at__isnull=True)
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=BatchState.values), name="batch_state_known"),
            models.CheckConstraint(condition=models.Q(mode__in=BatchMode.values), name="batch_mode_known"),
        ]


class BatchChunk(models.Model):
    """分段: some bills of a batch, issued in one transaction that also says so here."""

    pk = models.CompositePrimaryKey("batch", "number")
    batch = models.ForeignKey(Batch, models.CASCADE, verbose_name="批次", related_name="chunks")
    number = models.IntegerField("序号")
    bills = models.IntegerField("票据张数")
    issued = models.IntegerField("已开具", default=0)
    unchanged = models.IntegerField("以前已开具", default=0)
    refused = models.IntegerField("未开具", default=0)
    done_at = models.DateTimeField("完成时间", null=True)

    class Meta:
        verbose_name = "分段"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(bills__gte=models.F("issued") + models.F("unchanged") + models.F("refused")),
                name="chunk_within_its_bills",
            )
        ]


class BatchRow(models.Model):
    """批次行: one bill of a batch: the rows it was read from, what is wrong with them, what became of it."""

    pk = models.CompositePrimaryKey("unit_id", "uploaded_at", "batch_id", "place")
    unit_id = models.BigIntegerField("开票单位")
    uploaded_at = models.DateTimeField("上传时间")
    batch_id = models.BigIntegerField("批次")
    place = models.IntegerField("次序")
    chunk = models.IntegerField("分段", null=True)
    state = models.CharField("结果", max_length=10)
    row_numbers = ArrayField(models.IntegerField(), verbose_name="行号")
    business_number = models.CharField("业务流水号", max_length=50)
    amount_fen = models.BigIntegerField("金额(分)")
    faults = models.JSONField("错误", null=True)
    request_digest = models.BinaryField("请求摘要", null=True)
    body = models.BinaryField("请求(密文)", null=True)

    class Meta:
        verbose_name = "批次行"
        managed = False
        db_table = "issuing_batch_row"
