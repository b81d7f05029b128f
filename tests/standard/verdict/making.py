"""Makes whole signed files with keys of its own: an authority, a unit, a finance department, a seal maker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from piaoju.crypto import authority, keyfile, ses, signed_data
from piaoju.crypto.authority import Subject
from piaoju.crypto.certificates import Trust
from piaoju.crypto.sm2 import PrivateKey
from piaoju.kit.values import replace
from piaoju.ops.fonts import installed_fonts
from piaoju.standard import bill_xml, verification_address
from piaoju.standard.bill import AuxLine, Bill, Line, Payer, SealReference, UnitParty
from piaoju.standard.face import layout, sealing, specimen_for
from piaoju.standard.face.layout import SUPERVISION_BOX, UNIT_BOX
from piaoju.standard.face.outputs import ofd
from piaoju.standard.profile import DEMONSTRATION_TAG, SICHUAN_2026_1

SIGNED_AT = datetime(2026, 3, 5, 2, 15, 30, tzinfo=UTC)  # 10:15:30 in Asia/Shanghai
UNIT_CODE, UNIT_NAME = "12510000450712345N", "四川省示例人民医院"
FINANCE_CODE, FINANCE_NAME = "510000", "四川省财政厅"


@dataclass(frozen=True)
class Identity:
    """A key and the certificate over it."""

    key: PrivateKey
    certificate: bytes


@dataclass(frozen=True)
class World:
    """Everyone who signs, and whom a verifier trusts."""

    root: Identity
    subject: Subject
    unit: Identity
    finance: Identity
    maker: Identity
    stranger: Identity
    demonstration: bool

    def trust(self, revoked: dict[int, datetime] | None = None) -> Trust:
        return Trust.parse(self.trust_pem(revoked))

    def trust_pem(self, revoked: dict[int, datetime] | None = None) -> bytes:
        revocations = authority.issue_crl(
            issuer=self.subject,
            issuer_key=self.root.key.public_key,
            number=1,
            this_update=SIGNED_AT,
            next_update=SIGNED_AT + timedelta(days=3650),
            revoked=revoked or {},
            sign=self.root.key.sign,
        )
        return keyfile.write_pem("CERTIFICATE", self.root.certificate) + keyfile.write_pem("X509 CRL", revocations)


def world(demonstration: bool = False) -> World:
    """One authority and its four holders; the same all through a test run."""
    return _kept_world(demonstration)


@cache
def _kept_world(demonstration: bool) -> World:
    mark = "演示" if demonstration else ""
    organization = f"四川{mark}"
    subject = Subject(f"财政电子票据{mark}根证书", organization)
    root_key = PrivateKey.generate()

    def certify(name: str, code: str) -> Identity:
        key = PrivateKey.generate()
        return Identity(key, certificate(root_key, subject, key, Subject(name, organization, code)))

    return World(
        Identity(root_key, certificate(root_key, subject, root_key, subject, is_authority=True)),
        subject,
        certify(UNIT_NAME, UNIT_CODE),
        certify(FINANCE_NAME, FINANCE_CODE),
        certify("制章中心", "seal-maker"),
        certify("别的单位", "12510000000000000X"),
        demonstration,
    )


def certificate(
    root_key: PrivateKey, issuer: Subject, key: PrivateKey, subject: Subject, *, is_authority: bool = False
) -> bytes:
    return authority.issue_certificate(
        subject,
        key.public_key,
        issuer=issuer,
        issuer_key=root_key.public_key,
        serial=int.from_bytes(key.public_key[1:9], "big") | 1,
        not_before=SIGNED_AT - timedelta(days=30),
        not_after=SIGNED_AT + timedelta(days=365),
        sign=root_key.sign,
        is_authority=is_authority,
    )


def bill(*, demonstration: bool = False, unit_hash: str = "", supervision_hash: str = "") -> Bill:
    """An outpatient bill of two lines and three details, to a payer with a rare character in the name."""
    return Bill(
        bill_tag=DEMONSTRATION_TAG if demonstration else "CZ-EI-51",
        bill_name="四川省医疗门诊收费票据（电子）",
        bill_code="51060126",
        bill_number=12345,
        check_code="7k2p9x",
        specimen_code="5106012601",
        supervisor_area_code="510000",
        total_fen=12_850,
        issue_date=date(2026, 3, 5),
        issue_time=time(10, 15, 30),
        unit=UnitParty(UNIT_CODE, UNIT_NAME, "示例人民医院", "51001234567890", "示例银行成都分行"),
        payer=Payer("person", "欧阳䶮", "510104199001011234"),
        pay_mode="4",
        business_number="HIS-20260305-0001",
        remark="门诊 & 急诊",
        handler="甲",
        checker="乙",
        extension=(("RelatedInvoiceCode", ""), ("RelatedInvoiceNumber", ""), ("PayCode", "51000026300000000001")),
        unit_seal=SealReference("S1", f"{UNIT_NAME}财务专用章", unit_hash),
        supervision_seal=SealReference("S2", f"{FINANCE_NAME}财政票据监制章", supervision_hash),
        lines=(
            Line("3101", "挂号费", 850, 10_000, "次", 85_000),
            Line("3102", "检查费", 12_000, 20_000, "项", 600_000),
        ),
        aux_lines=(
            AuxLine("血常规", 600_000, "3102", "检查费", "A1", 10_000, "项", 600_000),
            AuxLine("心电图", 700_000, "3102", "检查费", "A2", 10_000, "项", 700_000),
            AuxLine("优惠", -100_000, "3102", "检查费"),
        ),
    )


def signed_xml(made: Bill, by: World, *, unit: Identity | None = None, finance: Identity | None = None) -> bytes:
    """The bill file with both signatures."""
    original = bill_xml.write_original(made)
    return sign_original(original, by, unit=unit, finance=finance)


def sign_original(
    original: bytes,
    by: World,
    *,
    unit: Identity | None = None,
    finance: Identity | None = None,
    at: datetime = SIGNED_AT,
) -> bytes:
    """A 签名原文 with both signatures around it, whatever it says."""
    profile = SICHUAN_2026_1
    time_text = bill_xml.signature_time_text(at)
    unit_value = detached(original, unit or by.unit, at)
    unit_node = bill_xml.signature_node("unit", profile.unit_reference, time_text, unit_value)
    finance_value = detached(original + unit_node, finance or by.finance, at)
    finance_node = bill_xml.signature_node("finance", profile.finance_reference, time_text, finance_value)
    return bill_xml.write_document(original, unit_node, finance_node)


def detached(message: bytes, by: Identity, at: datetime = SIGNED_AT) -> bytes:
    attributes = signed_data.attributes(message, at)
    value = by.key.sign_digest(signed_data.digest_to_sign(attributes, by.key.public_key))
    return signed_data.assemble(attributes, by.certificate, value)


def with_line_amount(made: Bill, amount_fen: int) -> Bill:
    """The bill with another amount in its first line, and nothing else changed."""
    return replace(made, lines=(replace(made.lines[0], amount_fen=amount_fen), *made.lines[1:]))


def eseal(
    by: World, holder: Identity, seal_id: str, name: str, *, maker_key: PrivateKey | None = None
) -> bytes:
    """A seal that the holder may set, by the seal maker (or in the maker's name by another key)."""
    information = ses.build_seal_info(
        seal_id=seal_id,
        name=name,
        certificates=(holder.certificate,),
        created_at=SIGNED_AT,
        valid_from=SIGNED_AT - timedelta(days=1),
        valid_until=SIGNED_AT + timedelta(days=300),
        picture=ses.Picture("ofd", b"PK-picture", 30, 20),
    )
    return ses.assemble_seal(information, by.maker.certificate, (maker_key or by.maker.key).sign(information))


def unit_eseal(by: World) -> bytes:
    return _kept_eseal(by.demonstration, "unit")


def supervision_eseal(by: World) -> bytes:
    return _kept_eseal(by.demonstration, "supervision")


@cache
def _kept_eseal(demonstration: bool, role: str) -> bytes:
    by = world(demonstration)
    if role == "unit":
        return eseal(by, by.unit, "S1", f"{UNIT_NAME}财务专用章")
    return eseal(by, by.finance, "S2", f"{FINANCE_NAME}财政票据监制章")


def sealed_bill(by: World) -> Bill:
    """The bill that names both seals by their hashes."""
    return bill(
        demonstration=by.demonstration,
        unit_hash=ses.seal_hash(unit_eseal(by)),
        supervision_hash=ses.seal_hash(supervision_eseal(by)),
    )


def unsealed_ofd(made: Bill, xml: bytes) -> bytes:
    face = layout(
        made,
        specimen_for(made.bill_type_code),
        installed_fonts(),
        demonstration=made.demonstration,
        qr_text=verification_address.qr_text(made, "http://127.0.0.1:8000"),
    )
    return ofd.render(face, xml)


def set_seal(content: bytes, index: int, by: Identity, seal_der: bytes, at: datetime = SIGNED_AT) -> bytes:
    box = (UNIT_BOX, SUPERVISION_BOX)[index % 2]
    prepared = sealing.prepare(content, seal_der, box, 0, at, index)
    value = by.key.sign(prepared.to_sign_der)
    return prepared.attach(ses.assemble_signature(prepared.to_sign_der, by.certificate, value))


def sealed_ofd(by: World, made: Bill | None = None, xml: bytes | None = None) -> bytes:
    """A layout file with 单位章 first and 监制章 over the whole."""
    made = made or sealed_bill(by)
    content = unsealed_ofd(made, xml or signed_xml(made, by))
    content = set_seal(content, 0, by.unit, unit_eseal(by))
    return set_seal(content, 1, by.finance, supervision_eseal(by))
