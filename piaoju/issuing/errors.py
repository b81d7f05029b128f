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
