"""What issuing refuses."""

from __future__ import annotations

from piaoju.kit import errors


class BusinessNumberReused(errors.Conflict):
    code = "business_number_reused"
    label = "这个业务流水号已用于另一张内容不同的票据。内容没有变就原样重发；是新业务就换一个流水号"


class BillNotFound(errors.NotFound):
    code = "bill_not_found"
    label = "没有这张票据，或不属于本单位。请核对票据代码和号码"


class QueueFull(errors.Unavailable):
    code = "queue_full"
    label = "开票请求太多，这一张还没有受理。请稍候用同一个业务流水号重发"


class DraftUnknown(errors.NotFound):
    code = "draft_unknown"
    label = "没有这份草稿，可能已经开出票据、已删除，或不是你的。请回到草稿清单"


class DraftNotOpen(errors.Conflict):
    code = "draft_not_open"
    label = "这份草稿正在等复核，或属于另一个人，不能改。先撤回，或另开一张"


class DraftNotWaiting(errors.Conflict):
    code = "draft_not_waiting"
    label = "这份草稿已经不在待复核，可能已被退回或撤回。请回到复核清单"


class DraftsTooMany(errors.Refused):
    code = "drafts_too_many"
    label = "草稿已有 200 份，不能再多。先开出或删除一些旧草稿"


class DraftTooLarge(errors.Refused):
    code = "draft_too_large"
    label = "这一张内容太多，草稿存不下。请分成多张票据"


class ReviewedMeanwhile(errors.Conflict):
    code = "reviewed_meanwhile"
    label = "这份草稿已经由别人复核并开出。请回到复核清单"


class ReviewReasonMissing(errors.Refused):
    code = "review_reason_missing"
    label = "退回要写原因，开票员才知道改什么。请填写退回原因"


class TemplateUnknown(errors.NotFound):
    code = "template_unknown"
    label = "没有这个模板，可能已经删除。请重新打开模板清单"


class TemplatesTooMany(errors.Refused):
    code = "templates_too_many"
    label = "这个开票点的模板已有 100 个，不能再多。先删除不用的模板"


class TemplateEmpty(errors.Refused):
    code = "template_empty"
    label = "模板要有名称和至少一行收费项目。请补上再存"


class DeliveryUnknown(errors.NotFound):
    code = "delivery_unknown"
    label = "没有这条推送，或不属于本单位。请回到推送记录"


class DestinationMissing(errors.Refused):
    code = "destination_missing"
    label = "没有手机号码或邮箱可推送。请填写其中之一"


class ChannelClosed(errors.Refused):
    code = "channel_closed"
    label = "本系统没有接通这种推送方式。请改用另一种，或请运维接通邮件服务器、短信网关"


class SenderRefused(errors.Refused):
    code = "sender_refused"
    label = "对方拒收。请核对手机号码或邮箱后重发"


class SenderAway(errors.Unavailable):
    code = "sender_away"
    label = "邮件服务器或短信网关没有答复。系统会自动重发，不用再办"
