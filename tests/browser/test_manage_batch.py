"""Batch issuing in a real browser: a faulty file, put right in the file that comes back; work that outlives page and login."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from piaoju.journeys import issue_batch
from piaoju.kit import limits
from piaoju.ops.bench import tuition
from tests.manage import standing, window_site
from tests.manage.window_site import CLERK, Site

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMN = {heading: place for place, heading in enumerate(tuition.HEADINGS)}
ROWS = 24
# Excel row: what is wrong in which column, and what the clerk makes of it.
FAULTS = {5: ("标准", "99999.00", "5500.00"), 9: ("交款人", "", "陈静"), 14: ("金额", "5500.01", "5500.00")}


@pytest.fixture(scope="module")
def site(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with window_site.opened(module_database, tmp_path_factory.mktemp("office"), tuition.UNIVERSITY) as opened:
        yield opened


@contextmanager
def at(browser: Browser, site: Site, path: str) -> Iterator[Page]:
    page = standing.open_page(browser, site.address, 1440)
    page.context.add_cookies([site.cookie(CLERK)])
    page.goto(path)
    yield page
    page.context.close()


def aside(act: Callable[[], str]) -> str:
    """In a thread of its own: while the browser runs, Django refuses this one its database."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


def work(site: Site) -> threading.Thread:
    """A worker of the site does what waits; begun."""
    thread = threading.Thread(target=site.installed.jobs.run, args=(site.installed.office,))
    thread.start()
    return thread


def done(site: Site) -> None:
    work(site).join()


def upload(page: Page, content: bytes, name: str = "秋季学费.xlsx") -> None:
    page.goto("/manage/batches/new")
    page.get_by_label("名单").set_input_files({"name": name, "mimeType": XLSX, "buffer": content})
    page.get_by_role("button", name="上传并检查").click()
    expect(page.locator("#job")).to_contain_text("等待检查")


def figure(page: Page, label: str) -> str:
    """A figure of what the check found."""
    return page.locator(".counts > div", has_text=label).locator(".big").inner_text().split()[0]


def numbers(site: Site, tag: str) -> list[str]:
    """The business numbers that became bills, each as often as it did."""
    sql = "SELECT business_number FROM issuing_bill WHERE business_number LIKE %s ORDER BY 1"
    with psycopg.connect(site.installed.url) as connection:
        return [row[0] for row in connection.execute(sql, [f"{tag}-%"]).fetchall()]


def test_a_faulty_file_comes_back_with_remarks_is_put_right_in_it_and_only_the_rest_is_issued(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    rows = [list(row) for row in tuition.rows(ROWS, "F")]
    for excel_row, (heading, wrong, _) in FAULTS.items():
        rows[excel_row - 3][COLUMN[heading]] = wrong
    with at(browser, site, "/manage/batches") as page:
        standing.look_at(page, "batches-none")
        page.set_viewport_size({"width": 1440, "height": 900})
        upload(page, tuition.workbook(rows))
        done(site)
        expect(page.locator("h2", has_text="有 3 行需要改正")).to_be_visible()  # the page followed the check by itself
        assert (figure(page, "可以开具"), figure(page, "需要改正")) == (str(ROWS - 3), "3")
        faulty = page.get_by_role("table", name="需要改正的行").locator("tbody tr")
        assert [row.split("\t")[0] for row in faulty.all_inner_texts()] == [str(number) for number in FAULTS]
        assert numbers(site, "F") == []  # a check writes no bill
        standing.look_at(page, "batch-faults")
        page.set_viewport_size({"width": 1440, "height": 900})
        with page.expect_download() as download:
            page.get_by_role("link", name="下载带批注的原文件").click()
        download.value.save_as(tmp_path / "own.xlsx")
        page.get_by_role("button", name=f"开具 {ROWS - 3} 张").click()
        done(site)
        expect(page.locator("#job")).to_contain_text("已完成")
        assert numbers(site, "F") == [f"F-{place:06}" for place in range(ROWS) if place + 3 not in FAULTS]
        standing.look_at(page, "batch-done")
        page.set_viewport_size({"width": 1440, "height": 900})
        # Into the very file that came back, remarks and all, the clerk types what is right.
        upload(page, put_right(tmp_path / "own.xlsx"), "秋季学费-批注.xlsx")
        done(site)
        expect(page.locator("h2", has_text="没有需要改正的行")).to_be_visible()
        assert (figure(page, "可以开具"), figure(page, "以前已开具")) == ("3", str(ROWS - 3))
        page.get_by_role("button", name="开具 3 张").click()
        done(site)
        expect(page.locator("#job")).to_contain_text("已完成")
        with page.expect_download() as last:
            page.get_by_role("link", name="下载", exact=True).click()
        last.value.save_as(tmp_path / "numbered.xlsx")
    assert numbers(site, "F") == [f"F-{place:06}" for place in range(ROWS)]
    assert len(issued_numbers(tmp_path / "numbered.xlsx")) == ROWS


def put_right(own: Path) -> bytes:
    """The file that came back, mended as its remarks say."""
    book = openpyxl.load_workbook(own)
    sheet: Any = book.active
    headings = {cell.value: cell.column for cell in sheet[2]}
    assert {"错误", "改正办法"} <= set(headings)
    remarked = [row for row in range(3, ROWS + 3) if sheet.cell(row, headings["错误"]).value]
    assert remarked == list(FAULTS)
    assert all(sheet.cell(row, headings["改正办法"]).value for row in remarked)
    for row, (heading, _, right) in FAULTS.items():
        sheet.cell(row, headings[heading]).value = right
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def issued_numbers(file: Path) -> set[str]:
    """The bill numbers in a file that came back."""
    sheet: Any = openpyxl.load_workbook(file).active
    column = next(cell.column for cell in sheet[2] if cell.value == "票据号码")
    return {str(sheet.cell(row, column).value) for row in range(3, ROWS + 3)}


def test_progress_outlives_reload_and_login_and_a_pause_ends_at_a_safe_point(
    browser: Browser, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go = threading.Semaphore(0)
    issue_chunk = issue_batch._Chunk.issue

    def when_allowed(chunk: Any) -> None:
        assert may_go.acquire(timeout=60)
        issue_chunk(chunk)

    monkeypatch.setattr(issue_batch._Chunk, "issue", when_allowed)
    monkeypatch.setattr(limits, "BATCH_CHUNK_BILLS", 4)
    with at(browser, site, "/manage/batches") as page:
        upload(page, tuition.workbook(list(tuition.rows(20, "P"))))
        done(site)
        page.get_by_role("button", name="开具 20 张").click()
        first = work(site)
        may_go.release(2)
        job = page.locator("#job")
        expect(job).to_contain_text("8 / 20 张", timeout=15_000)
        here = page.url
        page.reload()
        expect(job).to_contain_text("8 / 20 张")
        page.get_by_role("button", name="退出").click()
        expect(page.get_by_label("用户名")).to_be_visible()
        may_go.release(1)  # it goes on though nobody is signed in
        again = aside(lambda: site.session_of(site.clerk_id))
        page.context.add_cookies([{"name": "piaoju_session", "value": again, "url": site.address}])
        page.goto(here)
        expect(job).to_contain_text("12 / 20 张", timeout=15_000)
        page.get_by_role("button", name="暂停").click()
        expect(job).to_contain_text("已暂停")
        may_go.release(1)  # what had begun is finished, nothing more is begun
        first.join()
        page.reload()
        assert len(numbers(site, "P")) in (12, 16)
        expect(job).to_contain_text(f"{len(numbers(site, 'P'))} / 20 张")
        standing.look_at(page, "batch-paused")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.get_by_role("button", name="继续").click()
        may_go.release(5)
        done(site)
        expect(job).to_contain_text("20 / 20 张")
        expect(job).to_contain_text("已完成")
        site.tokens[CLERK] = again
    assert numbers(site, "P") == [f"P-{place:06}" for place in range(20)]
