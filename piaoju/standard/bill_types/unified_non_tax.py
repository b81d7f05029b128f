"""0101 非税收入统一票据（电子）."""

from __future__ import annotations

from piaoju.standard.bill_types.shape import BillType

BILL_TYPE = BillType(
    code="0101",
    name="非税收入统一票据（电子）",
    category="非税收入通用票据",
    source="《财政票据管理办法》第六条",
    face_lines=12,
)
