"""Certificates and seals in force, one row each for ever; private keys are never here."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Certificate(models.Model):
    """数字证书: whose it is, by natural key, and the bytes."""

    class Kind(models.TextChoices):
        AUTHORITY = "authority", "证书机构"
        SEAL_MAKER = "seal_maker", "制章人"
        LOG = "log", "存证日志"
        SUPERVISION = "supervision", "财政部门"
        UNIT = "unit", "开票单位"
        PERSON = "person", "个人"

    kind = models.CharField("持有人类别", max_length=12, choices=Kind.choices)
    holder_code = models.CharField(
        "持有人代码", max_length=18
    )  # unit code, region code, or the kind's own name
    holder_name = models.CharField("持有人名称", max_length=200)
    key_ref = models.CharField("私钥标识", max_length=64)  # empty: the key is on a device of the holder
    serial = models.CharField("证书序列号", max_length=40, unique=True)
    content = models.BinaryField("证书")
    valid_from = models.DateTimeField("生效时间")
    valid_until = models.DateTimeField("失效时间")
    revoked_at = models.DateTimeField("吊销时间", null=True)
    revoked_by = models.CharField("吊销人", max_length=100, blank=True, default="")
    revoked_reason = models.CharField("吊销原因", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "数字证书"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["kind", "holder_code", "-valid_from"], name="seal_certificate_holder")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(valid_from__lt=models.F("valid_until")), name="seal_certificate_lasts"
            )
        ]


class Seal(models.Model):
    """印章: a signed seal and the certificate that may set it."""

    class Kind(models.TextChoices):
        SUPERVISION = "supervision", "监制章"
        UNIT = "unit", "单位印章"

    seal_id = models.CharField("印章编号", max_length=64, unique=True)
    kind = models.CharField("印章类别", max_length=12, choices=Kind.choices)
    name = models.CharField("印章名称", max_length=200)
    certificate = models.ForeignKey(
        Certificate, models.PROTECT, related_name="seals", verbose_name="签章人证书"
    )
    content = models.BinaryField("印章")
    seal_hash = models.CharField("印章摘要", max_length=64)
    valid_from = models.DateTimeField("生效时间")
    valid_until = models.DateTimeField("失效时间")

    class Meta:
        verbose_name = "印章"


class CertificateSubmission(models.Model):
    """证书登记申请: a certificate and its seal handed in by one person, decided by another. The same person never both."""

    class State(models.TextChoices):
        SUBMITTED = "submitted", "待核准"
        APPROVED = "approved", "已核准"
        DECLINED = "declined", "已退回"
        WITHDRAWN = "withdrawn", "已撤回"

    kind = models.CharField("印章类别", max_length=12, choices=Seal.Kind.choices)
    holder_code = models.CharField("持有人代码", max_length=18)
    holder_name = models.CharField("持有人名称", max_length=200)
    key_ref = models.CharField("私钥标识", max_length=64)
    certificate = models.BinaryField("证书")
    seal = models.BinaryField("印章")
    serial = models.CharField("证书序列号", max_length=40)
    valid_from = models.DateTimeField("生效时间")
    valid_until = models.DateTimeField("失效时间")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.SUBMITTED)
    submitted_at = models.DateTimeField("提交时间")
    submitted_by = models.CharField("提交人", max_length=100)
    submitter_person_id = models.BigIntegerField("提交人编号")
    decided_at = models.DateTimeField("办结时间", null=True)
    decided_by = models.CharField("核准人", max_length=100, blank=True)
    decider_person_id = models.BigIntegerField("核准人编号", null=True)
    decision_remark = models.CharField("核准意见", max_length=200, blank=True)

    class Meta:
        verbose_name = "证书登记申请"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["kind", "holder_code"], name="certificate_submitted_by")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(state="submitted", decided_at=None)
                | ~models.Q(state="submitted") & ~models.Q(decided_at=None),
                name="submission_is_decided_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["approved", "declined"])
                | ~models.Q(decider_person_id=None) & ~models.Q(decider_person_id=models.F("submitter_person_id")),
                name="submission_takes_two_persons",
            ),
            models.UniqueConstraint(
                fields=["kind", "holder_code"], condition=models.Q(state="submitted"), name="one_open_submission"
            ),
        ]
