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


class AlreadyReversed(errors.Conflict):
    code = "already_reversed"
    label = "这张票据已冲红，没有可以再冲红的金额。红票号码见这张票据的后续事项"


class OverReversed(errors.Refused):
    code = "reversal_over_left"
    label = "冲红金额超过这一行还剩下的金额。请改小，或不写金额（冲红这一行余下的全部）"


class ReversalLineInvalid(errors.Refused):
    code = "reversal_line_invalid"
    label = "要冲红的行写得不对。请对照原票的明细改正"


class RedBillNotReversible(errors.Refused):
    code = "red_bill_not_reversible"
    label = "红票不能再冲红。冲红错了，请按原来的内容重新开具一张正常票"


class NothingToReverse(errors.Refused):
    code = "nothing_to_reverse"
    label = "这张票据的金额是零，没有可以冲红的金额"


class PaperNotVoided(errors.Conflict):
    code = "paper_not_voided"
    label = "这张票据已换开纸质票。请先收回纸票、办理纸票作废，再冲红"


class AlreadyConverted(errors.Conflict):
    code = "already_converted"
    label = "这张票据已换开纸质票，一张电子票同时只能有一张纸票。要重新换开，请先把原来的纸票作废"


class NotConvertible(errors.Refused):
    code = "not_convertible"
    label = "红票和已冲红（含部分冲红）的票据不能换开纸质票"


class NotOnPaper(errors.Conflict):
    code = "not_on_paper"
    label = "这张票据现在没有换开的纸票，没有可以作废的纸票"


class BillChangedMeanwhile(errors.Conflict):
    code = "bill_changed_meanwhile"
    label = "刚才有人对这张票据办理了冲红或换开。请看它现在的样子，再决定怎么办"


class BatchNotFound(errors.NotFound):
    code = "batch_not_found"
    label = "没有这个批次，或不属于本单位。请从「批量开票」的列表里打开"


class BatchNotReady(errors.Conflict):
    code = "batch_not_ready"
    label = "这个批次现在不能这样做。请刷新，看它现在的状态"


class BatchFileSwept(errors.NotFound):
    code = "batch_file_swept"
    label = "这个文件超过保存期限，已经清除。逐行的结果还在，可以下载；票据在「票据查询」里"


class BatchHasFaults(errors.Refused):
    code = "batch_has_faults"
    label = "文件里有需要改正的行，按「全部无误才开具」一张也没有开。请下载带批注的文件改正，或选「跳过错误行」"


class SecondPersonNeeded(errors.NotPermitted):
    code = "second_person_needed"
    label = "这笔冲红超过一个人可以办的金额。请在业务管理的票据页提出冲红申请，由另一人审批"


class ReversalOpen(errors.Conflict):
    code = "reversal_open"
    label = "这张票据已有一份冲红申请在等审批。请先办结或撤回那一份"


class ReversalUnknown(errors.NotFound):
    code = "reversal_unknown"
    label = "没有这份冲红申请，或不属于本单位。请核对申请编号"


class ReversalStepOver(errors.Conflict):
    code = "reversal_step_over"
    label = "这份冲红申请已经办结。请看它现在的状态"


class ReversalReasonMissing(errors.Refused):
    code = "reversal_reason_missing"
    label = "没有写明原因。请写明原因，最多 200 个字"


class PaperNumberDiffers(errors.Conflict):
    code = "paper_number_differs"
    label = "纸票上印的号码不是下一张该用的号码。请核对纸票；中间的纸票损坏或遗失，先办理纸票作废或遗失"


class PaperExhausted(errors.Refused):
    code = "paper_exhausted"
    label = "本单位没有这个票据种类的空白纸票。请先申领纸质票据"


class ReviewNeeded(errors.Refused):
    code = "review_needed"
    label = "本单位的票据要经复核，上传名单的人不能自己开具。请本单位的复核员打开这个批次，看过后开具"
