"""Bill XML 1.1.0 (财政电子票据数据规范): the one door to writing and reading it."""

from __future__ import annotations

from piaoju.standard.bill_reading import (
    BillDocument,
    SignatureNode,
    canonical_document,
    read_document,
    read_original,
)
from piaoju.standard.bill_writing import (
    Signatory,
    signature_node,
    signature_time_text,
    write_document,
    write_original,
)
from piaoju.standard.xml_guard import BillXmlInvalid

__all__ = [
    "BillDocument",
    "BillXmlInvalid",
    "Signatory",
    "SignatureNode",
    "canonical_document",
    "read_document",
    "read_original",
    "signature_node",
    "signature_time_text",
    "write_document",
    "write_original",
]
