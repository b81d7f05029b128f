"""What the OpenAPI document says of the calls about batches."""

from __future__ import annotations

from typing import Any

from piaoju.exchange.documented import SECURITY, TEXT, answers, body

_WHOLE = {"type": "integer"}
_MODE = {"enum": ["check_only", "all_or_nothing", "skip_errors"]}
_STATES = ["queued", "checking", "checked", "issuing", "paused", "stopped", "done", "failed"]
_NOW = {
    "type": "object",
    "properties": {
        "id": TEXT, "state": {"enum": _STATES}, "mode": _MODE, "detail": TEXT, "rows": _WHOLE, "bills": _WHOLE,
        "to_issue": _WHOLE, "done": _WHOLE, "issued": _WHOLE, "unchanged": _WHOLE, "refused": _WHOLE, "rate": {"type": "number"},
    },
    "required": ["id", "state", "mode", "rows", "bills", "to_issue", "done", "issued", "unchanged", "refused", "rate"],
}  # fmt: skip
SUBMIT: dict[str, Any] = {
    "openapi_extra": {
        **SECURITY,
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": {"file": {"type": "string", "format": "binary"}, "mode": _MODE},
                        "required": ["file", "mode"],
                    }
                }
            },
        },
        "responses": answers(
            refusals=(401, 404, 413, 422),
            s202=body("已受理，正在检查", {"type": "object", "properties": {"id": TEXT}, "required": ["id"]}),
        ),
    }
}
BATCH: dict[str, Any] = {
    "openapi_extra": {**SECURITY, "responses": answers(refusals=(401, 404, 409, 422), s200=body("批次现在的样子", _NOW))}
}
ISSUE: dict[str, Any] = {
    "openapi_extra": {
        **SECURITY,
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {"type": "object", "properties": {"mode": _MODE}, "required": ["mode"]}
                }
            },
        },
        "responses": answers(refusals=(401, 404, 409, 422), s200=body("批次现在的样子", _NOW)),
    }
}
RESULTS: dict[str, Any] = {
    "openapi_extra": {
        **SECURITY,
        "responses": answers(
            refusals=(401, 404, 422),
            s200={
                "description": "每行一个结果：row、business_number、outcome（issued、refused、unchanged；还没有开具的是 fit）、"
                "code、number、errors",
                "content": {
                    "application/x-ndjson": {"schema": TEXT},
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
                        "schema": {"type": "string", "format": "binary"}
                    },
                },
            },
        ),
    }
}
