"""盖章: the sealed OFD of a recorded bill. A journey of its own, idempotent: eager behind the commit, and at first fetch.

Unit seal first, then the supervision seal over the whole, as the law's order of responsibility is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache

from django.db import connection, transaction

from piaoju.crypto import envelope, ses, sm2
from piaoju.issuing import actions as issuing
from piaoju.issuing.types import BillPlace
from piaoju.journeys.office import Office
from piaoju.kit.clock import local
from piaoju.seal import queries as seal
from piaoju.seal.types import SigningIdentity
from piaoju.standard import bill_xml, verification_address
from piaoju.standard.bill import Bill
from piaoju.standard.face import printing, sealing
from piaoju.standard.face.layout import layout
from piaoju.standard.face.operations import Face, SealMark
from piaoju.standard.face.outputs import ofd, pdf
from piaoju.standard.face.printing import Print
from piaoju.standard.face.specimens import specimen_for


def context(place: BillPlace) -> bytes:
    """What binds a stored layout to its bill."""
    return f"bill-layout:{place.bill_code}-{place.bill_number:010d}".encode()


def seal_bill(office: Office, place: BillPlace, xml: bytes) -> None:
    """Make and keep the sealed OFD of a bill. A second call changes nothing. Raises SealUnusable."""
    seal_bills(office, [(place, xml)])


def seal_bills(office: Office, bills: Sequence[tuple[BillPlace, bytes]]) -> dict[BillPlace, bytes]:
    """The same of several, kept together or not at all; each as it is kept now, but for those that somebody else kept first."""
    at = office.clock().replace(microsecond=0)

    @cache
    def who(seal_id: str) -> SigningIdentity:
        return seal.identity_of_seal(seal_id, at)

    kept = {place: _kept(office, place, xml, who, at) for place, xml in bills}
    with transaction.atomic(), connection.cursor() as cursor:
        ours = issuing.record_layouts(cursor, kept, at, bytes.fromhex(office.fonts.digest))
    return {place: kept[place] for place in ours}


def _kept(office: Office, place: BillPlace, xml: bytes, who: Callable[[str], SigningIdentity], at: datetime) -> bytes:
    bill = bill_xml.read_document(xml).bill
    # The seals that the signed XML names, whatever was registered since: their hashes are in it.
    sealers = (who(bill.unit_seal.seal_id), who(bill.supervision_seal.seal_id))
    face = _face(office, bill)
    content = ofd.render(face, xml)
    for index, (identity, mark) in enumerate(zip(sealers, face.seals, strict=True)):
        content = _set_seal(office, content, identity, index, mark, at)
    return envelope.seal(office.data_key, content, context(place), office.random_bytes(12))


def draw_pdf(office: Office, bill: Bill, xml: bytes) -> bytes:
    """The PDF of a bill, drawn from the same operations: a convenience copy with the signed XML inside."""
    return pdf.render(_face(office, bill), xml)


def draw_prints(office: Office, bill: Bill, how: Print, note: str = "") -> tuple[Face, ...]:
    """The bill as it goes to a printer of this kind: what a preview shows and a merged file has."""
    return printing.faces(bill, office.fonts, how, qr_text=_qr_text(office, bill), note=note)


def reprint_note(ordinal: int, at: datetime) -> str:
    """What a print says from the second on; nothing on the first."""
    return f"补打：第 {ordinal} 次打印 {local(at):%Y-%m-%d %H:%M}" if ordinal > 1 else ""


def _qr_text(office: Office, bill: Bill) -> str:
    return verification_address.qr_text(bill, office.public_url, office.profile)


def draw_print(office: Office, bill: Bill, xml: bytes, ordinal: int, at: datetime) -> bytes:
    """The same for a print; from the second on it says so, at the foot of every page (补打)."""
    face = _face(office, bill)
    if ordinal > 1:
        printing.put_note(face, reprint_note(ordinal, at))
    return pdf.render(face, xml)


def _set_seal(
    office: Office, content: bytes, identity: SigningIdentity, index: int, mark: SealMark, at: datetime
) -> bytes:
    prepared = sealing.prepare(content, identity.seal.eseal_der, mark.box, mark.page, at, index)
    digest = sm2.digest_for(prepared.to_sign_der, identity.public_key)
    (signature,) = office.signer.sign([digest], identity.key_ref)
    return prepared.attach(ses.assemble_signature(prepared.to_sign_der, identity.certificate_der, signature))


def _face(office: Office, bill: Bill) -> Face:
    return layout(
        bill,
        specimen_for(bill.bill_type_code),
        office.fonts,
        demonstration=bill.demonstration,
        qr_text=_qr_text(office, bill),
    )
