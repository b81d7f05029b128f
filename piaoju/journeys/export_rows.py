"""What an exported row says, what stands in the file's head, and how the question of an export is kept until its job is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from piaoju.crypto import envelope
from piaoju.journeys.office import Office
from piaoju.kit.clock import local
from piaoju.kit.export import Export, ExportColumn, fen_text
from piaoju.kit.listing import Condition
from piaoju.kit.values import Value
from piaoju.reporting.types import CHANNEL_LABELS, KIND_LABELS, STATUS_LABELS, BillRow, BillsPage, Portion, Reach
from piaoju.standard import codes
from piaoju.verification import queries as verification

COLUMNS = (
    ExportColumn("bill_code", "票据代码", "code"),
    ExportColumn("bill_number", "票据号码", "code"),
    ExportColumn("bill_type", "票据种类", "code"),
    ExportColumn("bill_name", "票据名称", wide=True),
    ExportColumn("kind", "正红"),
    ExportColumn("status", "状态"),
    ExportColumn("unit_code", "统一社会信用代码", "code"),
    ExportColumn("unit_name", "开票单位", wide=True),
    ExportColumn("region_code", "行政区划", "code"),
    ExportColumn("issued_at", "开票时间", "instant"),
    ExportColumn("payer_name", "交款人", wide=True),
    ExportColumn("first_item", "首个收费项目", wide=True),
    ExportColumn("lines", "项目数", "count"),
    ExportColumn("total", "票面金额", "yuan"),
    ExportColumn("reversed", "已冲红金额", "yuan"),
    ExportColumn("reverses", "冲红的原票", "code"),
    ExportColumn("business_number", "业务流水号", "code"),
    ExportColumn("payment_code", "缴款码", "code"),
    ExportColumn("channel", "渠道"),
    ExportColumn("handler", "开票人"),
    ExportColumn("checker", "复核人"),
)
_TOTAL_AT = next(place for place, column in enumerate(COLUMNS) if column.name == "total")


class Question(Value, frozen=True):
    """All that an export is of, frozen when it was asked for."""

    conditions: tuple[tuple[str, str, tuple[Any, ...]], ...]
    sort: str
    descending: bool
    reach: tuple[tuple[str, str, str, tuple[str, ...]], ...]
    as_of: datetime
    snapshot: str
    words: str  # the conditions as the page writes them; they may hold a payer's name
    person: str
    full_payers: str  # the reason, or empty: masked
    count: int
    total_fen: int
    red_sheets: int
    red_fen: int

    @property
    def asked(self) -> tuple[Condition, ...]:
        """The conditions, with nothing that was issued after the question."""
        given = tuple(
            Condition(name, comparison, tuple(map(_instant, values)))  # type: ignore[arg-type]
            for name, comparison, values in self.conditions
        )
        return (*given, Condition("issued_at", "lt", (self.as_of,)))

    @property
    def portions(self) -> Reach:
        return Reach(tuple(Portion(unit, region, governing, frozenset(kinds)) for unit, region, governing, kinds in self.reach))

    def order(self, limit: int) -> BillsPage:
        return BillsPage(self.sort, self.descending, None, limit)  # type: ignore[arg-type]


def portions_of(reach: Reach) -> tuple[tuple[str, str, str, tuple[str, ...]], ...]:
    """A reach as it is kept."""
    return tuple((one.unit_code, one.region_code, one.governing_code, tuple(sorted(one.bill_types))) for one in reach.portions)


def cells(row: BillRow, *, full_payers: bool) -> list[Any]:
    """The row as the columns say."""
    name = row.payer_name if full_payers else verification.masked_name(row.payer_name, is_person=row.payer_type == 1)
    reverses = f"{row.reverses_code}-{codes.number_text(row.reverses_number)}" if row.reverses_number is not None else ""
    return [
        row.bill_code, codes.number_text(row.bill_number), row.bill_type_code, row.bill_name, KIND_LABELS[row.kind],
        STATUS_LABELS[row.status], row.unit_code, row.unit_name, row.region_code, row.issued_at, name, row.first_item,
        row.lines, row.total_fen, row.red_fen, reverses, row.business_number, row.payment_code,
        CHANNEL_LABELS.get(row.channel, row.channel), row.handler, row.checker,
    ]  # fmt: skip


def file_of(question: Question) -> Export:
    """The file around its rows."""
    sums = f"{question.count:,} 张，合计 {fen_text(question.total_fen)} 元"
    if question.red_sheets:
        sums += f"，其中红票 {question.red_sheets:,} 张 -{fen_text(question.red_fen)} 元"
    payers = f"完整；原因：{question.full_payers}" if question.full_payers else "个人姓名已遮盖"
    head = (
        ("条件", question.words or "无"),
        ("数据截至", f"{local(question.as_of):%Y-%m-%d %H:%M:%S}，快照 {question.snapshot}"),
        ("合计", sums),
        ("交款人", payers),
        ("导出人", question.person),
    )
    last: list[Any] = [None] * len(COLUMNS)
    last[0], last[_TOTAL_AT] = f"合计 {question.count:,} 张", question.total_fen
    return Export("票据", COLUMNS, head, tuple(last))


def sealed(office: Office, question: Question, operator_id: int) -> Mapping[str, Any]:
    """The question as it waits for its job: encrypted, since conditions may hold a person's name."""
    context = _context(operator_id)
    closed = envelope.seal(office.data_key, msgspec.json.encode(question), context, office.random_bytes(envelope.NONCE_BYTES))
    return {"question": closed.hex()}


def opened(office: Office, wanted: Mapping[str, Any], operator_id: int) -> Question:
    plain = envelope.open(office.data_key, bytes.fromhex(wanted["question"]), _context(operator_id))
    found = msgspec.json.decode(plain, type=Question)
    conditions = tuple((name, comparison, tuple(map(_instant, values))) for name, comparison, values in found.conditions)
    return msgspec.structs.replace(found, conditions=conditions)


def kept_values(conditions: Sequence[Condition]) -> tuple[tuple[str, str, tuple[Any, ...]], ...]:
    """Conditions as a question keeps them: instants are marked, so that a text is never taken for one."""
    return tuple(
        (one.field, one.comparison, tuple({"at": v.isoformat()} if isinstance(v, datetime) else v for v in one.values))
        for one in conditions
    )


def _instant(value: Any) -> Any:
    return datetime.fromisoformat(value["at"]) if isinstance(value, dict) else value


def _context(operator_id: int) -> bytes:
    return f"export:{operator_id}".encode()
