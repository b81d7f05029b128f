"""`piaoju verify` reports per file, without a database, and its exit code says whether all are valid."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from piaoju.ops.commands.verify import verify
from piaoju.ops.fonts import installed_fonts
from piaoju.standard.face import layout, specimen_for
from piaoju.standard.face.outputs import pdf
from piaoju.standard.verification_address import qr_text
from tests.standard.verdict import making

REAL = making.world()
XML = making.signed_xml(making.bill(), REAL)
APP = typer.Typer()
APP.command()(verify)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "trust.pem").write_bytes(REAL.trust_pem())
    (tmp_path / "good.xml").write_bytes(XML)
    (tmp_path / "bad.xml").write_bytes(XML.replace(b"<RandomNumber>7k2p9x", b"<RandomNumber>7k2p9y"))
    return tmp_path


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(APP, [*arguments, "--data", str(folder / "data")])
    return result.exit_code, result.output


def test_a_valid_file_ends_with_exit_code_0(folder: Path) -> None:
    code, output = run(folder, str(folder / "good.xml"))
    assert code == 0 and "good.xml：有效" in output and "128.50 元" in output and "✗" not in output


def test_one_file_that_is_not_valid_makes_it_1_and_is_named(folder: Path) -> None:
    code, output = run(folder, str(folder / "good.xml"), str(folder / "bad.xml"))
    assert code == 1
    assert "bad.xml：未能证明有效" in output and "✗ 单位签名 [InvoicingPartySignature]" in output


def test_json_is_one_object_a_line_and_the_last_is_the_result(folder: Path) -> None:
    code, output = run(folder, str(folder / "good.xml"), str(folder / "bad.xml"), "--json")
    lines = [json.loads(line) for line in output.splitlines()]
    assert code == 1 and len(lines) == 3
    assert [line.get("valid") for line in lines[:2]] == [True, False]
    assert lines[0]["bill"]["bill_number"] == "0000012345" and lines[0]["checks"][0]["outcome"] == "ok"
    assert lines[-1] == {"result": {"files": 2, "valid": 1, "not_valid": 1}}


def test_a_file_that_is_not_there_is_reported_and_the_rest_goes_on(folder: Path) -> None:
    code, output = run(folder, str(folder / "none.ofd"), str(folder / "good.xml"))
    assert code == 1 and "读取文件" in output and "good.xml：有效" in output


def test_another_trust_file_may_be_named(folder: Path) -> None:
    other = folder / "other.pem"
    other.write_bytes(making.world(True).trust_pem())
    code, output = run(folder, str(folder / "good.xml"), "--trust", str(other))
    assert code == 1 and "✗ 单位证书" in output


def test_a_trust_file_that_cannot_be_read_is_a_usage_error_with_the_remedy(folder: Path) -> None:
    code, output = run(folder, str(folder / "good.xml"), "--trust", str(folder / "none.pem"))
    assert code == 2 and "--trust" in output
    broken = folder / "broken.pem"
    broken.write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    code, output = run(folder, str(folder / "good.xml"), "--trust", str(broken))
    assert code == 2 and "broken.pem" in output
    broken.write_bytes(b"nothing")
    code, output = run(folder, str(folder / "good.xml"), "--trust", str(broken))
    assert code == 2 and "没有根证书" in output


def test_without_any_trust_nothing_is_valid_and_it_says_what_to_do(folder: Path) -> None:
    (folder / "data" / "trust.pem").unlink()
    code, output = run(folder, str(folder / "good.xml"))
    assert code == 1 and "? 单位证书" in output and "--trust" in output


def test_every_form_of_one_bill_is_valid_in_a_process_of_its_own(folder: Path) -> None:
    bill = making.sealed_bill(REAL)
    xml = making.signed_xml(bill, REAL)
    face = layout(bill, specimen_for("0601"), installed_fonts(), demonstration=False, qr_text=qr_text(bill))
    files = {"xml": xml, "ofd": making.sealed_ofd(REAL, bill, xml), "pdf": pdf.render(face, xml)}
    for kind, content in files.items():
        (folder / f"bill.{kind}").write_bytes(content)
    program = "import typer; from piaoju.ops.commands.verify import verify; typer.run(verify)"
    names = [str(folder / f"bill.{kind}") for kind in files]
    # Another seed for hashing: an order that leaks into the bytes would show.
    finished = subprocess.run(
        [sys.executable, "-c", program, *names, "--data", str(folder / "data")],
        env={**os.environ, "PYTHONHASHSEED": "4711"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stdout.count("：有效") == 3
