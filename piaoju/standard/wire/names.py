"""Where the two vocabularies meet: our identifiers, their XML names, and the words a person reads.

财政电子票据数据规范 1.1.0, elements in the order in which they are written (docs: standards, 1.1 and 1.2).
The wire says *EInvoice*; inside we say *bill*. Nothing else in the project spells these names.
"""

from __future__ import annotations

from typing import NamedTuple


class Name(NamedTuple):
    """One leaf of the bill XML: our identifier, its element, its 中文 label."""

    identifier: str
    element: str
    label: str


ROOT = "EInvoice"
HEADER = "Header"
BODY = "EInvoiceData"
MAIN = "Main"
UNIT = "InvoicingParty"
PAYER = "PayerParty"
EXTENSION = "MainExt"
UNIT_SEAL = "InvoicingPartySeal"
SUPERVISION_SEAL = "SupervisorPartySeal"
LINES = "Details"
LINE = "Item"
LINE_EXTENSION = "ItemExt"
AUX_LINES = "AuxDetails"
AUX_LINE = "AuxItem"
SIGNATURES = "EInvoiceSignature"
SIGNED_INFO = "SignedInfo"
REFERENCE = "Reference"
SIGNATURE_ALGORITHM = "SignatureAlgorithm"
SIGNATURE_FORMAT = "SignatureFormat"
SIGNATURE_TIME = "SignatureTime"
SIGNATURE_VALUE = "SignatureValue"

HEADER_LEAVES = (
    Name("bill_tag", "EInvoiceTag", "电子票据标签"),
    Name("bill_id", "EInvoiceID", "票据标识"),
    Name("version", "Version", "版本"),
)
MAIN_LEAVES_BEFORE_PARTIES = (
    Name("bill_name", "EInvoiceName", "电子票据名称"),
    Name("bill_code", "EInvoiceCode", "票据代码"),
    Name("bill_number", "EInvoiceNumber", "票据号码"),
    Name("check_code", "RandomNumber", "校验码"),
    Name("specimen_code", "EInvoiceSpecimenCode", "电子票据模板代码"),
    Name("supervisor_area_code", "SupervisorAreaCode", "财政部门编码"),
    Name("total_fen", "TotalAmount", "总金额"),
    Name("issue_date", "IssueDate", "开票日期"),
    Name("issue_time", "IssueTime", "开票时间"),
)
UNIT_LEAVES = (
    Name("code", "InvoicingPartyCode", "开票单位代码"),
    Name("name", "InvoicingPartyName", "开票单位名称"),
    Name("recipient_name", "RecName", "收款人全称"),
    Name("recipient_account", "RecAcct", "收款人账号"),
    Name("recipient_bank", "RecOpBk", "收款人开户行"),
)
PAYER_LEAVES = (
    Name("kind", "PayerPartyType", "交款人类型"),
    Name("code", "PayerPartyCode", "交款人代码"),
    Name("name", "PayerPartyName", "交款人名称"),
    Name("account", "PayerAcct", "交款人账号"),
    Name("bank", "PayerOpBk", "交款人开户行"),
)
MAIN_LEAVES_AFTER_PARTIES = (
    Name("pay_mode", "PayMode", "交款方式"),
    Name("business_number", "BizCode", "业务流水号"),
    Name("currency", "CurrencyType", "货币种类"),
    Name("exchange_rate", "ExchangeRate", "汇率"),
    Name("remark", "Remark", "备注"),
    Name("handler", "HandlingPerson", "开票人"),
    Name("checker", "Checker", "复核人"),
    Name("supervisor_remark", "SupervisorRemark", "财政部门备注"),
)
SEAL_LEAVES = (
    Name("seal_id", "SealId", "印章编号"),
    Name("name", "SealName", "印章名称"),
    Name("seal_hash", "SealHash", "印章摘要"),
)
LINE_LEAVES = (
    Name("item_code", "ItemCode", "项目编码"),
    Name("item_name", "ItemName", "项目名称"),
    Name("quantity_e4", "ItemQuantity", "数量"),
    Name("measure", "ItemUnit", "计量单位"),
    Name("standard_e4", "ItemStd", "标准"),
    Name("amount_fen", "ItemAmount", "金额"),
    Name("remark", "ItemRemark", "项目备注"),
)
LINE_EXTENSION_LEAVES = (Name("detail_name", "ItemDetailName", "明细名称"),)
AUX_LINE_LEAVES = (
    Name("related_item_code", "AuxItemRelatedCode", "对应项目编码"),
    Name("related_item_name", "AuxItemRelatedName", "对应项目名称"),
    Name("code", "AuxItemCode", "明细编码"),
    Name("name", "AuxItemName", "明细名称"),
    Name("quantity_e4", "AuxItemQuantity", "数量"),
    Name("measure", "AuxItemUnit", "计量单位"),
    Name("standard_e4", "AuxItemStd", "标准"),
    Name("amount_e4", "AuxItemAmount", "金额"),
    Name("remark", "AuxItemRemark", "备注"),
)

# MainExt, whole and in order. A bill type writes the subset that its template lists.
EXTENSION_LEAVES = (
    Name("business_document_number", "BusinessNumber", "业务单号"),
    Name("business_date", "BusinessDate", "业务日期"),
    Name("gender", "Gender", "性别"),
    Name("age", "Age", "年龄"),
    Name("address", "Address", "地址"),
    Name("school", "School", "学校"),
    Name("faculty", "Faculty", "院系"),
    Name("major", "Major", "专业"),
    Name("class_name", "Classes", "班级"),
    Name("student_id", "StudentID", "学号"),
    Name("medical_type", "MedicalType", "医疗类型"),
    Name("patient_number", "PatientNumber", "门诊号"),
    Name("medical_date", "MedicalDate", "就诊日期"),
    Name("institution_type", "OrgType", "医疗机构类型"),
    Name("insurance_type", "MedicalInsuranceType", "医保类型"),
    Name("insurance_number", "MedicalInsuranceID", "医保编号"),
    Name("fund_pay_amount", "FundPayAmount", "医保统筹基金支付"),
    Name("other_pay_amount", "OtherPayAmount", "其他支付"),
    Name("account_pay_amount", "AccountPayAmount", "个人账户支付"),
    Name("own_pay_amount", "OwnPayAmount", "个人现金支付"),
    Name("self_payment_amount", "SelfpaymentAmount", "个人自付"),
    Name("self_payment_cost", "SelfpaymentCost", "个人自费"),
    Name("case_number", "CaseNumber", "病历号"),
    Name("hospitalization_number", "HospitalizationNumber", "住院号"),
    Name("department_name", "DepartmentName", "科别"),
    Name("in_hospital_date", "InHospitalDate", "住院日期"),
    Name("out_hospital_date", "OutHospitalDate", "出院日期"),
    Name("prepay_amount", "PrepayAmount", "预缴金额"),
    Name("recharge_amount", "RechargeAmount", "补缴金额"),
    Name("refund_amount", "RefundAmount", "退费金额"),
    Name("reverses_code", "RelatedInvoiceCode", "相关票据代码"),
    Name("reverses_number", "RelatedInvoiceNumber", "相关票据号码"),
    Name("payment_code", "PayCode", "缴款码"),
    *(Name(f"custom_{n}", f"Custom{n}", f"自定义{n}") for n in range(1, 13)),
)
EXTENSION_ORDER = {name.element: place for place, name in enumerate(EXTENSION_LEAVES)}
REVERSES_CODE = "RelatedInvoiceCode"
REVERSES_NUMBER = "RelatedInvoiceNumber"
PAYMENT_CODE = "PayCode"

# One published class spells it with a small p: both are read, the capital is written.
SPELLINGS = {"patientNumber": "PatientNumber"}

PAYER_KINDS = {"person": "1", "organization": "2"}
PAYER_KINDS_READ = {wire: kind for kind, wire in PAYER_KINDS.items()}
PAYER_KIND_LABELS = {"person": "个人", "organization": "单位"}
