"""The registry played through in a real browser: a bill type by two persons, a county's file, one unit step by step."""

from __future__ import annotations

import io
from collections.abc import Iterator

import openpyxl
import pytest
from playwright.sync_api import Browser

from tests.manage import standing
from tests.manage.standing import page_of

# States of pages that the pass over all pages (test_manage_pages.py) does not meet; {…} are things that the fixture made.
STATES = {
    "unit-under-way": ("county", "/manage/units/{unit}"),
    "way-stuck": ("county", "/manage/units/{unit}/onboarding"),
    "way-keeper": ("keeper", "/manage/units/{unit}/onboarding"),
    "import-with-faults": ("county", "/manage/imports/{file}"),
    "quality-rule": ("county", "/manage/quality/license_missing"),
    "home": ("county", "/manage/"),
}


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return {}


@pytest.fixture(scope="module")
def site(module_database: str, tmp_path_factory: pytest.TempPathFactory, made: dict[str, str]) -> Iterator[str]:
    from piaoju.journeys import bring_unit_online, import_units, register_unit
    from tests import offices
    from tests.journeys import registry_office as county
    from tests.manage import people_site

    with offices.found(module_database, tmp_path_factory.mktemp("office"), departments=county.DEPARTMENTS) as office:
        actor = people_site.actor(office, "county")
        register_unit.register(office.office, actor, county.form(1, governing="北川教育局（演示）"), wave="2026 秋")
        bring_unit_online.block(office.office, actor, county.uscc(1), "documents", "法人证书还在年检，请单位补交")
        rows = [county.row(90), county.row(91, 行业类型="餐饮")]
        kept = import_units.check(office.office, actor, "北川.xlsx", county.workbook(rows), county.COUNTY)
        made.update(unit=county.uscc(1), file=str(kept), folder=str(office.office.data_folder))
        with standing.served(**people_site.settings(office)) as address:
            yield address


@pytest.mark.parametrize("name", sorted(STATES))
def test_each_state_fits_and_axe_is_content(browser: Browser, site: str, made: dict[str, str], name: str) -> None:
    who, path = STATES[name]
    page = page_of(browser, site, who)
    page.goto(path.format(**made))
    standing.look_at(page, f"registry-{name}")
    page.context.close()


def test_a_bill_type_is_proposed_by_one_and_approved_by_another(browser: Browser, site: str) -> None:
    first = page_of(browser, site, "province")
    first.goto("/manage/bill-types")
    first.get_by_role("link", name="申请启用或停用").click()
    first.get_by_label("种类代码").fill("0901")
    first.get_by_label("票据名称").fill("工会经费收入专用收据（电子）")
    first.get_by_label("依据文件").fill("")
    first.get_by_role("button", name="提出申请").click()
    assert first.locator("#problem").get_by_text("依据文件").count() == 1, "no basis, not even proposed"
    assert first.get_by_label("种类代码").input_value() == "0901", "what was typed stays"
    first.get_by_label("依据文件").fill("川演示〔2026〕9号")
    first.get_by_role("button", name="提出申请").click()
    assert "要由另一位监管员审批" in first.locator("main").inner_text()
    assert first.get_by_label("决定").count() == 0

    second = page_of(browser, site, "province-two")
    second.goto("/manage/")
    second.locator(".duty", has_text="审批票种申请").get_by_role("link", name="去审批").click()
    second.get_by_role("link", name="工会经费收入专用收据").click()
    second.get_by_label("决定").select_option("approve")
    second.get_by_role("button", name="办结").click()
    assert "已批准" in second.locator("main").inner_text()
    second.goto("/manage/bill-types?code=0901")
    assert "川演示〔2026〕9号" in second.locator("tbody").inner_text()
    first.context.close()
    second.context.close()


def test_a_county_uploads_a_file_puts_it_right_and_nothing_is_doubled(browser: Browser, site: str) -> None:
    from tests.journeys import registry_office as office

    page = page_of(browser, site, "county")
    page.goto("/manage/imports")
    page.get_by_role("link", name="上传表格").click()
    rows = [office.row(10), office.row(11, 行业类型="餐饮"), office.row(12)]
    page.get_by_label("单位表格").set_input_files(files=[{
        "name": "北川.xlsx", "mimeType": "application/octet-stream", "buffer": office.workbook(rows),
    }])  # fmt: skip
    page.get_by_role("button", name="上传并检查").click()
    assert "没有行业类型「餐饮」" in page.locator("main").inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载带批注的原文件").click()
    annotated = download.value.path().read_bytes()
    page.get_by_label("上线批次").fill("2026 冬")
    page.get_by_role("button", name="登记 2 家").click()
    assert page.get_by_role("status").filter(has_text="新登记 2 家").count() == 1

    book = openpyxl.load_workbook(io.BytesIO(annotated))
    assert "医疗、教育" in str(book.active.cell(3, book.active.max_column).value)
    book.active.cell(3, office.HEADINGS.index("行业类型") + 1).value = "教育"
    corrected = io.BytesIO()
    book.save(corrected)
    page.goto("/manage/imports/new")
    page.get_by_label("单位表格").set_input_files(files=[{
        "name": "北川-批注.xlsx", "mimeType": "application/octet-stream", "buffer": corrected.getvalue(),
    }])  # fmt: skip
    page.get_by_role("button", name="上传并检查").click()
    page.get_by_role("button", name="登记 1 家").click()
    assert page.get_by_role("status").filter(has_text="新登记 1 家，更新 0 家，没有变化 2 家").count() == 1
    page.goto("/manage/units?wave=2026 冬&wave.op=eq")
    assert page.locator("tbody tr").count() == 2
    page.context.close()


def test_a_unit_passes_its_documents_and_its_keeper_sees_what_comes_next(browser: Browser, site: str) -> None:
    from tests.journeys import registry_office as office

    page = page_of(browser, site, "county")
    page.goto(f"/manage/units/{office.uscc(1)}/onboarding")
    page.get_by_role("link", name="继续办理").click()
    page.get_by_role("button", name="问题已解决，继续办理").click()
    page.get_by_role("link", name="办完这一步").click()
    page.get_by_role("button", name="确认办完").click()
    assert "缺少有效的票据领用证" in page.locator("#problem").inner_text()
    for kind in ("requisition", "legal_person"):
        page.goto(f"/manage/units/{office.uscc(1)}/licenses")
        page.get_by_label("证照种类").select_option(kind)
        page.get_by_label("证照编号").fill(f"{kind} 1")
        page.get_by_role("button", name="登记证照").click()
    page.goto(f"/manage/units/{office.uscc(1)}/onboarding")
    page.get_by_role("link", name="办完这一步").click()
    page.get_by_role("button", name="确认办完").click()
    page.get_by_role("link", name="签发演示证书").click()
    page.get_by_role("button", name="签发演示证书与单位印章").click()

    keeper = page_of(browser, site, "keeper", 390)
    keeper.goto(f"/manage/units/{office.uscc(1)}/onboarding")
    keeper.get_by_role("link", name="办完这一步").click()
    keeper.get_by_role("button", name="确认办完").click()
    assert keeper.locator("[aria-current=step]").inner_text().split()[1] == "号段"
    keeper.goto(f"/manage/units/{office.uscc(1)}")
    assert "本单位还在上线的「号段」这一步" in keeper.locator("main").inner_text()
    page.context.close()
    keeper.context.close()


def test_the_registry_reads_without_script(browser: Browser, site: str, made: dict[str, str]) -> None:
    page = page_of(browser, site, "auditor", 390, scripts=False)
    page.goto(f"/manage/units?code={made['unit']}")
    page.locator("tbody").get_by_role("link").first.click()
    assert "今天能否开具" in page.locator("main").inner_text()
    page.context.close()


def test_a_certificate_is_handed_in_approved_by_another_shown_and_revoked(
    browser: Browser, site: str, made: dict[str, str]
) -> None:
    from pathlib import Path

    from tests.journeys import registry_office as office
    from tests.journeys.authorities import HandedIn, hand_in

    papers: HandedIn = hand_in(Path(made["folder"]), office.uscc(1), "北川演示小学1")
    keeper = page_of(browser, site, "keeper")
    keeper.goto(f"/manage/units/{office.uscc(1)}")
    keeper.get_by_role("link", name="提交证书和印章").click()
    keeper.get_by_label("签名证书").set_input_files(papers.files("wrong.cer", b"no certificate"))
    keeper.get_by_label("印章文件").set_input_files(papers.files("unit.esl", papers.seal))
    keeper.get_by_role("button", name="提交").click()
    assert "文件里没有可读的 SM2 证书" in keeper.locator("#problem").inner_text()
    standing.look_at(keeper, "registry-certificate-refused")
    keeper.get_by_label("签名证书").set_input_files(papers.files("unit.cer", papers.certificate))
    keeper.get_by_label("印章文件").set_input_files(papers.files("unit.esl", papers.seal))
    keeper.get_by_label("私钥标识").fill(papers.key_ref)
    keeper.get_by_role("button", name="提交").click()
    assert "要由另一位监管员核准" in keeper.locator("main").inner_text()

    county = page_of(browser, site, "county")
    county.goto("/manage/")
    county.locator(".duty", has_text="核准证书和印章").get_by_role("link", name="去核准").click()
    county.get_by_role("link", name="北川演示小学1").first.click()
    standing.look_at(county, "registry-certificate-to-decide")
    county.get_by_label("决定").select_option("approve")
    county.get_by_role("button", name="办结").click()
    assert "已核准" in county.locator("main").inner_text()
    keeper.goto(f"/manage/units/{office.uscc(1)}")
    assert "某小学票据章" in keeper.locator("main").inner_text()
    county.goto(f"/manage/units/{office.uscc(1)}")
    county.get_by_role("row", name="某小学票据章").get_by_role("link", name="吊销…").click()
    county.get_by_label("原因").fill("私钥泄露")
    county.get_by_role("button", name="吊销").click()
    keeper.goto(f"/manage/units/{office.uscc(1)}")
    assert "已吊销 私钥泄露" in keeper.get_by_role("row", name="某小学票据章").inner_text()
    for page in (keeper, county):
        page.context.close()
