"""What a journey refuses that no single room can know."""

from __future__ import annotations

from piaoju.kit import errors


class SignatureRefused(errors.Unavailable):
    code = "signature_refused"
    label = "签名服务返回的签名没有通过验证，票据没有开具。请稍后用同一个业务流水号重发；反复出现请联系运维"


class IntentTooOld(errors.Unavailable):
    code = "intent_too_old"
    label = "这一张昨天取号后没有签成，号码正在作废。请几秒后用同一个业务流水号重发，会用新号码开具"


class TakingLost(errors.Unavailable):
    code = "taking_lost"
    label = "为这一张取的号码已被作废，票据没有开具。请用同一个业务流水号重发，会用新号码开具"


class DatabaseUnavailable(errors.Unavailable):
    code = "database_unavailable"
    label = "数据库暂时没有答复，不知道这一张是否已经开具。请稍后用同一个业务流水号重发，不会重复开具"


class FinanceDepartmentUnknown(errors.NotFound):
    code = "finance_department_unknown"
    label = "这个行政区划没有登记财政部门。请核对区划代码，或请省级先登记"


class SheetUnnumbered(errors.Refused):
    code = "sheet_unnumbered"
    label = "这一张没有业务流水号，或流水号读不懂。请重新打开开票窗口"


class CertificateNameDiffers(errors.Refused):
    code = "certificate_name_differs"
    label = "单位证书上的名称与登记的单位名称不同，开出的票据查验不会通过。请换发证书后登记，或更正单位档案"


class TooManyBatches(errors.Refused):
    code = "too_many_batches"
    label = "本单位没有完成的批次太多。请等前面的完成，或停止不要的批次，再上传"
