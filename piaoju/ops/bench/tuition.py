"""A university's tuition as a file: so many students, every one a bill; for the bench, and for trying batch issuing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date

import xlsxwriter

UNIVERSITY = "12510000MD2000036R"
HEADINGS = (
    "业务流水号", "票据种类", "交款人类型", "交款人", "交款人代码", "手机", "项目编码", "数量", "标准", "金额", "开票人",
    "复核人", "备注", "院系", "专业", "班级", "学号", "学年学期",
)  # fmt: skip
_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华文玉红玲辉建国志欣怡子轩浩然雨桐思远嘉琪"
_FACULTIES = ("文学与新闻学院", "计算机学院", "经济学院", "机械工程学院", "华西临床医学院", "法学院")
_CHARGES = (("103042756", "5500.00"), ("103042757", "1200.00"), ("103042761", "8000.00"))


def rows(students: int, tag: str, *, today: date = date(2026, 11, 23)) -> Iterator[tuple[str, ...]]:
    """A row for each student; `tag` begins every business number, so that another file is other business."""
    for number in range(students):
        item, price = _CHARGES[number % 10 // 8 + (number % 10 == 9)]
        name = _SURNAMES[number % len(_SURNAMES)] + _GIVEN[number // 7 % len(_GIVEN)] + _GIVEN[number // 3 % len(_GIVEN)]
        yield (
            f"{tag}-{number:06}", "0206", "个人", name, "", f"138{number % 10**8:08}", item, "1", price, price, "何丽霞", "周强",
            "", _FACULTIES[number % len(_FACULTIES)], "", f"{number % 40 + 1} 班", f"{today.year}{number:08}",
            f"{today.year} 级秋季",
        )  # fmt: skip


def workbook(found: Iterator[tuple[str, ...]] | Sequence[tuple[str, ...]]) -> bytes:
    """The rows as a workbook, with a title above the headings as people have it."""
    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, {"constant_memory": True})
    sheet = book.add_worksheet("缴费名单")
    sheet.write_string(0, 0, "2026 级秋季学费")
    sheet.write_row(1, 0, HEADINGS)
    for number, row in enumerate(found, 2):
        for column, text in enumerate(row):
            if text:
                sheet.write_string(number, column, text)
    book.close()
    return written.getvalue()


def commas(found: Iterator[tuple[str, ...]] | Sequence[tuple[str, ...]]) -> bytes:
    """The rows as CSV."""
    written = io.StringIO()
    csv.writer(written).writerows([HEADINGS, *found])
    return written.getvalue().encode()
