"""Files under DATA/bills against the bills they were exported from. A file that was never exported is no fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from piaoju.crypto.certificates import Trust
from piaoju.ops.fsck import stored
from piaoju.ops.fsck.difference import Difference, rows
from piaoju.standard import verdict
from piaoju.standard.face.fonts import FontChain
from piaoju.standard.verdict.printed_copy import attached

_NAME = re.compile(r"([0-9]{8})-([0-9]{10})\.(xml|ofd|pdf)")
_PDF_ATTACHMENT = "hidexml"

_STORED = """
SELECT b.issued_at, d.body, l.body FROM issuing_bill AS b
LEFT JOIN issuing_bill_document AS d USING (unit_id, issued_at, bill_code, bill_number)
LEFT JOIN issuing_bill_layout AS l USING (unit_id, issued_at, bill_code, bill_number)
JOIN stock_segment AS s ON s.unit_id = b.unit_id AND s.bill_code = b.bill_code AND s.span @> b.bill_number
    AND s.medium = 'electronic'
WHERE b.bill_code = %s AND b.bill_number = %s
"""


def exported(data_folder: Path) -> list[Path]:
    """The files there are; taken before the snapshot, so that every bill they show is in it."""
    return [path for path in sorted((data_folder / "bills").rglob("*")) if path.is_file() and not path.name.startswith(".")]


def examine(
    connection: Any, data_folder: Path, paths: Sequence[Path], trust: Trust, fonts: FontChain | None
) -> Iterator[Difference]:
    """Exported files that are not what is stored, or belong to no bill."""
    by = stored.opener(connection, data_folder)
    for path in paths:
        if not path.exists():
            continue  # removed meanwhile: an export is no record
        name = str(path.relative_to(data_folder))
        match = _NAME.fullmatch(path.name)
        if match is None:
            yield Difference("files", "file_unknown", name, "不是票据文件的命名，请移走或核对来历")
            continue
        code, number, kind = match[1], int(match[2]), match[3]
        found = rows(connection, _STORED, (code, number))
        if not found or found[0][1] is None or by is None:
            yield Difference("files", "file_without_bill", name, "没有这张票据的记录")
            continue
        for detail in _problems(path.read_bytes(), kind, found[0], (by, code, number), trust, fonts):
            yield Difference("files", "file_altered", name, detail)


def _problems(
    content: bytes,
    kind: str,
    row: tuple[datetime, Any, Any],
    opened_by: tuple[stored.Opener, str, int],
    trust: Trust,
    fonts: FontChain | None,
) -> Iterator[str]:
    try:
        if kind == "xml":
            if content != stored.open_document(opened_by[0], row[1], *opened_by[1:]).xml:
                yield "与签名原文不同；请删去后重新导出"
        elif kind == "ofd":
            if row[2] is None or content != stored.open_layout(opened_by[0], row[2], *opened_by[1:]):
                yield "与所存的版式文件不同；请删去后重新导出"
        else:
            yield from _copy_problems(content, opened_by, row[1], trust, fonts)
    except stored.Unreadable as error:
        yield f"所存的原文打不开，无从比较：{error}"


def _copy_problems(
    content: bytes, opened_by: tuple[stored.Opener, str, int], body: Any, trust: Trust, fonts: FontChain | None
) -> Iterator[str]:
    """A PDF is drawn on demand and not stored: its data must be the signed bytes, its face what they draw."""
    xml = stored.open_document(opened_by[0], body, *opened_by[1:]).xml
    try:
        carried = attached(content, _PDF_ATTACHMENT)
    except Exception as error:  # noqa: BLE001 - whatever bytes do to a reader is one finding more
        yield f"PDF 无法读取：{error}"
        return
    if carried != xml:
        yield "PDF 所附的票据数据不是签名原文"
    for check in verdict.examine(content, "bill.pdf", trust, fonts).checks:
        # A stranger's PDF may be unproven; one of our own, drawn with the same fonts, must come out the same.
        if check.outcome == "bad" or (check.outcome == "unknown" and fonts is not None):
            yield f"{check.name}：{check.detail}"
