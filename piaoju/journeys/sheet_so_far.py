"""The finished part of a sheet: what can be checked and drawn while the rest is still being typed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from piaoju.journeys import window_desk

WAITS_FOR_CHECKER = "待复核"  # stands for the 复核员 who is not known yet; no bill is issued with it
PAYER_UNKNOWN = "某"
_NO_LINE: Mapping[str, str] = {"item_code": "0", "quantity": "1", "amount": "1"}


@dataclass(frozen=True, slots=True)
class SoFar:
    """A body of `POST /bills` with stand-ins for what is not typed yet, and where on the sheet its rows stand."""

    body: Mapping[str, Any]
    lines: Sequence[int]  # the places of the finished lines; none: a stand-in is the only line
    aux_lines: Sequence[int]

    def json(self) -> bytes:
        """The body, as every door reads one."""
        return written(self.body)

    def pointer(self, pointer: str) -> str:
        """Where on the sheet a fault of the finished part stands."""
        parts = pointer.split("/")
        places = {"lines": self.lines, "aux_lines": self.aux_lines}.get(parts[1] if len(parts) > 2 else "", ())
        if places and parts[2].isdigit() and int(parts[2]) < len(places):
            parts[2] = str(places[int(parts[2])])
        return "/".join(parts)


def so_far(body: Mapping[str, Any]) -> SoFar:
    """What of a body is finished."""
    payer = body.get("payer")
    payer = dict(payer) if isinstance(payer, Mapping) else {}
    lines, aux_lines = _rows(body, "lines"), _rows(body, "aux_lines")
    done = _finished(lines, ("item_code", "quantity", "amount"))
    waited_for = {_code(line) for line in lines} - {_code(lines[place]) for place in done} - {""}
    # A row of the list may name an item whose own line is still being typed: then it waits for that line.
    aux_done = [place for place in _finished(aux_lines, ("name", "amount")) if _code(aux_lines[place]) not in waited_for]
    begun = {
        **body,
        "lines": [lines[place] for place in done] or [_NO_LINE],
        "aux_lines": [aux_lines[place] for place in aux_done],
        "payer": payer | {
            "name": window_desk.text_of(payer, "name") or PAYER_UNKNOWN, "type": payer.get("type") or "person",
        },
        "checker": window_desk.text_of(body, "checker") or WAITS_FOR_CHECKER,
        "business_number": window_desk.text_of(body, "business_number") or "0",
    }  # fmt: skip
    return SoFar(begun, done, aux_done)


def written(body: Mapping[str, Any]) -> bytes:
    """A body as it was typed, as JSON."""
    return json.dumps(dict(body), ensure_ascii=False).encode("utf-8", "surrogatepass")


def _rows(body: Mapping[str, Any], name: str) -> list[Any]:
    found = body.get(name)
    return found if isinstance(found, list) else []


def _finished(rows: Sequence[Any], cells: Sequence[str]) -> list[int]:
    return [place for place, row in enumerate(rows) if all(window_desk.text_of(row, cell) for cell in cells)]


def _code(row: object) -> str:
    """The item that a line charges, or that a row of the list belongs to; empty where none is named."""
    return window_desk.text_of(row, "item_code") or window_desk.text_of(row, "related_item_code")
