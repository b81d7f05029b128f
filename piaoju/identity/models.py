"""Who acts: operators, API clients, their tokens, and the record of every refusal and act."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Role(models.TextChoices):
    SUPERVISOR = "supervisor", "票据监管员"
    UNIT_KEEPER = "unit_keeper", "单位票据管理员"
    HANDLER = "handler", "开票员"
    CHECKER = "checker", "复核员"
    AUDITOR = "auditor", "审计"


class OperatorRegister(BaseUserManager["Operator"]):
    """Enrols operators; a password is never stored in clear."""

    def enrol(self, username: str, password: str, **facts: Any) -> Operator:
        operator = self.model(username=username, **facts)
        operator.set_password(password)
        operator.save(using=self._db)
        return operator


class Operator(AbstractBaseUser):
    """操作员: one account is one person."""

    username = models.CharField("用户名", max_length=60, unique=True)
    person_name = models.CharField("姓名", max_length=60)
    role = models.CharField("角色", max_length=16, choices=Role.choices)
    region_code = models.CharField("行政区划", max_length=9, blank=True)
    unit_code = models.CharField("开票单位", max_length=18, blank=True)
    totp_secret_sealed = models.BinaryField("动态口令密钥", null=True)
    is_active = models.BooleanField("可用", default=True)

    objects: ClassVar[OperatorRegister] = OperatorRegister()
    USERNAME_FIELD = "username"

    class Meta:
        verbose_name = "操作员"


class ApiClient(models.Model):
    """接口客户端: a unit's own system. The secret is kept as a digest only."""

    client_id = models.CharField("客户端标识", max_length=40, primary_key=True)
    secret_digest = models.BinaryField("密钥摘要")
    unit_code = models.CharField("开票单位", max_length=18, db_index=True)
    bill_types = models.JSONField("票据种类", default=list)
    revoked_at = models.DateTimeField("吊销时间", null=True)

    class Meta:
        verbose_name = "接口客户端"


class AccessToken(models.Model):
    """访问令牌: kept as a digest; gone when it expires or its client is revoked."""

    digest = models.BinaryField("摘要", primary_key=True)
    client = models.ForeignKey(ApiClient, models.CASCADE, verbose_name="客户端")
    expires_at = models.DateTimeField("到期时间", db_index=True)

    class Meta:
        verbose_name = "访问令牌"


class AuditRecord(models.Model):
    """审计记录: append-only; each is a leaf of the log. Holds no personal data."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField("时间", db_index=True)
    actor = models.CharField("经办主体", max_length=100)
    act = models.CharField("事项", max_length=60)
    subject = models.CharField("对象", max_length=200, blank=True)
    outcome = models.CharField("结果", max_length=60)
    trace_id = models.CharField("追踪号", max_length=32, blank=True)

    class Meta:
        verbose_name = "审计记录"


class Revision(models.Model):
    """One row whose number grows when a client is enrolled, changed or revoked."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = "修订号"
