"""Who acts: operators, API clients, their tokens, and the record of every refusal and act."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models

from piaoju.identity.types import ChallengePurpose, Role, SessionMethod


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
    password_reset_person_id = models.BigIntegerField("口令重置人员", null=True)
    factor_reset_person_id = models.BigIntegerField("第二因素重置人员", null=True)
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


class PastPassword(models.Model):
    """旧口令: the hash of a password that was used before, so that it is not used again soon."""

    id = models.BigAutoField(primary_key=True)
    operator = models.ForeignKey(Operator, models.CASCADE, verbose_name="操作员")
    password = models.CharField("口令摘要", max_length=128)
    set_at = models.DateTimeField("设置时间")

    class Meta:
        verbose_name = "旧口令"


class RecoveryCode(models.Model):
    """恢复码: signs in once where the second factor is lost. Random, so its digest is not stretched."""

    digest = models.BinaryField("摘要", primary_key=True)
    operator = models.ForeignKey(Operator, models.CASCADE, related_name="recovery_codes", verbose_name="操作员")

    class Meta:
        verbose_name = "恢复码"


class Passkey(models.Model):
    """通行密钥: a WebAuthn credential; only its public half is here."""

    id = models.BigAutoField(primary_key=True)
    operator = models.ForeignKey(Operator, models.CASCADE, related_name="passkeys", verbose_name="操作员")
    credential_id = models.BinaryField("凭据标识", unique=True)
    credential = models.BinaryField("公钥凭据")
    sign_count = models.BigIntegerField("签名计数", default=0)
    label = models.CharField("名称", max_length=60)
    added_at = models.DateTimeField("登记时间")
    removed_at = models.DateTimeField("移除时间", null=True)

    class Meta:
        verbose_name = "通行密钥"


class Ukey(models.Model):
    """UKEY: the SM2 certificate of a person's device, bound to one account. Revoked, never removed."""

    id = models.BigAutoField(primary_key=True)
    operator = models.ForeignKey(Operator, models.PROTECT, related_name="ukeys", verbose_name="操作员")
    serial = models.CharField("证书序列号", max_length=40)
    fingerprint = models.BinaryField("证书指纹", unique=True)
    certificate = models.BinaryField("证书")
    subject_name = models.CharField("证书持有人", max_length=200)
    issuer_name = models.CharField("颁发机构", max_length=200)
    valid_from = models.DateTimeField("生效时间")
    valid_until = models.DateTimeField("失效时间")
    bound_at = models.DateTimeField("绑定时间")
    bound_by = models.CharField("绑定人", max_length=100)
    revoked_at = models.DateTimeField("吊销时间", null=True)
    revoked_by = models.CharField("吊销人", max_length=100, blank=True)
    revoked_reason = models.CharField("吊销原因", max_length=200, blank=True)

    class Meta:
        verbose_name = "UKEY 证书"


class Session(models.Model):
    """会话: one sign-in, known by the digest of its token; ended at once by whoever may, or by its limits."""

    id = models.BigAutoField(primary_key=True)
    digest = models.BinaryField("令牌摘要", unique=True)
    operator = models.ForeignKey(Operator, models.CASCADE, related_name="sessions", verbose_name="操作员")
    method = models.CharField("登录方式", max_length=16, choices=SessionMethod.choices)
    ukey = models.ForeignKey(Ukey, models.PROTECT, null=True, verbose_name="UKEY 证书")
    source = models.CharField("来源地址", max_length=45)
    agent = models.CharField("浏览器", max_length=200, blank=True)
    started_at = models.DateTimeField("登录时间")
    seen_at = models.DateTimeField("最近活动")
    ended_at = models.DateTimeField("结束时间", null=True)
    ended_reason = models.CharField("结束原因", max_length=60, blank=True)

    class Meta:
        verbose_name = "会话"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["operator", "-started_at"], name="identity_session_operator"),
        ]


class SignInFailure(models.Model):
    """登录失败: a wrong password, code or signature, counted by account and source. Kept a day."""

    id = models.BigAutoField(primary_key=True)
    account = models.BinaryField("账号索引")
    source = models.CharField("来源地址", max_length=45)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "登录失败"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["account", "at"], name="identity_failure_account"),
            models.Index(fields=["source", "at"], name="identity_failure_source"),
        ]


class Challenge(models.Model):
    """挑战: a secret given out for one answer: bound to a visit and a host, short-lived, used once."""

    digest = models.BinaryField("摘要", primary_key=True)
    purpose = models.CharField("用途", max_length=16, choices=ChallengePurpose.choices)
    visit = models.BinaryField("访问摘要")
    host = models.CharField("主机", max_length=255)
    operator = models.ForeignKey(Operator, models.CASCADE, null=True, verbose_name="操作员")
    sealed = models.BinaryField("加密内容", null=True)
    tries = models.SmallIntegerField("尝试次数", default=0)
    expires_at = models.DateTimeField("到期时间", db_index=True)

    class Meta:
        verbose_name = "挑战"


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


class RelyingParty(models.Model):
    """依赖方系统: another system of the province whose people sign in here (OpenID Connect)."""

    client_id = models.CharField("系统标识", max_length=40, primary_key=True)
    name = models.CharField("系统名称", max_length=100)
    secret_digest = models.BinaryField("密钥摘要")
    addresses = models.JSONField("回调地址", default=list)
    registered_at = models.DateTimeField("登记时间")
    registered_by = models.CharField("登记人", max_length=100)
    revoked_at = models.DateTimeField("注销时间", null=True)

    class Meta:
        verbose_name = "依赖方系统"


class OpenidGrant(models.Model):
    """授权: one sign-in handed on to a relying party: its code, used once, and the token that came of it."""

    code_digest = models.BinaryField("授权码摘要", primary_key=True)
    relying_party = models.ForeignKey(RelyingParty, models.PROTECT, verbose_name="依赖方系统")
    session = models.ForeignKey(Session, models.CASCADE, verbose_name="会话")
    address = models.CharField("回调地址", max_length=500)
    nonce = models.CharField("随机数", max_length=200, blank=True)
    challenge = models.CharField("验证挑战", max_length=43)
    granted_at = models.DateTimeField("授权时间", db_index=True)
    used_at = models.DateTimeField("兑换时间", null=True)
    token_digest = models.BinaryField("令牌摘要", null=True, unique=True)
    token_until = models.DateTimeField("令牌到期", null=True)

    class Meta:
        verbose_name = "授权"
