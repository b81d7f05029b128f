"""A sealed OFD is valid as it is; whatever is changed, added, removed or reordered is named."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piaoju.crypto import ses
from piaoju.crypto.certificates import Trust
from piaoju.kit.values import replace
from piaoju.standard.face import sealing
from piaoju.standard.face.outputs import package
from piaoju.standard.verdict import Report, examine
from tests.standard.verdict import making
from tests.standard.verdict.judge import cut, openssl_verifies

REAL = making.world()
TRUST = REAL.trust()
BILL = making.sealed_bill(REAL)
XML = making.signed_xml(BILL, REAL)
OFD = making.sealed_ofd(REAL, BILL, XML)
ENTRIES = package.unpack(OFD)
ATTACHMENT = "Doc_0/Attachs/einvoice.xml"

Contents = list[tuple[str, bytes]]


def report_of(content: bytes, trust: Trust = TRUST) -> Report:
    return examine(content, "票据.ofd", trust)


def failing(content: bytes, trust: Trust = TRUST) -> list[tuple[str, str]]:
    """(check, part) of everything that fails; the report must not be valid."""
    report = report_of(content, trust)
    assert not report.valid and report.failures
    return [(check.name, check.part) for check in report.failures]


def repacked(change: Callable[[Contents], Contents]) -> bytes:
    """The file packed again, perfectly, after a change to its entries."""
    return package.pack_contents(change(list(ENTRIES)))


def changed(name: str, change: Callable[[bytes], bytes]) -> bytes:
    return repacked(lambda entries: [(n, change(c) if n == name else c) for n, c in entries])


def test_our_own_sealed_file_is_valid() -> None:
    report = report_of(OFD)
    assert report.failures == () and report.valid and report.kind == "ofd" and not report.demonstration
    names = {check.name for check in report.checks}
    assert {"容器规范形式", "签名清单规范形式", "保护范围", "单位章", "监制章", "票面与数据一致", "财政签名"} <= names


@pytest.mark.parametrize("name", [name for name, _ in ENTRIES])
def test_any_flipped_byte_of_any_part_is_named(name: str) -> None:
    content = dict(ENTRIES)[name]
    draw = random.Random(name)
    for at in {0, len(content) - 1, *draw.choices(range(len(content)), k=12)}:
        mask = 1 << draw.randrange(8)
        found = failing(changed(name, lambda c, at=at, mask=mask: c[:at] + bytes((c[at] ^ mask,)) + c[at + 1 :]))
        assert any(part.startswith("/" + name) for _, part in found), f"{name} byte {at} ^ {mask}: {found}"


def test_any_flipped_byte_of_the_file_is_caught() -> None:
    draw = random.Random(33190)
    directory = OFD.index(b"PK\x01\x02")
    positions = {*draw.sample(range(len(OFD)), 150), *draw.sample(range(directory, len(OFD)), 60), len(OFD) - 1}
    for at in sorted(positions):
        flipped = bytearray(OFD)
        flipped[at] ^= 1 << draw.randrange(8)
        report = report_of(bytes(flipped))
        assert not report.valid, f"byte {at} went unnoticed"
        assert any(check.part or check.detail for check in report.failures)


@pytest.mark.parametrize("name", ["Doc_0/Attachs/extra.xml", "extra.txt", "Doc_0/Signs/Sign_1/Seal.esl"])
@pytest.mark.parametrize("first", [True, False])
def test_an_added_file_is_named(name: str, first: bool) -> None:
    added = [(name, b"<x/>")]
    found = failing(repacked(lambda entries: added + entries if first else entries + added))
    assert ("保护范围", "/" + name) in found


@pytest.mark.parametrize("name", [name for name, _ in ENTRIES])
def test_a_removed_file_is_named(name: str) -> None:
    report = report_of(repacked(lambda entries: [entry for entry in entries if entry[0] != name]))
    assert not report.valid
    assert any(name in check.part or name in check.detail for check in report.failures), report.failures


def test_a_removed_seal_is_named_even_when_the_list_is_rewritten() -> None:
    listing = sealing.signatures_xml(1).encode()
    without_supervision = repacked(
        lambda entries: [
            (name, listing if name == sealing.SIGNATURES else content)
            for name, content in entries
            if "/Sign_1/" not in name
        ]
    )
    assert failing(without_supervision) == [("监制章", "/OFD.xml")]
    none = sealing.signatures_xml(0).encode()
    bare = repacked(
        lambda entries: [(n, none if n == sealing.SIGNATURES else c) for n, c in entries if "/Sign_" not in n]
    )
    assert {"保护范围", "单位章", "监制章"} <= {name for name, _ in failing(bare)}
    assert {"保护范围", "单位章", "监制章"} <= {name for name, _ in failing(making.unsealed_ofd(BILL, XML))}


def test_a_list_of_seals_written_otherwise_is_named() -> None:
    other = changed(sealing.SIGNATURES, lambda c: c.replace(b"<ofd:MaxSignId>2", b"<ofd:MaxSignId>3"))
    assert failing(other) == [("签名清单规范形式", f"/{sealing.SIGNATURES}")]


def test_reordered_entries_are_named() -> None:
    draw = random.Random(5)
    for _ in range(10):
        order = list(ENTRIES)
        while order == ENTRIES:
            draw.shuffle(order)
        assert "条目次序" in {name for name, _ in failing(package.pack_contents(order))}
    assert failing(repacked(lambda entries: [entries[1], entries[0], *entries[2:]]))[0][0] == "条目次序"


def test_another_way_of_packing_the_same_entries_is_not_accepted() -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        stream = BytesIO()
        with zipfile.ZipFile(stream, "w", method) as archive:
            for name, content in ENTRIES:
                archive.writestr(zipfile.ZipInfo(name), content, method)
        assert {name for name, _ in failing(stream.getvalue())} == {"容器规范形式"}


def test_other_deflate_codes_for_the_same_content_are_unknown_and_the_entry_is_named() -> None:
    parts = package.parts(OFD)
    stored = package.part(parts[3].name, b"")._replace(
        size=parts[3].size, crc=parts[3].crc, deflated=_stored(package.content(parts[3]))
    )
    report = report_of(package.pack([*parts[:3], stored, *parts[4:]]))
    assert [(check.name, check.outcome, check.part) for check in report.failures] == [
        ("容器规范形式", "unknown", "/" + parts[3].name)
    ]


def _stored(content: bytes) -> bytes:
    """A deflate stream that compresses nothing."""
    size = len(content)
    return b"\x01" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + content


@pytest.mark.parametrize(
    "change",
    [
        lambda ofd: ofd + b"\0",
        lambda ofd: b"PK\0\0" + ofd,
        lambda ofd: ofd[:-2] + b"\x05\x00hello",
        lambda ofd: ofd[: ofd.index(b"PK\x01\x02")] + b"hidden" + ofd[ofd.index(b"PK\x01\x02") :],
        lambda ofd: ofd + ofd,
    ],
    ids=["trailing", "leading", "comment", "between", "twice"],
)
def test_bytes_outside_the_entries_are_caught(change: Callable[[bytes], bytes]) -> None:
    failing(change(OFD))


def test_seals_over_another_bill_do_not_fit() -> None:
    other = replace(BILL, bill_number=777)
    content = making.sealed_ofd(REAL, other, making.signed_xml(other, REAL))
    assert report_of(content).valid
    signs = {name: body for name, body in package.unpack(content) if "/Signs/" in name}
    mixed = repacked(lambda entries: [(name, signs.get(name, body)) for name, body in entries])
    found = failing(mixed)
    assert ("原文摘要", "/" + ATTACHMENT) in found and ("原文摘要", "/Doc_0/Pages/Page_0/Content.xml") in found


def test_the_face_must_print_what_the_xml_says() -> None:
    shown = replace(making.with_line_amount(BILL, 85_000), total_fen=97_000)
    found = report_of(making.sealed_ofd(REAL, shown, XML))
    assert not found.valid
    assert {check.name for check in found.failures} == {"票面与数据一致"}
    assert "970.00" in found.failures[0].detail and "128.50" in found.failures[0].detail


def test_a_seal_that_the_xml_does_not_name_is_named() -> None:
    content = making.unsealed_ofd(BILL, XML)
    other = making.eseal(REAL, REAL.unit, "S1", f"{making.UNIT_NAME}财务专用章")
    content = making.set_seal(content, 0, REAL.unit, other)
    content = making.set_seal(content, 1, REAL.finance, making.supervision_eseal(REAL))
    assert ("单位章", "/OFD.xml") in failing(content)
    third = making.eseal(REAL, REAL.stranger, "S9", "别的章")
    assert ("签章", "/Doc_0/Signs/Sign_2/Signature.xml") in failing(making.set_seal(OFD, 2, REAL.stranger, third))


def test_a_seal_that_its_maker_did_not_sign_is_named_even_if_the_xml_names_it() -> None:
    forged = making.eseal(REAL, REAL.unit, "S1", BILL.unit_seal.name, maker_key=REAL.stranger.key)
    made = replace(BILL, unit_seal=replace(BILL.unit_seal, seal_hash=ses.seal_hash(forged)))
    content = making.unsealed_ofd(made, making.signed_xml(made, REAL))
    content = making.set_seal(content, 0, REAL.unit, forged)
    content = making.set_seal(content, 1, REAL.finance, making.supervision_eseal(REAL))
    assert failing(content) == [("制章人签名", "/Doc_0/Signs/Sign_0/SignedValue.dat")]


def test_a_seal_of_a_maker_without_trust_is_named() -> None:
    other = making.world(demonstration=True)
    strange = making.eseal(other, REAL.unit, "S1", BILL.unit_seal.name)
    made = replace(BILL, unit_seal=replace(BILL.unit_seal, seal_hash=ses.seal_hash(strange)))
    content = making.unsealed_ofd(made, making.signed_xml(made, REAL))
    content = making.set_seal(content, 0, REAL.unit, strange)
    content = making.set_seal(content, 1, REAL.finance, making.supervision_eseal(REAL))
    assert failing(content) == [("制章人证书", "/Doc_0/Signs/Sign_0/SignedValue.dat")]


def test_a_separate_seal_file_must_be_the_seal_in_the_signature() -> None:
    sample = (Path(__file__).parent / "samples" / "ofdrw-sesv4-with-esl.ofd").read_bytes()
    with zipfile.ZipFile(BytesIO(sample)) as archive:
        entries = [(n, archive.read(n)) for n in archive.namelist() if not n.endswith("/")]
    swapped = [(n, making.unit_eseal(REAL) if n.endswith("Seal.esl") else body) for n, body in entries]
    assert ("印章副本", "/Doc_0/Signs/Sign_0/Seal.esl") in failing(package.pack_contents(swapped))
    assert "印章副本" not in {name for name, _ in failing(package.pack_contents(entries))}


def test_a_seal_set_by_someone_whom_it_does_not_list_is_named() -> None:
    content = making.set_seal(making.unsealed_ofd(BILL, XML), 0, REAL.stranger, making.unit_eseal(REAL))
    content = making.set_seal(content, 1, REAL.finance, making.supervision_eseal(REAL))
    assert {("签章值", "/Doc_0/Signs/Sign_0/SignedValue.dat"), ("单位章", "/Doc_0/Signs/Sign_0/Signature.xml")} == set(
        failing(content)
    )


def test_a_seal_out_of_its_time_is_named() -> None:
    late = making.SIGNED_AT + timedelta(days=310)
    content = making.set_seal(making.unsealed_ofd(BILL, XML), 0, REAL.unit, making.unit_eseal(REAL), late)
    content = making.set_seal(content, 1, REAL.finance, making.supervision_eseal(REAL))
    assert failing(content) == [("印章有效期", "/Doc_0/Signs/Sign_0/SignedValue.dat")]


def test_a_broken_signature_inside_is_named_with_its_place() -> None:
    xml = making.signed_xml(BILL, REAL, unit=REAL.stranger)
    found = failing(making.sealed_ofd(REAL, BILL, xml))
    assert found == [("签名人是开票单位", f"/{ATTACHMENT}#InvoicingPartySignature")]


def test_a_demonstration_file_verifies_only_under_demonstration_trust() -> None:
    play = making.world(demonstration=True)
    content = making.sealed_ofd(play)
    report = report_of(content, play.trust())
    assert report.valid and report.demonstration and "样票" in report.notices[0]
    assert {"签章人证书", "制章人证书", "单位证书", "财政证书"} <= {name for name, _ in failing(content, TRUST)}


def test_openssl_agrees_on_both_seals_of_our_own_file() -> None:
    for index in (0, 1):
        values = cut(dict(ENTRIES)[f"Doc_0/Signs/Sign_{index}/SignedValue.dat"])
        assert openssl_verifies(values.signer, values.to_sign, values.value)
        assert openssl_verifies(values.maker, values.seal_info, values.maker_value)
        assert not openssl_verifies(values.maker, values.seal_info + b"\0", values.maker_value)
    assert ses.seal_hash(making.unit_eseal(REAL)) == BILL.unit_seal.seal_hash


@settings(max_examples=80, deadline=None)
@given(patch=st.binary(max_size=60), at=st.integers(0, 10**6), cut=st.integers(0, 2_000), raw=st.booleans())
def test_nothing_ever_raises(patch: bytes, at: int, cut: int, raw: bool) -> None:
    at %= len(OFD)
    content = b"PK" + patch if raw else OFD[:at] + patch + OFD[at + cut :]
    assert report_of(content).valid == (content == OFD)


@settings(max_examples=80, deadline=None)
@given(index=st.integers(0, len(ENTRIES) - 1), patch=st.binary(max_size=40), at=st.integers(0, 10**5),
       cut=st.integers(0, 400))  # fmt: skip
def test_nothing_inside_ever_raises(index: int, patch: bytes, at: int, cut: int) -> None:
    name, body = ENTRIES[index]
    at %= len(body)
    content = changed(name, lambda c: c[:at] + patch + c[at + cut :])
    assert report_of(content).valid == (content == OFD)
