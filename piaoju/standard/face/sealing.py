"""Put electronic seals (GB/T 38540) on an OFD file of our own making, one after the other.

`<Signatures>` enters OFD.xml with the first seal. Every seal covers every file that is in the package at
its time, except Signatures.xml, which changes with each seal and is therefore covered by none: its text
follows from the number of seals alone, so a verifier writes it again and compares.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from piaoju.crypto import ses, sm3
from piaoju.kit.errors import Refused
from piaoju.standard.face.operations import Box
from piaoju.standard.face.outputs import package

SIGNATURES = "Doc_0/Signs/Signatures.xml"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'
_ENTRY = b"<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>"
_PAGE_ID = re.compile(rb'<ofd:Page ID="(\d+)"')


class NotSealable(Refused):
    code = "not_sealable"
    label = "这个文件不能加盖印章"


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A file waiting for one seal: what the signer signs, and the package it will go into."""

    to_sign_der: bytes
    _parts: tuple[package.Part, ...]
    _sign_index: int

    def attach(self, ses_signature_der: bytes) -> bytes:
        """The OFD file with this seal on it."""
        return package.pack((
            *self._parts,
            package.part(signed_value_path(self._sign_index), ses_signature_der),
            package.kept_part(SIGNATURES, signatures_xml(self._sign_index + 1)),
        ))


def prepare(ofd: bytes, eseal_der: bytes, box: Box, page: int, when: datetime, sign_index: int) -> Prepared:
    """The file made ready for its seal number sign_index (0 first) at a box of a page (0 first)."""
    parts = [entry for entry in _parts(ofd) if entry.name != SIGNATURES]
    sealed = sum(entry.name.endswith("/SignedValue.dat") for entry in parts)
    if sealed != sign_index:
        raise NotSealable(
            f"文件上已有 {sealed} 个印章，不能加盖第 {sign_index + 1} 个：请按先单位章、后监制章的顺序加盖。"
        )
    contents = {entry.name: package.content(entry) for entry in parts}
    if sign_index == 0:
        contents["OFD.xml"] = contents["OFD.xml"].replace(b"</ofd:DocRoot>", b"</ofd:DocRoot>" + _ENTRY)
        parts = [package.part("OFD.xml", contents["OFD.xml"]) if e.name == "OFD.xml" else e for e in parts]
    pages = _PAGE_ID.findall(contents["Doc_0/Document.xml"])
    if page >= len(pages):
        raise NotSealable(f"文件只有 {len(pages)} 页，不能在第 {page + 1} 页盖章：请检查盖章位置。")
    signature_xml = _signature_xml(contents, box, int(pages[page]), when, sign_index)
    path = signature_path(sign_index)
    to_sign = ses.build_to_sign(eseal_der, when, sm3.digest(signature_xml), f"/{path}")
    return Prepared(to_sign, (*parts, package.part(path, signature_xml)), sign_index)


def signature_path(sign_index: int) -> str:
    """Where the description of a seal lies in the package."""
    return f"Doc_0/Signs/Sign_{sign_index}/Signature.xml"


def signed_value_path(sign_index: int) -> str:
    """Where the value of a seal lies in the package."""
    return f"Doc_0/Signs/Sign_{sign_index}/SignedValue.dat"


def signatures_xml(count: int) -> str:
    """The list of seals of a file with so many of them."""
    entries = "".join(
        f'<ofd:Signature ID="{index + 1}" Type="Seal" BaseLoc="/{signature_path(index)}"/>' for index in range(count)
    )
    return f"{_XML}<ofd:Signatures {_OFD}><ofd:MaxSignId>{count}</ofd:MaxSignId>{entries}</ofd:Signatures>"


def _signature_xml(contents: dict[str, bytes], box: Box, page_id: int, when: datetime, sign_index: int) -> bytes:
    references = "".join(
        f'<ofd:Reference FileRef="/{name}"><ofd:CheckValue>{base64.b64encode(sm3.digest(content)).decode()}'
        "</ofd:CheckValue></ofd:Reference>"
        for name, content in contents.items()
    )
    boundary = " ".join(f"{length // 1000}.{length % 1000:03d}".rstrip("0").rstrip(".") for length in box)
    return (
        f'{_XML}<ofd:Signature {_OFD}><ofd:SignedInfo><ofd:Provider ProviderName="piaoju" Company="piaoju" '
        'Version="1.0"/><ofd:SignatureMethod>1.2.156.10197.1.501</ofd:SignatureMethod>'
        f"<ofd:SignatureDateTime>{when.astimezone(UTC):%Y%m%d%H%M%SZ}</ofd:SignatureDateTime>"
        f'<ofd:References CheckMethod="1.2.156.10197.1.401">{references}</ofd:References>'
        f'<ofd:StampAnnot ID="{sign_index + 1}" PageRef="{page_id}" Boundary="{boundary}"/></ofd:SignedInfo>'
        f"<ofd:SignedValue>/{signed_value_path(sign_index)}</ofd:SignedValue></ofd:Signature>"
    ).encode()


def _parts(ofd: bytes) -> list[package.Part]:
    try:
        return package.parts(ofd)
    except ValueError as error:
        raise NotSealable("只能给本系统生成的 OFD 文件加盖印章：请重新生成文件后再盖章。") from error
