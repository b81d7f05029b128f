"""0602 医疗住院收费票据（电子）."""

from __future__ import annotations

from piaoju.standard.bill_types import medical
from piaoju.standard.bill_types.shape import BillType, ExtensionField

BILL_TYPE = BillType(
    code="0602",
    name="医疗住院收费票据（电子）",
    category="医疗收费票据",
    source="财综〔2019〕29号",
    extension=(
        *medical.PATIENT,
        *medical.INSTITUTION_AND_PAYMENTS,
        ExtensionField("HospitalizationNumber", "hospitalization_number", "住院号", length_max=50, personal=True),
        ExtensionField("DepartmentName", "department_name", "住院科别"),
        ExtensionField("InHospitalDate", "in_hospital_date", "住院日期", kind="date"),
        ExtensionField("OutHospitalDate", "out_hospital_date", "出院日期", kind="date"),
        ExtensionField("PrepayAmount", "prepay_amount", "预缴金额", kind="amount"),
        ExtensionField("RechargeAmount", "recharge_amount", "补缴金额", kind="amount"),
        ExtensionField("RefundAmount", "refund_amount", "退费金额", kind="amount"),
    ),
    face_lines=18,
    rules=medical.payments_make_the_total,
)
