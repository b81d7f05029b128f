"""通报 as a document: A4 pages in PDF, the same bytes for the same bulletin; its mark and digest stand at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from piaoju.journeys.see_coverage import Share
from piaoju.kit.clock import local
from piaoju.reporting.queries import BulletinKept
from piaoju.standard import bill_types
from piaoju.standard.face import fitting
from piaoju.standard.face.fonts import FontChain
from piaoju.standard.face.operations import HAIR, INK, INK_2, Details, Face, Operation, Page, Template, Text, line
from piaoju.standard.face.outputs import pdf
from piaoju.standard.money import with_thousands as yuan

WIDTH, HEIGHT, MARGIN = 210_000, 297_000, 20_000
_SIZE, _SMALL, _TITLE, _HEAD = 3_900, 3_200, 7_000, 4_400
_ROW = 7_000
_INNER = WIDTH - 2 * MARGIN
Row = Sequence[str]


def document(kept: BulletinKept, fonts: FontChain) -> bytes:
    """The bulletin as a PDF file."""
    pages = _Pages(fonts)
    pages.title(f"{kept.region_name}财政电子票据通报", f"{kept.month:%Y 年 %m 月}")
    for words in paragraphs(kept):
        pages.paragraph(words)
    for head, widths, rows in tables(kept):
        pages.table(head, widths, rows)
    pages.paragraph("")
    for words in mark_lines(kept):
        pages.small(words)
    details = Details(
        bill_id=f"bulletin-{kept.id}", title=f"{kept.region_name}财政电子票据通报 {kept.month:%Y-%m}", code="", number="",
        check_code="", total="", unit_name=kept.region_name, issued_at=kept.made_at,
    )  # fmt: skip
    face = Face(WIDTH, HEIGHT, (Template("bulletin", ()),), tuple(pages.done()), (), details, fonts)
    return pdf.render(face, None)


def paragraphs(kept: BulletinKept) -> list[str]:
    """What the month came to, in sentences."""
    now, before, year, coverage = (kept.content[name] for name in ("figures", "before", "year", "coverage"))
    units, online = coverage["whole"]
    return [
        f"本月开具 {now['issued_sheets']:,} 张，{yuan(now['issued_fen'])} 元；冲红 {now['red_sheets']:,} 张，"
        f"{yuan(now['red_fen'])} 元；净额 {yuan(_net(now))} 元，上月 {yuan(_net(before))} 元。换开纸质票 "
        f"{now['converted_sheets']:,} 张。",
        f"本月申领 {now['requisitioned_sheets']:,} 张，发放 {now['allotted_sheets']:,} 张，退回 "
        f"{now['returned_sheets']:,} 张，作废 {now['voided_sheets']:,} 张。",
        f"本年累计开具 {year['issued_sheets']:,} 张，净额 {yuan(_net(year))} 元。",
        f"截至 {coverage['day']}，登记单位 {units:,} 家，已上线 {online:,} 家，上线率 {Share(units, online).rate}。",
    ]


def tables(kept: BulletinKept) -> list[tuple[Row, Sequence[int], list[Row]]]:
    """Each table: its heads, the widths of its columns in parts, its rows, the whole last."""
    below = "行政区划" if kept.content["level"] < 3 else "开票单位"
    return [
        ((below, "净张数", "净额（元）", "上月净额（元）", "上线率"), (5, 2, 4, 4, 2), _below(kept)),
        (("票据种类", "开具张数", "冲红张数", "净额（元）"), (7, 3, 3, 4), _types(kept)),
    ]


def mark_lines(kept: BulletinKept) -> list[str]:
    """By what the figures can be derived again."""
    mark = kept.content["mark"]
    at = local(datetime.fromisoformat(mark["at"]))
    return [
        f"数据截至存证日志第 {mark['size']:,} 条，签名于 {at:%Y-%m-%d %H:%M:%S}，根散列 {mark['root']}。",
        f"内容摘要（SM3）{kept.digest.hex()}。用同一检查点重新计算，数字应分毫不差。",
        "票据归开票当日单位所在的区划；冲红计入冲红当日，跨年冲红计入冲红的年度；净额 = 开具 − 冲红。",
        f"通报编号 {kept.id}，生成于 {local(kept.made_at):%Y-%m-%d %H:%M:%S}。",
    ]


def _below(kept: BulletinKept) -> list[Row]:
    now, before = kept.content["below"], kept.content["below_before"]
    shares: Mapping[str, Any] = kept.content["coverage"]["below"]
    zero = dict.fromkeys(kept.content["figures"], 0)
    rows: list[Row] = []
    for code in sorted({*now, *before, *shares}, key=lambda code: (not code, code)):
        mine, was = now.get(code, zero), before.get(code, zero)
        share = Share(*shares[code]).rate if code in shares else ""
        rows.append((
            kept.names.get(code, code) if code else "本级", f"{mine['issued_sheets'] - mine['red_sheets']:,}", yuan(_net(mine)),
            yuan(_net(was)), share,
        ))  # fmt: skip
    whole = kept.content["figures"]
    units, online = kept.content["coverage"]["whole"]
    rows.append((
        "合计", f"{whole['issued_sheets'] - whole['red_sheets']:,}", yuan(_net(whole)), yuan(_net(kept.content["before"])),
        Share(units, online).rate,
    ))  # fmt: skip
    return rows


def _types(kept: BulletinKept) -> list[Row]:
    names = {kind.code: kind.name for kind in bill_types.BILL_TYPES}
    rows: list[Row] = [
        (f"{code} {names.get(code, '')}".strip(), f"{one['issued_sheets']:,}", f"{one['red_sheets']:,}", yuan(_net(one)))
        for code, one in kept.content["bill_types"].items()
        if one["issued_sheets"] or one["red_sheets"]
    ]
    whole = kept.content["figures"]
    last = ("合计", f"{whole['issued_sheets']:,}", f"{whole['red_sheets']:,}", yuan(_net(whole)))
    return [*sorted(rows, key=lambda row: row[0]), last]


def _net(figures: Mapping[str, int]) -> int:
    return figures["issued_fen"] - figures["red_fen"]


class _Pages:
    """Fills pages from the top; a table that does not fit goes on with its heads repeated."""

    def __init__(self, fonts: FontChain) -> None:
        self._fonts = fonts
        self._pages = [Page(0)]
        self._y = MARGIN

    def done(self) -> list[Page]:
        """The pages, numbered."""
        for number, page in enumerate(self._pages, 1):
            words = f"{number} / {len(self._pages)}"
            x = (WIDTH - fitting.width_of(self._fonts, words, _SMALL)) // 2
            page.operations.append(Text(x, HEIGHT - 10_000, _SMALL, words, colour=INK_2))
        return self._pages

    def title(self, words: str, below: str) -> None:
        for text, size in ((words, _TITLE), (below, _HEAD)):
            self._y += size * 17 // 10
            x = (WIDTH - fitting.width_of(self._fonts, text, size)) // 2
            self._add(Text(x, self._y, size, text, colour=INK, bold=size == _TITLE))
        self._y += 4_000

    def paragraph(self, words: str) -> None:
        self._lines(f"　　{words}" if words else "", _SIZE, INK, 17)

    def small(self, words: str) -> None:
        self._lines(words, _SMALL, INK_2, 15)

    def table(self, heads: Row, parts: Sequence[int], rows: Sequence[Row]) -> None:
        widths = [_INNER * part // sum(parts) for part in parts]
        self._y += 5_000
        self._row(heads, widths, head=True)
        for place, row in enumerate(rows):
            if self._y + _ROW > HEIGHT - MARGIN:
                self._turn()
                self._row(heads, widths, head=True)
            self._row(row, widths, head=False, last=place == len(rows) - 1)

    def _row(self, row: Row, widths: Sequence[int], *, head: bool, last: bool = False) -> None:
        if self._y + 2 * _ROW > HEIGHT - MARGIN and head:
            self._turn()
        x = MARGIN
        for place, (words, width) in enumerate(zip(row, widths, strict=True)):
            align = "left" if place == 0 else "right"
            fitted = fitting.fit(self._fonts, words, _SIZE - 300, width - 2_000, 1)
            colour = INK_2 if head else INK
            for text in fitting.place(self._fonts, fitted, x + 1_000, width - 2_000, self._y + _ROW // 2, align, colour=colour,
                                      bold=head or last):  # fmt: skip
                self._add(text)
            x += width
        self._y += _ROW
        self._add(line(MARGIN, self._y, WIDTH - MARGIN, self._y, 200 if head or last else 100, INK_2 if head or last else HAIR))

    def _lines(self, words: str, size: int, colour: str, pitch: int) -> None:
        for text in fitting.wrap(self._fonts, words, size, _INNER) if words else [""]:
            if self._y + size * pitch // 10 > HEIGHT - MARGIN:
                self._turn()
            self._y += size * pitch // 10
            if text:
                self._add(Text(MARGIN, self._y, size, text, colour=colour))

    def _turn(self) -> None:
        self._pages.append(Page(0))
        self._y = MARGIN

    def _add(self, operation: Operation) -> None:
        self._pages[-1].operations.append(operation)
