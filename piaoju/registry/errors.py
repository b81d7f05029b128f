"""What the registry refuses."""

from __future__ import annotations

from piaoju.kit import errors


class UnitUnknown(errors.NotFound):
    code = "unit_unknown"
    label = "没有登记这个开票单位。请核对统一社会信用代码，或请财政部门先登记该单位"


class RegionUnknown(errors.NotFound):
    code = "region_unknown"
    label = "没有这个行政区划。请核对代码；开发区、高新区先登记本地扩展代码"


class ProposalUnknown(errors.NotFound):
    code = "proposal_unknown"
    label = "没有这份票种申请。请从「票据种类」重新打开"


class AuthorizationUnknown(errors.NotFound):
    code = "authorization_unknown"
    label = "没有这项核准。请从「核准」重新选择"


class ItemUnknown(errors.NotFound):
    code = "charge_item_not_registered"
    label = "没有登记这个收费项目。请核对项目编码"


class RuleUnknown(errors.NotFound):
    code = "quality_rule_unknown"
    label = "没有这条数据质量规则。请从「数据质量」重新打开"


class ImportUnknown(errors.NotFound):
    code = "import_unknown"
    label = "没有这次批量登记。请从「批量登记」重新打开，或重新上传文件"


class IssuingSuspended(errors.Refused):
    code = "issuing_suspended"
    label = "已被停开"


class AlreadyRegistered(errors.Conflict):
    code = "already_registered"
    label = "已经登记过。请直接修改已有的登记"


class Overlapping(errors.Conflict):
    code = "validity_overlaps"
    label = "这段日期内已有同样的登记。请先让原来的登记到前一天为止，或改日期"


class ProposalDecided(errors.Conflict):
    code = "proposal_decided"
    label = "这份票种申请已经办结，不能再次审批。请刷新页面查看结果"


class ImportApplied(errors.Conflict):
    code = "import_applied"
    label = "这个文件已经登记过。改正后的文件请另行上传，已登记的单位不会重复"


class StageNotOpen(errors.Conflict):
    code = "stage_not_open"
    label = "上线的这一步还没有开放，或已经完成。请刷新页面，从当前的一步办起"


class Unfit(errors.Refused):
    code = "registration_unfit"
    label = "有内容需要改正"
