"""A bill of ten lines as the demonstration has it, for what needs no database."""

from __future__ import annotations

import os

import msgspec

from piaoju.journeys import fetch_file, issue_directly
from piaoju.journeys.office import Office
from piaoju.ops.bench import issuing
from piaoju.standard import bill_xml
from piaoju.standard.bill import Bill


def bill_of(office: Office) -> Bill:
    """Issue one bill of ten lines and read it back."""
    seller = issuing.sellers()[0]
    answer = msgspec.json.decode(
        issue_directly.issue(
            office, os.environ["PIAOJU_DATABASE_URL"], seller.unit_code,
            issuing.body(seller, f"sample-{os.urandom(4).hex()}"), actor="command:bench",
        ).answer
    )  # fmt: skip
    xml = fetch_file.of_bill(answer["code"], int(answer["number"]), "xml")
    return bill_xml.read_document(xml).bill
