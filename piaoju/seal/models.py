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
