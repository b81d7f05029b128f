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
