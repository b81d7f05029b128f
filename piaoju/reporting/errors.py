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


class DownloadNotFound(errors.NotFound):
    code = "download_not_found"
    label = "没有这个下载，或不是你要的。请到「下载」里查看自己的下载"


class LinkSpent(errors.NotFound):
    code = "link_spent"
    label = "这个下载链接已经用过，或超过了有效期。请回到「下载」重新取一个链接"


class DownloadNotReady(errors.Conflict):
    code = "download_not_ready"
    label = "这个文件还没有做好，或已经清除。请在「下载」里查看进度，清除了的可以重新生成"


class TooManyDownloads(errors.Refused):
    code = "too_many_downloads"
    label = "没有做完的下载已有 3 个，或留存的下载已有 20 个。请等做完，或删除不用的再要"


class TooManyBills(errors.Refused):
    code = "too_many_bills"
    label = "一次最多下载 50,000 张票据。请加上条件，分几次下载"


class NoBills(errors.Refused):
    code = "no_bills_chosen"
    label = "没有可以下载的票据。请先在票据查询里选出票据"


class BulletinUnknown(errors.NotFound):
    code = "bulletin_unknown"
    label = "没有这份通报。请从通报列表打开"


class BulletinTooEarly(errors.Refused):
    code = "bulletin_too_early"
    label = "这个月还没有开始，或存证日志还没有签名。请过几秒再生成；反复出现请联系运维"
