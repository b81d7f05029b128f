"""The bill on the roll of a thermal printer: one narrow column, black only, as long as it has to be.

A reading copy for the payer at a mobile window (it says so): the bill itself is the signed electronic one that its code leads to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from piaoju.standard import money
from piaoju.standard.bill import Bill
from piaoju.standard.face import qr, stationery
from piaoju.standard.face.fields import other_fields, payer_code_shown
from piaoju.standard.face.fitting import fit, pitch, width_of, wrap
from piaoju.standard.face.fonts import FontChain
from piaoju.standard.face.operations import BLACK, Details, Face, Operation, Page, Template, Text, line
from piaoju.standard.face.specimens import specimen_for

_LENGTH_MAX = 2_000_000  # two metres of paper; the rest follows on a page of its own
_QR_SIDE = 30_000
_TITLE_LINES_MAX = 12


class Roll(NamedTuple):
    """A roll of paper: its width, the margin that no head prints on, and the size of its texts."""

    width: int
    margin: int
    size: int


WIDE = Roll(80_000, 4_000, 3_400)  # 72 mm printable
NARROW = Roll(58_000, 5_000, 3_000)  # 48 mm printable


class _Row(NamedTuple):
    """Operations counted from the row's own top, and how high they are."""

    height: int
    operations: tuple[Operation, ...]


def faces(
    bill: Bill, fonts: FontChain, roll: Roll, *, demonstration: bool, qr_text: str, note: str = ""
) -> tuple[Face, ...]:
    """The bill as one page, or several where it is longer than a printer takes at once."""
    details = Details(
        bill.bill_id, bill.bill_name, bill.bill_code, bill.number_text, bill.check_code, money.format_fen(bill.total_fen),
        bill.unit.name, bill.issued_at,
    )  # fmt: skip
    made: list[Face] = []
    page, top = Page(0), roll.margin
    for row in (*_Writer(fonts, roll).centred(note, roll.size), *_rows(bill, fonts, roll, demonstration, qr_text)):
        if top + row.height + roll.margin > _LENGTH_MAX and page.operations:
            made.append(_face(roll, top, page, details, fonts))
            page, top = Page(0), roll.margin
        page.operations += [operation._replace(y=operation.y + top) for operation in row.operations]
        top += row.height
    made.append(_face(roll, top, page, details, fonts))
    return tuple(made)


_BARE = (Template("thermal", ()),)


def _face(roll: Roll, top: int, page: Page, details: Details, fonts: FontChain) -> Face:
    return Face(roll.width, top + roll.margin, _BARE, (page,), (), details, fonts)


def _rows(bill: Bill, fonts: FontChain, roll: Roll, demonstration: bool, qr_text: str) -> Iterator[_Row]:
    writer = _Writer(fonts, roll)
    specimen = specimen_for(bill.bill_type_code)
    if demonstration:
        yield from writer.centred(stationery.NO_VOUCHER, roll.size)
    yield from writer.centred(bill.bill_name, roll.size * 13 // 10, bold=True)
    if bill.kind == "red":
        yield from writer.centred("【红字】", roll.size * 13 // 10, bold=True)
    yield writer.rule()
    for label, value in (
        ("票据代码", bill.bill_code), ("票据号码", bill.number_text), ("校验码", bill.check_code),
        ("开票日期", bill.issue_date.isoformat()), (specimen.payer_label, bill.payer.name),
        ("交款人代码", payer_code_shown(bill.payer)),
    ):  # fmt: skip
        yield from writer.field(label, value)
    yield writer.rule()
    for item in bill.lines:
        name = f"{item.item_name}（{item.detail_name}）" if item.detail_name else item.item_name
        times = "" if item.quantity_e4 is None else f"{money.format_quantity(item.quantity_e4)}{item.measure}"
        if item.standard_e4 is not None:
            times = f"{times} × {money.format_price(item.standard_e4)}" if times else money.format_price(item.standard_e4)
        yield from writer.both(name, "")
        yield from writer.both(times, money.format_fen(item.amount_fen))
        yield from writer.field("备注", item.remark)
    yield from _aux_rows(bill, writer)
    yield writer.rule()
    yield from writer.both("金额合计", money.format_fen(bill.total_fen), roll.size * 13 // 10, bold=True)
    yield from writer.field("大写", money.in_words(bill.total_fen))
    short, long = other_fields(bill)
    for label, value, _ in (*short, *long):
        yield from writer.field(label, value)
    yield from writer.field(specimen.unit_label.removesuffix("（章）"), bill.unit.name)
    yield from writer.field(specimen.checker_label, bill.checker)
    yield from writer.field(specimen.handler_label, bill.handler)
    yield writer.rule()
    side = min(_QR_SIDE, roll.width - 2 * roll.margin)
    yield _Row(side + 3_000, (qr.modules(qr_text, (roll.width - side) // 2, 1_500, side),))
    yield from writer.centred("扫码查验并取得电子票据", roll.size)
    yield from writer.centred("本小票不含电子签章，以电子票据为准", roll.size * 85 // 100)


def _aux_rows(bill: Bill, writer: _Writer) -> Iterator[_Row]:
    """清单: each detail with its related item, quantity and amount."""
    if not bill.aux_lines:
        return
    yield writer.rule()
    yield from writer.both("明细清单", f"共 {len(bill.aux_lines)} 项")
    for aux in bill.aux_lines:
        quantity = "" if aux.quantity_e4 is None else f"{money.format_quantity(aux.quantity_e4)}{aux.measure}"
        price = "" if aux.standard_e4 is None else money.format_price(aux.standard_e4)
        yield from writer.both(" ".join(part for part in (aux.code, aux.name) if part), "")
        yield from writer.both(" × ".join(part for part in (quantity, price) if part), money.format_price(aux.amount_e4))
        yield from writer.field("对应项目", aux.related_item_name or aux.related_item_code)
        yield from writer.field("备注", aux.remark)


class _Writer:
    """Rows in the column of one roll; no text is cut, and none runs over the margin."""

    def __init__(self, fonts: FontChain, roll: Roll) -> None:
        self._fonts, self._roll = fonts, roll
        self._width = roll.width - 2 * roll.margin

    def centred(self, text: str, size: int, *, bold: bool = False) -> Iterator[_Row]:
        """A text in the middle, on as many lines as it takes."""
        fitted = fit(self._fonts, text, size, self._width, _TITLE_LINES_MAX)
        for part in fitted.lines if text else ():
            x = (self._roll.width - width_of(self._fonts, part, fitted.size)) // 2
            yield self._row([Text(x, size, fitted.size, part, bold=bold)], size)

    def field(self, label: str, value: str) -> Iterator[_Row]:
        """标签：value, the label's line first; nothing when there is no value."""
        if value:
            size = self._roll.size
            for part in wrap(self._fonts, f"{label}：{value}", size, self._width):
                yield self._row([Text(self._roll.margin, size, size, part)], size)

    def both(self, left: str, right: str, size: int = 0, *, bold: bool = False) -> Iterator[_Row]:
        """A text at the left and one at the right end; the right one on a line of its own where both do not fit."""
        size = size or self._roll.size
        reach = width_of(self._fonts, right, size)
        lines = wrap(self._fonts, left, size, self._width) if left else []
        together = bool(right) and (not lines or width_of(self._fonts, lines[-1], size) + size + reach <= self._width)
        if right and not together:
            lines.append("")
        elif right and not lines:
            lines = [""]
        for number, part in enumerate(lines, start=1):
            texts: list[Operation] = [Text(self._roll.margin, size, size, part, bold=bold)] if part else []
            if right and number == len(lines):
                texts.append(Text(self._roll.width - self._roll.margin - reach, size, size, right, bold=bold))
            yield self._row(texts, size)

    def rule(self) -> _Row:
        """A line across the column."""
        margin = self._roll.margin
        return _Row(3_000, (line(margin, 1_500, self._roll.width - margin, 1_500, 250, BLACK),))

    def _row(self, operations: list[Operation], size: int) -> _Row:
        return _Row(pitch(size) + 400, tuple(operations))
