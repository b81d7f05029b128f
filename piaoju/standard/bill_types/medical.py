"""What outpatient and inpatient bills share: fields of 财综〔2019〕29号, and who paid what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from piaoju.kit.errors import FieldError
from piaoju.standard import money
from piaoju.standard.bill_types.shape import ExtensionField

if TYPE_CHECKING:
    from piaoju.standard.request_shape import BillRequest

PATIENT = (
    ExtensionField("BusinessDate", "business_date", "业务日期", kind="date"),
    ExtensionField("Gender", "gender", "性别", length_max=4),
    ExtensionField("Age", "age", "年龄", length_max=10),
    ExtensionField("MedicalType", "medical_type", "医疗类型", length_max=50),
)
INSTITUTION_AND_PAYMENTS = (
    ExtensionField("OrgType", "institution_type", "医疗机构类型", length_max=50),
    ExtensionField("MedicalInsuranceType", "insurance_type", "医保类型", length_max=60),
    ExtensionField("MedicalInsuranceID", "insurance_number", "医保编号", length_max=50, personal=True),
    ExtensionField("FundPayAmount", "fund_pay_amount", "医保统筹基金支付", kind="amount"),
    ExtensionField("OtherPayAmount", "other_pay_amount", "其他支付", kind="amount"),
    ExtensionField("AccountPayAmount", "account_pay_amount", "个人账户支付", kind="amount"),
    ExtensionField("OwnPayAmount", "own_pay_amount", "个人现金支付", kind="amount"),
    ExtensionField("SelfpaymentAmount", "self_payment_amount", "个人自付", kind="amount"),
    ExtensionField("SelfpaymentCost", "self_payment_cost", "个人自费", kind="amount"),
    ExtensionField("CaseNumber", "case_number", "病历号", length_max=50, personal=True),
)
PAYMENTS = ("fund_pay_amount", "account_pay_amount", "own_pay_amount", "other_pay_amount")


def payments_make_the_total(request: BillRequest) -> list[FieldError]:
    """医保统筹基金 + 个人账户 + 个人现金 + 其他 = 总金额, as soon as one of them is given."""
    given = [request.extension[name] for name in PAYMENTS if request.extension.get(name)]
    if not given:
        return []
    try:
        paid = sum(money.parse_yuan(text) for text in given)
    except money.AmountInvalid:
        return []  # the field itself is already reported
    total = request.lines_total_fen
    if paid == total:
        return []
    return [
        FieldError(
            "/extension",
            "medical_sum_mismatch",
            f"医保统筹基金支付、个人账户支付、个人现金支付、其他支付之和为 {money.format_fen(paid)}，"
            f"与总金额 {money.format_fen(total)} 不等：请核对结算结果后重新提交。",
        )
    ]
