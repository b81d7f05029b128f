"""The verdict on a PDF: a convenience copy, proved only by drawing it again from the signed XML inside it."""

from __future__ import annotations

import io
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pikepdf
import pypdfium2
import zxingcpp

from piaoju.crypto.certificates import Trust
from piaoju.kit.limits import FILE_BYTES_MAX
from piaoju.standard import verification_address
from piaoju.standard.bill import Bill
from piaoju.standard.profile import SICHUAN_2026_1, Profile
from piaoju.standard.verdict.bill_document import judge_document, summary_of
from piaoju.standard.verdict.report import Findings, Report

if TYPE_CHECKING:
    from piaoju.standard.face.fonts import FontChain

PDF_FORM = "PDF 结构"
ATTACHMENT = "票据数据"
COPY = "版面与数据一致"
ADDRESS = "二维码地址"
_DPI = 200
_PAGE_POINTS_MAX = 1_200  # A3 on its long side; the face is 683 points wide
_REMEDY = "这是副本，版面未经证明：请以同一票据的 OFD 或 XML 为准"


def examine_pdf(content: bytes, trust: Trust, fonts: FontChain | None, findings: Findings) -> Report:
    """The verdict on a PDF file."""
    name = SICHUAN_2026_1.pdf_attachment
    try:
        xml = attached(content, name)
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, zlib.error) as error:
        findings.bad(PDF_FORM, f"PDF 无法读取：{error}")
        return findings.report("pdf")
    if xml is None:
        findings.bad(ATTACHMENT, f"PDF 里没有附件 {name}：不能证明与任何票据有关", name)
        return findings.report("pdf")
    inner = Findings()
    examined = judge_document(xml, trust, inner)
    findings.add(inner.checks, name)
    findings.notices += inner.notices
    if examined.bill is not None:
        _examine_copy(content, xml, examined.bill, fonts, findings)
    return findings.report("pdf", summary_of(examined.bill), demonstration=examined.demonstration)


def attached(content: bytes, name: str) -> bytes | None:
    """The attachment of that name, unpacked within the limit; None when there is none."""
    with pikepdf.open(io.BytesIO(content), suppress_warnings=True) as pdf:
        if name not in pdf.attachments:
            return None
        stream = pdf.attachments[name].get_file().obj
        packed = stream.read_raw_bytes()
        if "/Filter" not in stream:
            return packed
        if stream.get("/Filter") != pikepdf.Name.FlateDecode or "/DecodeParms" in stream:
            raise ValueError("附件的压缩方式不受支持")
        unpacking = zlib.decompressobj()
        unpacked = unpacking.decompress(packed, FILE_BYTES_MAX)
        if not unpacking.eof:
            raise ValueError("附件展开后过大或不完整")
        return unpacked


def _examine_copy(
    content: bytes, xml: bytes, bill: Bill, fonts: FontChain | None, findings: Findings
) -> None:
    if fonts is None:
        findings.unknown(COPY, f"没有字体可供重新绘制。{_REMEDY}")
        return
    address = shown_address(content)
    if address is None:
        findings.unknown(COPY, f"第一页的二维码读不出来，无法重新绘制。{_REMEDY}")
        return
    _examine_address(address, bill, SICHUAN_2026_1, findings)
    if drawn_again(xml, bill, fonts, address) == content:
        findings.ok(COPY, "由其中的票据数据重新绘制，逐字节相同")
    else:
        findings.unknown(COPY, f"重新绘制的结果与本文件不同：版面被改动，或由另一版本、另一套字体生成。{_REMEDY}")


def drawn_again(xml: bytes, bill: Bill, fonts: FontChain, address: str) -> bytes:
    """The PDF that this release makes of the bill."""
    # Imported here: the fonts and the drawing are needed by PDF alone.
    from piaoju.standard.face.layout import layout
    from piaoju.standard.face.outputs import pdf
    from piaoju.standard.face.specimens import specimen_for

    specimen = specimen_for(bill.bill_type_code, bill.specimen_code[-2:])
    face = layout(bill, specimen, fonts, demonstration=bill.demonstration, qr_text=address)
    return pdf.render(face, xml)


def shown_address(content: bytes) -> str | None:
    """The text of the only QR code on the first page, or None."""
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError:
        return None
    try:
        page = document[0]
        # A page of metres would ask for gigabytes of picture.
        if max(page.get_size()) > _PAGE_POINTS_MAX:
            return None
        bitmap = page.render(scale=_DPI / 72, grayscale=True)
        rows = memoryview(bytes(bitmap.buffer)).cast("B", (bitmap.height, bitmap.stride))
    except (pypdfium2.PdfiumError, IndexError):
        return None
    finally:
        document.close()
    found = zxingcpp.read_barcodes(rows, zxingcpp.barcode_formats_from_str("QRCode"))
    return found[0].text if len(found) == 1 else None


def _examine_address(address: str, bill: Bill, profile: Profile, findings: Findings) -> None:
    """The QR must ask about this very bill, and at the official site unless the bill is a 样票."""
    asked = verification_address.path(bill, profile)
    origin = address.removesuffix(asked)
    if address == verification_address.qr_text(bill, profile=replace(profile, verification_host="")):
        findings.ok(ADDRESS, "二维码不含网址")
    elif origin == address or not origin.startswith(("https://", "http://")):
        findings.bad(ADDRESS, f"二维码内容是 {address}，与票据不符")
    elif bill.demonstration or (profile.verification_host and origin == f"https://{profile.verification_host}"):
        findings.ok(ADDRESS, origin)
    else:
        findings.unknown(ADDRESS, f"二维码指向 {origin}，不是已知的查验网站，请勿据此查验")
