"""What the registry refuses."""

from __future__ import annotations

from piaoju.kit import errors


class UnitUnknown(errors.NotFound):
    code = "unit_unknown"
    label = "没有登记这个开票单位。请核对统一社会信用代码，或请财政部门先登记该单位"


class IssuingSuspended(errors.Refused):
    code = "issuing_suspended"
    label = "已被停开"
