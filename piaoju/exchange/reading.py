"""/api/docs: the OpenAPI document as a page to read. No script, nothing from elsewhere."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from piaoju.exchange.api import api

_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Every call: what it is for, what it takes, what it answers, and how it may refuse."""
    schema = api.get_openapi_schema()
    calls = [
        _call(path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    response = render(request, "exchange/docs.html", {"info": schema["info"], "calls": calls})
    response["Content-Security-Policy"] = _POLICY
    return response


def _call(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    bodies: dict[str, dict[str, Any]] = operation.get("requestBody", {}).get("content", {})
    schema: dict[str, Any] = next((body["schema"] for body in bodies.values()), {})
    examples = schema.get("examples", [])
    return {
        "method": method.upper(),
        "path": path,
        "description": operation.get("description", ""),
        "fields": _fields(schema),
        "parameters": [p["name"] for p in operation.get("parameters", [])],
        "example": msgspec.json.format(msgspec.json.encode(examples[0])).decode() if examples else "",
        "answers": [(status, answer["description"]) for status, answer in sorted(operation["responses"].items())],
    }


def _fields(schema: dict[str, Any]) -> list[tuple[str, str, bool]]:
    required = set(schema.get("required", ()))
    return [(name, _kind(field), name in required) for name, field in schema.get("properties", {}).items()]


def _kind(field: dict[str, Any]) -> str:
    if "enum" in field:
        return " | ".join(map(str, field["enum"]))
    kind = field.get("type", "")
    text = " | ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{text}  {field['pattern']}" if "pattern" in field else text
