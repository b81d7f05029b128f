"""What the stock refuses."""

from __future__ import annotations

from piaoju.kit import errors


class StockExhausted(errors.Refused):
    code = "stock_exhausted"
    label = "可用号码不足。请先向财政部门申领号码，发放后再开具"


class DepartmentStockExhausted(errors.Refused):
    code = "department_stock_exhausted"
    label = "财政部门库存的号码不够。请先向上级申领，或减少份数"


class SegmentOverlaps(errors.Conflict):
    code = "segment_overlaps"
    label = "号段与已有的号段重叠。请改用还没有赋码的号码"


class NumbersElsewhere(errors.Conflict):
    code = "numbers_elsewhere"
    label = "这些号码现在不在此处，或不是连续的一段。请刷新后按现有号段重填"


class NumbersInUse(errors.Conflict):
    code = "numbers_in_use"
    label = "这些号码中已有用过的。请从「下一号码」起重新选择"


class NumbersTooMany(errors.Refused):
    code = "numbers_too_many"
    label = "十位号码不够用了：一个票据代码最多到 9999999999。请减少份数"


class ClockBehind(errors.Unavailable):
    code = "clock_behind"
    label = "服务器时钟早于本单位上一张票据的时间。请先校准时钟再开具"


class SheetsInvalid(errors.Refused):
    code = "sheets_invalid"
    label = "份数须是 1 至 100,000,000 的整数。请改正份数"


class PaperCodeInvalid(errors.Refused):
    code = "paper_code_invalid"
    label = "纸质票据代码是票面印的 6 至 12 位数字。请照纸票改正"


class YearInvalid(errors.Refused):
    code = "year_invalid"
    label = "只能用今年或明年的票据代码。请改正年度"


class RequisitionUnknown(errors.NotFound):
    code = "requisition_unknown"
    label = "没有这份申领单。请从申领单列表中打开"


class RequisitionOpen(errors.Conflict):
    code = "requisition_open"
    label = "这个票种已有一份申领在办。请等它办完，或先撤回再重新申领"


class RequisitionStepOver(errors.Conflict):
    code = "requisition_step_over"
    label = "这份申领单已不在这一步，可能别人刚办过。请刷新查看现状"


class RequisitionOverLimit(errors.Refused):
    code = "requisition_over_limit"
    label = "申领份数超过限量。请减少份数，或请财政部门调整限量"


class WriteOffNeeded(errors.Refused):
    code = "write_off_needed"
    label = "还有已用未核销的号码，按核旧领新不能再领。请先办理核销"


class ApprovedSheetsInvalid(errors.Refused):
    code = "approved_sheets_invalid"
    label = "核准份数须在 1 和申领份数之间。请改正核准份数，或不予通过"


class ReasonMissing(errors.Refused):
    code = "reason_missing"
    label = "没有写明原因。请用一句话写清楚，不超过 200 字"


class DisposalUnknown(errors.NotFound):
    code = "disposal_unknown"
    label = "没有这份处置单。请从列表中打开"


class DisposalOpen(errors.Conflict):
    code = "disposal_open"
    label = "这些号码已有一份作废、遗失或销毁在办。请等它办完"


class DisposalStepOver(errors.Conflict):
    code = "disposal_step_over"
    label = "这份处置单已经审批过了。请刷新查看结果"


class NoticeMissing(errors.Refused):
    code = "notice_missing"
    label = "遗失须先公告再作废：缺公告媒体或公告日期。请申请人公告后补上，再审批"


class RetentionNotOver(errors.Refused):
    code = "retention_not_over"
    label = "存根保存期未满，不能销毁"


class DestructionOfUsable(errors.Refused):
    code = "destruction_of_usable"
    label = "还能使用的号码不能销毁。请先作废或退回"


class SegmentUnknown(errors.NotFound):
    code = "segment_unknown"
    label = "没有这个号段。请从号段列表中打开"


class NumberUnknown(errors.NotFound):
    code = "number_unknown"
    label = "没有这个号码。请核对票据代码和十位号码"


class TopUpInvalid(errors.Refused):
    code = "top_up_invalid"
    label = "补足份数不能少于「低于份数」，两者都须大于 0。请改正"


class UnitWithoutNumbers(errors.Refused):
    code = "unit_without_numbers"
    label = "这个单位没有这种票据的核准，不能领号。请先在单位登记中核准票种"


class NotTheSupplier(errors.Refused):
    code = "not_the_supplier"
    label = "只能在上下级财政部门之间分发号码。请选择本级直接管理的下级财政部门"
