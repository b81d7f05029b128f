"""Every stored bill: its bytes open, their digest, both signatures, and what they say equal to the rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from piaoju.crypto import sm3
from piaoju.crypto.certificates import Trust
from piaoju.ops.fsck import stored
from piaoju.ops.fsck.difference import Difference, rows
from piaoju.standard import bill_xml, money, verdict
from piaoju.standard.bill import Bill
from piaoju.standard.face.fonts import FontChain

_PAGE = 500

_BILLS = """
SELECT b.unit_id, b.issued_at, b.bill_code, b.bill_number, b.total_fen, b.digest, b.check_code, b.business_number,
       b.payer_name, b.handler, b.checker, b.pay_mode, b.payer_type, d.body, l.body,
       (SELECT array_agg(ARRAY[item_code, quantity_e4::text, coalesce(standard_e4::text, ''), amount_fen::text]
                         ORDER BY line_number)
        FROM issuing_bill_line AS i WHERE (i.unit_id, i.issued_at, i.bill_code, i.bill_number)
                                        = (b.unit_id, b.issued_at, b.bill_code, b.bill_number)),
       b.reverses_code || '-' || b.reverses_number
FROM issuing_bill AS b
LEFT JOIN issuing_bill_document AS d USING (unit_id, issued_at, bill_code, bill_number)
LEFT JOIN issuing_bill_layout AS l USING (unit_id, issued_at, bill_code, bill_number)
WHERE (b.unit_id, b.issued_at, b.bill_code, b.bill_number) > (%s, %s::timestamptz, %s, %s)
ORDER BY b.unit_id, b.issued_at, b.bill_code, b.bill_number LIMIT %s
"""


def examine(connection: Any, data_folder: Path, trust: Trust, fonts: FontChain | None) -> Iterator[Difference]:
    """Bills whose stored bytes were changed, do not verify, or do not say what the rows say."""
    place: tuple[Any, ...] = (-1, "-infinity", "", 0)
    by = stored.opener(connection, data_folder)
    while page := rows(connection, _BILLS, (*place, _PAGE)):
        if by is None:
            yield Difference("bills", "data_key_missing", "keys/data.key", "没有数据密钥，签名原文无法打开；请从备份恢复")
            return
        for row in page:
            yield from _examine_bill(row, by, trust, fonts)
        place = page[-1][:4]


def _examine_bill(row: Any, by: stored.Opener, trust: Trust, fonts: FontChain | None) -> Iterator[Difference]:
    code, number, document, layout = row[2], row[3], row[13], row[14]
    name = f"{code}-{number:010d}"
    if document is None:
        return  # named by facts
    try:
        kept = stored.open_document(by, document, code, number)
    except stored.Unreadable as error:
        yield Difference("bills", "document_unreadable", name, f"签名原文打不开：{error}")
        return
    if sm3.digest(kept.xml) != bytes(row[5]):
        yield Difference("bills", "digest_differs", name, "签名原文的摘要与票据记录的摘要不同")
    yield from _failures(kept.xml, f"{name}.xml", trust, None)
    try:
        bill = bill_xml.read_document(kept.xml).bill
    except Exception as error:  # noqa: BLE001 - whatever bytes do to a reader is one finding more
        yield Difference("bills", "document_unreadable", name, f"签名原文读不懂：{error}")
    else:
        for field, in_row, in_xml in _compare(row, bill, kept.answer):
            if in_row != in_xml:
                detail = f"{field}：记录为 {in_row}，签名原文为 {in_xml}"
                yield Difference("bills", "row_not_as_signed", name, detail)
    if layout is not None:
        yield from _examine_layout(bytes(layout), kept.xml, by, (code, number), trust, fonts)


def _examine_layout(
    layout: bytes, xml: bytes, by: stored.Opener, place: tuple[str, int], trust: Trust, fonts: FontChain | None
) -> Iterator[Difference]:
    name = f"{place[0]}-{place[1]:010d}.ofd"
    try:
        ofd = stored.open_layout(by, layout, *place)
    except stored.Unreadable as error:
        yield Difference("bills", "layout_unreadable", name, f"版式文件打不开：{error}")
        return
    if stored.attached_xml(ofd) != xml:
        yield Difference("bills", "layout_of_other_bytes", name, "版式文件所附的票据数据不是签名原文")
    yield from _failures(ofd, name, trust, fonts)


def _failures(content: bytes, name: str, trust: Trust, fonts: FontChain | None) -> Iterator[Difference]:
    """What the file verdict finds bad; what it cannot decide here (no fonts) is no difference."""
    for check in verdict.examine(content, name, trust, fonts).checks:
        if check.outcome == "bad":
            yield Difference("bills", "not_valid", name, f"{check.name}：{check.detail}")


def _compare(row: Any, bill: Bill, answer: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """The same thing as the row, and as the signed bill or the answer, say it."""
    yield "票据代码", row[2], bill.bill_code
    yield "票据号码", row[3], bill.bill_number
    yield "票面金额（分）", row[4], bill.total_fen
    yield "校验码", row[6], bill.check_code
    yield "业务流水号", row[7], bill.business_number
    yield "交款人", row[8], bill.payer.name
    yield "开票人", row[9], bill.handler
    yield "复核人", row[10], bill.checker
    yield "缴款方式", row[11], bill.pay_mode
    yield "交款人类型", row[12], 1 if bill.payer.kind == "person" else 2
    reverses = f"{bill.reverses.bill_code}-{bill.reverses.bill_number}" if bill.reverses else None
    yield "冲红的原票", row[16], reverses
    lines = [
        [line.item_code, str(line.quantity_e4 or 0), "" if line.standard_e4 is None else str(line.standard_e4),
         str(line.amount_fen)]
        for line in bill.lines
    ]  # fmt: skip
    yield "明细", [list(line) for line in row[15] or []], lines
    yield "应答的号码", answer.get("number"), bill.number_text
    yield "应答的金额", answer.get("total"), money.format_fen(bill.total_fen)
    yield "应答的摘要", answer.get("digest"), bytes(row[5]).hex()
