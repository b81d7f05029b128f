"""0206 教育收费票据（电子）."""

from __future__ import annotations

from piaoju.standard.bill_types.shape import BillType, ExtensionField

BILL_TYPE = BillType(
    code="0206",
    name="教育收费票据（电子）",
    category="非税收入专用票据",
    source="《财政票据管理办法》第六条",
    extension=(
        ExtensionField("School", "school", "学校", length_max=200),
        ExtensionField("Faculty", "faculty", "院系"),
        ExtensionField("Major", "major", "专业"),
        ExtensionField("Classes", "class_name", "班级"),
        ExtensionField("StudentID", "student_id", "学号", length_max=50, personal=True),
        ExtensionField("Custom1", "school_year", "学年学期", length_max=50),
    ),
    face_lines=12,
)
