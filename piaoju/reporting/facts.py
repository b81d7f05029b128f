"""记账明细: the facts that a total adds up, one by one, whatever their kind. Re-exported by `queries`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection

from piaoju.kit.listing import Asked, Found, Source, find
from piaoju.ledger.types import FactKind
from piaoju.reporting.predicates import predicate
from piaoju.reporting.types import BillsQuestion, Reach


@dataclass(frozen=True, slots=True)
class FactRow:
    """One fact: of a bill, or of a range of numbers that begins with this one (0: without numbers yet)."""

    issued_at: datetime
    kind: int
    bill_code: str
    bill_number: int
    bill_type: str
    sheets: int
    amount_fen: int
    region_code: str
    unit_code: str
    unit_name: str
    actor: str

    @property
    def kind_label(self) -> str:
        return FactKind(self.kind).label


# Facts under the names that bills have, so that a question means the same of both.
_TABLE = "(SELECT f.*, f.at AS issued_at, f.amount_fen AS total_fen FROM ledger_fact AS f) AS b"
_SOURCE = Source(
    table=_TABLE,
    fields={
        "issued_at": "b.issued_at", "kind": "b.kind::int", "bill_code": "b.bill_code", "bill_number": "b.bill_number",
        "bill_type": "b.bill_type_code", "sheets": "b.sheets", "amount_fen": "b.amount_fen", "region_code": "b.region_code",
        "unit_code": "(SELECT u.code FROM registry_unit AS u WHERE u.id = b.unit_id)",
        "unit_name": """(SELECT r.name FROM registry_unitrecord AS r WHERE r.unit_id = b.unit_id ORDER BY
            r.valid_from <= (b.issued_at AT TIME ZONE 'Asia/Shanghai')::date DESC, r.valid_from DESC, r.id DESC LIMIT 1)""",
        "actor": "b.actor",
    },
    key=("issued_at", "bill_code", "bill_number", "kind"),
    sums={"sheets": "coalesce(sum(b.sheets), 0)", "amount_fen": "coalesce(sum(b.amount_fen), 0)"},
)  # fmt: skip


def facts(question: BillsQuestion, kinds: Collection[FactKind], reach: Reach, asked: Asked) -> Found[FactRow]:
    """A page of the facts of these kinds that are meant and may be seen, with exact count and sums.

    `asked` gives order and place. A question about what only bills have (payer, items, status) is refused. Raises FieldUnknown.
    """
    scope, values = predicate(question, reach)
    with connection.cursor() as cursor:
        return find(
            cursor, _SOURCE, replace(asked, conditions=()), FactRow, scope=f"b.kind = ANY(%s) AND ({scope})",
            scope_values=[[int(kind) for kind in kinds], *values],
        )  # fmt: skip


_POSITIONS = """
SELECT l.position, f.at, f.bill_code, f.bill_number, f.kind IN (3, 4) FROM ledger_leaf AS l JOIN ledger_fact AS f
    ON f.unit_id = l.unit_id AND f.at = l.at AND f.kind || ':' || f.bill_code || ':' || f.bill_number = l.source_id
WHERE l.unit_id = %s AND l.source = 'fact' AND l.position > %s AND l.position < %s ORDER BY l.position LIMIT %s
"""


def fact_positions(unit_id: int, after: int, size: int, limit: int) -> list[tuple[int, datetime, str, int, bool]]:
    """The next facts of a unit in a log of this size: position, instant, code, number, and whether it is a bill."""
    with connection.cursor() as cursor:
        cursor.execute(_POSITIONS, (unit_id, after, size, limit))
        return list(cursor.fetchall())
