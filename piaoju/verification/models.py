"""The tables of verification, as Django reads them; migration 0001 makes them in SQL."""

from __future__ import annotations

from django.db import models


class PublishedBill(models.Model):
    """One bill as the public may see it; append-only, month partitions by `issued_at`."""

    pk = models.CompositePrimaryKey("bill_code", "bill_number", "issued_at", "unit_id")
    unit_id = models.BigIntegerField("开票单位")
    issued_at = models.DateTimeField("开票时间")
    bill_code = models.CharField("票据代码", max_length=8)
    bill_number = models.BigIntegerField("票据号码")
    check_code = models.CharField("校验码", max_length=20)
    issue_date = models.DateField("开票日期")
    total_fen = models.BigIntegerField("金额（分）")
    bill_name = models.TextField("票据名称")
    unit_name = models.TextField("开票单位名称")
    region_code = models.CharField("区划代码", max_length=12)
    payer_masked = models.TextField("交款人（已遮盖）")
    kind = models.CharField("正票或红票", max_length=6)
    digest = models.BinaryField("签名文件的 SM3")
    demonstration = models.BooleanField("样票")
    reverses_code = models.CharField("被冲红票据代码", max_length=8, null=True)
    reverses_number = models.BigIntegerField("被冲红票据号码", null=True)
    reversal_reason = models.TextField("冲红原因", default="")

    class Meta:
        db_table = "verification_published_bill"
        verbose_name = "可查验的票据"


class PublishedPaper(models.Model):
    """A bill came on a sheet of paper, or the sheet is void; the last row of a bill says which. Append-only."""

    pk = models.CompositePrimaryKey("unit_id", "bill_code", "bill_number", "ordinal")
    unit_id = models.BigIntegerField("开票单位")
    bill_code = models.CharField("票据代码", max_length=8)
    bill_number = models.BigIntegerField("票据号码")
    ordinal = models.IntegerField("第几项")
    at = models.DateTimeField("时间")
    paper_code = models.CharField("纸票代码", max_length=12)
    paper_number = models.BigIntegerField("纸票号码")
    in_force = models.BooleanField("纸票有效")

    class Meta:
        db_table = "verification_published_paper"
        verbose_name = "可查验的纸票"


class TryBucket(models.Model):
    """How often one key was tried in one window; unlogged, since losing it only opens the windows anew."""

    pk = models.CompositePrimaryKey("scope", "key", "opened_at")
    scope = models.SmallIntegerField("范围")
    key = models.BinaryField("键（带密钥的摘要）")
    opened_at = models.DateTimeField("窗口开始")
    tries = models.IntegerField("次数")
    failures = models.IntegerField("未查到次数")

    class Meta:
        db_table = "verification_try_bucket"
        verbose_name = "查验次数"
