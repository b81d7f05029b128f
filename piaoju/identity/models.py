"""Who acts: operators, API clients, their tokens, and the record of every refusal and act."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models

from piaoju.identity.types import Role


class Person(models.Model):
    """人员: a real person by name and ID number; the number is sealed and found by its blind index."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField("姓名", max_length=60)
    id_number_sealed = models.BinaryField("身份证件号码", null=True)
    id_number_index = models.BinaryField("证件号码索引", null=True, unique=True)
    phone_sealed = models.BinaryField("手机号码", null=True)
    registered_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "人员"


class OperatorRegister(BaseUserManager["Operator"]):
    """Enrols operators; a password is never stored in clear."""

    def enrol(self, username: str, password: str, **facts: Any) -> Operator:
        operator = self.model(username=username, **facts)
        operator.set_password(password)
        operator.save(using=self._db)
        return operator


class Operator(AbstractBaseUser):
    """操作员: an account of one person. `revision` moves by trigger with everything its rights hang on."""

    id = models.BigAutoField(primary_key=True)
    username = models.CharField("用户名", max_length=60, unique=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="operators", verbose_name="人员")
    enrolled_at = models.DateTimeField("登记时间")
    enrolled_by = models.CharField("登记人", max_length=100)
    password_changed_at = models.DateTimeField("口令设置时间")
    must_change_password = models.BooleanField("须改口令", default=False)
    totp_secret_sealed = models.BinaryField("动态口令密钥", null=True)
    totp_last_step = models.BigIntegerField("已用动态口令时段", default=0)
    suspended_at = models.DateTimeField("停用时间", null=True)
    suspended_reason = models.CharField("停用原因", max_length=200, blank=True)
    revision = models.BigIntegerField("修订号", default=1)

    objects: ClassVar[OperatorRegister] = OperatorRegister()
    USERNAME_FIELD = "username"

    class Meta:
        verbose_name = "操作员"


class Appointment(models.Model):
    """任职: a role of an operator within a scope, for [valid_from, valid_until). Requested, approved or declined, ended."""

    id = models.BigAutoField(primary_key=True)
    operator = models.ForeignKey(Operator, models.PROTECT, related_name="appointments", verbose_name="操作员")
    person = models.ForeignKey(Person, models.PROTECT, verbose_name="人员")
    role = models.CharField("角色", max_length=24, choices=Role.choices)
    branch = models.SmallIntegerField("岗位类别")
    region_code = models.CharField("行政区划", max_length=9, blank=True)
    unit_code = models.CharField("单位代码", max_length=18, blank=True, db_index=True)
    bill_types = models.JSONField("票据种类", default=list)
    valid_from = models.DateTimeField("任职起")
    valid_until = models.DateTimeField("任职止", null=True)
    two_person = models.BooleanField("须两人办理")
    requested_at = models.DateTimeField("提请时间")
    requested_by = models.CharField("提请人", max_length=100)
    requested_person_id = models.BigIntegerField("提请人员", null=True)  # null: the installation's own founding
    decided_at = models.DateTimeField("审批时间", null=True)
    decided_by = models.CharField("审批人", max_length=100, blank=True)
    decided_person_id = models.BigIntegerField("审批人员", null=True)
    approved = models.BooleanField("批准", default=False)
    ended_by = models.CharField("终止人", max_length=100, blank=True)
    ended_reason = models.CharField("终止原因", max_length=200, blank=True)

    class Meta:
        verbose_name = "任职"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(valid_until=None) | models.Q(valid_until__gte=models.F("valid_from")),
                name="appointment_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=models.Q(two_person=False)
                | models.Q(approved=False)
                | models.Q(requested_person_id=None, decided_person_id=None)
                | (
                    models.Q(requested_person_id__isnull=False, decided_person_id__isnull=False)
                    & ~models.Q(requested_person_id=models.F("decided_person_id"))
                ),
                name="appointment_takes_two_persons",
            ),
            models.CheckConstraint(
                condition=~models.Q(decided_person_id=models.F("person_id"), approved=True)
                | models.Q(decided_person_id=None),
                name="nobody_approves_their_own_appointment",
            ),
            models.CheckConstraint(
                condition=models.Q(approved=False) | models.Q(decided_at__isnull=False), name="appointment_was_decided"
            ),
            # Whoever acts is not who audits, and no administrator is another: one branch a person at a time.
            ExclusionConstraint(
                name="one_branch_a_person",
                expressions=[
                    (models.F("person"), RangeOperators.EQUAL),
                    (models.F("branch"), RangeOperators.NOT_EQUAL),
                    (models.Func("valid_from", "valid_until", function="tstzrange"), RangeOperators.OVERLAPS),
                ],
                condition=models.Q(approved=True),
            ),
        ]


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
