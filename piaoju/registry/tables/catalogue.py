"""What may be issued and charged: bill types with their basis, charge items with their standards, authorizations."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from piaoju.registry.tables.places import Region
from piaoju.registry.tables.units import Unit
from piaoju.registry.tables.validity import begins_before_it_ends, one_at_a_time


class BillType(models.Model):
    """票据种类: its code and name. Whether it may be issued is told by its enablements."""

    code = models.CharField("种类代码", max_length=4, primary_key=True)
    name = models.CharField("票据名称", max_length=100)

    class Meta:
        verbose_name = "票据种类"


class ProposalKind(models.TextChoices):
    ENABLE = "enable", "启用"
    END = "end", "停用"


class ProposalState(models.TextChoices):
    PROPOSED = "proposed", "待审批"
    APPROVED = "approved", "已批准"
    DECLINED = "declined", "已退回"
    WITHDRAWN = "withdrawn", "已撤回"


class BillTypeProposal(models.Model):
    """票种启用申请: one person proposes with the basis document, another decides. The same person never both."""

    kind = models.CharField("事项", max_length=8, choices=ProposalKind.choices)
    bill_type_code = models.CharField("种类代码", max_length=4)
    name = models.CharField("票据名称", max_length=100)
    basis_document = models.CharField("依据文件", max_length=200)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="适用区划")
    industries = ArrayField(models.CharField(max_length=12), verbose_name="适用行业", default=list)  # empty: all
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)
    state = models.CharField("状态", max_length=10, choices=ProposalState.choices, default=ProposalState.PROPOSED)
    proposed_at = models.DateTimeField("申请时间")
    proposed_by = models.CharField("申请人", max_length=100)
    proposer_person_id = models.BigIntegerField("申请人编号")
    decided_at = models.DateTimeField("审批时间", null=True)
    decided_by = models.CharField("审批人", max_length=100, blank=True)
    decider_person_id = models.BigIntegerField("审批人编号", null=True)
    decision_remark = models.CharField("审批意见", max_length=200, blank=True)

    class Meta:
        verbose_name = "票种启用申请"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(basis_document=""), name="proposal_has_a_basis"),
            models.CheckConstraint(
                condition=models.Q(state="proposed", decided_at=None) | ~models.Q(state="proposed") & ~models.Q(decided_at=None),
                name="proposal_is_decided_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["approved", "declined"])
                | ~models.Q(decider_person_id=None) & ~models.Q(decider_person_id=models.F("proposer_person_id")),
                name="proposal_takes_two_persons",
            ),
            models.UniqueConstraint(
                fields=["bill_type_code", "region"], condition=models.Q(state="proposed"), name="one_open_proposal"
            ),
            begins_before_it_ends("proposal_begins_before_it_ends"),
        ]


class BillTypeEnablement(models.Model):
    """启用: in this region and below, for these industries, on this basis, from when to when. No basis, not enabled."""

    bill_type = models.ForeignKey(BillType, models.PROTECT, related_name="enablements", verbose_name="票据种类")
    proposal = models.ForeignKey(BillTypeProposal, models.PROTECT, null=True, verbose_name="启用申请")
    basis_document = models.CharField("依据文件", max_length=200)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="适用区划")
    industries = ArrayField(models.CharField(max_length=12), verbose_name="适用行业", default=list)  # empty: all
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)

    class Meta:
        verbose_name = "票种启用"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(basis_document=""), name="bill_type_has_a_basis"),
            one_at_a_time("one_enablement_at_a_time", "bill_type", "region"),
            begins_before_it_ends("enablement_begins_before_it_ends"),
        ]


class ChargeItem(models.Model):
    """收费项目."""

    code = models.CharField("项目编码", max_length=50, primary_key=True)
    name = models.CharField("项目名称", max_length=200)
    measure = models.CharField("计量单位", max_length=20, blank=True)
    bill_types: models.ManyToManyField[BillType, BillType] = models.ManyToManyField(BillType, verbose_name="适用票据种类")

    class Meta:
        verbose_name = "收费项目"


class ChargeStandard(models.Model):
    """收费标准: the range a unit price may lie in, in 1/10,000 yuan; an empty end has no limit."""

    charge_item = models.ForeignKey(ChargeItem, models.PROTECT, verbose_name="收费项目")
    minimum_e4 = models.BigIntegerField("标准下限", null=True)
    maximum_e4 = models.BigIntegerField("标准上限", null=True)
    basis_document = models.CharField("依据文件", max_length=200)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)

    class Meta:
        verbose_name = "收费标准"
        constraints: ClassVar = [
            one_at_a_time("one_standard_at_a_time", "charge_item"),
            begins_before_it_ends("standard_begins_before_it_ends"),
        ]


class Authorization(models.Model):
    """票种核准: this unit may charge this item on this bill type, until when."""

    unit = models.ForeignKey(Unit, models.PROTECT, verbose_name="开票单位")
    bill_type = models.ForeignKey(BillType, models.PROTECT, verbose_name="票据种类")
    charge_item = models.ForeignKey(ChargeItem, models.PROTECT, verbose_name="收费项目")
    basis_document = models.CharField("依据文件", max_length=200, blank=True)  # empty: a finding of data quality
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)

    class Meta:
        verbose_name = "票种核准"
        constraints: ClassVar = [
            one_at_a_time("one_authorization_at_a_time", "unit", "bill_type", "charge_item"),
            begins_before_it_ends("authorization_begins_before_it_ends"),
        ]


class SuspensionScope(models.TextChoices):
    ALL = "all", "全部"
    REGION = "region", "行政区划"
    UNIT = "unit", "开票单位"
    BILL_TYPE = "bill_type", "票据种类"
    CHARGE_ITEM = "charge_item", "收费项目"


class Suspension(models.Model):
    """停用(停开): the stop switch. Issuing in its scope is refused from the next commit on, until lifted."""

    scope = models.CharField("范围", max_length=12, choices=SuspensionScope.choices)
    scope_code = models.CharField("代码", max_length=50, blank=True)
    reason = models.CharField("原因", max_length=200)
    suspended_at = models.DateTimeField("停用时间")
    suspended_by = models.CharField("经办主体", max_length=100)
    lifted_at = models.DateTimeField("恢复时间", null=True)

    class Meta:
        verbose_name = "停用"
        constraints: ClassVar = [models.CheckConstraint(condition=~models.Q(reason=""), name="suspension_has_a_reason")]
