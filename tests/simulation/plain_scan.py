"""Bills by chance in the real tables, and a scan of them in Python that shares no code with the query layer."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import psycopg

from piaoju.kit.clock import SHANGHAI
from piaoju.kit.listing import Condition
from piaoju.ledger import actions as ledger
from piaoju.ledger.types import Fact, FactKind
from piaoju.reporting.types import Portion, Reach

START, END = datetime(2026, 10, 1, tzinfo=SHANGHAI), datetime(2026, 12, 31, tzinfo=SHANGHAI)
MOVED = date(2026, 11, 10)  # the county 510104 goes from one city to the other; unit 3 changes its industry and department
UNITS = {1: "12510000TEST000001", 2: "12510000TEST000002", 3: "12510000TEST000003", 4: "12510000TEST000004"}
REGIONS = {1: "510104", 2: "510104", 3: "510302", 4: "510000"}
ITEMS = ("1030", "103001", "1030019", "10302", "10%", "10_", "2050")
ITEM_NAMES = ("住院费", "住院床位费", "床位费", "检查费", "百分%号", "下_线", "学费")
NAMES = (
    "王小明", "王小", "小明", "李伟芳", "欧阳伟芳", "芳", "100%", "%", "_", "a_b", "ab", "O'Brien", '"引号"', "\\", "a\\b",
    "=1+1", "-5", "ＡＢ", "１２３", "王 小明", "王　小明", "😀芳芳", "张三丰张三", "@SUM(A1)", "tab\there",
)  # fmt: skip
AMOUNTS = (1, 50, 100, 999, 1000, 10000, 10001, 300000, 10**15, 10**16)
ACTORS = ("client:his", "client:hi", "operator:wang", "command:issue")


@dataclass(slots=True)
class PlainBill:
    """A bill as the scan knows it."""

    unit_id: int
    issued_at: datetime
    bill_code: str
    bill_number: int
    bill_type: str
    payer_name: str
    total_fen: int
    actor: str
    handler: str
    business_number: str
    lines: list[tuple[str, int]]
    reverses: tuple[str, int] | None = None
    red_fen: int = 0
    on_paper: bool = False
    record: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> str:
        if self.red_fen:
            return "reversed" if self.red_fen == self.total_fen else "partly_reversed"
        return "converted" if self.on_paper else "issued"


def lay_places(connection: psycopg.Connection) -> None:
    """Two cities and their counties, four units; on one day a county and a unit change."""
    for code, level in (("510000", 1), ("510100", 2), ("510300", 2), ("510104", 3), ("510302", 3)):
        connection.execute(
            "INSERT INTO registry_region (code, name, short_name, level, local, valid_from) VALUES (%s, %s, %s, %s, false, "
            "'2000-01-01')",
            (code, f"区划{code}", code, level),
        )
        connection.execute("INSERT INTO registry_financedepartment (region_id, name) VALUES (%s, %s)", (code, code))
    for code, parent, first, last in (
        ("510100", "510000", "2000-01-01", None), ("510300", "510000", "2000-01-01", None),
        ("510104", "510100", "2000-01-01", MOVED), ("510104", "510300", MOVED, None), ("510302", "510300", "2000-01-01", None),
    ):  # fmt: skip
        connection.execute(
            "INSERT INTO registry_regionparent (region_id, parent_id, basis_document, valid_from, valid_to) "
            "VALUES (%s, %s, '', %s, %s)",
            (code, parent, first, last),
        )
    for code in ("G1", "G2"):
        connection.execute(
            "INSERT INTO registry_governingdepartment (code, name, region_id, valid_from) "
            "VALUES (%s, %s, '510000', '2000-01-01')",
            (code, code),
        )
    for unit_id, code in UNITS.items():
        connection.execute(
            "INSERT INTO registry_unit (id, code, valid_from) OVERRIDING SYSTEM VALUE VALUES (%s, %s, '2000-01-01')",
            (unit_id, code),
        )
        for first, last in spans_of(unit_id):
            said = record_of(unit_id, first)
            connection.execute(
                """INSERT INTO registry_unitrecord (unit_id, name, region_id, finance_department_id, governing_department_id,
                    industry, connection_mode, recipient_name, recipient_account, recipient_bank, contact_name,
                    contact_phone_tail, valid_from, valid_to, recorded_at, recorded_by)
                VALUES (%s, %s, %s, %s, %s, %s, 'online', '', '', '', '', '', %s, %s, now(), 'test')""",
                (unit_id, said["unit_name"], REGIONS[unit_id], REGIONS[unit_id], said["governing_code"] or None,
                 said["industry"], first, last),
            )  # fmt: skip
    for code, name in zip(ITEMS, ITEM_NAMES, strict=True):
        connection.execute("INSERT INTO registry_chargeitem (code, name, measure) VALUES (%s, %s, '')", (code, name))


def spans_of(unit_id: int) -> list[tuple[date, date | None]]:
    return [(date(2000, 1, 1), MOVED), (MOVED, None)] if unit_id == 3 else [(date(2000, 1, 1), None)]


def record_of(unit_id: int, on: date) -> dict[str, str]:
    """What is said of a unit on a day."""
    changed = unit_id == 3 and on >= MOVED
    return {
        "unit_name": f"单位{unit_id}{'新' if changed else ''}",
        "industry": "education" if changed else ("medical", "medical", "other", "education")[unit_id - 1],
        "governing_code": "G2" if changed else ("G1", "", "G1", "")[unit_id - 1],
        "mode": "online",
    }


def bills_by_chance(rng: random.Random, many: int) -> list[PlainBill]:
    """Bills, red ones among them, whole and partial reversals, conversions."""
    found: list[PlainBill] = []
    for number in range(1, many + 1):
        unit_id, kind = rng.choice(list(UNITS)), rng.choice(["0601", "0206"])
        at = START + (END - START) * rng.random()
        at = at.replace(microsecond=rng.choice([0, at.microsecond]))
        lines = [(rng.choice(ITEMS), rng.choice(AMOUNTS)) for _ in range(rng.choice([1, 1, 2, 4]))]
        bill = PlainBill(
            unit_id, at, f"51{kind}26", number, kind, rng.choice(NAMES), sum(fen for _, fen in lines), rng.choice(ACTORS),
            rng.choice(["甲", "甲乙", "乙"]), f"B{number}", lines,
        )  # fmt: skip
        found.append(bill)
        chance = rng.random()
        if chance < 0.1:
            bill.on_paper = True
        elif chance < 0.25:
            left = [(code, fen) for code, fen in lines if chance < 0.17 or rng.random() < 0.5] or lines[:1]
            bill.red_fen = sum(fen for _, fen in left)
            red = PlainBill(
                unit_id, min(at + timedelta(days=rng.choice([0, 20]), seconds=1), END), bill.bill_code, many + number, kind,
                bill.payer_name, -bill.red_fen, rng.choice(ACTORS), "甲", f"R{number}", [(code, -fen) for code, fen in left],
                (bill.bill_code, bill.bill_number),
            )  # fmt: skip
            found.append(red)
    for bill in found:
        bill.record = record_of(bill.unit_id, bill.issued_at.astimezone(SHANGHAI).date())
    return found


def write(connection: psycopg.Connection, bills: Sequence[PlainBill]) -> None:
    """The bills in their tables, the guards of journeys aside."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE issuing_sequel DISABLE TRIGGER USER")
        for one in bills:
            key = (one.unit_id, one.issued_at, one.bill_code, one.bill_number)
            cursor.execute(
                """INSERT INTO issuing_bill (unit_id, issued_at, bill_code, bill_number, bill_type_code, region_code, check_code,
                    business_number, payer_type, payer_name, total_fen, pay_mode, payment_code, handler, checker, reverses_code,
                    reverses_number, actor, digest)
                VALUES (%s, %s, %s, %s, %s, %s, 'c', %s, 1, %s, %s, '', '', %s, '乙', %s, %s, %s, sha256('x'))""",
                (*key, one.bill_type, REGIONS[one.unit_id], one.business_number, one.payer_name, one.total_fen, one.handler,
                 *(one.reverses or (None, None)), one.actor),
            )  # fmt: skip
            cursor.execute("INSERT INTO issuing_business_key VALUES (%s, %s, sha256('x'), %s, %s, %s)",
                           (one.unit_id, one.business_number, *key[1:]))  # fmt: skip
            for place, (code, fen) in enumerate(one.lines, 1):
                cursor.execute(
                    """INSERT INTO issuing_bill_line (unit_id, issued_at, bill_code, bill_number, line_number, item_code,
                        quantity_e4, standard_e4, amount_fen, region_code, total_fen)
                    VALUES (%s, %s, %s, %s, %s, %s, 10000, NULL, %s, %s, %s)""",
                    (*key, place, code, fen, REGIONS[one.unit_id], one.total_fen),
                )
            if one.red_fen or one.on_paper:
                cursor.execute(
                    """INSERT INTO issuing_sequel (unit_id, bill_code, bill_number, ordinal, issued_at, kind, at, reversed_fen,
                        left_fen, on_paper, line_numbers, line_fens, line_quantities_e4, red_code, red_number, paper_code,
                        paper_number, reason, actor)
                    VALUES (%s, %s, %s, 1, %s, %s, %s, %s, %s, %s, '{}', '{}', '{}', %s, %s, %s, %s, '', 'test')""",
                    (one.unit_id, one.bill_code, one.bill_number, one.issued_at, "converted" if one.on_paper else "reversed",
                     one.issued_at, one.red_fen, one.total_fen - one.red_fen, one.on_paper,
                     None if one.on_paper else "c", None if one.on_paper else 1, "p" if one.on_paper else None,
                     1 if one.on_paper else None),
                )  # fmt: skip


def post_facts(connection: psycopg.Connection, bills: Sequence[PlainBill]) -> None:
    """What the ledger is told of them; some of it folded."""
    facts = []
    for one in bills:
        items: dict[str, int] = {}
        for code, fen in one.lines:
            plain = code if code.isalnum() else f"x{ITEMS.index(code)}"
            items[plain] = items.get(plain, 0) + fen
        facts.append(
            Fact(
                unit_id=one.unit_id, at=one.issued_at, kind=FactKind.red if one.reverses else FactKind.issued,
                region_code=REGIONS[one.unit_id], bill_type_code=one.bill_type, bill_code=one.bill_code,
                bill_number=one.bill_number, sheets=1, amount_fen=one.total_fen, items=tuple(items.items()), actor=one.actor,
                digest=bytes(32),
            )
        )
    with connection.transaction(), connection.cursor() as cursor:
        ledger.post(cursor, facts)
    ledger.fold(connection, limit=len(facts) // 2)


def scan(bills: Sequence[PlainBill], conditions: Sequence[Condition], reach: Reach) -> list[PlainBill]:
    """The bills for which every condition holds and that may be seen."""
    return [
        one
        for one in bills
        if any(_seen(one, portion) for portion in reach.portions)
        and all(_holds(one, condition) for condition in conditions if condition.field not in _OF_LINE)
        and (not any(condition.field in _OF_LINE for condition in conditions) or lines_asked(one, conditions))
    ]


_OF_LINE = ("item", "item_name", "line_fen")


def lines_asked(one: PlainBill, conditions: Sequence[Condition]) -> list[int]:
    """The fen of the lines for which every condition on lines holds."""
    asked = [condition for condition in conditions if condition.field in _OF_LINE]
    return [
        fen
        for code, fen in one.lines
        if all(
            _compared(
                {"item": code, "item_name": ITEM_NAMES[ITEMS.index(code)], "line_fen": fen}[condition.field], condition
            )
            for condition in asked
        )
    ]


def below(region_code: str, on: date) -> set[str]:
    """What lies below a region on a day, itself included."""
    city = "510300" if on >= MOVED else "510100"
    above = {"510104": {"510104", city, "510000"}, "510302": {"510302", "510300", "510000"}, "510000": {"510000"},
             "510100": {"510100", "510000"}, "510300": {"510300", "510000"}}  # fmt: skip
    return {code for code, up in above.items() if region_code in up}


def _day(one: PlainBill) -> date:
    return one.issued_at.astimezone(SHANGHAI).date()


def _seen(one: PlainBill, portion: Portion) -> bool:
    return (
        (not portion.unit_code or UNITS[one.unit_id] == portion.unit_code)
        and (not portion.region_code or REGIONS[one.unit_id] in below(portion.region_code, _day(one)))
        and (not portion.governing_code or one.record["governing_code"] == portion.governing_code)
        and (not portion.bill_types or one.bill_type in portion.bill_types)
    )


def _holds(one: PlainBill, condition: Condition) -> bool:
    if condition.field == "region_code" and condition.comparison == "under":
        return REGIONS[one.unit_id] in below(str(condition.values[0]), _day(one))
    value: Any = {
        **one.record, "kind": "red" if one.reverses else "normal", "status": one.status, "unit_code": UNITS[one.unit_id],
        "region_code": REGIONS[one.unit_id], "operator": one.actor, "channel": one.actor.split(":")[0],
        "issued_at": one.issued_at, "bill_code": one.bill_code, "bill_number": one.bill_number, "bill_type": one.bill_type,
        "total_fen": one.total_fen, "payer_name": one.payer_name, "business_number": one.business_number,
        "handler": one.handler,
    }[condition.field]  # fmt: skip
    return _compared(value, condition)


def _compared(value: Any, condition: Condition) -> bool:
    first: Any = condition.values[0]
    last: Any = condition.values[-1]
    match condition.comparison:
        case "eq":
            return bool(value == first)
        case "ge":
            return bool(value >= first)
        case "le":
            return bool(value <= first)
        case "lt":
            return bool(value < first)
        case "between":
            return bool(first <= value <= last)
        case "absolute_ge":
            return bool(abs(value) >= first)
        case "absolute_le":
            return bool(abs(value) <= first)
        case "contains":
            return first in value
        case "starts" | "under":
            return bool(value.startswith(first))
    raise AssertionError(condition)
