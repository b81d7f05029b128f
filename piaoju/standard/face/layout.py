"""A bill laid out on its form: one pure function from the bill to operations on pages."""

from __future__ import annotations

from piaoju.standard import money
from piaoju.standard.bill import Bill
from piaoju.standard.face import lists, qr, seal_picture, stationery
from piaoju.standard.face.fields import (
    Field,
    line_cells,
    other_fields,
    payer_code_shown,
)
from piaoju.standard.face.fitting import fit, pitch, place
from piaoju.standard.face.fonts import FontChain
from piaoju.standard.face.operations import (
    BLACK,
    INK_2,
    SEAL_RED,
    Box,
    Details,
    Face,
    Operation,
    Page,
    SealMark,
    Tag,
    Text,
    rectangle,
)
from piaoju.standard.face.specimens import LEFT, RIGHT, Specimen
from piaoju.standard.face.stationery import (
    BODY_BOTTOM,
    BODY_TOP,
    CODE_LINES,
    CODES_VALUE_X,
    FOOT,
    MIDDLE,
    OTHER_BOTTOM,
    OTHER_LABEL_WIDTH,
    PAYER_CODE_X,
    PAYER_LINE,
    TOTAL_BOTTOM,
    label_width,
)

SUPERVISION_BOX = Box(MIDDLE - 15_000, 6_800, 30_000, 20_000)
UNIT_BOX = Box(46_000, 88_400, 38_000, 38_000)
QR_SIDE = 20_500
VALUE_SIZE = 3_300
TITLE_SIZE = 6_600
TITLE_WIDTH = 112_000  # in the middle, and clear of the codes at the right
ROW_SIZE = 2_800
_AIRY = 5_000
# No form holds more lines than this; the rest is not even measured for the face.
_FACE_LINES_MAX = 40

Continued = list[Field]


def layout(bill: Bill, specimen: Specimen, fonts: FontChain, *, demonstration: bool, qr_text: str) -> Face:
    """The bill on its form: the face, then the lists and notes that did not fit, every text exactly once."""
    continued: Continued = []
    page = Page(stationery.MAIN)
    operations = page.operations
    _head(bill, specimen, fonts, operations, continued, qr_text)
    rest = _lines(bill, specimen, fonts, operations)
    _total(bill, fonts, operations)
    _other(bill, fonts, operations, continued)
    _foot(bill, specimen, fonts, operations, continued)
    pages = [page, *lists.pages(bill, specimen, fonts, rest, continued)]
    return Face(
        stationery.WIDTH, stationery.HEIGHT, stationery.templates(specimen, fonts, demonstration), tuple(pages),
        _seals(bill, fonts, demonstration),
        Details(
            bill.bill_id, bill.bill_name, bill.bill_code, bill.number_text, bill.check_code,
            money.format_fen(bill.total_fen), bill.unit.name, bill.issued_at,
        ),
        fonts,
    )


def missing(bill: Bill, fonts: FontChain) -> set[str]:
    """The characters of a bill that its face could not print: issuing refuses a bill that has any."""
    parts = [
        bill.bill_name, bill.check_code, bill.unit.name, bill.unit.recipient_name, bill.unit.recipient_account,
        bill.unit.recipient_bank, bill.payer.name, bill.payer.code, bill.business_number, bill.remark, bill.handler,
        bill.checker, bill.supervisor_remark, bill.unit_seal.name, bill.supervision_seal.name,
        *(text for _, text in bill.extension),
    ]
    for item in bill.lines:
        parts += (item.item_code, item.item_name, item.measure, item.remark, item.detail_name)
    for aux in bill.aux_lines:
        parts += (aux.related_item_name, aux.code, aux.name, aux.measure, aux.remark)
    return fonts.missing("".join(parts))


def _head(
    bill: Bill, specimen: Specimen, fonts: FontChain, operations: list[Operation], continued: Continued, qr_text: str
) -> None:
    operations.append(qr.modules(qr_text, LEFT, 6_200, QR_SIDE))
    title = fit(fonts, bill.bill_name, TITLE_SIZE, TITLE_WIDTH, 1)
    _keep(title.whole, "票据名称", bill.bill_name, Tag("", 0, "EInvoiceName"), continued)
    operations += place(
        fonts, title, MIDDLE - TITLE_WIDTH // 2, TITLE_WIDTH, 12_000, "centre", _tag(title.whole, "EInvoiceName"), bold=True
    )
    values = (
        ("EInvoiceCode", bill.bill_code), ("EInvoiceNumber", bill.number_text), ("RandomNumber", bill.check_code),
        ("IssueDate", bill.issue_date.isoformat()),
    )
    for (name, value), y in zip(values, CODE_LINES, strict=True):
        operations.append(Text(CODES_VALUE_X, y, VALUE_SIZE, value, Tag("", 0, name)))
    x = LEFT + label_width(fonts, specimen.payer_label)
    _value(fonts, operations, continued, specimen.payer_label, bill.payer.name, "PayerPartyName",
           x, PAYER_CODE_X - 3_000 - x, PAYER_LINE)
    x = PAYER_CODE_X + label_width(fonts, specimen.payer_code_label)
    _value(fonts, operations, continued, specimen.payer_code_label, payer_code_shown(bill.payer), "PayerPartyCode",
           x, RIGHT - x, PAYER_LINE)
    if bill.kind == "red":
        _red_mark(bill, fonts, operations)


def _red_mark(bill: Bill, fonts: FontChain, operations: list[Operation]) -> None:
    """红字: a word in a frame beside the title, never the colour alone."""
    operations.append(rectangle(37_000, 19_000, 14_000, 7_400, 450, SEAL_RED))
    operations += place(fonts, fit(fonts, "红 字", 4_400, 14_000, 1), 37_000, 14_000, 22_700, "centre",
                        colour=SEAL_RED, bold=True)


def _lines(bill: Bill, specimen: Specimen, fonts: FontChain, operations: list[Operation]) -> int:
    """Print lines on the face; the number of the first line that goes to the list page."""
    columns, halves = specimen.columns, specimen.halves
    half_width = (RIGHT - LEFT) // halves
    bands = [
        [lists.fitted_row(fonts, columns, line_cells(bill.lines[at], at), ROW_SIZE)
         for at in range(index, min(index + halves, len(bill.lines)))]
        for index in range(0, min(len(bill.lines), _FACE_LINES_MAX), halves)
    ]
    heights = _heights(bands, specimen.row_height)
    count, index, top = len(bill.lines), 0, BODY_TOP
    # When not every line fits, the last row says where the rest is.
    fits = count <= len(bands) * halves and sum(heights) <= BODY_BOTTOM - BODY_TOP
    bottom = BODY_BOTTOM if fits else BODY_BOTTOM - specimen.row_height
    for rows, height in zip(bands, heights, strict=True):
        if top + height > bottom:
            break
        for half, row in enumerate(rows):
            operations += lists.row_operations(fonts, columns, row, LEFT + half * half_width, top, height)
        top += height
        index += len(rows)
    if index < count:
        note = f"以下 {count - index} 项见清单（共 {count} 项）"
        x = LEFT + (0 if columns[0].prints == "name" else columns[0].width) + lists.CELL_SPACE
        middle = BODY_BOTTOM - specimen.row_height // 2
        operations += place(fonts, fit(fonts, note, ROW_SIZE, 42_000, 1), x, 42_000, middle, "left", colour=INK_2)
    return index


def _heights(bands: list[list[lists.Row]], least: int) -> list[int]:
    """The heights of the rows: airy when there are few, the form's least height when there are many."""
    room = BODY_BOTTOM - BODY_TOP
    for height in (min(_AIRY, room // max(len(bands), 1)), least):
        heights = [max(height, least, *(row.height for row in rows)) for rows in bands]
        if sum(heights) <= room:
            break
    return heights


def _total(bill: Bill, fonts: FontChain, operations: list[Operation]) -> None:
    colour = SEAL_RED if bill.total_fen < 0 else BLACK
    middle = (BODY_BOTTOM + TOTAL_BOTTOM) // 2
    words = money.in_words(bill.total_fen)
    x = LEFT + 3_000 + label_width(fonts, "金额合计（大写）")
    operations += place(fonts, fit(fonts, words, 3_700, 154_000 - x, 2), x, 154_000 - x, middle, "left",
                        Tag("", 0, "TotalAmountInWords"), colour)
    figures = money.format_fen(bill.total_fen)
    x = 156_000 + label_width(fonts, "（小写）")
    operations += place(fonts, fit(fonts, figures, 3_700, RIGHT - 3_000 - x, 1), x, RIGHT - 3_000 - x, middle, "left",
                        Tag("", 0, "TotalAmount"), colour)


def _other(bill: Bill, fonts: FontChain, operations: list[Operation], continued: Continued) -> None:
    """其他信息: four columns of short fields, then the long ones over the whole width."""
    short, long = other_fields(bill)
    left, right = LEFT + OTHER_LABEL_WIDTH + 2_500, RIGHT - 2_500
    room = OTHER_BOTTOM - TOTAL_BOTTOM - 1_200
    rows = min(8, -(-len(short) // 4) + len(long))
    step = min(4_400, room // max(rows, 1))
    size = min(ROW_SIZE, step * 72 // 100)
    column = (right - left) // 4
    middle = TOTAL_BOTTOM + 600 + step // 2
    short_rows = max(0, rows - len(long))
    for position, (label, value, tag) in enumerate(short):
        row, at = divmod(position, 4)
        if row >= short_rows:
            continued.append((label, value, tag))
            continue
        _labelled(fonts, operations, continued, label, value, tag, left + at * column, column - 2_000,
                  middle + row * step, size)
    # Rows that the short fields leave free go to the long ones.
    free = max(0, (room - rows * step) // step // max(len(long), 1))
    top = TOTAL_BOTTOM + 600 + short_rows * step
    for label, value, tag in long:
        _long_field(fonts, operations, continued, (label, value, tag), left, right, top, (1 + free) * step, size, step)
        top += (1 + free) * step


def _long_field(
    fonts: FontChain, operations: list[Operation], continued: Continued, field: Field, left: int, right: int,
    top: int, height: int, size: int, step: int,
) -> None:
    """A field over the whole width, on as many lines as there is height for."""
    label, value, tag = field
    reach = label_width(fonts, label, size)
    operations.append(Text(left, top + step // 2 + size * 38 // 100, size, label + "：", None, INK_2))
    fitted = fit(fonts, value, size, right - left - reach, max(1, height // pitch(size * 80 // 100)))
    middle = top + max(step, len(fitted.lines) * pitch(fitted.size)) // 2
    operations += place(fonts, fitted, left + reach, right - left - reach, middle, "left",
                        tag if fitted.whole else None)
    _keep(fitted.whole, label, value, tag, continued)


def _foot(
    bill: Bill, specimen: Specimen, fonts: FontChain, operations: list[Operation], continued: Continued
) -> None:
    ends = (
        (specimen.unit_label, bill.unit.name, "InvoicingPartyName", LEFT, stationery.CHECKER_X - 3_000),
        (specimen.checker_label, bill.checker, "Checker", stationery.CHECKER_X, stationery.HANDLER_X - 2_000),
        (specimen.handler_label, bill.handler, "HandlingPerson", stationery.HANDLER_X, RIGHT),
    )
    for label, value, name, left, right in ends:
        x = left + label_width(fonts, label)
        _value(fonts, operations, continued, label, value, name, x, right - x, FOOT)


def _value(
    fonts: FontChain, operations: list[Operation], continued: Continued, label: str, value: str, name: str,
    x: int, width: int, base: int,
) -> None:
    """One value after its label; what does not fit is printed whole on the notes page."""
    if not value:
        return
    fitted = fit(fonts, value, VALUE_SIZE, width, 2)
    _keep(fitted.whole, label, value, Tag("", 0, name), continued)
    operations += place(fonts, fitted, x, width, base - VALUE_SIZE * 38 // 100, "left", _tag(fitted.whole, name))


def _labelled(
    fonts: FontChain, operations: list[Operation], continued: Continued, label: str, value: str, tag: Tag,
    x: int, width: int, middle: int, size: int,
) -> None:
    reach = label_width(fonts, label, size)
    base = middle + size * 38 // 100
    operations.append(Text(x, base, size, label + "：", None, INK_2))
    fitted = fit(fonts, value, size, width - reach, 1)
    if fitted.whole:
        operations += place(fonts, fitted, x + reach, width - reach, middle, "left", tag)
    else:
        operations += place(fonts, fitted, x + reach, width - reach, middle, "left")
        continued.append((label, value, tag))


def _keep(whole: bool, label: str, value: str, tag: Tag, continued: Continued) -> None:
    if not whole:
        continued.append((label, value, tag))


def _tag(whole: bool, name: str) -> Tag | None:
    return Tag("", 0, name) if whole else None


def _seals(bill: Bill, fonts: FontChain, demonstration: bool) -> tuple[SealMark, ...]:
    marks: list[SealMark] = []
    if bill.unit_seal.name:
        picture = seal_picture.unit_seal(fonts, bill.unit.name, demonstration)
        marks.append(SealMark("unit", 0, UNIT_BOX, picture))
    if bill.supervision_seal.name:
        picture = seal_picture.supervision_seal(fonts, bill.supervision_seal.name, demonstration)
        marks.append(SealMark("supervision", 0, SUPERVISION_BOX, picture))
    return tuple(marks)
