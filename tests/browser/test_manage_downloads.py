"""Printing and downloading in a real browser: chosen on the list, previewed, asked for, made, fetched."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.manage import standing
from tests.manage.standing import page_of
from tests.offices import Installed


@pytest.fixture(scope="module")
def office(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    from tests import offices

    with offices.found(module_database, tmp_path_factory.mktemp("office")) as made:
        made.issue(*(offices.body(f"B-{n}", f"{n + 1}.00", payer={"type": "person", "name": f"周{n}燕"}) for n in range(8)))
        yield made


@pytest.fixture(scope="module")
def site(office: Installed) -> Iterator[str]:
    from tests.manage import people_site

    with standing.served(**people_site.settings(office)) as address:
        yield address


def test_from_the_list_by_preview_to_the_saved_file(
    browser: Browser, site: str, office: Installed, tmp_path: Path
) -> None:
    page = page_of(browser, site, "province")
    page.goto("/manage/bills")
    page.locator("input[name=whole]").check()
    page.get_by_role("button", name="打印与下载").click()
    expect(page.get_by_role("heading", name="8 张票据")).to_be_visible()
    whole = page.locator("#preview img").get_attribute("src")
    standing.look_at(page, "downloads-ask")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_label("打印方式").select_option("overlay")
    expect(page.locator("#preview img")).not_to_have_attribute("src", whole or "")
    page.get_by_label("套打向右移动").fill("1.5")
    page.get_by_label("套打向右移动").press("Tab")
    expect(page.locator("#preview img")).to_have_attribute("src", re.compile("right=1.5"))
    assert page.locator("#preview img").evaluate("async (img) => { await img.decode(); return img.naturalWidth; }") > 900
    standing.picture(page, "downloads-ask-overlay", 1440)
    page.get_by_role("button", name="生成 8 张的文件").click()
    expect(page.locator("#made")).to_contain_text("等待生成")
    standing.look_at(page, "downloads-waiting")
    page.set_viewport_size({"width": 1440, "height": 900})
    made = threading.Thread(target=office.jobs.run, args=(office.office,))
    made.start()
    made.join()
    expect(page.locator("#made")).to_contain_text("可以下载")  # the page asks again by itself
    standing.look_at(page, "downloads-ready")
    with page.expect_download() as download:
        page.get_by_role("button", name="下载", exact=True).click()
    download.value.save_as(tmp_path / "saved.pdf")
    saved = hashlib.new("sm3", (tmp_path / "saved.pdf").read_bytes()).hexdigest()
    assert saved in page.locator("#made").inner_text()
    page.goto("/manage/downloads")
    standing.look_at(page, "downloads-list")
    page.context.close()


def test_the_way_is_gone_without_script_too(
    browser: Browser, site: str, office: Installed, tmp_path: Path
) -> None:
    page = page_of(browser, site, "auditor", scripts=False)
    page.goto("/manage/bills")
    shown = page.locator("tbody tr")
    chosen = [shown.nth(place).locator("a").first.inner_text() for place in (1, 4, 6)]
    for place in (1, 4, 6):
        page.locator("input[name=chosen]").nth(place).check()
    page.get_by_role("button", name="打印与下载").click()
    page.get_by_label("打成压缩包").check()
    page.get_by_role("button", name="生成 3 张的文件").click()
    assert "等待生成" in page.locator("#made").inner_text()
    made = threading.Thread(target=office.jobs.run, args=(office.office,))
    made.start()
    made.join()
    page.reload()
    with page.expect_download() as download:
        page.get_by_role("button", name="下载", exact=True).click()
    assert download.value.suggested_filename.endswith("-3张.zip")
    download.value.save_as(tmp_path / "saved.zip")
    page.context.close()
    with zipfile.ZipFile(tmp_path / "saved.zip") as saved:
        assert saved.testzip() is None
        told = list(csv.DictReader(io.StringIO(saved.read("清单.csv").decode("utf-8-sig"))))
        assert {line["文件"]: line["SM3"] for line in told} == {
            name: hashlib.new("sm3", saved.read(name)).hexdigest() for name in saved.namelist() if name != "清单.csv"
        }
    assert list(dict.fromkeys(line["票据号码"] for line in told)) == chosen  # these three, as they stood in the list
    assert sorted({line["文件"][-4:] for line in told}) == [".ofd", ".xml"]
