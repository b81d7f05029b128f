"""0501 公益事业捐赠统一票据（电子）."""

from __future__ import annotations

from piaoju.standard.bill_types.shape import BillType, ExtensionField

BILL_TYPE = BillType(
    code="0501",
    name="公益事业捐赠统一票据（电子）",
    category="公益事业捐赠票据",
    source="财综〔2010〕112号",
    extension=(
        ExtensionField("Custom1", "donation_kind", "捐赠类型", length_max=50),
        ExtensionField("Custom2", "donation_purpose", "捐赠用途", length_max=200),
        ExtensionField("Custom3", "donation_project", "捐赠项目", length_max=200),
    ),
    face_lines=12,
)
