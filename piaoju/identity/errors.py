"""What identity refuses."""

from __future__ import annotations

from piaoju.kit import errors


class TokenInvalid(errors.NotPermitted):
    code = "token_invalid"
    label = "访问令牌无效或已过期。请用 client_id 和 client_secret 到 /api/v1/token 取新的令牌"


class ClientUnknown(errors.NotPermitted):
    code = "client_unknown"
    label = "客户端标识或密钥不对，或已被吊销。请核对，或联系本单位票据管理员"


class BillTypeNotPermitted(errors.NotPermitted):
    code = "bill_type_not_permitted"
    label = "这个客户端没有此种票据的权限。请联系本单位票据管理员"


class OperatorNotInForce(errors.NotPermitted):
    code = "operator_not_in_force"
    label = "账号已停用，或任职、UKEY 刚有变动。请重新登录；仍不能用请联系票据管理员"


class ActNotPermitted(errors.NotPermitted):
    code = "act_not_permitted"
    label = "您的任职不含这一事项。请找有此权限的人办理，或联系票据管理员"


class SamePerson(errors.NotPermitted):
    code = "same_person"
    label = "提请和批准不能是同一个人，换账号也不行。请由另一位有权限的人批准"


class RolesExclude(errors.Refused):
    code = "roles_exclude"
    label = "同一个人不能同时担任相互牵制的岗位"


class OperatorUnknown(errors.NotFound):
    code = "operator_unknown"
    label = "没有这个操作员。请核对用户名"
