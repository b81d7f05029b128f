"""0601 医疗门诊收费票据（电子）."""

from __future__ import annotations

from piaoju.standard.bill_types import medical
from piaoju.standard.bill_types.shape import BillType, ExtensionField

BILL_TYPE = BillType(
    code="0601",
    name="医疗门诊收费票据（电子）",
    category="医疗收费票据",
    source="财综〔2019〕29号",
    extension=(
        *medical.PATIENT,
        ExtensionField("PatientNumber", "patient_number", "门诊号", length_max=50, personal=True),
        ExtensionField("MedicalDate", "medical_date", "就诊日期", kind="date"),
        *medical.INSTITUTION_AND_PAYMENTS,
        ExtensionField("DepartmentName", "department_name", "科别"),
    ),
    face_lines=12,
    allows_zero_total=True,  # 挂号费 may be waived whole, and the patient still needs the bill
    rules=medical.payments_make_the_total,
)
