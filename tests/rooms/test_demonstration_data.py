"""The demonstration's data: complete, well formed, exact, and acceptable as it stands."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from pylopdf_fonts_zh_cn import __file__ as fonts_file

from piaoju.identity.types import Role
from piaoju.ops.demonstration import bills, catalogue, files, reference, units
from piaoju.standard import bill_request, validation
from piaoju.standard.bill_types import BILL_TYPES

TODAY = date(2026, 3, 1)
FEN = Decimal("0.01")
FIVE_GROUPS = {"600301", "600302", "600303", "600601", "600801"}
REQUESTS = bills.requests(TODAY)
IDS = [body["business_number"] for _, body in REQUESTS]

Change = Callable[[dict[str, Any]], object]


def exact(quantity: str, standard: str) -> Decimal:
    return Decimal(quantity) * Decimal(standard)


def to_fen(amount: Decimal) -> Decimal:
    return amount.quantize(FEN, rounding=ROUND_HALF_UP)


def faults(unit_code: str, body: dict[str, Any]) -> list[str]:
    """What is wrong with a demonstration bill, counted without any code of the standard."""
    unit = next(row for row in units.units() if row.code == unit_code)
    items = {row.item_code: row for row in catalogue.charge_items()}
    found = [f"{body['bill_type']} not granted"] if body["bill_type"] not in unit.bill_types else []
    for line in body["lines"]:
        item = items[line["item_code"]]
        if item.item_code not in unit.item_codes or body["bill_type"] not in item.bill_types:
            found.append(f"{item.item_code} not granted")
        if Decimal(line["amount"]) != to_fen(exact(line["quantity"], line["standard"])):
            found.append(f"{item.item_code} does not multiply")
        if item.standard_max is not None and Decimal(line["standard"]) > Decimal(item.standard_max):
            found.append(f"{item.item_code} over its standard")
        if item.standard_min is not None and Decimal(line["standard"]) < Decimal(item.standard_min):
            found.append(f"{item.item_code} under its standard")
    if sum(Decimal(line["amount"]) for line in body["lines"]) != Decimal(body["total"]):
        found.append("the lines do not add up")
    return found + aux_faults(body) + payment_faults(body)


def aux_faults(body: dict[str, Any]) -> list[str]:
    """Details that do not multiply, and lines that are not the sum of their details."""
    sums: Counter[str] = Counter()
    found = []
    for aux in body.get("aux_lines", ()):
        sums[aux["related_item_code"]] += Decimal(aux["amount"])  # type: ignore[assignment]
        if Decimal(aux["amount"]) != exact(aux["quantity"], aux["standard"]):
            found.append(f"{aux['code']} does not multiply")
    lines = {line["item_code"]: Decimal(line["amount"]) for line in body["lines"]}
    rounded = {code: to_fen(Decimal(amount)) for code, amount in sums.items()}
    return found + (["the details do not make the lines"] if rounded and rounded != lines else [])


def payment_faults(body: dict[str, Any]) -> list[str]:
    """Medical payments that do not make the total, or parts below zero."""
    extension = body.get("extension", {})
    if "fund_pay_amount" not in extension:
        return ["no payments"] if body["bill_type"] in {"0601", "0602"} else []
    amounts = {name: Decimal(text) for name, text in extension.items() if name.endswith(("_amount", "_cost"))}
    account_and_own = amounts["account_pay_amount"] + amounts["own_pay_amount"]
    paid = amounts["fund_pay_amount"] + amounts["other_pay_amount"] + account_and_own
    found = [name for name, amount in amounts.items() if amount < 0]
    if paid != Decimal(body["total"]):
        found.append("the payments do not make the total")
    if amounts["self_payment_amount"] + amounts["self_payment_cost"] != account_and_own:
        found.append("the patient's parts do not make what the patient paid")
    if "prepay_amount" in amounts:
        deposit = amounts["prepay_amount"] + amounts["recharge_amount"] - amounts["refund_amount"]
        found += ["the deposit does not settle"] if deposit != amounts["own_pay_amount"] else []
    return found


def uscc_is_right(code: str) -> bool:
    """GB 32100 by sums of powers of three, and GB 11714 inside: neither borrowed from the standard."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    total = sum(alphabet.index(letter) * pow(3, place, 31) for place, letter in enumerate(code[:17]))
    weighed = sum(letters.index(x) * w for x, w in zip(code[8:16], (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    inner = "0123456789X0"[11 - weighed % 11]
    return len(code) == 18 and code[16] == inner and (total + alphabet.index(code[17])) % 31 == 0


def test_sichuan_has_one_province_21_cities_and_183_counties() -> None:
    rows = reference.regions()
    assert Counter(row.level for row in rows) == {1: 1, 2: 21, 3: 183}
    assert len({row.code for row in rows}) == 205
    assert all(len(row.code) == 6 and row.code.startswith("51") for row in rows)


def test_every_region_stands_after_its_parent_and_carries_its_code() -> None:
    before: set[str] = set()
    for row in reference.regions():
        assert row.parent_code is None if row.level == 1 else row.parent_code in before
        assert row.level < 3 or row.parent_code == row.code[:4] + "00"
        before.add(row.code)


def test_short_names_are_unique_in_a_city() -> None:
    pairs = Counter((row.parent_code, row.short_name) for row in reference.regions())
    assert max(pairs.values()) == 1
    named = {row.code: row.short_name for row in reference.regions()}
    assert (named["513200"], named["513400"], named["510726"], named["510402"]) == (
        "阿坝",
        "凉山",
        "北川",
        "东区",
    )


def test_counties_with_equal_first_characters_take_the_second_and_third() -> None:
    assert reference.county_short_names(["东坡区", "东坡县", "泸县"]) == ["坡区", "坡县", "泸县"]
    with pytest.raises(ValueError, match="简称重复"):
        reference.county_short_names(["东坡区", "东坡区"])


def test_medical_categories_follow_the_official_order() -> None:
    outpatient = (
        "诊察费 检查费 化验费 治疗费 手术费 卫生材料费 西药费 中药饮片 中成药费 一般诊疗费 挂号费 其他"
    )
    inpatient = (
        "床位费 诊察费 检查费 化验费 治疗费 手术费 护理费 卫生材料费 西药费 中药饮片 中成药费 一般诊疗费 其他"
    )
    items = {row.item_code: row for row in catalogue.charge_items()}
    for bill_type, names in (("0601", outpatient), ("0602", inpatient)):
        rows = reference.medical_categories(bill_type)
        assert [row.name for row in rows] == names.split()
        assert all(items[row.item_code].name == row.name for row in rows)
        assert all(bill_type in items[row.item_code].bill_types for row in rows)


def test_item_codes_are_unique() -> None:
    for codes in (
        [row.item_code for row in catalogue.charge_items()],
        [row.item_code for row in catalogue.aux_items()],
        [row.name for row in catalogue.aux_items()],
    ):
        assert [code for code, times in Counter(codes).items() if times > 1] == []


def test_standards_are_sane_and_have_a_basis() -> None:
    enabled = {row.code: row for row in catalogue.bill_types()}
    for row in catalogue.charge_items():
        assert (row.standard_min is None) == (row.standard_max is None), row.item_code
        if row.standard_min is not None and row.standard_max is not None:
            assert 0 < Decimal(row.standard_min) <= Decimal(row.standard_max) <= 30_000, row.item_code
        assert row.basis_document and row.measure and row.bill_types, row.item_code
        assert all(enabled[code].basis_document for code in row.bill_types), row.item_code
        assert date(2000, 1, 1) <= row.valid_from < TODAY, row.item_code
        assert len(row.basis_document) <= 200 and len(row.measure) <= 20 and len(row.name) <= 200


def test_details_belong_to_medical_items_and_cost_something() -> None:
    medical = {row.item_code for row in catalogue.charge_items() if {"0601", "0602"} & set(row.bill_types)}
    rows = catalogue.aux_items()
    assert len(rows) >= 150
    assert {row.related_code for row in rows} == medical
    assert all(0 < Decimal(row.standard) < 2_000 for row in rows)


def test_a_standard_that_is_no_amount_is_refused() -> None:
    line = catalogue._ChargeItemLine("1", "费", "次", "1.00001", "2", "文", "0101", date(2020, 1, 1))
    with pytest.raises(ValueError, match="最多四位小数"):
        catalogue._charge_item(line)


def test_a_row_with_a_wrong_column_names_its_file() -> None:
    class Wrong(msgspec.Struct, forbid_unknown_fields=True):
        code: str

    with pytest.raises(ValueError, match=r"aux_items\.csv"):
        files.rows("aux_items.csv", Wrong)


def test_four_industries_at_three_levels_say_that_they_are_invented() -> None:
    rows = units.units()
    levels = {row.code: row.level for row in reference.regions()}
    assert {row.industry for row in rows} == set(units.INDUSTRIES)
    assert {levels[row.region_code] for row in rows} == {1, 2, 3}
    assert all("演示" in row.name and "演示" in row.finance_department.name for row in rows)
    assert all(row.finance_department.region_code == row.region_code for row in rows)


def test_unit_codes_satisfy_gb_32100_and_gb_11714() -> None:
    payers = [
        body["payer"].get("code", "") for _, body in REQUESTS if body["payer"]["type"] == "organization"
    ]
    codes = [row.code for row in units.units()] + [row.code for row in units.finance_departments()]
    assert len(set(codes)) == len(codes) == 14
    for code in codes + [code for code in payers if code]:
        assert uscc_is_right(code), code
        assert not uscc_is_right(code[:-1] + ("0" if code[-1] != "0" else "1")), code
    assert all(row.code[2:8] == row.region_code for row in units.units())


def test_every_grant_can_be_used() -> None:
    items = {row.item_code: row for row in catalogue.charge_items()}
    enabled = {row.code for row in catalogue.bill_types()}
    for row in units.units():
        usable = {bill_type for code in row.item_codes for bill_type in items[code].bill_types}
        assert set(row.bill_types) <= usable & enabled, row.name


def test_people_and_clients_belong_to_units_and_have_no_secret() -> None:
    rows = {row.code: row for row in units.units()}
    people = units.operators()
    assert len({row.username for row in people}) == len(people)
    roles = Counter((row.unit_code, row.role) for row in people if row.unit_code)
    assert roles == {(code, role): 1 for code in rows for role in ("unit_keeper", "handler", "checker", "finance")}
    for row in people:
        if row.unit_code:
            assert row.region_code == rows[row.unit_code].region_code
    assert {row.role for row in people} == set(Role)
    seats = Counter(row.region_code for row in people if row.role == Role.SUPERVISOR)
    assert seats == {row.region_code: 2 for row in units.finance_departments()}  # what takes two persons can be done
    names = {(row.unit_code, row.role): row.name for row in people}
    assert all(names[code, "handler"] == row.handler != row.checker for code, row in rows.items())
    assert {row.unit_code: set(row.bill_types) for row in units.api_clients()} == {
        code: set(row.bill_types) for code, row in rows.items()
    }
    fields = {name for row in (people[0], units.api_clients()[0]) for name in row.__struct_fields__}
    assert not [name for name in fields if "secret" in name or "password" in name]


@pytest.mark.parametrize(("unit_code", "body"), REQUESTS, ids=IDS)
def test_each_demonstration_bill_adds_up(unit_code: str, body: dict[str, Any]) -> None:
    assert faults(unit_code, body) == []


@pytest.mark.parametrize(("unit_code", "body"), REQUESTS, ids=IDS)
def test_each_demonstration_bill_meets_the_standard(unit_code: str, body: dict[str, Any]) -> None:
    request = bill_request.from_json(json.dumps(body).encode())
    assert validation.problems(request) == []
    assert request.total_fen == request.lines_total_fen > 0
    assert len(request.extension) == len(body.get("extension", {}))


def test_the_enabled_bill_types_are_those_of_the_standard() -> None:
    assert {row.code for row in catalogue.bill_types()} == {row.code for row in BILL_TYPES}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda body: body.update(total="0.01"), "the lines do not add up"),
        (lambda body: body["lines"][0].update(amount="560.01"), "does not multiply"),
        (lambda body: body["aux_lines"][5].update(amount="0.01"), "the details do not make the lines"),
        (lambda body: body["extension"].update(fund_pay_amount="1.00"), "payments do not make the total"),
        (lambda body: body["extension"].update(refund_amount="1.00"), "the deposit does not settle"),
        (lambda body: body.update(bill_type="0701"), "not granted"),
    ],
)
def test_a_planted_fault_in_a_bill_is_seen(change: Change, fault: str) -> None:
    unit_code, body = bills.requests(TODAY)[1]
    change(body)
    assert any(fault in found for found in faults(unit_code, body))


def test_the_bills_are_as_long_as_real_ones() -> None:
    sizes = {(body["bill_type"], len(body["lines"]), len(body.get("aux_lines", ()))) for _, body in REQUESTS}
    assert {("0601", 12, 30), ("0602", 18, 200), ("0101", 50, 0)} <= sizes
    assert {body["bill_type"] for _, body in REQUESTS} == {row.code for row in catalogue.bill_types()}
    outpatient, inpatient = ({line["item_code"] for line in REQUESTS[n][1]["lines"]} for n in (0, 1))
    assert outpatient == {row.item_code for row in reference.medical_categories("0601")}
    assert inpatient - FIVE_GROUPS == {row.item_code for row in reference.medical_categories("0602")}
    assert {unit_code for unit_code, _ in REQUESTS} == {row.code for row in units.units()}


def test_business_numbers_are_unique_and_the_same_day_gives_the_same_bodies() -> None:
    assert len(set(IDS)) == len(IDS)
    assert json.dumps(bills.requests(TODAY)) == json.dumps(REQUESTS)
    later = {body["business_number"] for _, body in bills.requests(date(2026, 3, 2))}
    assert not later & set(IDS)


def test_dates_follow_the_day() -> None:
    inpatient = REQUESTS[1][1]
    assert inpatient["extension"]["in_hospital_date"] == "2026-02-18"
    assert inpatient["extension"]["out_hospital_date"] == "2026-03-01"
    assert inpatient["aux_lines"][0]["remark"].endswith("02-18")
    assert inpatient["aux_lines"][-1]["remark"].endswith("03-01")


def test_rare_names_are_among_the_payers_and_every_character_can_be_printed() -> None:
    names = {body["payer"]["name"] for _, body in REQUESTS}
    assert {"李㐂喆", "欧阳䶮", "王龘", "陈𬭚"} <= names
    assert max(len(name) for name in names) > 35
    words = json.dumps([REQUESTS, [row.name for row in units.units()]], ensure_ascii=False)
    words += "".join(row.name + row.measure for row in catalogue.charge_items())
    fonts = sorted(Path(fonts_file).parent.glob("*.otf"))
    assert fonts
    for path in fonts:
        font = TTFont(path, lazy=True)
        missing = {
            letter for letter in words if letter.isprintable() and ord(letter) not in font.getBestCmap()
        }
        assert missing == set(), path.name
