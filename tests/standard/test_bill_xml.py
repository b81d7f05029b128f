"""Bill XML: written as published, read back whole, harmless when hostile."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piaoju.kit.values import replace
from piaoju.standard import bill_xml
from piaoju.standard.bill import AuxLine, Bill, BillKey, Carried, Line, Payer, SealReference, UnitParty
from piaoju.standard.bill_types import BILL_TYPES, bill_type
from piaoju.standard.profile import SICHUAN_2026_1
from tests.standard.bills import GOLDEN, GOLDEN_SM3, bill_of, golden_bill

UNIT_NODE = bill_xml.signature_node("unit", SICHUAN_2026_1.unit_reference, "20260105095231", b"unit" * 300)
FINANCE_NODE = bill_xml.signature_node(
    "finance", SICHUAN_2026_1.finance_reference, "20260105095232", b"finance" * 200
)
DOCUMENT = bill_xml.write_document(GOLDEN, UNIT_NODE, FINANCE_NODE)


def test_the_golden_vector_is_written_byte_for_byte() -> None:
    original = bill_xml.write_original(golden_bill())
    assert original == GOLDEN
    assert len(original) == 1647
    assert hashlib.new("sm3", original).hexdigest() == GOLDEN_SM3


def test_the_golden_vector_reads_back_as_its_bill() -> None:
    assert bill_xml.read_original(GOLDEN) == golden_bill()


@pytest.mark.parametrize("code", [one.code for one in BILL_TYPES])
def test_every_bill_type_survives_writing_and_reading(code: str) -> None:
    bill = bill_of(code)
    assert bill_xml.read_original(bill_xml.write_original(bill)) == bill


def test_a_file_gives_back_the_very_bytes_that_were_signed() -> None:
    document = bill_xml.read_document(DOCUMENT)
    assert document.original == GOLDEN
    assert document.unit_signature and document.finance_signature
    assert document.unit_signature.node == document.unit_node_bytes == UNIT_NODE
    assert document.finance_signature.node == FINANCE_NODE
    assert document.finance_original == GOLDEN + UNIT_NODE
    assert document.unit_signature.value_der == b"unit" * 300
    assert document.finance_signature.signature_time == "20260105095232"
    assert bill_xml.canonical_document(document) == DOCUMENT


def test_a_file_without_signatures_reads_and_says_so() -> None:
    bare = bill_xml.write_document(GOLDEN, b"").replace(b"<EInvoiceSignature></EInvoiceSignature>", b"")
    document = bill_xml.read_document(bare)
    assert document.unit_signature is None and document.finance_signature is None


def test_no_flipped_byte_outside_the_signed_parts_is_canonical() -> None:
    """Inside the original a signature tells; everywhere else the rebuilt file differs, or reading refuses."""
    start = DOCUMENT.index(GOLDEN)
    outside = [at for at in range(len(DOCUMENT)) if not start <= at < start + len(GOLDEN)]
    value_start = DOCUMENT.rindex(b"<SignatureValue>") + 16
    value = range(value_start, DOCUMENT.rindex(b"</SignatureValue>"))
    time_start = DOCUMENT.rindex(b"<SignatureTime>") + 15
    silent = []
    for at in outside:
        broken = DOCUMENT[:at] + bytes([DOCUMENT[at] ^ 1]) + DOCUMENT[at + 1 :]
        try:
            document = bill_xml.read_document(broken)
        except bill_xml.BillXmlInvalid:
            continue
        if bill_xml.canonical_document(document) == broken:
            silent.append(at)
    # What stays are values that a signature check compares: finance's own value and time, and the unit's node.
    unit_node = range(DOCUMENT.index(UNIT_NODE), DOCUMENT.index(UNIT_NODE) + len(UNIT_NODE))
    allowed = {*value, *range(time_start, time_start + 14), *unit_node}
    assert set(silent) <= allowed
    assert set(silent) & set(value)


def test_base64_with_loose_ends_is_not_canonical() -> None:
    node = bill_xml.signature_node("unit", SICHUAN_2026_1.unit_reference, "20260105095231", b"a")
    assert b">YQ==<" in node
    loose = bill_xml.write_document(GOLDEN, node.replace(b">YQ==<", b">YR==<"))
    assert bill_xml.canonical_document(bill_xml.read_document(loose)) != loose


def test_the_signature_time_is_written_in_shanghai() -> None:
    assert bill_xml.signature_time_text(datetime(2026, 1, 5, 1, 52, 31, tzinfo=UTC)) == "20260105095231"


def test_unknown_children_stay_where_they_stood() -> None:
    strange = (
        GOLDEN.replace(b"<Header>", b"<Header><First a='1>2'><i/></First>")
        .replace(b"<AuxDetails/>", b"<AuxDetails><New>x &amp; y</New></AuxDetails><Zed/><Zed></Zed>")
        .replace(b"<PayCode>", b'<Plain>1</Plain><Deep q="2"><b/></Deep><PayCode>')
        .replace(b"<ItemCode>", b"<Before/><ItemCode>")
        .replace(b"<SealId>S2", b"<Inside/><SealId>S2")
    )
    bill = bill_xml.read_original(strange)
    assert Carried("EInvoiceData/AuxDetails", "", "<New>x &amp; y</New>") in bill.unknown
    assert ("Plain", "1") in bill.extension
    assert len(bill.unknown) == 7
    assert bill_xml.write_original(bill) == strange


def test_unknown_children_of_the_second_line_stay_in_the_second_line() -> None:
    item = GOLDEN[GOLDEN.index(b"<Item>") : GOLDEN.index(b"</Item>") + 7]
    strange = GOLDEN.replace(item, item + item.replace(b"<ItemUnit>", b"<Batch>7</Batch><ItemUnit>") + item)
    bill = bill_xml.read_original(strange)
    assert bill.unknown == (Carried("EInvoiceData/Details/Item[2]", "ItemQuantity", "<Batch>7</Batch>"),)
    assert bill_xml.write_original(bill) == strange


def test_the_small_p_of_patient_number_is_understood() -> None:
    small = bill_xml.write_original(bill_of("0601")).replace(b"PatientNumber>", b"patientNumber>")
    assert bill_xml.read_original(small) == bill_of("0601")


def test_a_red_bill_names_the_bill_it_reverses() -> None:
    unified = bill_type("0101")
    assert unified
    red = replace(
        golden_bill(),
        total_fen=-8000,
        lines=(Line("103043211", "不动产登记费", -8000, 10000, "次", 800000),),
        extension=unified.main_ext({}, reverses=BillKey("51010126", 12345)),
    )
    read = bill_xml.read_original(bill_xml.write_original(red))
    assert read.reverses == BillKey("51010126", 12345)
    assert read.kind == "red" and read.total_fen == -8000
    assert golden_bill().kind == "normal"


HOSTILE = {
    "entity_bomb": DOCUMENT.replace(b"<EInvoice>", b'<!DOCTYPE a [<!ENTITY b "bb">]><EInvoice>'),
    "external_entity": DOCUMENT.replace(b"<EInvoice>", b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><EInvoice>'),
    "comment": DOCUMENT.replace(b"<Remark/>", b"<Remark/><!-- hidden -->"),
    "cdata": DOCUMENT.replace(b"<Remark/>", b"<Remark><![CDATA[<X>]]></Remark>"),
    "instruction": DOCUMENT.replace(b"<Remark/>", b"<?php x?><Remark/>"),
    "other_encoding": DOCUMENT.replace(b'encoding="UTF-8"', b'encoding="GBK"'),
    "utf_16": DOCUMENT.decode().encode("utf-16"),
    "not_utf_8": DOCUMENT.replace("甲".encode(), "甲".encode("gbk")),
    "too_deep": DOCUMENT.replace(b"<Remark/>", b"<Remark/>" + b"<a>" * 5000 + b"</a>" * 5000),
    "too_big": DOCUMENT + b" " * (16 * 1024 * 1024),
    "cut_off": DOCUMENT[:-1],
    "empty": b"",
    "attribute": DOCUMENT.replace(b"<Remark/>", b'<Remark x="1"/>'),
    "children_in_a_leaf": DOCUMENT.replace(b"<Remark/>", b"<Remark>a<b>c</b></Remark>"),
    "stray_text": DOCUMENT.replace(b"<Details>", b"<Details>text"),
    "twice": DOCUMENT.replace(b"<Remark/>", b"<Remark/><Remark/>"),
    "another_root_child": DOCUMENT.replace(b"</EInvoice>", b"<More/></EInvoice>"),
    "another_signature": DOCUMENT.replace(b"<EInvoiceSignature>", b"<EInvoiceSignature><More/>"),
    "signature_twice": DOCUMENT.replace(UNIT_NODE, UNIT_NODE + UNIT_NODE),
    "base64_with_a_space": DOCUMENT.replace(b"<SignatureValue>", b"<SignatureValue> "),
    "id_of_another_bill": DOCUMENT.replace(b"5432100000-", b"5432200000-"),
    "short_number": DOCUMENT.replace(b">0000012345<", b">12345<"),
    "no_lines": DOCUMENT.replace(GOLDEN[GOLDEN.index(b"<Item>") : GOLDEN.index(b"</Item>") + 7], b""),
    "no_handler": DOCUMENT.replace("甲".encode(), b""),
    "amount_with_comma": DOCUMENT.replace(b"<TotalAmount>80.00", b"<TotalAmount>8,000.00"),
    "exponent": DOCUMENT.replace(b"<TotalAmount>80.00", b"<TotalAmount>8e1"),
    "no_such_day": DOCUMENT.replace(b"20260105<", b"20260230<"),
    "no_such_hour": DOCUMENT.replace(b"09:52:31", b"24:52:31"),
    "payer_kind": DOCUMENT.replace(b"<PayerPartyType>1", b"<PayerPartyType>3"),
    "version": DOCUMENT.replace(b"1.1.0", b"9.9.9"),
}


@pytest.mark.parametrize("flaw", HOSTILE)
def test_a_flawed_file_is_refused_with_words(flaw: str) -> None:
    assert HOSTILE[flaw] != DOCUMENT
    with pytest.raises(bill_xml.BillXmlInvalid) as refusal:
        bill_xml.read_document(HOSTILE[flaw])
    assert refusal.value.detail


def test_a_file_is_measured_before_it_is_parsed() -> None:
    with pytest.raises(bill_xml.BillXmlInvalid, match="16 MB"):
        bill_xml.read_document(HOSTILE["too_big"])


def test_a_character_that_xml_cannot_hold_is_never_written() -> None:
    for sign in "\x00\x0b\ufffe\ud800":
        with pytest.raises(ValueError):
            bill_xml.write_original(replace(golden_bill(), remark=f"a{sign}b"))


XML_TEXT = st.text(
    st.characters(min_codepoint=0x20, codec="utf-8", exclude_characters="\ufffe\uffff"),
    max_size=30,
)
ANY_TEXT = st.one_of(XML_TEXT, st.sampled_from(["", "a\r\nb", "\t", "<&>\"'", "]]>", "𠮷䶮", " "]))
FEN = st.integers(-(10**16), 10**16)
E4 = st.one_of(st.none(), st.integers(0, 10**14))
NEEDED = ANY_TEXT.filter(bool)
LINES = st.builds(Line, NEEDED, NEEDED, FEN, E4, ANY_TEXT, E4, ANY_TEXT, ANY_TEXT)
AUX_LINES = st.builds(
    AuxLine,
    ANY_TEXT,
    st.integers(-(10**16), 10**16),
    ANY_TEXT,
    ANY_TEXT,
    ANY_TEXT,
    E4,
    ANY_TEXT,
    E4,
    ANY_TEXT,
)
SEALS = st.builds(SealReference, ANY_TEXT, ANY_TEXT, ANY_TEXT)
BILLS = st.builds(
    Bill,
    bill_tag=NEEDED,
    bill_name=NEEDED,
    bill_code=st.integers(0, 10**8 - 1).map("{:08d}".format),
    bill_number=st.integers(0, 10**10 - 1),
    check_code=ANY_TEXT,
    specimen_code=NEEDED,
    supervisor_area_code=NEEDED,
    total_fen=FEN,
    issue_date=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    issue_time=st.times().map(lambda at: at.replace(microsecond=0)),
    unit=st.builds(UnitParty, NEEDED, NEEDED, ANY_TEXT, ANY_TEXT, ANY_TEXT),
    payer=st.builds(
        Payer, st.sampled_from(["person", "organization"]), ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT
    ),
    pay_mode=ANY_TEXT,
    business_number=ANY_TEXT,
    remark=ANY_TEXT,
    handler=NEEDED,
    checker=NEEDED,
    supervisor_remark=ANY_TEXT,
    extension=st.lists(
        st.tuples(st.sampled_from(["Gender", "PayCode", "Custom12", "Foreign"]), ANY_TEXT),
        max_size=4,
        unique_by=lambda pair: pair[0],
    ).map(tuple),
    unit_seal=SEALS,
    supervision_seal=SEALS,
    lines=st.lists(LINES, min_size=1, max_size=4).map(tuple),
    aux_lines=st.lists(AUX_LINES, max_size=3).map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(BILLS)
def test_reading_undoes_writing(bill: Bill) -> None:
    original = bill_xml.write_original(bill)
    assert bill_xml.read_original(original) == bill
    assert bill_xml.write_original(bill_xml.read_original(original)) == original


def test_midnight_is_written_whole() -> None:
    assert b"<IssueTime>00:00:00</IssueTime>" in bill_xml.write_original(
        replace(golden_bill(), issue_time=time(0, 0))
    )
