"""0701 社会团体会费统一票据（电子）."""

from __future__ import annotations

from piaoju.standard.bill_types.shape import BillType, ExtensionField

BILL_TYPE = BillType(
    code="0701",
    name="社会团体会费统一票据（电子）",
    category="社会团体会费票据",
    source="财综〔2018〕72号",
    extension=(
        ExtensionField("Custom1", "dues_period", "会费所属期间", length_max=50),
        ExtensionField("Custom2", "member_level", "会员级别", length_max=50),
    ),
    face_lines=12,
)
