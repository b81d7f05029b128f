"""The readers that judge large files in the bench and after kills find what is wrong with one."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from piaoju.issuing.types import BillPlace
from piaoju.ops.bench import outside
from piaoju.standard.face.outputs.pdf_merged import in_one
from piaoju.standard.face.printing import Print, faces
from tests.standard.face.faces import fonts, lines, plain_bill

BILL = plain_bill("0401", lines=lines(1), aux_lines=())
AT = datetime(2026, 11, 23, tzinfo=UTC)
CHOSEN = [BillPlace(7, AT, "51020126", number) for number in (3, 1, 2)]
Rows = list[list[str]]


def bundle(path: Path, change: Callable[[Rows, dict[str, bytes]], None] = lambda rows, files: None) -> Path:
    """A ZIP as ours, after `change` had its way with the manifest and the files."""
    files = {f"51020126/51020126-{p.bill_number:010}.xml": b"<a>%d</a>" % p.bill_number for p in CHOSEN}
    rows = [["", "", "", name, str(len(content)), hashlib.new("sm3", content).hexdigest()] for name, content in files.items()]
    change(rows, files)
    written = io.StringIO()
    csv.writer(written).writerows([["序号", "票据代码", "票据号码", "文件", "字节数", "SM3"], *rows])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr("清单.csv", "\ufeff" + written.getvalue())
    return path


def another_content(rows: Rows, files: dict[str, bytes]) -> None:
    files[rows[1][3]] = b"<b/>"


def a_file_less(rows: Rows, files: dict[str, bytes]) -> None:
    del files[rows[2][3]]


def a_row_less(rows: Rows, files: dict[str, bytes]) -> None:
    del rows[0]


def another_order(rows: Rows, files: dict[str, bytes]) -> None:
    rows.reverse()


def test_a_bundle_as_promised_passes(tmp_path: Path) -> None:
    assert "3 files" in outside.bundle(bundle(tmp_path / "a.zip"), CHOSEN, ("xml",))


@pytest.mark.parametrize("change", [another_content, a_file_less, a_row_less, another_order])
def test_a_bundle_that_is_not_what_was_promised_is_found(tmp_path: Path, change: Callable[..., None]) -> None:
    with pytest.raises(outside.Wrong):
        outside.bundle(bundle(tmp_path / "a.zip", change), CHOSEN, ("xml",))


def test_a_merged_file_with_a_page_too_few_or_at_another_s_place_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    drawn = [face for _ in range(2) for face in faces(BILL, fonts(), Print(), qr_text="q")]
    path.write_bytes(in_one(drawn, fonts(), "两张", AT))
    right = BillPlace(7, AT, "51020126", int(BILL.number_text))
    assert "2 pages" in outside.merged(path, [right, right])
    for wrong in ([right] * 3, [right, BillPlace(7, AT, "51020126", 4)]):
        with pytest.raises(outside.Wrong):
            outside.merged(path, wrong)
