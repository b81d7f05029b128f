"""换开纸质票: a bill on a numbered sheet of paper, one at a time; 纸票作废 when the sheet is back, or spoiled in the printer.

The unit's blank sheets are its paper numbers in stock. The sheet on top must be the next of them: a sheet that is missing is
reported as lost, one that was spoiled is made void, so that every number of paper has its story.
"""

from __future__ import annotations

from typing import Any

from piaoju.crypto import sm3
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing import actions as issuing
from piaoju.issuing import queries, rules
from piaoju.issuing.errors import (
    BillChangedMeanwhile,
    NotOnPaper,
    PaperExhausted,
    PaperNumberDiffers,
    ReversalReasonMissing,
)
from piaoju.issuing.types import BillPlace, Sequel, SequelKind
from piaoju.journeys import bill_at_hand
from piaoju.journeys.bill_at_hand import BillAtHand
from piaoju.journeys.office import Office
from piaoju.ledger import actions as ledger
from piaoju.ledger.types import Fact, FactKind
from piaoju.standard.reversal_request import REASON_MAX
from piaoju.stock import actions as stock
from piaoju.stock.types import OpenSegment
from piaoju.verification import actions as verification


def convert(
    office: Office, actor: OperatorActor, bill_code: str, bill_number: int, paper_code: str, paper_number: int,
    *, trace_id: str = "",
) -> Sequel:  # fmt: skip
    """The bill is on this sheet from now on.

    Raises BillNotFound, AlreadyConverted, NotConvertible, PaperExhausted, PaperNumberDiffers, BillChangedMeanwhile.
    """
    with bill_at_hand.about_bill(
        office, actor, Act.CONVERT_TO_PAPER, bill_code, bill_number, f"convert {paper_code}-{paper_number:010d}", trace_id
    ) as (one, cursor):  # fmt: skip
        sequels = queries.sequels_of(one.place)
        rules.refuse_conversion(one.bill.total_fen, sequels)
        segment = _sheet(cursor, one, paper_code, paper_number)
        segment.take()
        at = office.clock()
        stock.advance_counters(cursor, [segment], at)
        made = _sequel(
            one, sequels, SequelKind.CONVERTED, at=at, on_paper=True, paper=(paper_code, paper_number), reason="",
            actor=actor.name,
        )  # fmt: skip
        _record(cursor, made)
        issuing.record_paper(cursor, made)
        _post(cursor, one, made, FactKind.converted, one.place.bill_code, one.place.bill_number)
    return made


def void_paper(
    office: Office, actor: OperatorActor, bill_code: str, bill_number: int, reason: str, *, trace_id: str = ""
) -> Sequel:
    """The sheet is back and void; the bill is electronic alone again. Raises BillNotFound, NotOnPaper, ReversalReasonMissing."""
    with bill_at_hand.about_bill(
        office, actor, Act.CONVERT_TO_PAPER, bill_code, bill_number, "void paper", trace_id
    ) as (one, cursor):  # fmt: skip
        reason = " ".join(reason.split())
        if not reason or len(reason) > REASON_MAX:
            raise ReversalReasonMissing
        sequels = queries.sequels_of(one.place)
        sheet = rules.paper_in_force(sequels)
        paper = (sheet.paper_code or "", sheet.paper_number or 0)
        made = _sequel(
            one, sequels, SequelKind.PAPER_VOIDED, at=office.clock(), on_paper=False, paper=paper, reason=reason,
            actor=actor.name,
        )  # fmt: skip
        _record(cursor, made)
        _post(cursor, one, made, FactKind.voided, *paper)
    return made


def sheet_of(place: BillPlace) -> tuple[str, int] | None:
    """Code and number of the sheet that a bill is on now, or none."""
    try:
        one = rules.paper_in_force(queries.sequels_of(place))
    except NotOnPaper:
        return None
    return one.paper_code or "", one.paper_number or 0


def _sheet(cursor: Any, one: BillAtHand, paper_code: str, paper_number: int) -> OpenSegment:
    """The counter whose next number this is."""
    segments = stock.lock_paper(cursor, one.place.unit_id, one.bill.bill_type_code)
    if not segments:
        raise PaperExhausted
    for segment in segments:
        if (segment.bill_code, segment.next_number) == (paper_code, paper_number):
            return segment
    first = segments[0]
    raise PaperNumberDiffers(
        f"下一张该用的纸票是 {first.bill_code} {first.next_number:010d}，这里写的是 {paper_code} {paper_number:010d}。"
        "请核对纸票上印的代码和号码；中间的纸票遗失，先在「号段」里报告遗失"
    )


def _sequel(
    one: BillAtHand, sequels: list[Sequel], kind: SequelKind, *, at: Any, on_paper: bool, paper: tuple[str, int],
    reason: str, actor: str,
) -> Sequel:  # fmt: skip
    place, now = one.place, rules.standing(one.bill.total_fen, sequels)
    return Sequel(
        unit_id=place.unit_id, bill_code=place.bill_code, bill_number=place.bill_number, ordinal=len(sequels) + 1,
        issued_at=place.issued_at, kind=kind, at=at, reversed_fen=0, left_fen=now.left_fen, on_paper=on_paper, lines=(),
        red_code=None, red_number=None, paper_code=paper[0], paper_number=paper[1], reason=reason, actor=actor,
    )  # fmt: skip


def _record(cursor: Any, made: Sequel) -> None:
    if not issuing.record_sequel_if_first(cursor, made):
        raise BillChangedMeanwhile
    verification.publish_paper(
        cursor, unit_id=made.unit_id, bill_code=made.bill_code, bill_number=made.bill_number, ordinal=made.ordinal,
        at=made.at, paper_code=made.paper_code or "", paper_number=made.paper_number or 0, in_force=made.on_paper,
    )  # fmt: skip


def _post(cursor: Any, one: BillAtHand, made: Sequel, kind: FactKind, code: str, number: int) -> None:
    """One sheet converted (named by its bill), or void (named by the paper)."""
    decision = "\n".join([
        str(made.kind), str(made.unit_id), made.bill_code, str(made.bill_number), str(made.ordinal), str(made.paper_code),
        str(made.paper_number), made.at.isoformat(), made.reason, made.actor,
    ])  # fmt: skip
    ledger.post(
        cursor,
        [
            Fact(
                unit_id=made.unit_id, at=made.at, kind=kind, region_code=queries.region_code_of(one.place),
                bill_type_code=one.bill.bill_type_code, bill_code=code, bill_number=number, sheets=1, amount_fen=0,
                items=(), actor=made.actor, digest=sm3.digest(decision.encode()),
            )
        ],
    )  # fmt: skip
