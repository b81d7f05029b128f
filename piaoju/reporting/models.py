"""常用视图 and 下载: what people keep of their questions (a number names the person, without a key); what the auditor found."""

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


class DownloadState(models.TextChoices):
    WAITING = "waiting", "等待生成"
    RUNNING = "running", "生成中"
    READY = "ready", "可以下载"
    FAILED = "failed", "没有做成"
    STOPPED = "stopped", "已停止"
    CLEARED = "cleared", "文件已清除"


class DownloadFormat(models.TextChoices):
    PDF = "pdf", "合并 PDF"
    ZIP = "zip", "压缩包"
    XLSX = "xlsx", "Excel 表格"
    CSV = "csv", "CSV 文本"
    NDJSON = "ndjson", "NDJSON 文本"
    PARQUET = "parquet", "Parquet 列式文件"
    HISTORY = "history", "全部历史和证明"


class Download(models.Model):
    """下载: a file somebody asked for, made by a job, kept sealed for some days. `state_sealed` is where its maker stands."""

    id = models.BigAutoField(primary_key=True)
    operator_id = models.BigIntegerField("操作员编号")
    requested_by = models.CharField("经办", max_length=100)
    requested_at = models.DateTimeField("申请时间")
    format = models.CharField("格式", max_length=10, choices=DownloadFormat)
    title = models.CharField("名称", max_length=100)
    conditions = models.CharField("条件", max_length=500)
    wanted = models.JSONField("要求")
    state = models.CharField("状态", max_length=10, choices=DownloadState, default=DownloadState.WAITING)
    bills = models.IntegerField("张数")
    bills_done = models.IntegerField("已完成", default=0)
    pages = models.IntegerField("页数", default=0)
    size_bytes = models.BigIntegerField("字节数", default=0)
    digest = models.BinaryField("文件摘要", null=True)
    state_sealed = models.BinaryField("进度(密文)", null=True)
    started_at = models.DateTimeField("开始时间", null=True)
    finished_at = models.DateTimeField("完成时间", null=True)
    kept_until = models.DateTimeField("保留到", db_index=True)
    failure_code = models.CharField("原因代码", max_length=60, default="")
    failure = models.CharField("原因", max_length=500, default="")

    class Meta:
        verbose_name = "下载"
        indexes: ClassVar = [models.Index(fields=["operator_id", "-id"], name="downloads_of_a_person")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=DownloadState.values), name="download_state_known"),
            models.CheckConstraint(
                condition=models.Q(bills__gte=1) & (models.Q(bills__lte=50_000) | ~models.Q(format__in=["pdf", "zip"])),
                name="download_has_bills",
            ),
            models.CheckConstraint(
                condition=models.Q(bills_done__gte=0) & models.Q(bills_done__lte=models.F("bills")), name="download_done_within"
            ),
            models.CheckConstraint(
                condition=~models.Q(state=DownloadState.READY) | models.Q(digest__isnull=False, bills_done=models.F("bills")),
                name="download_ready_is_whole",
            ),
        ]


class DownloadBill(models.Model):
    """选中的票据: which bills a download is of, in the chosen order, fixed when it was asked for."""

    pk = models.CompositePrimaryKey("download", "ordinal")
    download = models.ForeignKey(Download, models.CASCADE, verbose_name="下载")
    ordinal = models.IntegerField("序号")
    unit_id = models.BigIntegerField("开票单位")
    issued_at = models.DateTimeField("开票时间")
    bill_code = models.CharField("票据代码", max_length=8)
    bill_number = models.BigIntegerField("票据号码")
    print_ordinal = models.IntegerField("第几次打印", null=True)

    class Meta:
        verbose_name = "选中的票据"


class DownloadLink(models.Model):
    """下载链接: for one whole fetch by its owner; the token itself is nowhere kept."""

    id = models.BigAutoField(primary_key=True)
    download = models.ForeignKey(Download, models.CASCADE, verbose_name="下载")
    token_digest = models.BinaryField("链接摘要", unique=True)
    made_at = models.DateTimeField("生成时间")
    valid_until = models.DateTimeField("有效期至")
    opened_at = models.DateTimeField("首次打开", null=True)
    used_at = models.DateTimeField("用完时间", null=True)

    class Meta:
        verbose_name = "下载链接"


class Bulletin(models.Model):
    """通报: a region's month, cut at a signed head of the log; append-only. `content` is figures by code, `names` their words."""

    id = models.BigAutoField(primary_key=True)
    region_code = models.CharField("行政区划", max_length=9)
    region_name = models.CharField("名称", max_length=60)
    month = models.DateField("月份")
    size = models.BigIntegerField("存证日志条数")
    content = models.JSONField("内容")
    names = models.JSONField("名称对照")
    digest = models.BinaryField("摘要")
    made_at = models.DateTimeField("生成时间")
    made_by = models.CharField("经办主体", max_length=100)

    class Meta:
        verbose_name = "通报"
        indexes: ClassVar = [models.Index(fields=["region_code", "-month", "-id"], name="bulletins_of_a_region")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(size__gt=0), name="bulletin_has_a_mark"),
        ]
