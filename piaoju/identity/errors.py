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


class SignInRefused(errors.NotPermitted):
    code = "sign_in_refused"
    label = "用户名、口令或验证码不对。请核对后再试；忘记口令请联系单位票据管理员重置"


class TooManyFailures(errors.Unavailable):
    code = "sign_in_locked"
    label = "登录失败次数过多，已暂停。请十分钟后再试，或换用 UKEY、通行密钥登录"


class ChallengeInvalid(errors.NotPermitted):
    code = "challenge_invalid"
    label = "登录验证已过期或已用过。请回到登录页重新开始"


class SessionEnded(errors.NotPermitted):
    code = "session_ended"
    label = "登录已过期或已被结束。请重新登录；登录后回到这一格，内容还在"


class PasswordWeak(errors.Refused):
    code = "password_weak"
    label = "口令不符合要求。请换一个"


class PasswordUsedBefore(errors.Refused):
    code = "password_used_before"
    label = "这个口令不久前用过。请换一个新的"


class SecondFactorInvalid(errors.Refused):
    code = "second_factor_invalid"
    label = "动态口令不对。请核对手机时间，等下一个六位数再输"


class PasskeyInvalid(errors.NotPermitted):
    code = "passkey_invalid"
    label = "通行密钥验证没有通过。请确认用的是登记过的设备和网址，再试一次"


class UkeyRefused(errors.NotPermitted):
    code = "ukey_refused"
    label = "UKEY 登录没有通过"


class UkeyBound(errors.Conflict):
    code = "ukey_bound"
    label = "这张证书已经绑定给一个账号。请先吊销原来的绑定，或换一张证书"


class UkeyUnknown(errors.NotFound):
    code = "ukey_unknown"
    label = "没有这个 UKEY。请核对证书序列号"


class UsernameTaken(errors.Conflict):
    code = "username_taken"
    label = "这个用户名已有人用。请换一个"


class UsernameInvalid(errors.Refused):
    code = "username_invalid"
    label = "用户名只能用小写字母、数字、点、横线和下划线，3 到 40 个字符，以字母开头。请改正"


class IdNumberInvalid(errors.Refused):
    code = "id_number_invalid"
    label = "身份证号码不对：应为 18 位且末位校验相符。请对照证件核对"


class PersonNameDiffers(errors.Conflict):
    code = "person_name_differs"
    label = "这个身份证号码已登记在另一个姓名下。请核对姓名和号码；确有改名请联系系统管理员"


class AppointmentUnknown(errors.NotFound):
    code = "appointment_unknown"
    label = "没有这一条任职。请刷新列表核对"


class AppointmentDecided(errors.Conflict):
    code = "appointment_decided"
    label = "这一条任职已经审批或终止。请刷新页面查看现在的状态"


class AppointmentUnclear(errors.Refused):
    code = "appointment_unclear"
    label = "任职的角色与范围不相符。请按角色填写区划、单位或主管部门"


class ReasonMissing(errors.Refused):
    code = "reason_missing"
    label = "没有写原因。请写明原因，会留在审计记录里"


class SessionUnknown(errors.NotFound):
    code = "session_unknown"
    label = "没有这个会话，或已经结束。请刷新页面"


class RelyingPartyUnknown(errors.NotFound):
    code = "relying_party_unknown"
    label = "没有登记这个系统，或它的密钥不对、已注销。请联系系统管理员"


class GrantInvalid(errors.NotPermitted):
    code = "grant_invalid"
    label = "授权码或令牌无效、过期或已用过。请让用户重新登录"
