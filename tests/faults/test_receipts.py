"""The checker of the kill test finds each fault planted into sound receipts and tables."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import pytest

from tests.faults.receipts import Kept, Receipts, faults


def answer(number: int) -> bytes:
    return json.dumps({"code": "51040126", "number": f"{number:010d}"}).encode()


def receipts() -> Receipts:
    told = Receipts()
    for number in (1, 2, 4):
        told.add(f"B{number}", answer(number))
        told.add(f"B{number}", answer(number))
    return told


KEPT = Kept(
    bills=[("B1", ("51040126", 1)), ("B2", ("51040126", 2)), ("B4", ("51040126", 4))],
    explained=[("51040126", 3)],
    counters={"51040126": [(1, 5)]},
)


def test_sound_receipts_and_tables_have_no_fault() -> None:
    assert faults(receipts(), KEPT) == []


def lose_a_bill(told: Receipts) -> Kept:
    return dataclasses.replace(KEPT, bills=KEPT.bills[:-1], explained=[*KEPT.explained, ("51040126", 4)])


def acknowledge_another_number(told: Receipts) -> Kept:
    told.answers["B2"] = [answer(1)]
    return KEPT


def answer_differently(told: Receipts) -> Kept:
    told.add("B1", answer(1) + b" ")
    return KEPT


def use_a_number_twice(told: Receipts) -> Kept:
    return dataclasses.replace(KEPT, bills=[*KEPT.bills, ("B5", ("51040126", 4))])


def keep_one_business_number_twice(told: Receipts) -> Kept:
    return dataclasses.replace(KEPT, bills=[*KEPT.bills, ("B4", ("51040126", 5))], counters={"51040126": [(1, 6)]})


def leave_a_gap(told: Receipts) -> Kept:
    return dataclasses.replace(KEPT, explained=[])


def set_the_counter_back(told: Receipts) -> Kept:
    return dataclasses.replace(KEPT, counters={"51040126": [(1, 4)]})


@pytest.mark.parametrize(
    ("plant", "named"),
    [
        (lose_a_bill, "B4: acknowledged and not kept"),
        (acknowledge_another_number, "given to B1 and to B2"),
        (answer_differently, "B1: answered differently"),
        (use_a_number_twice, "used 2 times"),
        (keep_one_business_number_twice, "B4: 2 bills"),
        (leave_a_gap, "('51040126', 3): taken and nowhere"),
        (set_the_counter_back, "('51040126', 4): used and not taken"),
    ],
)
def test_a_broken_promise_is_named(plant: Callable[[Receipts], Kept], named: str) -> None:
    told = receipts()
    kept = plant(told)
    assert any(named in fault for fault in faults(told, kept))
