"""A county's units from one file: what is fit is registered once; what is not comes back with what to do."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import openpyxl
import pytest
from django.db import connections

from piaoju.identity.errors import ActNotPermitted
from piaoju.identity.types import Role
from piaoju.journeys import import_units
from piaoju.journeys.import_units import ImportHasFaults
from piaoju.kit import spreadsheet
from piaoju.kit.errors import NotFound, PiaojuError
from piaoju.registry.errors import ImportApplied, ImportUnknown
from tests import offices
from tests.journeys import registry_office as county
from tests.journeys.registry_office import COUNTY, HEADINGS, csv_text, row, uscc, workbook
from tests.offices import Installed


@pytest.fixture(scope="module")
def office(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with offices.found(module_database, tmp_path_factory.mktemp("office"), departments=county.DEPARTMENTS) as installed:
        yield installed


def units(installed: Installed) -> int:
    return installed.count("SELECT count(*) FROM registry_unit")


def test_300_units_of_a_county_are_registered_from_one_file_and_only_once(office: Installed) -> None:
    actor, before = county.county(office), units(office)
    rows = [row(serial) for serial in range(1, 301)]
    first = county.check(office, workbook(rows, above=2))
    assert units(office) == before, "checking registers nothing"
    counted = import_units.apply(office.office, actor, first, skip_errors=False, wave="2026 秋")
    assert counted == {"registered": 300, "changed": 0, "unchanged": 0, "refused": 0}
    assert units(office) == before + 300
    assert office.count("SELECT count(*) FROM registry_onboardingstep WHERE state = 'open' AND stage = 'documents'") == 300
    assert office.count("SELECT count(*) FROM registry_authorization WHERE basis_document = '川演示〔2026〕1号'") == 300

    again = county.check(office, workbook([*rows, row(301)]))
    counted = import_units.apply(office.office, actor, again, skip_errors=False)
    assert counted == {"registered": 1, "changed": 0, "unchanged": 300, "refused": 0}
    assert units(office) == before + 301
    assert office.count("SELECT count(*) FROM registry_unitrecord WHERE recorded_by = %s", actor.name) == 301
    with pytest.raises(ImportApplied):
        import_units.apply(office.office, actor, again, skip_errors=False)


def test_a_changed_row_begins_a_new_record_and_an_empty_cell_says_nothing(office: Installed) -> None:
    actor = county.county(office)
    import_units.apply(office.office, actor, county.check(office, workbook([row(400)])), skip_errors=False)
    changed = row(400, 单位名称="北川演示中学", 收款人账号="", 联系电话="", 行业类型="教育")
    kept = county.check(office, workbook([changed]))
    assert import_units.apply(office.office, actor, kept, skip_errors=False)["changed"] == 1
    found = office.count(
        "SELECT count(*) FROM registry_unitrecord r JOIN registry_unit u ON u.id = r.unit_id WHERE u.code = %s"
        " AND r.name = '北川演示中学' AND r.recipient_account = '1015107000400' AND r.valid_to IS NULL",
        uscc(400),
    )
    assert found == 1


@pytest.mark.parametrize(
    ("flaw", "changes", "code"),
    [
        ("no code", {"统一社会信用代码": ""}, "unit_code_missing"),
        ("short code", {"统一社会信用代码": "1251072"}, "unit_code_wrong"),
        ("wrong last sign", {"统一社会信用代码": uscc(500)[:-1] + ("0" if uscc(500)[-1] != "0" else "1")}, "unit_code_wrong"),
        ("foreign region", {"行政区划代码": "510524"}, "region_not_yours"),
        ("parent region", {"行政区划代码": "510700"}, "region_not_yours"),
        ("no name", {"单位名称": ""}, "unit_name_missing"),
        ("industry nobody knows", {"行业类型": "餐饮"}, "industry_unknown"),
        ("bill type without its zero", {"票据种类": "401"}, "bill_type_not_enabled"),
        ("item of another bill type", {"票据种类": "0401", "收费项目": "600100"}, "charge_item_without_bill_type"),
        ("item nobody knows", {"收费项目": "999999"}, "charge_item_unknown"),
        ("phone with a digit missing", {"联系电话": "1380000000"}, "phone_wrong"),
        ("license run out", {"领用证有效期至": "2020-01-01"}, "license_expired"),
        ("license until nonsense", {"领用证有效期至": "明年"}, "day_wrong"),
        ("long number kept as a number", {"收款人账号": "1.01511E+17"}, "number_as_text"),
        ("unit registered elsewhere", {"统一社会信用代码": offices.HOSPITAL}, "unit_registered_elsewhere"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_a_flawed_row_is_named_by_its_flaw_with_what_to_do(
    office: Installed, flaw: str, changes: dict[str, str], code: str
) -> None:
    kept = county.check(office, csv_text([row(500) | changes]).encode(), "units.csv")
    outcome, codes = county.outcomes(office, kept)[2]
    assert (outcome, code in codes) == ("refused", True), codes
    preview = import_units.preview(office.office, county.county(office), kept)
    wrong, remedy = preview.rows[0].remark
    assert wrong and remedy, "both columns say something"


def test_a_bad_row_never_stops_the_good_ones_unless_all_or_nothing_is_asked(office: Installed) -> None:
    actor, before = county.county(office), units(office)
    rows = [row(601), row(602, 行业类型="餐饮"), row(603), row(601)]
    kept = county.check(office, workbook(rows))
    assert [outcome for outcome, _ in county.outcomes(office, kept).values()] == [
        "registered", "refused", "registered", "refused",
    ]  # fmt: skip
    with pytest.raises(ImportHasFaults):
        import_units.apply(office.office, actor, kept, skip_errors=False)
    assert units(office) == before
    counted = import_units.apply(office.office, actor, kept, skip_errors=True)
    assert (counted["registered"], counted["refused"], units(office)) == (2, 2, before + 2)

    name, annotated = import_units.annotated(office.office, actor, kept)
    assert name == "units-批注.xlsx"
    lines = county.read_back(annotated)
    assert lines[0][: len(HEADINGS)] == list(HEADINGS) and lines[0][-2:] == ["错误", "改正办法"]
    assert "餐饮" in lines[2][-2] and "医疗、教育" in lines[2][-1]
    assert "第 2 行" in lines[4][-2]

    # The returned file, put right, goes back as it is: its two columns are known and nothing is doubled.
    book = openpyxl.load_workbook(io.BytesIO(annotated))
    book.active.cell(3, HEADINGS.index("行业类型") + 1).value = "教育"
    book.active.delete_rows(5)
    written = io.BytesIO()
    book.save(written)
    again = county.check(office, written.getvalue())
    counted = import_units.apply(office.office, actor, again, skip_errors=False)
    assert counted == {"registered": 1, "changed": 0, "unchanged": 2, "refused": 0}
    corrected = county.read_back(import_units.annotated(office.office, actor, again)[1])
    assert corrected[0].count("错误") == 1 and corrected[2][-2:] == ["", ""]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_a_text_file_is_read_in_every_encoding_excel_writes_and_comes_back_in_the_same(
    office: Installed, encoding: str
) -> None:
    kept = county.check(office, csv_text([row(700, 行业类型="餐饮")]).encode(encoding), "单位.csv")
    assert county.outcomes(office, kept)[2] == ("refused", ["industry_unknown"])
    name, content = import_units.annotated(office.office, county.county(office), kept)
    assert name == "单位-批注.csv"
    assert "没有行业类型「餐饮」" in content.decode(encoding)
    assert content.decode(encoding).splitlines()[0].endswith("错误,改正办法")


def test_formulas_merged_cells_and_lost_digits_are_told_by_cell(office: Installed) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook([row(801), row(802), row(803), row(804)])))
    sheet = book.active
    sheet["B2"] = '=CONCATENATE("北川","小学")'
    sheet.merge_cells("D3:D4")
    sheet.cell(5, HEADINGS.index("收款人账号") + 1).value = 123456789012345678
    written = io.BytesIO()
    book.save(written)
    kept = county.check(office, written.getvalue())
    assert county.outcomes(office, kept) == {
        2: ("refused", ["formula"]), 3: ("refused", ["merged_cell"]), 4: ("refused", ["merged_cell"]),
        5: ("refused", ["number_as_text"]),
    }  # fmt: skip
    lines = county.read_back(import_units.annotated(office.office, county.county(office), kept)[1])
    assert lines[1][1].startswith("=CONCATENATE"), "the person's own formula is still there"
    assert "公式" in lines[1][-2] and "合并" in lines[3][-2]


def test_text_that_begins_like_a_formula_is_text(office: Installed) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook([row(811)])))
    cell = book.active["B2"]
    cell.value, cell.data_type = "=小学", "s"
    written = io.BytesIO()
    book.save(written)
    kept = county.check(office, written.getvalue())
    assert county.outcomes(office, kept)[2][0] == "registered"


def bad_files() -> list[tuple[str, str, bytes, str]]:
    merged = workbook([row(900)])
    return [
        ("empty file", "a.csv", b"", "file_empty"),
        ("only a byte order mark", "a.csv", b"\xef\xbb\xbf", "file_empty"),
        ("only headings", "a.xlsx", workbook([]), "file_empty"),
        ("empty workbook", "a.xlsx", workbook([], headings=[]), "file_empty"),
        ("old workbook", "a.xls", b"\xd0\xcf\x11\xe0" + bytes(600), "file_unreadable"),
        ("half a workbook", "a.xlsx", merged[: len(merged) // 2], "file_unreadable"),
        ("a picture", "a.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "file_unreadable"),
        ("other columns", "a.csv", "姓名,年龄\r\n张三,3\r\n".encode(), "columns_missing"),
        ("a column missing", "a.xlsx", workbook([row(1)], headings=HEADINGS[1:]), "columns_missing"),
        ("a column twice", "a.csv", csv_text([row(1)], (*HEADINGS, HEADINGS[0])).encode(), "columns_missing"),
        ("100,000 rows of text", "a.csv", csv_text([{"单位名称": "甲"}] * 100_000).encode(), "file_too_large"),
        ("six megabytes", "a.csv", b"a" * (6 * 1024 * 1024), "file_too_large"),
        ("an open quote", "a.csv", csv_text([]).encode() + b'"' + b"x" * 200_000, "file_unreadable"),
    ]


@pytest.mark.parametrize(("flaw", "name", "content", "code"), bad_files(), ids=[case[0] for case in bad_files()])
def test_a_bad_file_is_refused_with_a_usable_answer_and_nothing_is_kept(
    office: Installed, flaw: str, name: str, content: bytes, code: str
) -> None:
    before = office.count("SELECT count(*) FROM registry_unitimport")
    with pytest.raises(PiaojuError) as refusal:
        county.check(office, content, name)
    assert refusal.value.code_value == code
    assert "请" in refusal.value.detail
    assert office.count("SELECT count(*) FROM registry_unitimport") == before


def test_a_workbook_of_too_many_rows_is_refused_without_being_loaded(office: Installed) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for _ in range(spreadsheet.ROWS_MAX + 100):
        sheet.append(["甲"])
    written = io.BytesIO()
    book.save(written)
    with pytest.raises(spreadsheet.FileTooLarge):
        county.check(office, written.getvalue())


def test_an_upload_is_kept_encrypted_and_read_only_by_those_above_its_region(office: Installed) -> None:
    kept = county.check(office, csv_text([row(910)]).encode(), "units.csv")
    phone = row(910)["联系电话"].encode()
    assert office.count("SELECT position(%s::bytea IN content_sealed) FROM registry_unitimport WHERE id = %s", phone, kept) == 0
    for region, sees in (("510000", True), ("510700", True), ("510726", True), ("510524", False), ("510727", False)):
        actor = office.operator(Role.SUPERVISOR, region_code=region)
        if sees:
            assert import_units.preview(office.office, actor, kept).kept.id == kept
            continue
        with pytest.raises(ImportUnknown) as foreign:
            import_units.preview(office.office, actor, kept)
        with pytest.raises(ImportUnknown) as missing:
            import_units.preview(office.office, actor, 10**9)
        assert foreign.value.detail == missing.value.detail
        with pytest.raises(ImportUnknown):
            import_units.apply(office.office, actor, kept, skip_errors=True)
        with pytest.raises(ImportUnknown):
            import_units.annotated(office.office, actor, kept)
    with pytest.raises(ActNotPermitted):
        import_units.preview(office.office, office.operator(Role.UNIT_KEEPER), kept)


def test_a_phone_is_sealed_and_found_again_by_its_index(office: Installed) -> None:
    actor = county.county(office)
    import_units.apply(office.office, actor, county.check(office, workbook([row(920)])), skip_errors=False)
    found = office.count(
        "SELECT count(*) FROM registry_unitrecord r JOIN registry_unit u ON u.id = r.unit_id WHERE u.code = %s"
        " AND r.contact_phone_tail = '0920' AND length(r.contact_phone_sealed) > 20 AND length(r.contact_phone_index) = 16",
        uscc(920),
    )
    assert found == 1
    assert import_units.preview(office.office, actor, county.check(office, workbook([row(920)]))).counts["unchanged"] == 1
    other = workbook([row(920, 联系电话="13900000001")])
    assert import_units.preview(office.office, actor, county.check(office, other)).counts["changed"] == 1


def test_nobody_uploads_for_a_region_out_of_sight(office: Installed) -> None:
    actor = office.operator(Role.SUPERVISOR, region_code=COUNTY)
    for region in ("510700", "510000", "510524", "999999"):
        with pytest.raises(NotFound):
            import_units.check(office.office, actor, "units.csv", csv_text([row(930)]).encode(), region)


def test_the_template_is_a_file_that_can_be_filled_in_and_uploaded(office: Installed) -> None:
    book = openpyxl.load_workbook(io.BytesIO(import_units.template()))
    sheet = book.active
    for column, heading in enumerate(HEADINGS, 1):
        assert sheet.cell(1, column).value == heading
        sheet.cell(2, column).value = row(940).get(heading, "")
    written = io.BytesIO()
    book.save(written)
    assert county.outcomes(office, county.check(office, written.getvalue())) == {2: ("registered", [])}


def test_two_officers_who_register_the_same_units_at_once_register_them_once(office: Installed) -> None:
    actor = county.county(office)
    files = [county.check(office, workbook([row(serial) for serial in range(960, 980)])) for _ in range(4)]
    begun = Barrier(len(files))

    def register(number: int) -> str:
        try:
            begun.wait(30)
            return str(import_units.apply(office.office, actor, number, skip_errors=False)["registered"])
        except PiaojuError as refusal:
            return refusal.code_value
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(files)) as pool:
        told = sorted(pool.map(register, files))
    assert told == ["0", "0", "0", "20"], "what is counted is what was done"
    codes = [uscc(serial) for serial in range(960, 980)]
    assert office.count("SELECT count(*) FROM registry_unit WHERE code = ANY(%s)", codes) == 20
    records = "SELECT count(*) FROM registry_unitrecord r JOIN registry_unit u ON u.id = r.unit_id WHERE u.code = ANY(%s)"
    assert office.count(records, codes) == 20
