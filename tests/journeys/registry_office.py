"""What tests of the registry need: codes that are right, files of units, and the county that uploads them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
from django.db import connections

from piaoju.identity.types import OperatorActor, Role
from piaoju.journeys import import_units, unit_file
from piaoju.ops import engine
from piaoju.registry import rules
from tests import database as databases
from tests import offices
from tests.offices import Installed

COUNTY, CITY, PROVINCE = "510726", "510700", "510000"
OTHER_COUNTY, OTHER_CITY = "510524", "510500"
DEPARTMENTS = ("510000", "510700", "510726")
_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
HEADINGS = tuple(unit_file.COLUMNS)


@contextmanager
def founded(url: str, server: engine.Server, folder: Path) -> Iterator[tuple[Installed, str]]:
    """An office with a county, a city and the province; and the name of a copy of its database, to begin each test from."""
    kept = f"{databases.worker_database()}_founded"
    with offices.found(url, folder, departments=DEPARTMENTS) as installed:
        connections.close_all()
        with psycopg.connect(server.admin_url, autocommit=True) as admin:
            databases.replace(admin, kept, databases.worker_database())
        yield installed, kept


def begin_again(server: engine.Server, kept: str) -> None:
    """Django's database is as it was founded."""
    connections.close_all()
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        databases.replace(admin, databases.worker_database(), kept)


def uscc(serial: int, region: str = COUNTY) -> str:
    """A code with the right last sign, different for each serial."""
    head = f"12{region}MD9{serial:06d}"
    rest = -sum(_SIGNS.index(sign) * weight for sign, weight in zip(head, _WEIGHTS, strict=True)) % 31
    return head + _SIGNS[rest]


def row(serial: int, **changes: str) -> dict[str, str]:
    """One row of a file, as people fill it in."""
    return {
        "统一社会信用代码": uscc(serial), "单位名称": f"北川演示小学{serial}", "行政区划代码": COUNTY,
        "主管部门": "北川教育局（演示）", "行业类型": "教育", "票据种类": "0401",
        "收费项目": "700300001", "核准依据": "川演示〔2026〕1号",
        "收款人账号": f"1015107{serial:06d}", "联系人": "张三", "联系电话": f"138{serial:08d}", "领用证编号": f"LY{serial:05d}",
        "领用证有效期至": "2030-12-31",
    } | changes  # fmt: skip


def workbook(rows: Sequence[Mapping[str, Any]], headings: Sequence[str] = HEADINGS, above: int = 0) -> bytes:
    """A workbook with these rows below the headings."""
    book = openpyxl.Workbook()
    sheet = book.active
    for _ in range(above):
        sheet.append(["北川县单位登记表"])
    sheet.append(list(headings))
    for one in rows:
        sheet.append([one.get(heading) for heading in headings])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def csv_text(rows: Sequence[Mapping[str, str]], headings: Sequence[str] = HEADINGS) -> str:
    lines = [",".join(headings)] + [",".join(one.get(heading, "") for heading in headings) for one in rows]
    return "\r\n".join(lines) + "\r\n"


def county(installed: Installed) -> OperatorActor:
    return installed.operator(Role.SUPERVISOR, region_code=COUNTY)


def check(installed: Installed, content: bytes, name: str = "units.xlsx") -> int:
    return import_units.check(installed.office, county(installed), name, content, COUNTY)


def outcomes(installed: Installed, import_id: int) -> dict[int, tuple[str, list[str]]]:
    """Outcome and codes of the faults of each row."""
    preview = import_units.preview(installed.office, county(installed), import_id)
    return {one.number: (one.outcome, [fault.code for fault in one.faults]) for one in preview.rows}


def read_back(content: bytes) -> list[list[str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return [["" if cell is None else str(cell) for cell in line] for line in sheet.iter_rows(values_only=True)]


def form(serial: int, **changes: str) -> rules.UnitForm:
    """A unit as a person types it."""
    typed = {
        "code": uscc(serial), "name": f"北川演示小学{serial}", "region_code": COUNTY, "industry": "education",
        "bill_types": "0401", "items": "700300001", "basis_document": "川演示〔2026〕1号", "recipient_account": f"20{serial:08d}",
    }  # fmt: skip
    return rules.UnitForm(**(typed | changes))
