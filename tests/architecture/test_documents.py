"""The documents that are made from the code are the code's; the others point at things that exist."""

from __future__ import annotations

import re
import runpy
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "piaoju").rglob("README.md")])


def page_of_errors() -> str:
    make: Callable[[], str] = runpy.run_path(str(ROOT / "docs" / "make_errors.py"))["page"]
    return make()


def test_the_page_of_errors_is_current() -> None:
    assert (ROOT / "docs" / "errors.md").read_text(encoding="utf-8") == page_of_errors(), "run docs/make_errors.py"


def test_the_page_of_errors_knows_classes_and_places() -> None:
    made = page_of_errors()
    for code in ("business_number_reused", "stock_exhausted", "total_mismatch", "lines_limit", "price_over_standard"):
        assert f"| `{code}` |" in made


def missing(page: Path, text: str) -> list[str]:
    """Links of a page to files of this project that are not there."""
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    return [link for link in links if link and "://" not in link and not (page.parent / link).exists()]


def test_every_link_points_at_a_file_that_exists() -> None:
    assert [(page.name, link) for page in PAGES for link in missing(page, page.read_text(encoding="utf-8"))] == []


def test_a_link_that_points_nowhere_is_seen(tmp_path: Path) -> None:
    assert missing(tmp_path / "page.md", "[x](nowhere.md) [y](https://example.cn) [z](#here)") == ["nowhere.md"]


def test_every_decision_is_numbered_and_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    numbers = [page.name[:4] for page in sorted(folder.glob("[0-9]*.md"))]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)] and len(numbers) >= 10
    assert [page.name for page in folder.glob("[0-9]*.md") if f"]({page.name})" not in listed] == []


@pytest.mark.parametrize("word", ["README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_the_front_pages_are_there(word: str) -> None:
    assert (ROOT / word).stat().st_size > 200


def unexplained(names: list[str], page: str) -> list[str]:
    """Dependencies that no row of the decision's table names."""
    rows = re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE)
    told = {name.split(" ")[0].lower() for row in rows for name in re.split(r",\s*", row)}
    return [name for name in names if name not in told]


def test_every_dependency_is_explained() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = [re.match(r"[\w-]+", line).group().lower() for line in declared]
    page = (ROOT / "docs" / "decisions" / "0010-dependencies.md").read_text(encoding="utf-8")
    assert unexplained(names, page) == []
    assert unexplained(["left-pad"], page) == ["left-pad"]
