"""0401 行政事业单位资金往来结算票据（电子）."""

from __future__ import annotations

from piaoju.standard.bill_types.shape import BillType, ExtensionField

BILL_TYPE = BillType(
    code="0401",
    name="行政事业单位资金往来结算票据（电子）",
    category="资金往来结算票据",
    source="财综〔2010〕1号",
    extension=(ExtensionField("Custom1", "settlement_reason", "往来事由", length_max=200),),
    face_lines=12,
)
