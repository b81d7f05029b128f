"""The columns of a file of bills (contract, "Batch files"): what the template says, and what a row asks for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from piaoju.kit import spreadsheet
from piaoju.kit.errors import FieldError
from piaoju.standard import bill_types
from piaoju.standard.bill_types import BillType

OUTCOME_HEADINGS = ("开具结果", "票据代码", "票据号码", *spreadsheet.REMARK_HEADINGS)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading in Excel, its key in CSV and NDJSON, and what the template says of it."""

    heading: str
    key: str
    required: bool
    note: str
    of_line: bool = False


COLUMNS = (
    Column("业务流水号", "business_number", True, "每张票据一个；几行相同就是同一张票据的几行明细。再次上传不会重复开具"),
    Column("票据种类", "bill_type", True, "四位代码，如 0206"),
    Column("交款人类型", "payer_type", True, "个人 或 单位"),
    Column("交款人", "payer_name", True, "姓名或单位全称"),
    Column("交款人代码", "payer_code", False, "身份证号或统一社会信用代码；单元格设为文本"),
    Column("手机", "payer_phone", False, "用于发送"),
    Column("项目编码", "item_code", True, "核准本单位收取的项目", of_line=True),
    Column("数量", "quantity", True, "大于 0", of_line=True),
    Column("标准", "standard", False, "每一份多少元", of_line=True),
    Column("金额", "amount", True, "元，最多两位小数；等于 标准 × 数量", of_line=True),
    Column("开票人", "handler", True, ""),
    Column("复核人", "checker", True, ""),
    Column("备注", "remark", False, ""),
    Column("邮箱", "payer_email", False, "用于发送"),
    Column("缴款码", "payment_code", False, ""),
    Column("业务日期", "business_date", False, "如 2026-09-01；不能晚于今天"),
)
_BY_KEY = {column.key: column for column in COLUMNS}
_PLACES = {
    "/payer": "payer_name", "/payer/type": "payer_type", "/payer/name": "payer_name", "/payer/code": "payer_code",
    "/payer/phone": "payer_phone", "/payer/email": "payer_email", "/lines": "item_code",
}  # fmt: skip
_OWN_LABELS = {field.name: field.label for bill_type in bill_types.BILL_TYPES for field in bill_type.extension}
_PAYER_TYPES = {"个人": "person", "单位": "organization", "person": "person", "organization": "organization"}
_NUMBERS = ("quantity", "standard", "amount")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?").fullmatch


def wanted() -> tuple[str, ...]:
    """Every heading that is known, in Chinese and in English."""
    own = [text for bill_type in bill_types.BILL_TYPES for field in bill_type.extension for text in (field.label, field.name)]
    return tuple(dict.fromkeys([*(c.heading for c in COLUMNS), *(c.key for c in COLUMNS), *own, *OUTCOME_HEADINGS]))


def missing(headings: Iterable[str]) -> list[str]:
    """The required columns that are not there, by their heading."""
    there = set(headings)
    return [c.heading for c in COLUMNS if c.required and c.heading not in there and c.key not in there]


def keyed(texts: Mapping[str, str], bill_type: BillType | None) -> dict[str, str]:
    """The texts of a row by key; of a column that no bill of this type has, by its heading."""
    own = {field.label: field.name for field in bill_type.extension} if bill_type else {}
    found: dict[str, str] = {}
    for heading, text in texts.items():
        if text and heading not in OUTCOME_HEADINGS:
            found[own.get(heading) or _KEYS.get(heading, heading)] = text
    return found


_KEYS = {column.heading: column.key for column in COLUMNS}


def bill_type_code(text: str) -> str:
    """A cell of 票据种类: the code, perhaps with its name; a workbook may have lost its first zero."""
    code = text.partition(" ")[0]
    return code.zfill(4) if code.isdigit() and len(code) == 3 else code


def number_text(text: str) -> str:
    """An amount or a quantity as people write it: full-width digits, thousands parted, a currency sign."""
    return re.sub(r"[,\s¥元]", "", unicodedata.normalize("NFKC", text))


def body_of(rows: Sequence[Mapping[str, str]], faults: list[tuple[int, FieldError]]) -> dict[str, object]:
    """The body of `POST /bills` that these rows (by key) ask for; `faults` gets (place of the row, what is wrong)."""
    head = rows[0]
    bill_type = bill_types.bill_type(bill_type_code(head.get("bill_type", "")))
    own = {field.name for field in bill_type.extension} if bill_type else set()
    payer = {"type": _PAYER_TYPES.get(head.get("payer_type", ""), head.get("payer_type", "")), "name": head.get("payer_name", "")}
    payer |= {name: head[f"payer_{name}"] for name in ("code", "phone", "email") if f"payer_{name}" in head}
    body: dict[str, object] = {
        "business_number": head.get("business_number", ""), "bill_type": bill_type_code(head.get("bill_type", "")),
        "payer": payer, "lines": [_line(place, row, faults) for place, row in enumerate(rows)],
        "handler": head.get("handler", ""), "checker": head.get("checker", ""),
    }  # fmt: skip
    body |= {key: head[key] for key in ("remark", "payment_code") if key in head}
    extension = {name: text for name, text in head.items() if name in own}
    if bill_type:
        for key in head.keys() - own - _BY_KEY.keys():
            detail = f"「{key}」不是 {bill_type.code} {bill_type.name} 的内容。请清空，或改用有这一项的票据种类"
            faults.append((0, FieldError(f"/{key}", "field_not_of_bill_type", detail)))
    if extension:
        body["extension"] = extension
    return body


def _line(place: int, row: Mapping[str, str], faults: list[tuple[int, FieldError]]) -> dict[str, str]:
    line = {"item_code": row.get("item_code", "").partition(" ")[0]}
    for key in _NUMBERS:
        if key in row:
            line[key] = number_text(row[key])
            if not _NUMBER(line[key]):
                detail = f"{_BY_KEY[key].heading}「{row[key][:20]}」不是数字。请写阿拉伯数字，如 5500.00"
                faults.append((place, FieldError(f"/{key}", "not_a_number", detail)))
    return line


def place_of(pointer: str) -> tuple[int, str]:
    """(which row of the bill, key of the column) that a fault at this pointer of the body stands in."""
    steps = pointer.split("/")
    if len(steps) > 3 and steps[1] in ("lines", "aux_lines") and steps[2].isdigit():
        return (int(steps[2]), steps[3]) if steps[1] == "lines" else (0, f"aux_lines/{steps[2]}/{steps[3]}")
    return 0, _PLACES.get(pointer) or steps[-1]


def heading_of(key: str) -> str:
    """What a person calls the column of this key."""
    column = _BY_KEY.get(key)
    return column.heading if column else _OWN_LABELS.get(key, key)


def template(codes: Sequence[str], items: Sequence[str]) -> bytes:
    """An empty workbook for a unit that issues these bill types and charges these items (code and name)."""
    choices = {"bill_type": tuple(codes), "payer_type": ("个人", "单位"), "item_code": tuple(items)}
    own = {
        field.label: field
        for code in codes
        if (bill_type := bill_types.bill_type(code.partition(" ")[0]))
        for field in bill_type.extension
    }
    columns = [
        spreadsheet.TemplateColumn(column.heading, column.required, column.note, choices.get(column.key, ()))
        for column in COLUMNS
        if column.heading not in own
    ]
    columns += [spreadsheet.TemplateColumn(label, field.required, "本票据种类的内容") for label, field in own.items()]
    return spreadsheet.template("票据", columns)
