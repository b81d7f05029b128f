"""Bills as they were issued, for ever. The tables that grow are partitioned by month and keyed by unit.

Django only reads through these models (managed = False): the tables, their partitions and their append-only triggers are
made by raw SQL in the migrations, the rows are written by the group writer (actions.py).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from piaoju.issuing.window_tables import BillTemplate, Delivery, Draft, ReviewRule

__all__ = [
    "Bill", "BillDocument", "BillKind", "BillLayout", "BillLine", "BillNumberKey", "BillTemplate", "BusinessKey", "Delivery",
    "Draft", "Intent", "KeptText", "ReviewRule", "WaitingLayout",
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
