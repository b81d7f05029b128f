"""Bill XML 1.1.0, written: the bytes that are signed, the signature nodes, the file around them.

file     = prolog <EInvoice> original <EInvoiceSignature> unit node, finance node </EInvoiceSignature></EInvoice>
original = <Header>…</Header><EInvoiceData>…</EInvoiceData>   (签名原文: what the unit signs)
finance signs original followed by the unit's node.

The reader (bill_reading) gives back these very bytes; nothing is ever serialised again before a check.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Literal

from piaoju.kit.clock import local
from piaoju.standard import carried, money
from piaoju.standard.bill import AuxLine, Bill, Line, SealReference, UnitParty
from piaoju.standard.profile import SICHUAN_2026_1, Profile
from piaoju.standard.wire import names

Signatory = Literal["unit", "finance"]
Tag = tuple[str, str, str]  # opening, closing, empty

PROLOG = b'<?xml version="1.0" encoding="UTF-8"?>'


def write_original(bill: Bill) -> bytes:
    """签名原文: the bytes that the unit signs, the same from the same bill for ever."""
    text = "".join(
        [
            "<Header>",
            _leaves(_HEADER, (bill.bill_tag, bill.bill_id, bill.version)),
            "</Header><EInvoiceData><Main>",
            _main(bill),
            "</Main><Details>",
            *[_line(line) for line in bill.lines],
            "</Details>",
            _aux_lines(bill.aux_lines),
            "</EInvoiceData>",
        ]
    )
    if not text.isprintable() and _FORBIDDEN(text):
        raise ValueError("a character that XML 1.0 cannot hold")
    original = text.encode()
    return carried.insert(original, bill.unknown) if bill.unknown else original


def signature_node(
    which: Signatory,
    reference: str,
    signature_time: str,
    value_der: bytes,
    profile: Profile = SICHUAN_2026_1,
) -> bytes:
    """The node of one signature: what it covers, when (yyyyMMddHHmmss), its SignedData in Base64."""
    node = profile.unit_signature_node if which == "unit" else profile.finance_signature_node
    return (
        f"<{node}><SignedInfo><Reference>{_text(reference)}</Reference>"
        f"<SignatureAlgorithm>{profile.signature_algorithm}</SignatureAlgorithm>"
        f"<SignatureFormat>{profile.signature_format}</SignatureFormat></SignedInfo>"
        f"<SignatureTime>{_text(signature_time)}</SignatureTime>"
        f"<SignatureValue>{b64encode(value_der).decode()}</SignatureValue></{node}>"
    ).encode()


@lru_cache(maxsize=64)
def signature_time_text(at: datetime) -> str:
    """The SignatureTime of an instant: Asia/Shanghai, yyyyMMddHHmmss."""
    return local(at).strftime("%Y%m%d%H%M%S")


def write_document(original: bytes, unit_node: bytes, finance_node: bytes = b"") -> bytes:
    """The bill file: prolog, root, the signed bytes untouched, the signature nodes."""
    return b"".join(
        [
            PROLOG,
            b"<EInvoice>",
            original,
            b"<EInvoiceSignature>",
            unit_node,
            finance_node,
            b"</EInvoiceSignature></EInvoice>",
        ]
    )


def _tags(leaves: Iterable[names.Name]) -> tuple[Tag, ...]:
    return tuple(_tag(leaf.element) for leaf in leaves)


def _tag(element: str) -> Tag:
    return f"<{element}>", f"</{element}>", f"<{element}/>"


_HEADER = _tags(names.HEADER_LEAVES)
_BEFORE_PARTIES = _tags(names.MAIN_LEAVES_BEFORE_PARTIES)
_UNIT = _tags(names.UNIT_LEAVES)
_PAYER = _tags(names.PAYER_LEAVES)
_AFTER_PARTIES = _tags(names.MAIN_LEAVES_AFTER_PARTIES)
_SEAL = _tags(names.SEAL_LEAVES)
_LINE = _tags(names.LINE_LEAVES)
_DETAIL_NAME = _tags(names.LINE_EXTENSION_LEAVES)
_AUX_LINE = _tags(names.AUX_LINE_LEAVES)
_EXTENSION = {leaf.element: _tag(leaf.element) for leaf in names.EXTENSION_LEAVES}

_SPECIAL = re.compile("[&<>\r]").search
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]").search


def _main(bill: Bill) -> str:
    unit, payer = bill.unit, bill.payer
    return "".join(
        [
            _leaves(
                _BEFORE_PARTIES,
                (
                    bill.bill_name,
                    bill.bill_code,
                    bill.number_text,
                    bill.check_code,
                    bill.specimen_code,
                    bill.supervisor_area_code,
                    money.format_fen(bill.total_fen),
                    bill.issue_date.strftime("%Y%m%d"),
                    bill.issue_time.strftime("%H:%M:%S"),
                ),
            ),
            "<InvoicingParty>",
            _unit_leaves(unit),
            "</InvoicingParty><PayerParty>",
            _leaves(
                _PAYER, (names.PAYER_KINDS[payer.kind], payer.code, payer.name, payer.account, payer.bank)
            ),
            "</PayerParty>",
            _leaves(
                _AFTER_PARTIES,
                (
                    bill.pay_mode,
                    bill.business_number,
                    bill.currency,
                    bill.exchange_rate,
                    bill.remark,
                    bill.handler,
                    bill.checker,
                    bill.supervisor_remark,
                ),
            ),
            _extension(bill.extension),
            _seal("InvoicingPartySeal", bill.unit_seal),
            _seal("SupervisorPartySeal", bill.supervision_seal),
        ]
    )


def _extension(extension: Sequence[tuple[str, str]]) -> str:
    if not extension:
        return "<MainExt/>"
    tags = [_EXTENSION.get(element) or _tag(element) for element, _ in extension]
    return f"<MainExt>{_leaves(tags, [text for _, text in extension])}</MainExt>"


@lru_cache(maxsize=4096)
def _seal(element: str, seal: SealReference) -> str:
    return f"<{element}>{_leaves(_SEAL, (seal.seal_id, seal.name, seal.seal_hash))}</{element}>"


def _line(line: Line) -> str:
    item_code, item_name, quantity, measure, standard, yuan, remark = _LINE
    return (
        f"<Item>{_known(item_code, line.item_code)}{_known(item_name, line.item_name)}"
        f"{_known(quantity, '' if line.quantity_e4 is None else money.format_quantity(line.quantity_e4))}"
        f"{_known(measure, line.measure)}"
        f"{_known(standard, '' if line.standard_e4 is None else money.format_price(line.standard_e4))}"
        f"{_known(yuan, money.format_fen(line.amount_fen))}{_leaf(remark, line.remark)}"
        f"<ItemExt>{_leaf(_DETAIL_NAME[0], line.detail_name)}</ItemExt></Item>"
    )


def _aux_lines(aux_lines: Sequence[AuxLine]) -> str:
    if not aux_lines:
        return "<AuxDetails/>"
    return f"<AuxDetails>{''.join([_aux_line(line) for line in aux_lines])}</AuxDetails>"


def _aux_line(line: AuxLine) -> str:
    leaves = _leaves(
        _AUX_LINE,
        (
            line.related_item_code,
            line.related_item_name,
            line.code,
            line.name,
            "" if line.quantity_e4 is None else money.format_quantity(line.quantity_e4),
            line.measure,
            "" if line.standard_e4 is None else money.format_price(line.standard_e4),
            money.format_price(line.amount_e4),
            line.remark,
        ),
    )
    return f"<AuxItem>{leaves}</AuxItem>"


def _leaves(tags: Sequence[Tag], texts: Sequence[str]) -> str:
    return "".join([_leaf(tag, text) for tag, text in zip(tags, texts, strict=True)])


def _leaf(tag: Tag, text: str) -> str:
    opening, closing, empty = tag
    return f"{opening}{_escape(text) if _SPECIAL(text) else text}{closing}" if text else empty


# Items, measures, prices and quantities come again on bill after bill; nothing about a payer is kept.
_known = lru_cache(maxsize=16_384)(_leaf)


@lru_cache(maxsize=4096)
def _unit_leaves(unit: UnitParty) -> str:
    return _leaves(_UNIT, (unit.code, unit.name, unit.recipient_name, unit.recipient_account, unit.recipient_bank))


def _text(text: str) -> str:
    return _escape(text) if _SPECIAL(text) else text


def _escape(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\r", "&#13;")
