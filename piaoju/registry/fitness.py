"""Whether what somebody typed, or a row of a file, can be registered as a unit: pure. Re-exported by `rules`.

Each fault is two sentences: what is wrong and why, then what to do. A file that comes back shows them in two columns.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from piaoju.kit.errors import FieldError
from piaoju.registry.types import RecordToRegister
from piaoju.standard import codes

_PHONE = re.compile(r"(1[3-9]\d{9}|0\d{2,3}-?\d{7,8}(-\d{1,6})?)").fullmatch
_ACCOUNT = re.compile(r"[0-9A-Za-z-]{6,50}").fullmatch
_NAME_MAX, _TEXT_MAX, _CODES_MAX = 200, 100, 500
INDUSTRIES = {"medical": "医疗", "education": "教育", "association": "社团协会", "other": "其他"}
MODES = {"online": "在线接口模式", "front": "前置服务器", "mobile": "移动开票终端"}


@dataclass(frozen=True, slots=True)
class UnitForm:
    """A unit as a person writes it down: every field a text, empty where nothing was written."""

    code: str
    name: str
    region_code: str
    governing: str = ""
    industry: str = ""
    connection_mode: str = ""
    bill_types: str = ""
    items: str = ""
    basis_document: str = ""
    recipient_name: str = ""
    recipient_account: str = ""
    recipient_bank: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    license_number: str = ""
    license_until: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a form is judged against: everything within the sight of whoever registers, as of a day."""

    on: date
    finance_of_region: Mapping[str, str]  # region in sight → the region of the finance department over it
    lineages: Mapping[str, tuple[str, ...]]  # region in sight → itself and those above it, from below
    governing_codes: frozenset[str]
    governing: Mapping[tuple[str, str], str]  # region and name → code
    bill_types: Mapping[tuple[str, str], frozenset[str]]  # region and bill type enabled there → its industries; empty: all
    items: Mapping[str, frozenset[str]]  # charge item → the bill types it fits

    def industries_of(self, bill_type: str, region_code: str) -> frozenset[str] | None:
        """The industries that may use a bill type in a region (empty: all); None where it is not enabled there or above."""
        enabled = [(region, bill_type) for region in self.lineages.get(region_code, ())]
        found = [self.bill_types[key] for key in enabled if key in self.bill_types]
        if not found:
            return None
        return frozenset() if frozenset() in found else frozenset().union(*found)

    def governing_of(self, named: str, region_code: str) -> str:
        """The code of a governing department by its code or name; of two of one name, the nearest above. Empty: none."""
        if named in self.governing_codes:
            return named
        above = ((region, named) for region in self.lineages.get(region_code, ()))
        return next((self.governing[key] for key in above if key in self.governing), "")


@dataclass(frozen=True, slots=True)
class FitUnit:
    """A form that can be registered. The governing department may be a new one, by name."""

    code: str
    record: RecordToRegister
    governing_name: str  # of a department that is not registered yet
    grants: tuple[tuple[str, str], ...]
    basis_document: str
    license_number: str
    license_until: date | None


def fit(form: UnitForm, ground: Ground) -> FitUnit | list[FieldError]:
    """The unit as it can be registered, or every fault of the form."""
    industry, mode = _chosen(form.industry, INDUSTRIES, "other"), _chosen(form.connection_mode, MODES, "online")
    kinds, items = split(form.bill_types), split(form.items)
    until = _day(form.license_until)
    faults = [
        *_identity_faults(form, ground),
        *_choice_faults(form, industry, mode),
        *_grant_faults(kinds, items, industry, form.region_code, ground),
        *_text_faults(form),
        *_license_faults(form, until, ground.on),
    ]
    if faults:
        return faults
    governing = ground.governing_of(form.governing, form.region_code)
    record = RecordToRegister(
        name=form.name, region_code=form.region_code, finance_region_code=ground.finance_of_region[form.region_code],
        governing_code=governing, industry=industry, connection_mode=mode,
        recipient_name=form.recipient_name or form.name, recipient_account=form.recipient_account,
        recipient_bank=form.recipient_bank, contact_name=form.contact_name, contact_phone=form.contact_phone,
    )  # fmt: skip
    return FitUnit(
        form.code, record, "" if governing else form.governing, _grants(kinds, items, ground), form.basis_document,
        form.license_number, until if isinstance(until, date) else None,
    )  # fmt: skip


def split(text: str) -> list[str]:
    """Codes written in one cell: parted by spaces, commas or 、 of either width; each once."""
    return list(dict.fromkeys(part for part in re.split(r"[\s,，、;；]+", text) if part))


def _identity_faults(form: UnitForm, ground: Ground) -> list[FieldError]:
    found = []
    if not form.code:
        found.append(FieldError("/code", "unit_code_missing", "没有统一社会信用代码。请填写 18 位代码"))
    elif len(form.code) != 18:
        detail = f"统一社会信用代码应为 18 位，这里是 {len(form.code)} 位。请对照登记证书补全"
        found.append(FieldError("/code", "unit_code_wrong", detail))
    elif not codes.is_uscc(form.code):
        detail = f"统一社会信用代码 {form.code} 的校验位不对，可能抄错一位。请对照登记证书逐位核对"
        found.append(FieldError("/code", "unit_code_wrong", detail))
    if not form.name:
        found.append(FieldError("/name", "unit_name_missing", "没有单位名称。请填写登记证书上的全称"))
    if form.region_code not in ground.finance_of_region:
        detail = f"行政区划 {form.region_code or '（空）'} 不在你的管辖范围内，或没有登记。请填写本级或下级区划的代码"
        found.append(FieldError("/region_code", "region_not_yours", detail))
    elif not ground.finance_of_region[form.region_code]:
        detail = f"行政区划 {form.region_code} 及其上级没有登记财政部门。请先登记财政部门"
        found.append(FieldError("/region_code", "finance_department_missing", detail))
    return found


def _choice_faults(form: UnitForm, industry: str, mode: str) -> list[FieldError]:
    found = []
    if not industry:
        detail = f"没有行业类型「{form.industry}」。请填写 {'、'.join(INDUSTRIES.values())} 之一"
        found.append(FieldError("/industry", "industry_unknown", detail))
    if not mode:
        detail = f"没有接入方式「{form.connection_mode}」。请填写 {'、'.join(MODES.values())} 之一，或留空"
        found.append(FieldError("/connection_mode", "connection_mode_unknown", detail))
    return found


def _grant_faults(
    kinds: list[str], items: list[str], industry: str, region_code: str, ground: Ground
) -> list[FieldError]:
    if max(len(kinds), len(items)) > _CODES_MAX:
        return [FieldError("/items", "codes_limit", f"一次最多核准 {_CODES_MAX} 个编码。请分几次登记")]
    found = []
    for kind in kinds if region_code in ground.lineages else ():  # of a region that is wrong itself nothing more is said
        industries = ground.industries_of(kind, region_code)
        if industries is None:
            detail = f"票据种类 {kind} 没有在这个区划启用。请填写已启用的四位种类代码，前面的 0 不能少"
            found.append(FieldError("/bill_types", "bill_type_not_enabled", detail))
        elif industry and industries and industry not in industries:
            detail = f"票据种类 {kind} 不适用于{INDUSTRIES[industry]}单位。请改行业类型，或去掉这个种类"
            found.append(FieldError("/bill_types", "bill_type_not_for_industry", detail))
    for item in items:
        if item not in ground.items:
            detail = f"没有收费项目 {item}。请填写已登记的项目编码"
            found.append(FieldError("/items", "charge_item_unknown", detail))
        elif not ground.items[item] & set(kinds):
            detail = f"收费项目 {item} 不适用于所填的票据种类。请补上它的票据种类，或去掉这个项目"
            found.append(FieldError("/items", "charge_item_without_bill_type", detail))
    return found


def _text_faults(form: UnitForm) -> list[FieldError]:
    found = []
    limits = (("name", _NAME_MAX), ("governing", _TEXT_MAX), ("recipient_name", _NAME_MAX), ("recipient_bank", _NAME_MAX),
              ("contact_name", 60), ("basis_document", _NAME_MAX), ("license_number", _TEXT_MAX))  # fmt: skip
    for field, limit in limits:
        text: str = getattr(form, field)
        if len(text) > limit:
            detail = f"内容有 {len(text)} 个字，最多 {limit} 个。请缩短"
            found.append(FieldError(f"/{field}", "text_too_long", detail))
        elif not text.isprintable():
            detail = "内容里有看不见的控制字符。请删去后重新输入"
            found.append(FieldError(f"/{field}", "text_not_printable", detail))
    if form.recipient_account and not _ACCOUNT(form.recipient_account):
        detail = "收款人账号应为 6 到 50 位数字或字母。请核对，不要写空格和括号"
        found.append(FieldError("/recipient_account", "account_wrong", detail))
    if form.contact_phone and not _PHONE(form.contact_phone):
        detail = "联系电话不是 11 位手机号，也不是带区号的座机。请核对，座机写成 0816-1234567"
        found.append(FieldError("/contact_phone", "phone_wrong", detail))
    return found


def _license_faults(form: UnitForm, until: date | str | None, on: date) -> list[FieldError]:
    if isinstance(until, str):
        detail = f"领用证有效期「{until[:20]}」不是日期。请写成 2027-12-31"
        return [FieldError("/license_until", "day_wrong", detail)]
    if until is not None and not form.license_number:
        detail = "填了领用证有效期，没有填领用证编号。请补上编号，或把有效期也清空"
        return [FieldError("/license_number", "license_number_missing", detail)]
    if until is not None and until < on:
        detail = f"领用证已于 {until} 到期，登记后不能开具。请先换证，填写新证的编号和有效期"
        return [FieldError("/license_until", "license_expired", detail)]
    return []


def _chosen(text: str, choices: Mapping[str, str], default: str) -> str:
    """The key of a choice written by its key or its 中文; the default for nothing; empty for what is neither."""
    if not text:
        return default
    return text if text in choices else next((key for key, label in choices.items() if label == text), "")


def _day(text: str) -> date | str | None:
    """The day that is written, nothing, or the text that is no day."""
    if not text:
        return None
    found = re.fullmatch(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?", text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else text
    except ValueError:
        return text


def _grants(kinds: Collection[str], items: Collection[str], ground: Ground) -> tuple[tuple[str, str], ...]:
    """Every item on every bill type of the row that it fits."""
    return tuple((kind, item) for kind in kinds for item in items if kind in ground.items[item])
