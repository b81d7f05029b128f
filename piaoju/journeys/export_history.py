"""全部历史和证明: everything that the log holds of a unit, as one ZIP that proves itself without this installation.

In it: every fact of the unit with its path to the root of one signed head, every bill's signed XML, the head, the trust list,
the digests of all of them, and how to check. Nothing has to be believed: whoever checks hashes and adds up.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from typing import Any

from piaoju.crypto import sm3
from piaoju.crypto.merkle import Node
from piaoju.identity import rights
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing.types import BillPlace
from piaoju.journeys import download_file, fetch_file, scopes
from piaoju.journeys.acting import acting
from piaoju.journeys.download_file import DownloadFiles
from piaoju.journeys.office import Office
from piaoju.kit import errors
from piaoju.kit.clock import local_date
from piaoju.kit.listing import Condition
from piaoju.ledger import queries as ledger
from piaoju.ledger.types import Checkpoint, InclusionProof
from piaoju.registry import queries as registry
from piaoju.registry.errors import UnitUnknown
from piaoju.reporting import actions, queries
from piaoju.reporting.errors import NoBills
from piaoju.reporting.types import BillsPage, BillsQuestion, DownloadRow, Reach

FORMAT = "history"
_POSITIONS_AT_ONCE = 500
_BYTES_A_BILL = 9_000
_HOW = """这个压缩包里是一个开票单位在存证日志里的全部记账，连同证明。

facts.ndjson    每行一条：index 位置，event 记账原文，leaf 叶（散列和合计），path 到根的路径
checkpoint.txt  签名的日志头：条数、根散列、合计
bills/*.xml     每张票据已签名的 XML 原件，piaoju verify 可离线查验
清单.csv        每个文件的字节数和 SM3

核对：叶散列 = SM3(0x00 ‖ 合计 ‖ event)；按 path 逐层 SM3(0x01 ‖ 左 ‖ 左合计 ‖ 右 ‖ 右合计) 算到根，应等于 checkpoint.txt
的根散列；合计同样逐层相加。票据 XML 的 SM3 应等于 event 里的摘要。
"""


class NoCheckpoint(errors.Unavailable):
    code = "no_checkpoint"
    label = "存证日志还没有签名，暂时给不出证明。会自动再试"


def request(office: Office, actor: OperatorActor, unit_code: str, kept: Any) -> int:
    """Have the unit's history made into a file, kept for so long; its number. Raises UnitUnknown, NoBills, TooManyDownloads."""
    today = local_date(office.clock())
    scope = scopes.asked(scopes.of_unit, unit_code, today)
    subject = f"history:{unit_code[:18]}"
    with acting(office, actor, Act.EXPORT_HISTORY, scope=scope, subject=subject, missing=UnitUnknown) as cursor:
        count = bills_of(unit_code)
        if not count:
            raise NoBills
        download_file.need_room(office, count * _BYTES_A_BILL)
        at = office.clock()
        number = actions.request_export(
            cursor, count, operator_id=actor.operator_id, by=actor.name, at=at, file_format=FORMAT,
            title="单位全部历史和证明", conditions=f"开票单位 {unit_code}", kept_until=at + kept, wanted={"unit": unit_code},
        )  # fmt: skip
        office.jobs.enqueue("make_download", download_id=number)
    return number


def bills_of(unit_code: str) -> int:
    """How many bills there are of a unit."""
    asked = BillsQuestion((Condition("unit_code", "eq", (unit_code,)),))
    return queries.bills(asked, Reach.everything(), BillsPage(limit=1)).whole.count


def may_still_have(office: Office, actor: OperatorActor, row: DownloadRow) -> bool:
    """Whether this person may still have this unit's history."""
    return rights.may(actor, Act.EXPORT_HISTORY, scopes.of_unit(row.wanted["unit"], local_date(office.clock())))


def write(office: Office, row: DownloadRow, files: DownloadFiles) -> int:
    """The file; how many bills it has. Begun anew if its maker is killed: everything in it is as of one signed head."""
    mark = ledger.checkpoint()
    if mark is None or not mark.size:
        raise NoCheckpoint
    unit_id = registry.unit_id_of(row.wanted["unit"])
    with tempfile.TemporaryFile(dir=download_file.folder(office)) as place:
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as bundle:
            count = _fill(office, _Bundle(bundle), unit_id, mark)
        files.take(place)
    return count


class _Bundle:
    """A ZIP that remembers the digest of every file."""

    def __init__(self, bundle: zipfile.ZipFile) -> None:
        self._bundle = bundle
        self._digests: list[tuple[str, int, str]] = []

    def add(self, name: str, content: bytes) -> None:
        self._bundle.writestr(name, content)
        self._digests.append((name, len(content), sm3.digest(content).hex()))

    def finish(self) -> None:
        written = io.StringIO()
        lines = csv.writer(written, lineterminator="\r\n")
        lines.writerows([("文件", "字节数", "SM3"), *self._digests])
        self._bundle.writestr("清单.csv", written.getvalue().encode("utf-8-sig"))


def _fill(office: Office, bundle: _Bundle, unit_id: int, mark: Checkpoint) -> int:
    bundle.add("说明.txt", _HOW.encode())
    bundle.add("checkpoint.txt", mark.text.encode())
    trust = office.data_folder / "trust.pem"
    if trust.exists():
        bundle.add("trust.pem", trust.read_bytes())
    count = 0
    with tempfile.TemporaryFile(dir=download_file.folder(office)) as facts:
        for proof, place in _proofs(office, unit_id, mark.size):
            facts.write(_line(proof))
            if place is not None:
                bundle.add(f"bills/{place.bill_code}-{place.bill_number:010d}.xml", fetch_file.xml_of(office, place))
                count += 1
        facts.seek(0)
        bundle.add("facts.ndjson", facts.read())
    bundle.finish()
    return count


def _proofs(office: Office, unit_id: int, size: int) -> Iterator[tuple[InclusionProof, BillPlace | None]]:
    """Every fact of the unit that the head holds, in the order of the log; with its bill, where it issued one."""
    after = -1
    while found := queries.fact_positions(unit_id, after, size, _POSITIONS_AT_ONCE):
        for position, issued_at, code, number, is_bill in found:
            proof = ledger.inclusion_proof(office.data_folder / "log", position, size)
            yield proof, BillPlace(unit_id, issued_at, code, number) if is_bill else None
        after = found[-1][0]


def _line(proof: InclusionProof) -> bytes:
    said = {
        "index": proof.index, "size": proof.size, "event": (proof.event or b"").decode(), "leaf": _hex(proof.leaf),
        "path": [_hex(node) for node in proof.path], "root": _hex(proof.root),
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False).encode() + b"\n"


def _hex(node: Node) -> str:
    return node.to_bytes().hex()
