"""What every act at an issuing window (开票窗口) stands on: the sheet that was typed, whose it is, and the unit's register."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from piaoju.crypto import envelope
from piaoju.identity.types import OperatorActor, Scope
from piaoju.issuing.errors import DraftTooLarge
from piaoju.issuing.types import BUSINESS_NUMBER_CHARACTERS_MAX, Author, DraftRow, DraftToKeep
from piaoju.journeys import premises
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.registry import queries as registry
from piaoju.registry.types import UnitRegister
from piaoju.standard import money

DRAFT_BYTES_MAX = 512 * 1024


@dataclass(frozen=True, slots=True)
class Sheet:
    """One bill as it stands at a window: the body of `POST /bills` as typed, wherever it is wrong or unfinished.

    `sends`: the payer gets the bill by phone or mail, where one of them is given.
    """

    unit_code: str
    body: Mapping[str, Any] = field(default_factory=dict)
    point_code: str = ""
    sends: bool = True

    @property
    def business_number(self) -> str:
        return text_of(self.body, "business_number")[:BUSINESS_NUMBER_CHARACTERS_MAX]

    @property
    def bill_type_code(self) -> str:
        return text_of(self.body, "bill_type")[:4]


def text_of(holder: object, name: str) -> str:
    """A text of what was typed; empty where there is none or something else stands there."""
    value = holder.get(name) if isinstance(holder, Mapping) else None
    return value.strip() if isinstance(value, str) else ""


def register_of(unit_code: str) -> UnitRegister:
    """The unit's register as of now, remembered by this process. Raises UnitUnknown."""
    return premises.registers().of(unit_code, at_least=registry.revision())


def scope_of(office: Office, unit_code: str, bill_type_code: str = "") -> Scope:
    """Where an act at this unit's window happens. Raises UnitUnknown."""
    record = register_of(unit_code).record_on(local_date(office.clock()))
    return Scope(record.region_codes, unit_code, bill_type_code, record.governing_code)


def author_of(actor: OperatorActor) -> Author:
    """Whoever types, as a draft keeps it."""
    return Author(actor.operator_id, actor.person_id, actor.name, actor.person_name)


def signed_by(sheet: Sheet, actor: OperatorActor, checker: str = "") -> Sheet:
    """The sheet with whoever issues it as 开票人: nobody types another's name there."""
    body = {**sheet.body, "handler": actor.person_name}
    return replace(sheet, body=body | ({"checker": checker} if checker else {}))


def draft_of(office: Office, unit_id: int, author: Author, sheet: Sheet) -> DraftToKeep:
    """A sheet as it is kept: sealed, with what lists show beside it. Raises DraftTooLarge."""
    written = json.dumps({"body": dict(sheet.body), "sends": sheet.sends}, ensure_ascii=False)
    plain = written.encode("utf-8", "replace")
    if len(plain) > DRAFT_BYTES_MAX:
        raise DraftTooLarge
    nonce = office.random_bytes(envelope.NONCE_BYTES)
    payer = sheet.body.get("payer")
    return DraftToKeep(
        unit_id, sheet.business_number, author, sheet.point_code[:50], _printable(sheet.bill_type_code),
        _printable(text_of(payer, "name"))[:200], total_fen(sheet.body),
        envelope.seal(office.data_key, plain, _context(unit_id, sheet.business_number), nonce),
    )  # fmt: skip


def sheet_of(office: Office, draft: DraftRow) -> Sheet:
    """The sheet that a draft keeps."""
    plain = envelope.open(office.data_key, draft.sealed, _context(draft.unit_id, draft.business_number))
    kept = json.loads(plain)
    return Sheet(registry.unit_code_of(draft.unit_id), kept["body"], draft.point_code, bool(kept["sends"]))


def total_fen(body: Mapping[str, Any]) -> int | None:
    """What the lines add up to, as far as they can be read; none where no line has an amount."""
    lines = body.get("lines")
    found = [fen for line in lines if (fen := _fen(line)) is not None] if isinstance(lines, list) else []
    return min(sum(found), money.FEN_MAX) if found else None


def _fen(line: object) -> int | None:
    try:
        return money.parse_yuan(text_of(line, "amount"))
    except money.AmountInvalid:
        return None


def _printable(text: str) -> str:
    """What a database accepts as text: a list shows the rest as a question mark."""
    return "".join(c if c.isprintable() else "?" for c in text).encode("utf-8", "replace").decode()


def _context(unit_id: int, business_number: str) -> bytes:
    return f"draft:{unit_id}:{business_number}".encode()
