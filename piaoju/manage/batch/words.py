"""How a batch is written on its pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from piaoju.journeys.batch_results import FaultyRow
from piaoju.journeys.see_batches import BatchSeen
from piaoju.manage import texts

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATES = {
    "queued": ("等待检查", "wait"), "checking": ("检查中", "going"), "checked": ("已检查，未开具", "wait"),
    "issuing": ("开具中", "going"), "paused": ("已暂停", "stuck"), "stopped": ("已停止", "void"), "done": ("已完成", "done"),
    "failed": ("未能开具", "stuck"),
}  # fmt: skip
DONE = {"pause": "已暂停：正在开的一段开完就停", "resume": "继续开具", "stop": "已停在安全处，剩下的没有开具"}
FAULTS = {
    "price_over_standard": "超过收费标准", "price_under_standard": "低于收费标准", "item_not_granted": "项目未获授权",
    "bill_type_not_granted": "票种未获授权", "amount_mismatch": "金额不等", "not_a_number": "不是数字",
    "business_number_twice": "流水号重复", "row_twice": "整行重复", "business_number_reused": "流水号已用",
    "formula": "公式", "date_in_future": "日期", "required": "未填", "bill_has_faults": "同票有错", "merged_cell": "合并单元格",
    "character_not_printable": "生僻字", "field_not_of_bill_type": "列不适用", "bill_type_unknown": "没有这个票种",
}  # fmt: skip
_OF_AMOUNT = {"amount", "standard", "quantity"}
_FIELDS = ("business_number", "payer_name", "item_code", "amount")


def job(seen: BatchSeen) -> dict[str, Any]:
    """What follows the work."""
    kept, progress = seen.kept, seen.progress
    word, shape = STATES[kept.state]
    left = seen.seconds_left
    share = progress.done * 1000 // progress.to_issue if progress.to_issue else 1000
    words = {
        "number": kept.id, "state": kept.state, "state_word": word, "state_shape": shape, "detail": kept.detail,
        "going": kept.state in ("queued", "checking", "issuing"), "rows_read": _read(seen),
        "done": progress.done, "to_issue": progress.to_issue, "done_text": texts.number(progress.done),
        "to_issue_text": texts.number(progress.to_issue), "share": f"{share // 10}.{share % 10}%",
        "rate": texts.number(round(progress.per_second)), "left": _duration(left) if left is not None else "",
        "issued": texts.number(progress.issued), "may_pause": kept.state == "issuing", "may_resume": kept.state == "paused",
        "may_stop": kept.state in ("checked", "issuing", "paused"),
    }  # fmt: skip
    return words


def _read(seen: BatchSeen) -> str:
    """How far the check is, and of how much, once that is known."""
    return texts.number(seen.kept.rows_read) + (f" / {texts.number(seen.kept.rows)}" if seen.kept.rows else "")


def found(seen: BatchSeen, rows: Sequence[FaultyRow], fault: str, after: int, page: int) -> dict[str, Any]:
    """What the check found, and the rows to put right."""
    kept, counts = seen.kept, seen.kept.counts

    def figure(label: str, shape: str, kind: str) -> tuple[str, str, str, str]:
        prefix = f"{kind}_" if kind else ""
        return label, shape, texts.number(counts.get(f"{prefix}rows", 0)), texts.yuan(counts.get(f"{prefix}fen", 0))

    refused = counts.get("refused_rows", 0)
    fit = counts.get("fit_bills", 0)
    return {
        "kept": seen.kept, "uploaded_at": texts.instant(kept.uploaded_at), "rows_text": texts.number(kept.rows or kept.rows_read),
        "figures": (
            figure("文件共", "", ""), figure("可以开具", "st", "fit"), figure("需要改正", "st stuck", "refused"),
            figure("以前已开具", "st turned", "unchanged"),
        ),
        "is_for_another": seen.is_for_another,
        "refused": refused, "refused_text": texts.number(refused), "fit": fit, "fit_text": texts.number(fit),
        "fit_rows_text": texts.number(counts.get("fit_rows", 0)), "fit_yuan": texts.yuan(counts.get("fit_fen", 0)),
        "kinds": [(code, FAULTS.get(code, "其他"), texts.number(count)) for code, count in seen.fault_counts],
        "fault": fault, "rows": [_row(row) for row in rows], "numbers_left": texts.number(seen.numbers_left),
        "numbers_after": texts.number(max(0, seen.numbers_left - fit)),
        "next": rows[-1].place if len(rows) >= page else 0, "steps": _steps(kept.state), "after": after,
        "swept_at": texts.instant(kept.file_swept_at)[:10] if kept.file_swept_at else "",
        "all_bills": texts.number(counts.get("refused_bills", 0)),
    }  # fmt: skip


def _row(row: FaultyRow) -> dict[str, Any]:
    name = texts.masked_name(row.payer_name) if row.payer_is_person and not row.payer_name.startswith("=") else row.payer_name
    return {
        "number": texts.number(row.number), "business_number": row.business_number, "payer": name or "—", "item": row.item,
        "yuan": row.yuan, "bad": {field: field in row.fields for field in _FIELDS} | {"amount": bool(row.fields & _OF_AMOUNT)},
        "faults": row.faults,
    }  # fmt: skip


def _steps(state: str) -> list[tuple[str, str, str, str]]:
    """(number, name, what to say, shape) of the four steps."""
    issued = state in ("done", "stopped")
    now = 4 if issued else 3 if state in ("issuing", "paused") else 2
    said = ("文件已收到", "检查完了", STATES[state][0], "带号码的原文件")
    if now == 2:
        said = ("文件已收到", "未写入任何票据", "选好做法后开始", "带号码的原文件")
    shapes = ["done" if step < now or (step == 4 and issued) else "now" if step == now else "" for step in range(1, 5)]
    names = ("上传", "检查", "开具", "下载")
    return [
        ("✓" if shape == "done" else str(place), name, text, shape)
        for place, (name, text, shape) in enumerate(zip(names, said, shapes, strict=True), 1)
    ]


def _duration(seconds: int) -> str:
    return f"约 {seconds} 秒后完成" if seconds < 90 else f"约 {round(seconds / 60)} 分钟后完成"
