"""What clients were told, held against what is kept: pure, so that it can be shown to fail."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Place = tuple[str, int]  # code and number of a bill


@dataclass(slots=True)
class Receipts:
    """Every answer that clients got, by business number."""

    answers: dict[str, list[bytes]] = field(default_factory=dict)

    def add(self, business_number: str, answer: bytes) -> None:
        self.answers.setdefault(business_number, []).append(answer)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the tables hold of one unit: bills by business number, numbers voided or intended, counters."""

    bills: Sequence[tuple[str, Place]]
    explained: Sequence[Place]
    counters: Mapping[str, Sequence[tuple[int, int]]]  # code → (first number, next number) of each segment


def place_of(answer: bytes) -> Place:
    told = json.loads(answer)
    return str(told["code"]), int(told["number"])


def faults(receipts: Receipts, kept: Kept) -> list[str]:
    """Every promise that was broken; none when all were held."""
    return [*_of_answers(receipts), *_of_bills(receipts, kept), *_of_numbers(kept)]


def _of_answers(receipts: Receipts) -> list[str]:
    found = []
    told: dict[Place, str] = {}
    for business_number, answers in receipts.answers.items():
        if len(set(answers)) > 1:
            found.append(f"{business_number}: answered differently")
        for place in {place_of(answer) for answer in answers}:
            if told.setdefault(place, business_number) != business_number:
                found.append(f"{place}: given to {told[place]} and to {business_number}")
    return found


def _of_bills(receipts: Receipts, kept: Kept) -> list[str]:
    found = []
    bills = dict(kept.bills)
    for business_number, answers in receipts.answers.items():
        if business_number not in bills:
            found.append(f"{business_number}: acknowledged and not kept")
        elif any(place_of(answer) != bills[business_number] for answer in answers):
            found.append(f"{business_number}: acknowledged as another bill than {bills[business_number]}")
    named = Counter(business_number for business_number, _ in kept.bills)
    return found + [f"{business_number}: {count} bills" for business_number, count in named.items() if count > 1]


def _of_numbers(kept: Kept) -> list[str]:
    used = Counter([place for _, place in kept.bills] + list(kept.explained))
    found = [f"{place}: used {count} times" for place, count in used.items() if count > 1]
    taken = {
        (code, number) for code, segments in kept.counters.items() for low, following in segments
        for number in range(low, following)
    }  # fmt: skip
    found += [f"{place}: taken and nowhere" for place in sorted(taken - used.keys())]
    return found + [f"{place}: used and not taken" for place in sorted(used.keys() - taken)]
