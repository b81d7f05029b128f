"""A boundary map instead of the tiles: the deployer's own file, and only with its 审图号 (《地图管理条例》).

`DATA/map/boundary.geojson`: a GeoJSON FeatureCollection with `"approval_number": "川S【2026】00001号"` beside `type`;
each feature's `properties.code` is a region code. The installation brings none.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from django.http import HttpResponse

FILE_BYTES_MAX = 8 * 1024 * 1024
_NUMBER_MAX = 60


@dataclass(frozen=True, slots=True)
class Boundary:
    approval_number: str
    content: bytes


def of(folder: Path) -> Boundary | None:
    """The file of this installation, or none where it is missing, too large, unreadable or without its 审图号."""
    place = folder / "map" / "boundary.geojson"
    try:
        if place.stat().st_size > FILE_BYTES_MAX:
            return None
        content = place.read_bytes()
        read = json.loads(content)
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(read, dict) or read.get("type") != "FeatureCollection":
        return None
    number = read.get("approval_number")
    if not isinstance(number, str) or not number.strip() or len(number) > _NUMBER_MAX:
        return None
    return Boundary(number.strip(), content)


def answer(found: Boundary) -> HttpResponse:
    return HttpResponse(found.content, content_type="application/geo+json")
