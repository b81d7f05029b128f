"""What the query layer refuses."""

from __future__ import annotations

from piaoju.kit import errors


class TooManyViews(errors.Refused):
    code = "too_many_views"
    label = "这个列表的常用视图已有 20 个。请先删除不用的"


class ViewNameInvalid(errors.Refused):
    code = "view_name_invalid"
    label = "视图名称应为 1 到 30 个看得见的字。请改短或重新填写"


class ViewQueryTooLong(errors.Refused):
    code = "view_query_too_long"
    label = "查询条件太长，不能存为视图。请减少条件"
