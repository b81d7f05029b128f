"""Two seals on one OFD: outside judges accept them, every file is covered, another reader shows them."""

from __future__ import annotations

import base64
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
import zxingcpp
from lxml import etree
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from piaoju.crypto import ses, sm3
from piaoju.standard.bill import Bill, Payer
from piaoju.standard.face import seal_picture, sealing
from piaoju.standard.face.outputs import ofd, package
from tests import judges
from tests.standard.crypto.judges import AT, SmallAuthority, SmallSigner, every_judge_accepts
from tests.standard.face.faces import OFD, QR_TEXT, aux_lines, face_of, fonts, package_of, plain_bill

XML = "<?xml version='1.0'?><EInvoice>票</EInvoice>".encode()


class Office:
    """A finance department and a unit, each with a seal."""

    def __init__(self) -> None:
        issuer = SmallAuthority()
        maker = SmallSigner(issuer, "制章中心", serial=3)
        self.signers = (SmallSigner(issuer, "示例医院", serial=4), SmallSigner(issuer, "示例财政厅", serial=5))
        pictures = (
            ses.Picture("ofd", seal_picture.unit_seal_picture(fonts(), "四川省人民医院"), 38, 38),
            ses.Picture("ofd", seal_picture.supervision_seal_picture(fonts(), "四川省财政票据监制章"), 30, 20),
        )
        self.seals = tuple(
            _seal(maker, signer, name, picture)
            for signer, name, picture in zip(self.signers, ("单位章", "监制章"), pictures, strict=True)
        )

    def sealed(self, bill: Bill, count: int = 2) -> bytes:
        """The bill's OFD with so many seals."""
        face = face_of(bill)
        written = ofd.render(face, XML)
        for index, mark in enumerate(face.seals[:count]):
            prepared = sealing.prepare(written, self.seals[index], mark.box, mark.page, AT, index)
            signer = self.signers[index]
            value = signer.key.sign(prepared.to_sign_der)
            written = prepared.attach(ses.assemble_signature(prepared.to_sign_der, signer.der, value))
        return written


def _seal(maker: SmallSigner, holder: SmallSigner, name: str, picture: ses.Picture) -> bytes:
    described = ses.build_seal_info(
        seal_id="SEAL-1", name=name, certificates=(holder.der,), created_at=AT, valid_from=AT - timedelta(days=1),
        valid_until=AT + timedelta(days=300), picture=picture,
    )
    return ses.assemble_seal(described, maker.der, maker.key.sign(described))


@pytest.fixture(scope="module")
def office() -> Office:
    return Office()


def test_both_seals_hold_for_every_judge(office: Office) -> None:
    files = package_of(office.sealed(plain_bill()))
    for index, signer in enumerate(office.signers):
        read = ses.parse_signature(files[sealing.signed_value_path(index)])
        signature_xml = files[sealing.signature_path(index)]
        assert ses.signature_problems(read, signature_xml, f"/{sealing.signature_path(index)}") == []
        assert every_judge_accepts(signer.key.public_key, read.to_sign_der, read.signature)


def test_each_seal_covers_every_file_of_its_time_except_the_list_of_seals(office: Office) -> None:
    files = package_of(office.sealed(plain_bill(aux_lines=aux_lines(30))))
    of_seals = {name for name in files if "/Signs/" in name}
    first = set(files) - of_seals
    second = first | {sealing.signature_path(0), sealing.signed_value_path(0)}
    for index, covered in enumerate((first, second)):
        read = etree.fromstring(files[sealing.signature_path(index)])
        digests = {
            reference.get("FileRef", "")[1:]: base64.b64decode(reference.findtext("ofd:CheckValue", "", OFD))
            for reference in read.iterfind(".//ofd:Reference", OFD)
        }
        assert digests == {name: sm3.digest(files[name]) for name in covered}
    assert of_seals - second == {sealing.SIGNATURES, sealing.signature_path(1), sealing.signed_value_path(1)}
    assert files[sealing.SIGNATURES].decode() == sealing.signatures_xml(2)


def test_the_seals_stand_on_a_page_that_exists(office: Office) -> None:
    files = package_of(office.sealed(plain_bill()))
    pages = re.findall(rb'<ofd:Page ID="(\d+)"', files["Doc_0/Document.xml"])
    stamps = [etree.fromstring(files[sealing.signature_path(at)]).find(".//ofd:StampAnnot", OFD) for at in (0, 1)]
    assert [(stamp.get("PageRef"), stamp.get("Boundary")) for stamp in stamps if stamp is not None] == [
        (pages[0].decode(), "46 88.4 38 38"), (pages[0].decode(), "105.5 6.8 30 20"),
    ]


def test_sealing_twice_in_one_place_or_out_of_turn_is_refused(office: Office) -> None:
    box = face_of(plain_bill()).seals[0].box
    once = office.sealed(plain_bill(), 1)
    for content, page, index in ((once, 0, 0), (office.sealed(plain_bill(), 0), 0, 1), (once, 9, 1), (b"PK", 0, 0)):
        with pytest.raises(sealing.NotSealable, match="请"):
            sealing.prepare(content, office.seals[0], box, page, AT, index)


def test_what_is_to_be_signed_is_the_same_every_time(office: Office) -> None:
    unsealed, box = office.sealed(plain_bill(), 0), face_of(plain_bill()).seals[0].box
    first, second = (sealing.prepare(unsealed, office.seals[0], box, 0, AT, 0) for _ in range(2))
    assert first.to_sign_der == second.to_sign_der
    assert first.attach(b"der") == second.attach(b"der")


def test_a_sealed_bill_stays_within_the_size_budget(office: Office) -> None:
    sealed = office.sealed(plain_bill("0101"))
    assert len(sealed) < 30 * 1024
    assert package.pack_contents(package.unpack(sealed)) == sealed


def test_pictures_of_seals_are_the_same_every_time_and_name_their_owner() -> None:
    first = seal_picture.unit_seal_picture(fonts(), "示例单位")
    seal_picture.unit_seal.cache_clear()
    assert seal_picture.unit_seal_picture(fonts(), "示例单位") == first
    assert seal_picture.unit_seal_picture(fonts(), "示列单位") != first
    assert len(seal_picture.unit_seal_picture(fonts(), "某某省某某市某某区某某街道办事处社区卫生服务中心")) < 14_000


def test_another_reader_shows_text_qr_code_and_both_seals(office: Office, tmp_path: Path) -> None:
    bill = plain_bill("0602", payer=Payer("person", "欧阳䶮"), aux_lines=aux_lines(3))
    sealed, text = _ofd_js(office.sealed(bill), tmp_path / "sealed.png")
    bare, _ = _ofd_js(office.sealed(bill, 0), tmp_path / "bare.png")
    assert QR_TEXT in [found.text for found in zxingcpp.read_barcodes(sealed)]
    for part in (bill.bill_name, bill.number_text, "欧阳", "123.45", "诊察费", "张三", "明细药品2"):
        assert part in text
    for left, top, width, height in ((46, 88.4, 38, 38), (105.5, 6.8, 30, 20)):
        box = tuple(round(side * 1200 / 241) for side in (left, top, left + width, top + height))
        assert _red(sealed.crop(box)) > 500
        assert _red(bare.crop(box)) == 0


def _red(picture: Image.Image) -> int:
    points = picture.convert("RGB").tobytes()
    return sum(1 for at in range(0, len(points), 3) if points[at] > points[at + 1] + 80 and points[at] > 120)


# ofd.js 0.2.6 sets vector seals in the flow, so that the second slides down by the first one's height; this puts
# each at the place that the file gives.
STYLE = "body{margin:0;background:#fff} [name=seal_img_div]{position:absolute!important}"
_SHOW = """async (content) => {
  const bytes = Uint8Array.from(atob(content), one => one.charCodeAt(0));
  const file = new File([bytes], 'bill.ofd');
  return await new Promise((done, failed) => window.ofd.parseOfdDocument({ofd: file, fail: failed, success(found) {
    const place = document.getElementById('place');
    for (const page of window.ofd.renderOfd(1200, found[0])) { page.style.margin = '0'; place.appendChild(page); }
    done(place.textContent);
  }}));
}"""


def _ofd_js(content: bytes, picture: Path) -> tuple[Image.Image, str]:
    """The first page as ofd.js draws it, 1200 points wide, and all the text that it shows."""
    browser_path, script = judges.need("chromium"), judges.need("ofd.js")
    judges.need("cjk-font")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        page: Page = browser.new_page(viewport={"width": 1200, "height": 640})
        page.set_content(f'<style>{STYLE}</style><div id="place"></div>')
        page.add_script_tag(path=script)
        text: str = page.evaluate(_SHOW, base64.b64encode(content).decode())
        # Seals are drawn after the pages: wait for something to stand, then for stillness.
        page.wait_for_function("document.querySelectorAll('#place svg').length > 20")
        page.wait_for_timeout(1_000)
        page.screenshot(path=picture)
        browser.close()
    return Image.open(io.BytesIO(picture.read_bytes())), text
