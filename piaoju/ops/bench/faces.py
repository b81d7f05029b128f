"""OFD and PDF a CPU second of one core: a 10-line bill, laid out and written."""

from __future__ import annotations

import time
from collections.abc import Callable

from piaoju.ops.bench.figures import Figure
from piaoju.standard import bill_xml, verification_address
from piaoju.standard.bill import Bill
from piaoju.standard.face.fonts import FontChain
from piaoju.standard.face.layout import layout
from piaoju.standard.face.operations import Face
from piaoju.standard.face.outputs import ofd, pdf
from piaoju.standard.face.specimens import specimen_for

ROUNDS, DOCUMENTS = 5, 40


def measure(bill: Bill, fonts: FontChain) -> list[Figure]:
    """Documents a CPU second: layout and writing together, unsealed; PDF with its layout too."""
    xml = bill_xml.write_original(bill)

    def face() -> Face:
        return layout(
            bill, specimen_for(bill.bill_type_code), fonts, demonstration=True,
            qr_text=verification_address.qr_text(bill, "https://pj.example.gov.cn"),
        )  # fmt: skip

    return [
        Figure("ofd, unsealed, 10 lines", _rate(lambda: ofd.render(face(), xml)), "/CPU-s", 500, "first step"),
        Figure("pdf, 10 lines", _rate(lambda: pdf.render(face(), xml)), "/CPU-s", 100, "first step"),
    ]


def _rate(call: Callable[[], bytes]) -> float:
    call()
    rates = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(DOCUMENTS):
            call()
        rates.append(DOCUMENTS / (time.process_time() - started))
    return sorted(rates)[ROUNDS // 2]
