"""The tables of the ledger. They are made by SQL (migrations/0001): partitions, triggers, composite keys.

Every key begins or ends with the unit, so that a unit's rows can live on a machine of their own; no foreign
keys: units and regions are named, not referenced.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Fact(models.Model):
    """What happened: partitioned by month, append-only."""

    pk = models.CompositePrimaryKey("unit_id", "at", "kind", "bill_code", "bill_number")
    unit_id = models.BigIntegerField("开票单位")
    at = models.DateTimeField("时刻")
    kind = models.SmallIntegerField("种类")
    bill_code = models.TextField("票据代码")
    bill_number = models.BigIntegerField("票据号码")
    region_code = models.TextField("行政区划")
    bill_type_code = models.TextField("票据种类")
    sheets = models.BigIntegerField("份数")
    amount_fen = models.BigIntegerField("金额（分）")
    item_codes = ArrayField(models.TextField(), verbose_name="收费项目")
    item_fens = ArrayField(models.BigIntegerField(), verbose_name="各项目金额（分）")
    actor = models.TextField("经办主体")
    digest = models.BinaryField("摘要")

    class Meta:
        managed = False
        db_table = "ledger_fact"
        verbose_name = verbose_name_plural = "记账行"


class Delta(models.Model):
    """What a fact adds to totals and is not folded yet: its sheets and fen, and the fen of each of its items."""

    pk = models.CompositePrimaryKey("id", "unit_id")
    id = models.BigIntegerField("序号")
    unit_id = models.BigIntegerField("开票单位")
    hour = models.DateTimeField("小时")
    region_code = models.TextField("行政区划")
    bill_type_code = models.TextField("票据种类")
    kind = models.SmallIntegerField("种类")
    sheets = models.BigIntegerField("份数")
    amount_fen = models.BigIntegerField("金额（分）")
    item_codes = ArrayField(models.TextField(), verbose_name="收费项目")
    item_fens = ArrayField(models.BigIntegerField(), verbose_name="各项目金额（分）")

    class Meta:
        managed = False
        db_table = "ledger_delta"
        verbose_name = verbose_name_plural = "待并入的增量"


class Total(models.Model):
    """The rollup: scope (unit, region, all) x grain (hour … year); unit 0, region '' and bill type '' stand for all.

    A table a scope, with items and without, so that what is asked together lies together.
    """

    pk = models.CompositePrimaryKey(
        "scope",
        "grain",
        "bucket",
        "unit_id",
        "region_code",
        "bill_type_code",
        "item_code",
        "kind",
    )
    scope = models.SmallIntegerField("范围")
    grain = models.SmallIntegerField("粒度")
    unit_id = models.BigIntegerField("开票单位")
    region_code = models.TextField("行政区划")
    bucket = models.DateTimeField("时段起点")
    bill_type_code = models.TextField("票据种类")
    item_code = models.TextField("收费项目")
    kind = models.SmallIntegerField("种类")
    sheets = models.DecimalField("份数", max_digits=39, decimal_places=0)
    amount_fen = models.DecimalField("金额（分）", max_digits=39, decimal_places=0)

    class Meta:
        managed = False
        db_table = "ledger_total"
        verbose_name = verbose_name_plural = "统计汇总"


class PendingLeaf(models.Model):
    """A leaf written in its act's transaction, waiting for its place in the log."""

    pk = models.CompositePrimaryKey("id", "unit_id")
    id = models.BigIntegerField("序号")
    unit_id = models.BigIntegerField("开票单位")
    at = models.DateTimeField("时刻")
    source = models.TextField("来源")
    source_id = models.TextField("来源标识")
    hash = models.BinaryField("叶散列", null=True)

    class Meta:
        managed = False
        db_table = "ledger_pending_leaf"
        verbose_name = verbose_name_plural = "待入日志的叶"


class Leaf(models.Model):
    """A leaf of the log: dense positions from 0, append-only."""

    position = models.BigIntegerField("位置", primary_key=True)
    unit_id = models.BigIntegerField("开票单位")
    at = models.DateTimeField("时刻")
    source = models.TextField("来源")
    source_id = models.TextField("来源标识")
    hash = models.BinaryField("叶散列")
    issued_sheets = models.BigIntegerField("开具份数")
    issued_fen = models.BigIntegerField("开具金额（分）")
    red_sheets = models.BigIntegerField("冲红份数")
    red_fen = models.BigIntegerField("冲红金额（分）")

    class Meta:
        managed = False
        db_table = "ledger_leaf"
        verbose_name = verbose_name_plural = "日志的叶"


class Checkpoint(models.Model):
    """A signed head of the log, append-only."""

    size = models.BigIntegerField("叶数", primary_key=True)
    at = models.DateTimeField("时刻")
    root = models.BinaryField("根散列")
    sums = models.BinaryField("合计")
    text = models.TextField("签名文本")

    class Meta:
        managed = False
        db_table = "ledger_checkpoint"
        verbose_name = verbose_name_plural = "日志检查点"
