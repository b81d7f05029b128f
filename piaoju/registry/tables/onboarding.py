"""How a unit comes online: six stages, each with owner, deadline, state and blocker; and the files they came in by."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from piaoju.registry.tables.places import Region
from piaoju.registry.tables.units import Unit


class Stage(models.TextChoices):
    """In the order in which they are passed."""

    REGISTERED = "registered", "登记"
    DOCUMENTS = "documents", "资料"
    CERTIFICATE = "certificate", "证书"
    NUMBERS = "numbers", "号段"
    TRIAL = "trial", "试开"
    ONLINE = "online", "上线"


class StepState(models.TextChoices):
    WAITING = "waiting", "未开始"
    OPEN = "open", "办理中"
    STUCK = "stuck", "卡住"
    DONE = "done", "已完成"


class StepOwner(models.TextChoices):
    FINANCE = "finance", "财政部门"
    UNIT_KEEPER = "unit_keeper", "单位票据管理员"
    AUTHORITY = "authority", "证书机构"
    HANDLER = "handler", "开票员"


class ImportState(models.TextChoices):
    CHECKED = "checked", "已检查"
    APPLIED = "applied", "已登记"


class ImportMode(models.TextChoices):
    ALL_OR_NOTHING = "all_or_nothing", "全部成功才登记"
    SKIP_ERRORS = "skip_errors", "跳过错误行"


class UnitImport(models.Model):
    """单位批量登记: one file as it was uploaded (kept encrypted: it holds phones), and what became of it."""

    file_name = models.CharField("文件名", max_length=200)
    content_sealed = models.BinaryField("文件（加密）")
    digest = models.BinaryField("摘要")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="行政区划")  # rows outside of it are refused
    state = models.CharField("状态", max_length=8, choices=ImportState.choices, default=ImportState.CHECKED)
    mode = models.CharField("方式", max_length=16, choices=ImportMode.choices, blank=True)
    rows = models.IntegerField("文件行数")
    registered = models.IntegerField("新登记", default=0)
    changed = models.IntegerField("更新", default=0)
    unchanged = models.IntegerField("没有变化", default=0)
    refused = models.IntegerField("需要改正", default=0)
    uploaded_at = models.DateTimeField("上传时间")
    uploaded_by = models.CharField("经办主体", max_length=100)
    applied_at = models.DateTimeField("登记时间", null=True)

    class Meta:
        verbose_name = "单位批量登记"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state="checked", applied_at=None) | models.Q(state="applied", applied_at__isnull=False),
                name="import_is_applied_once",
            ),
        ]


class Onboarding(models.Model):
    """单位上线: when it began, by when it should be done, in which wave."""

    unit = models.OneToOneField(Unit, models.PROTECT, primary_key=True, verbose_name="开票单位")
    wave = models.CharField("批次", max_length=60, blank=True)
    unit_import = models.ForeignKey(UnitImport, models.PROTECT, null=True, verbose_name="批量登记")
    started_on = models.DateField("开始日期")
    due_on = models.DateField("应上线日期")

    class Meta:
        verbose_name = "单位上线"
        indexes: ClassVar = [models.Index(fields=["wave"], name="onboarding_of_wave")]


class OnboardingStep(models.Model):
    """上线步骤: a unit has exactly one that is open or stuck, until all are done."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="steps", verbose_name="开票单位")
    stage = models.CharField("步骤", max_length=12, choices=Stage.choices)
    state = models.CharField("状态", max_length=8, choices=StepState.choices)
    owner = models.CharField("责任人", max_length=12, choices=StepOwner.choices)
    due_on = models.DateField("办理期限")
    blocker = models.CharField("卡住原因", max_length=300, blank=True)
    blocked_by = models.CharField("由谁卡住", max_length=100, blank=True)
    blocked_at = models.DateTimeField("卡住时间", null=True)
    done_at = models.DateTimeField("完成时间", null=True)
    done_by = models.CharField("经办主体", max_length=100, blank=True)

    class Meta:
        verbose_name = "上线步骤"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "stage"], name="a_stage_is_passed_once"),
            models.UniqueConstraint(
                fields=["unit"], condition=models.Q(state__in=["open", "stuck"]), name="one_current_stage"
            ),
            models.CheckConstraint(
                condition=models.Q(state="stuck") & ~models.Q(blocker="") | ~models.Q(state="stuck") & models.Q(blocker=""),
                name="stuck_says_why",
            ),
            models.CheckConstraint(
                condition=models.Q(state="done", done_at__isnull=False) | ~models.Q(state="done") & models.Q(done_at=None),
                name="done_says_when",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["stage", "state"], name="step_by_stage_and_state")]


class OnboardingEvent(models.Model):
    """上线经过: append-only, what happened on the way and who did it."""

    unit = models.ForeignKey(Unit, models.PROTECT, verbose_name="开票单位")
    stage = models.CharField("步骤", max_length=12, choices=Stage.choices)
    at = models.DateTimeField("时间")
    by = models.CharField("经办主体", max_length=100)
    event = models.CharField("经过", max_length=300)

    class Meta:
        verbose_name = "上线经过"
        indexes: ClassVar = [models.Index(fields=["unit", "-id"], name="event_of_unit")]
