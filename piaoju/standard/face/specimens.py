"""票据式样: what the face of each bill type says and where its table has columns. Data only; lengths in µm.

The layout follows 《财政票据管理办法》 art. 7 (what a face must name) and 财综〔2019〕29号 annex (medical columns).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Align = Literal["left", "right", "centre"]

LEFT, RIGHT = 12_000, 229_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its head, what it prints, how wide it is."""

    head: str
    prints: str
    width: int
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Specimen:
    """One bill type's face, in one version."""

    bill_type_code: str
    version: str
    columns: tuple[Column, ...]
    row_height: int = 3_500
    halves: int = 1  # 2: the table runs in two columns side by side (medical bills)
    payer_label: str = "交款人"
    payer_code_label: str = "交款人统一社会信用代码"
    unit_label: str = "收款单位（章）"
    handler_label: str = "开票人"
    checker_label: str = "复核人"
    list_title: str = "收费明细清单"


def _general(item: str = "项目") -> tuple[Column, ...]:
    return (
        Column(f"{item}编码", "code", 33_000),
        Column(f"{item}名称", "name", 67_000),
        Column("单位", "measure", 18_000, "centre"),
        Column("数量", "quantity", 20_000, "right"),
        Column("标准", "standard", 24_000, "right"),
        Column("金额（元）", "amount", 27_000, "right"),
        Column("备注", "remark", 28_000),
    )


MEDICAL_COLUMNS = (
    Column("项目名称", "name", 43_500),
    Column("数量/单位", "quantity_measure", 19_000, "centre"),
    Column("金额（元）", "amount", 24_000, "right"),
    Column("备注", "remark", 22_000),
)

ITEM_LIST_COLUMNS = (
    Column("序号", "index", 10_000, "centre"),
    Column("项目编码", "code", 32_000),
    Column("项目名称", "name", 66_000),
    Column("单位", "measure", 16_000, "centre"),
    Column("数量", "quantity", 18_000, "right"),
    Column("标准", "standard", 24_000, "right"),
    Column("金额（元）", "amount", 25_000, "right"),
    Column("备注", "remark", 26_000),
)

AUX_LIST_COLUMNS = (
    Column("序号", "index", 10_000, "centre"),
    Column("对应项目", "related", 32_000),
    Column("明细编码", "code", 30_000),
    Column("明细名称", "name", 58_000),
    Column("单位", "measure", 13_000, "centre"),
    Column("数量", "quantity", 15_000, "right"),
    Column("标准", "standard", 20_000, "right"),
    Column("金额（元）", "amount", 20_000, "right"),
    Column("备注", "remark", 19_000),
)

NOTE_COLUMNS = (Column("栏目", "label", 40_000), Column("全文", "note", 177_000))

SPECIMENS = (
    Specimen("0101", "01", _general()),
    Specimen("0206", "01", _general(), unit_label="收款学校（章）", list_title="教育收费明细清单"),
    Specimen("0401", "01", _general(), list_title="往来款项明细清单"),
    Specimen(
        "0501", "01", _general("捐赠项目"), payer_label="捐赠人", payer_code_label="捐赠人统一社会信用代码",
        unit_label="接受单位（章）", handler_label="经办人", list_title="捐赠明细清单",
    ),
    Specimen("0601", "01", MEDICAL_COLUMNS, row_height=4_200, halves=2, list_title="门诊费用明细清单"),
    Specimen("0602", "01", MEDICAL_COLUMNS, row_height=4_200, halves=2, list_title="住院费用明细清单"),
    Specimen("0701", "01", _general(), payer_label="会员名称", payer_code_label="会员统一社会信用代码",
             unit_label="收款单位（章）", list_title="会费明细清单"),
)

_BY_KEY = {(specimen.bill_type_code, specimen.version): specimen for specimen in SPECIMENS}


def specimen_for(bill_type_code: str, version: str = "01") -> Specimen:
    """The face of a bill type in a version; a type without one of its own uses the general table."""
    found = _BY_KEY.get((bill_type_code, version))
    return found or Specimen(bill_type_code, version, _general())

