"""The log, leaf by leaf: every event once, hashes and sums from the facts, every signed head, every tile."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from piaoju.crypto import sm2
from piaoju.ops.fsck.difference import LISTED_MAX, Difference, differing, rows
from piaoju.ops.fsck.hash_tree import Growing, Hashed, leaf_of
from piaoju.seal import queries as seal

_PAGE = 5_000
_KINDS = ("", "requisitioned", "allotted", "issued", "red", "converted", "returned", "voided")

_LOST = """
SELECT f.bill_code || '-' || lpad(f.bill_number::text, 10, '0'), f.kind FROM ledger_fact AS f
WHERE NOT EXISTS (SELECT FROM ledger_leaf AS l WHERE l.unit_id = f.unit_id AND l.at = f.at AND l.source = 'fact'
                  AND l.source_id = f.kind || ':' || f.bill_code || ':' || f.bill_number)
  AND NOT EXISTS (SELECT FROM ledger_pending_leaf AS p WHERE p.unit_id = f.unit_id AND p.at = f.at
                  AND p.source = 'fact' AND p.source_id = f.kind || ':' || f.bill_code || ':' || f.bill_number)
ORDER BY 1
"""
_LOST_AUDIT = """
SELECT '审计记录 ' || a.id FROM identity_auditrecord AS a
WHERE NOT EXISTS (SELECT FROM ledger_leaf AS l WHERE l.source = 'audit' AND l.at = a.at AND l.source_id = a.id::text)
  AND NOT EXISTS (SELECT FROM ledger_pending_leaf AS p WHERE p.source = 'audit' AND p.source_id = a.id::text)
ORDER BY a.id
"""
_LEAVES = """
SELECT l.position, l.source, l.source_id, l.hash, l.issued_sheets, l.issued_fen, l.red_sheets, l.red_fen, l.unit_id,
       l.at, f.kind, f.region_code, f.bill_type_code, f.bill_code, f.bill_number, f.sheets, f.amount_fen,
       f.item_codes, f.item_fens, f.actor, f.digest,
       a.id, a.at, a.actor, a.act, a.subject, a.outcome, a.trace_id
FROM ledger_leaf AS l
LEFT JOIN ledger_fact AS f ON l.source = 'fact' AND f.unit_id = l.unit_id AND f.at = l.at
     AND f.kind || ':' || f.bill_code || ':' || f.bill_number = l.source_id
LEFT JOIN identity_auditrecord AS a ON l.source = 'audit'
     AND a.id = CASE WHEN l.source = 'audit' AND l.source_id ~ '^[0-9]{1,18}$' THEN l.source_id::bigint END
WHERE l.position > %s ORDER BY l.position LIMIT %s
"""


def examine(connection: Any, folder: Path, published: bytes | None) -> Iterator[Difference]:
    """Events that are in no leaf, leaves that are not their event, heads and tiles that are not their leaves."""
    yield from differing(connection, "log", "fact_not_in_log", _LOST, "记账行（种类 {}）不在日志中，也不在等待中")
    yield from differing(connection, "log", "act_not_in_log", _LOST_AUDIT, "审计记录不在日志中，也不在等待中")
    heads = {row[0]: row[1:] for row in rows(connection, "SELECT size, at, root, sums, text FROM ledger_checkpoint")}
    tree = Growing(folder)
    listed = 0
    for difference in _walk(connection, tree, heads):
        listed += 1
        if listed <= LISTED_MAX:
            yield difference
    if listed > LISTED_MAX:
        yield Difference("log", "more", "…", f"日志另有 {listed - LISTED_MAX} 处差异未列出")
    for size in sorted(size for size in heads if size > tree.size):
        yield Difference("log", "leaves_missing", f"检查点 {size}", f"已签的日志有 {size} 叶，现只有 {tree.size} 叶")
    for path, detail in tree.tile_problems():
        yield Difference("log", "tile_altered", path, detail)
    if published is not None and published not in {row[3].encode() for row in heads.values()}:
        yield Difference("log", "published_head_unknown", "log/checkpoint", "公布的检查点不是本系统签发的")


def _walk(connection: Any, tree: Growing, heads: dict[int, Any]) -> Iterator[Difference]:
    last = -1
    while page := rows(connection, _LEAVES, (last, _PAGE)):
        for row in page:
            position = row[0]
            if position != tree.size:
                yield Difference("log", "gap", f"第 {tree.size} 叶", f"日志的位置不连续：其后是 {position}")
                return
            wanted = _expected(row)
            held = Hashed(bytes(row[3]), tuple(row[4:8]))
            if wanted is None:
                yield Difference("log", "leaf_without_event", f"第 {position} 叶", f"找不到 {row[1]} {row[2]}")
            elif wanted != held:
                yield Difference("log", "leaf_altered", f"第 {position} 叶", f"叶与 {row[1]} {row[2]} 的内容不符")
            tree.add(held)
            if tree.size in heads:
                yield from _examine_head(tree.size, tree.root(), heads[tree.size])
        last = page[-1][0]


def _expected(row: Any) -> Hashed | None:
    """The leaf that the event of this row has; what we cannot derive is taken as it is."""
    if row[1] == "fact":
        return None if row[10] is None else _fact_leaf(row[8], row[9], row[10:21])
    if row[1] == "audit":
        return None if row[21] is None else _audit_leaf(row, row[21:])
    return Hashed(bytes(row[3]), (0, 0, 0, 0))


def _fact_leaf(unit_id: int, at: datetime, fact: Any) -> Hashed:
    kind, region, bill_type, code, number, sheets, fen, item_codes, item_fens, actor, digest = fact
    items = [[item, item_fen] for item, item_fen in zip(item_codes, item_fens, strict=True)]
    detail = hashlib.new("sm3", json.dumps([items, actor], ensure_ascii=False, separators=(",", ":")).encode())
    lines = (
        "piaoju-fact/1", _KINDS[kind], unit_id, at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), region,
        bill_type, code, number, sheets, fen, bytes(digest).hex(), detail.hexdigest(),
    )  # fmt: skip
    sums = {"issued": (sheets, fen, 0, 0), "red": (0, 0, sheets, -fen)}.get(_KINDS[kind], (0, 0, 0, 0))
    return leaf_of("".join(f"{line}\n" for line in lines).encode(), sums)


def _audit_leaf(row: Any, record: Any) -> Hashed:
    number, at, *texts = record
    event = "\n".join(["audit", str(number), at.astimezone(UTC).isoformat(), *texts])
    return leaf_of(event.encode(), (0, 0, 0, 0))


def _examine_head(size: int, root: Hashed, head: Any) -> Iterator[Difference]:
    at, digest, sums, text = head
    name = f"检查点 {size}"
    if (bytes(digest), bytes(sums)) != (root.digest, root.sums_bytes):
        yield Difference("log", "head_not_of_leaves", name, "已签的根或合计与日志的叶不符")
    content, _, signature_line = text.partition("\n\n")
    lines = content.split("\n")
    said = [str(size), base64.b64encode(root.digest).decode(), "sums " + " ".join(map(str, root.sums))]
    if lines[1:4] != said:
        yield Difference("log", "head_not_of_leaves", name, "签名文本所说的叶数、根或合计与日志的叶不符")
    key = seal.log_identity(at).public_key
    try:
        signature = base64.b64decode(signature_line.rpartition(" ")[2], validate=False)[4:]
    except ValueError:
        signature = b""
    if not sm2.verify_signature(key, f"{content}\n".encode(), signature):
        yield Difference("log", "head_not_signed", name, "签名验证不通过")
