"""The columns of a file of units: what the template says, and a row as a form."""

from __future__ import annotations

from dataclasses import replace

from piaoju.kit import spreadsheet
from piaoju.kit.errors import FieldError
from piaoju.registry import rules

# heading → (field of UnitForm, required, what the template says about it)
COLUMNS: dict[str, tuple[str, bool, str]] = {
    "统一社会信用代码": ("code", True, "18 位，照登记证书填写；同一代码就是同一单位，再次上传不会重复"),
    "单位名称": ("name", True, "登记证书上的全称"),
    "行政区划代码": ("region_code", True, "6 位；开发区、高新区填本地扩展代码"),
    "主管部门": ("governing", False, "名称或代码；没有登记过的按名称登记"),
    "行业类型": ("industry", True, "医疗、教育、社团协会、其他"),
    "接入方式": ("connection_mode", False, "在线接口模式、前置服务器、移动开票终端；不填按在线接口模式"),
    "票据种类": ("bill_types", False, "四位种类代码，几个之间用空格隔开，如 0101 0401"),
    "收费项目": ("items", False, "项目编码，几个之间用空格隔开"),
    "核准依据": ("basis_document", False, "收费依据文件的名称和文号"),
    "收款人全称": ("recipient_name", False, "不填按单位名称"),
    "收款人账号": ("recipient_account", False, "单元格设为文本，长账号才不会丢位"),
    "收款人开户行": ("recipient_bank", False, ""),
    "联系人": ("contact_name", False, "单位票据管理员"),
    "联系电话": ("contact_phone", False, "11 位手机号，或带区号的座机"),
    "领用证编号": ("license_number", False, "票据领用证"),
    "领用证有效期至": ("license_until", False, "如 2027-12-31；长期有效不填"),
}
REQUIRED = tuple(heading for heading, (_, required, _) in COLUMNS.items() if required)


def read(file_name: str, content: bytes) -> spreadsheet.Table:
    """The file's rows. Raises what `spreadsheet.read` raises, and FileEmpty where no row is below the headings."""
    table = spreadsheet.read(file_name, content, wanted=tuple(COLUMNS), required=REQUIRED)
    if not table.rows:
        raise spreadsheet.FileEmpty("文件里只有表头，没有单位。请从表头的下一行填起")
    return table


def form_of(row: spreadsheet.TableRow) -> tuple[rules.UnitForm, list[FieldError]]:
    """A row as a form, and the faults of its cells."""
    texts = {field: row.text(heading) for heading, (field, _, _) in COLUMNS.items()}
    faults = [
        replace(cell.fault, pointer=f"/{COLUMNS[heading][0]}", detail=f"「{heading}」：{cell.fault.detail}")
        for heading, cell in row.cells.items()
        if heading in COLUMNS and cell.fault is not None
    ]
    return rules.UnitForm(**texts), faults


def template() -> bytes:
    """An empty workbook to fill in."""
    choices = {"industry": tuple(rules.INDUSTRIES.values()), "connection_mode": tuple(rules.MODES.values())}
    return spreadsheet.template(
        "单位",
        [
            spreadsheet.TemplateColumn(heading, required, note, choices.get(field, ()))
            for heading, (field, required, note) in COLUMNS.items()
        ],
    )
