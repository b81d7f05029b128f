"""The two signatures of a bill, and what is recorded once it has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from piaoju.crypto import signed_data, sm2, sm3
from piaoju.issuing import parcel, private
from piaoju.issuing.types import RecordedBill, Sequel, SequelKind
from piaoju.journeys.drafting import Draft
from piaoju.journeys.errors import SignatureRefused
from piaoju.journeys.office import Office
from piaoju.kit.values import Value
from piaoju.ledger.types import Fact, FactKind
from piaoju.seal.types import SigningIdentity
from piaoju.standard import bill_json, bill_xml
from piaoju.verification.types import Kind, PublishedBillRow

_PAYER_TYPES = {"person": 1, "organization": 2}


class SignedDraft(Value, frozen=True):
    """A draft and its complete XML."""

    draft: Draft
    xml: bytes

    def recorded(self, office: Office) -> tuple[RecordedBill, bytes]:
        """The rows of this bill, and the answer its issuer gets."""
        draft, bill, request = self.draft, self.draft.bill, self.draft.request
        digest = sm3.digest(self.xml)
        answer = bill_json.answer(
            bill, issued_at=draft.at, digest=digest, region_code=draft.region_code, profile=office.profile
        )
        place = f"{bill.bill_code}-{bill.number_text}"
        payer = request.payer
        return (
            RecordedBill(
                unit_id=draft.unit_id,
                issued_at=draft.at,
                bill_code=bill.bill_code,
                bill_number=bill.bill_number,
                bill_type_code=bill.bill_type_code,
                region_code=draft.region_code,
                check_code=bill.check_code,
                business_number=bill.business_number,
                request_digest=draft.digest,
                payer_type=_PAYER_TYPES[payer.kind],
                payer_name=payer.name,
                payer_code_index=private.index(office.index_key, payer.code),
                private_sealed=private.seal(
                    office.data_key, office.random_bytes(12),
                    code=payer.code, phone=payer.phone, email=payer.email, place=place,
                ),
                total_fen=bill.total_fen,
                pay_mode=bill.pay_mode,
                payment_code=request.payment_code,
                handler=bill.handler,
                checker=bill.checker,
                actor=draft.actor,
                digest=digest,
                lines=tuple(
                    (line.item_code, line.quantity_e4 or 0, line.standard_e4, line.amount_fen) for line in bill.lines
                ),
                reverses=bill.reverses and (bill.reverses.bill_code, bill.reverses.bill_number),
                body=parcel.pack(
                    office.data_key, office.random_bytes(12), self.xml, answer,
                    bill_code=bill.bill_code, bill_number=bill.bill_number, texts=draft.identities.texts,
                ),
            ),
            answer,
        )  # fmt: skip

    def published(self, row: RecordedBill) -> PublishedBillRow:
        """What the public may see of it."""
        bill = self.draft.bill
        return PublishedBillRow(
            unit_id=row.unit_id,
            issued_at=row.issued_at,
            bill_code=row.bill_code,
            bill_number=row.bill_number,
            check_code=row.check_code,
            issue_date=bill.issue_date,
            total_fen=row.total_fen,
            bill_name=bill.bill_name,
            unit_name=bill.unit.name,
            region_code=row.region_code,
            payer_name=bill.payer.name,
            payer_is_person=bill.payer.kind == "person",
            kind=Kind.RED if self.draft.red else Kind.NORMAL,
            digest=row.digest,
            demonstration=bill.demonstration,
            reverses_code=row.reverses and row.reverses[0],
            reverses_number=row.reverses and row.reverses[1],
            reversal_reason=self.draft.red.reversal.reason if self.draft.red else "",
        )

    def sequel(self, row: RecordedBill) -> Sequel:
        """What a red bill adds to the story of its original."""
        if self.draft.red is None:
            raise ValueError("only a red bill has an original")
        reversal, plan = self.draft.red.reversal, self.draft.red.plan
        return Sequel(
            unit_id=row.unit_id, bill_code=reversal.place.bill_code, bill_number=reversal.place.bill_number,
            ordinal=plan.ordinal, issued_at=reversal.place.issued_at, kind=SequelKind.REVERSED, at=row.issued_at,
            reversed_fen=plan.total_fen, left_fen=plan.left_fen, on_paper=False,
            lines=tuple([(line.number, line.amount_fen, line.quantity_e4 or 0) for line in plan.lines]),
            red_code=row.bill_code, red_number=row.bill_number, paper_code=None, paper_number=None,
            reason=reversal.reason, actor=row.actor,
        )  # fmt: skip

    def fact(self, row: RecordedBill) -> Fact:
        """What the ledger remembers of it."""
        items: dict[str, int] = defaultdict(int)
        for line in self.draft.bill.lines:
            items[line.item_code] += line.amount_fen
        return Fact(
            unit_id=row.unit_id,
            at=row.issued_at,
            kind=FactKind.red if self.draft.red else FactKind.issued,
            region_code=row.region_code,
            bill_type_code=row.bill_type_code,
            bill_code=row.bill_code,
            bill_number=row.bill_number,
            sheets=1,
            amount_fen=row.total_fen,
            items=tuple(items.items()),
            actor=row.actor,
            digest=row.digest,
        )


def sign_drafts(office: Office, drafts: Sequence[Draft]) -> list[SignedDraft]:
    """Both signatures for each draft: all units first, then the finance departments over what the units signed."""
    messages = [sm3.running(draft.original) for draft in drafts]
    units = [draft.identities.unit for draft in drafts]
    unit_nodes = _sign_all(office, drafts, units, [message.digest() for message in messages], "unit")
    for message, node in zip(messages, unit_nodes, strict=True):
        message.update(node)
    supervisors = [draft.identities.supervisor for draft in drafts]
    finance_nodes = _sign_all(office, drafts, supervisors, [message.digest() for message in messages], "finance")
    return [
        SignedDraft(draft, bill_xml.write_document(draft.original, unit_node, finance_node))
        for draft, unit_node, finance_node in zip(drafts, unit_nodes, finance_nodes, strict=True)
    ]


def _sign_all(
    office: Office,
    drafts: Sequence[Draft],
    identities: Sequence[SigningIdentity],
    digests: Sequence[bytes],
    which: bill_xml.Signatory,
) -> list[bytes]:
    """One signature node for each draft, over a message of this SM3, signed in batches of one key."""
    profile = office.profile
    attributes = [
        signed_data.attributes_of_digest(digest, draft.at.replace(microsecond=0))
        for digest, draft in zip(digests, drafts, strict=True)
    ]
    places: dict[str, list[int]] = defaultdict(list)
    for index, identity in enumerate(identities):
        places[identity.key_ref].append(index)
    signatures: dict[int, bytes] = {}
    for key_ref, indexes in places.items():
        public_key = identities[indexes[0]].public_key
        to_sign = [signed_data.digest_to_sign(attributes[i], public_key) for i in indexes]
        made = office.signer.sign(to_sign, key_ref)
        if not office.signer.in_process:
            _verify_foreign(public_key, to_sign, made)
        signatures.update(zip(indexes, made, strict=True))
    reference = profile.unit_reference if which == "unit" else profile.finance_reference
    return [
        bill_xml.signature_node(
            which,
            reference,
            bill_xml.signature_time_text(draft.at),
            signed_data.assemble(attributes[i], identities[i].certificate_der, signatures[i]),
            profile,
        )
        for i, draft in enumerate(drafts)
    ]


def _verify_foreign(public_key: bytes, digests: Sequence[bytes], signatures: Sequence[bytes]) -> None:
    """A signature from outside is always verified before anything is recorded."""
    for digest, signature in zip(digests, signatures, strict=True):
        if not sm2.verify_digest(public_key, digest, signature):
            raise SignatureRefused
