"""Drawing up: from an order and a number to the exact bytes that will be signed."""

from __future__ import annotations

import json
from datetime import datetime

from piaoju.crypto import envelope
from piaoju.issuing.types import IntentRow, RedPlan
from piaoju.journeys.identities import Identities
from piaoju.journeys.office import Office
from piaoju.journeys.reversing import Reversal
from piaoju.kit.clock import local
from piaoju.kit.errors import FieldError, Refused
from piaoju.kit.values import Value
from piaoju.registry.types import UnitRecordInForce, UnitRegister
from piaoju.seal.types import SealDescription
from piaoju.standard import bill_xml, composition
from piaoju.standard.bill import Bill, SealReference, UnitParty
from piaoju.standard.bill_request import BillRequest

MISSING_SHOWN_MAX = 20


class Red(Value, frozen=True):
    """What makes a draft a red bill: what was asked, and what it takes."""

    reversal: Reversal
    plan: RedPlan


class Draft(Value, frozen=True):
    """待签: one bill, complete but for its signatures. `index` is its place in the group."""

    index: int
    request: BillRequest
    digest: bytes
    actor: str
    unit_id: int
    region_code: str
    identities: Identities
    bill: Bill
    original: bytes
    at: datetime
    kept: bool  # it was intended before, by a call that did not come to its end
    red: Red | None = None

    def intent(self, office: Office) -> IntentRow:
        """What is kept while a signer outside has it."""
        context = f"intent:{self.bill.bill_code}-{self.bill.bill_number}".encode()
        body = json.dumps({"actor": self.actor}).encode()
        return IntentRow(
            self.unit_id,
            self.request.business_number,
            self.digest,
            self.bill.bill_code,
            self.bill.bill_number,
            self.at,
            envelope.seal(office.data_key, body, context, office.random_bytes(12)),
            envelope.seal(office.data_key, self.original, context, office.random_bytes(12)),
        )


def refuse_unprintable(office: Office, request: BillRequest) -> None:
    """Every character of a bill can be printed; a name in no font is refused now, never printed as a box."""
    texts = _printed_texts(request)
    if not office.fonts.missing("".join([text for _, text in texts])):
        return
    found = []
    for place, text in texts:
        missing = office.fonts.missing(text)
        if missing:
            shown = " ".join(f"{c}(U+{ord(c):04X})" for c in sorted(missing)[:MISSING_SHOWN_MAX])
            detail = f"字库里没有这些字：{shown}。请核对，或由运维加装生僻字字库后再开"
            found.append(FieldError("/" + "/".join(map(str, place)), "character_not_printable", detail))
    raise Refused(found[0].detail, errors=found, code="character_not_printable")


def _printed_texts(request: BillRequest) -> list[tuple[tuple[str | int, ...], str]]:
    """Every text of a request that reaches the face, with its place; the pointers are written out for a refusal only."""
    payer = request.payer
    return [
        (("payer", "name"), payer.name), (("remark",), request.remark), (("handler",), request.handler),
        (("checker",), request.checker), (("business_number",), request.business_number),
        (("payer", "code"), payer.code), (("payment_code",), request.payment_code),
        *[(("aux_lines", i, "measure"), line.measure) for i, line in enumerate(request.aux_lines)],
        *[(("aux_lines", i, "code"), line.code) for i, line in enumerate(request.aux_lines)],
        *[(("lines", i, "remark"), line.remark) for i, line in enumerate(request.lines)],
        *[(("aux_lines", i, "name"), line.name) for i, line in enumerate(request.aux_lines)],
        *[(("aux_lines", i, "remark"), line.remark) for i, line in enumerate(request.aux_lines)],
        *[(("extension", name), text) for name, text in request.extension.items()],
    ]  # fmt: skip


def draw_up(
    office: Office,
    index: int,
    request: BillRequest,
    digest: bytes,
    actor: str,
    register: UnitRegister,
    identities: Identities,
    number: int,
    at: datetime,
    red: Red | None = None,
) -> Draft:
    """The bill of an order that the rules allow, with this number, at this instant."""
    at = local(at).replace(microsecond=at.microsecond // 1000 * 1000)
    compose = _red_bill if red else _bill
    bill = compose(office, request, register, identities, number, at, red)
    return Draft(
        index, request, digest, actor, register.unit_id, register.record_on(at.date()).region_code, identities, bill,
        bill_xml.write_original(bill), at, kept=False, red=red,
    )  # fmt: skip


def from_intent(
    office: Office,
    index: int,
    request: BillRequest,
    digest: bytes,
    actor: str,
    register: UnitRegister,
    identities: Identities,
    kept: IntentRow,
    red: Red | None = None,
) -> Draft:
    """The draft that was intended before: the very same bytes, number and time."""
    context = f"intent:{kept.bill_code}-{kept.bill_number}".encode()
    original = envelope.open(office.data_key, kept.original, context)
    bill = bill_xml.read_document(bill_xml.write_document(original, b"")).bill
    at = local(kept.intended_at)
    return Draft(
        index, request, digest, actor, register.unit_id, register.record_on(at.date()).region_code, identities, bill,
        original, at, kept=True, red=red,
    )  # fmt: skip


def unit_party(register: UnitRegister, record: UnitRecordInForce) -> UnitParty:
    """The issuing unit, as its bills name it."""
    return UnitParty(
        register.code, record.name, record.recipient_name, record.recipient_account, record.recipient_bank
    )


def _bill(
    office: Office,
    request: BillRequest,
    register: UnitRegister,
    identities: Identities,
    number: int,
    at: datetime,
    red: Red | None,
) -> Bill:
    record = register.record_on(at.date())
    return composition.compose(
        request,
        bill_number=number,
        issued_at=at,
        unit=unit_party(register, record),
        supervisor_area_code=record.supervisor_area_code,
        items={line.item_code: register.items[(request.bill_type_code, line.item_code)] for line in request.lines},
        unit_seal=_seal(identities.unit.seal),
        supervision_seal=_seal(identities.supervisor.seal),
        secret=office.check_code_secret,
        demonstration=office.demonstration,
        profile=office.profile,
    )


def _red_bill(
    office: Office,
    request: BillRequest,
    register: UnitRegister,
    identities: Identities,
    number: int,
    at: datetime,
    red: Red | None,
) -> Bill:
    if red is None:
        raise ValueError("a red bill names its original")
    record = register.record_on(at.date())
    return composition.compose_red(
        red.reversal.original,
        red.plan.lines,
        is_whole=red.plan.is_whole,
        bill_number=number,
        issued_at=at,
        business_number=request.business_number,
        remark=request.remark,
        handler=request.handler,
        checker=request.checker,
        unit=unit_party(register, record),
        supervisor_area_code=record.supervisor_area_code,
        unit_seal=_seal(identities.unit.seal),
        supervision_seal=_seal(identities.supervisor.seal),
        secret=office.check_code_secret,
        demonstration=office.demonstration,
        profile=office.profile,
    )


def _seal(seal: SealDescription) -> SealReference:
    return SealReference(seal.seal_id, seal.name, seal.seal_hash)
