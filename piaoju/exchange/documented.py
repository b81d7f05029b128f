"""What the OpenAPI document says of each call: schemas, examples and the refusals a client must expect."""

from __future__ import annotations

from typing import Any

INTRODUCTION = (
    "金额是以元为单位的十进制字符串（\"12.30\"），时间是带时区的 RFC 3339，日期是 YYYY-MM-DD。不认识的字段一律拒绝。"
    "同一业务流水号、同样内容重发，得到逐字节相同的答复；内容不同则 409。错误是 application/problem+json（RFC 9457）。"
)

TEXT = {"type": "string"}
_YUAN = {"type": "string", "pattern": r"^-?[0-9]{1,14}(\.[0-9]{1,2})?$", "examples": ["12.30"]}
_PRICE = {"type": ["string", "null"], "pattern": r"^-?[0-9]{1,14}(\.[0-9]{1,4})?$"}
_FIELD_ERROR = {
    "type": "object",
    "properties": {"pointer": TEXT, "code": TEXT, "detail": TEXT},
    "required": ["pointer", "code", "detail"],
}
_PROBLEM = {
    "description": "未完成，以及为什么、怎么办",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "properties": {
                    "type": TEXT, "title": TEXT, "status": {"type": "integer"}, "code": TEXT, "detail": TEXT,
                    "trace_id": TEXT, "errors": {"type": "array", "items": _FIELD_ERROR},
                },
                "required": ["type", "title", "status", "code", "detail", "trace_id", "errors"],
            }
        }
    },
}  # fmt: skip
_LINE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "item_code": TEXT, "quantity": {"type": ["string", "integer"], "examples": ["1"]}, "standard": _PRICE,
        "amount": _YUAN, "remark": {"type": ["string", "null"]},
    },
    "required": ["item_code", "quantity", "amount"],
}  # fmt: skip
_REQUEST = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "business_number": {"type": "string", "maxLength": 50},
        "bill_type": {"type": "string", "pattern": "^[0-9]{4}$"},
        "payer": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "type": {"enum": ["person", "organization"]}, "name": TEXT, "code": {"type": ["string", "null"]},
                "phone": {"type": ["string", "null"]}, "email": {"type": ["string", "null"]},
            },
            "required": ["type", "name"],
        },
        "lines": {"type": "array", "items": _LINE, "minItems": 1, "maxItems": 1000},
        "aux_lines": {"type": ["array", "null"], "items": {"type": "object"}, "maxItems": 5000},
        "pay_mode": {"type": ["string", "null"]}, "handler": TEXT, "checker": TEXT,
        "remark": {"type": ["string", "null"]}, "payment_code": {"type": ["string", "null"]},
        "total": {"type": ["string", "null"]}, "extension": {"type": ["object", "null"]},
    },
    "required": ["business_number", "bill_type", "payer", "lines", "handler", "checker"],
    "examples": [
        {
            "business_number": "B20260105000001", "bill_type": "0101", "payer": {"type": "person", "name": "示例交款人"},
            "lines": [{"item_code": "103043211", "quantity": "1", "standard": "80.00", "amount": "80.00"}],
            "handler": "甲", "checker": "乙", "total": "80.00",
        }
    ],
}  # fmt: skip
_REVERSAL = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "business_number": {"type": "string", "maxLength": 50, "description": "与开票共用一个流水号空间"},
        "reason": {"type": "string", "maxLength": 200, "description": "冲红原因，公众查验可见，不要写个人信息"},
        "lines": {
            "type": ["array", "null"], "maxItems": 1000,
            "description": "只冲红其中几行；line 是原票行号，从 1 起。不写数量和金额是这一行余下的全部；不写 lines 是整张",
            "items": {
                "type": "object", "additionalProperties": False,
                "properties": {
                    "line": {"type": "integer", "minimum": 1},
                    "quantity": {"type": ["string", "integer", "null"]}, "amount": {**_YUAN, "type": ["string", "null"]},
                },
                "required": ["line"],
            },
        },
        "handler": {"type": ["string", "null"]}, "checker": {"type": ["string", "null"]},
    },
    "required": ["business_number", "reason"],
    "examples": [{"business_number": "R20260105000001", "reason": "金额或项目开错"}],
}  # fmt: skip
_BILL_SCHEMA = {
    "type": "object",
    "properties": {
        "code": TEXT, "number": TEXT, "check_code": TEXT, "bill_type": TEXT, "name": TEXT,
        "kind": {"enum": ["normal", "red"]}, "status": TEXT, "unit_code": TEXT, "unit_name": TEXT,
        "region_code": TEXT, "issued_at": {"type": "string", "format": "date-time"}, "total": _YUAN,
        "payer": {"type": "object"}, "lines": {"type": "array"}, "aux_lines": {"type": "array"},
        "extension": {"type": "object"}, "business_number": TEXT, "payment_code": TEXT,
        "reverses": {"type": "object"}, "reversed_by": {"type": "array"},
        "digest": TEXT, "log": {"type": "object"}, "links": {"type": "object"},
    },
    "required": ["code", "number", "check_code", "bill_type", "status", "total", "digest", "links"],
}  # fmt: skip
SECURITY: dict[str, Any] = {"security": [{"bearer": []}]}
SECURITY_SCHEMES: dict[str, Any] = {"bearer": {"type": "http", "scheme": "bearer"}}


def answers(*, refusals: tuple[int, ...], **given: Any) -> dict[int, Any]:
    """The responses of a call: `s200=…` by status, and the refusals that every problem document describes."""
    # Whole numbers as keys, as the framework has them: a text beside a number would be the same key twice.
    return {
        **{int(code.removeprefix("s")): answer for code, answer in given.items()},
        **dict.fromkeys(refusals, _PROBLEM),
    }


def body(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON response."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    rows = {"type": "array", "items": {"type": "object", "properties": item}}
    return {"type": "object", "properties": {"items": rows}, "required": ["items"]}


TOKEN: dict[str, Any] = {
    "openapi_extra": {
        "requestBody": {
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "properties": {"grant_type": TEXT, "client_id": TEXT, "client_secret": TEXT},
                    }
                }
            }
        },
        "responses": answers(
            refusals=(401, 413, 422, 429),
            s200=body(
                "令牌",
                {
                    "type": "object",
                    "properties": {"access_token": TEXT, "token_type": TEXT, "expires_in": {"type": "integer"}},
                    "required": ["access_token", "token_type", "expires_in"],
                },
            ),
        ),
    }
}
ISSUE: dict[str, Any] = {
    "openapi_extra": {
        **SECURITY,
        "requestBody": {"required": True, "content": {"application/json": {"schema": _REQUEST}}},
        "responses": answers(
            refusals=(401, 403, 404, 409, 413, 422, 503),
            s201=body("已开具", _BILL_SCHEMA),
            s200=body("以前已开具，逐字节相同的答复", _BILL_SCHEMA),
        ),
    }
}
REVERSE: dict[str, Any] = {
    "openapi_extra": {
        **SECURITY,
        "requestBody": {"required": True, "content": {"application/json": {"schema": _REVERSAL}}},
        "responses": answers(
            refusals=(401, 403, 404, 409, 413, 422, 503),
            s201=body("红票", _BILL_SCHEMA),
            s200=body("以前已冲红，逐字节相同的答复", _BILL_SCHEMA),
        ),
    }
}
BILL: dict[str, Any] = {
    "openapi_extra": {
        **SECURITY, "responses": answers(refusals=(401, 404), s200=body("票据现在的样子", _BILL_SCHEMA)),
    }
}  # fmt: skip
FILE: dict[str, Any] = {
    "openapi_extra": {
        **SECURITY,
        "responses": answers(
            refusals=(401, 404, 422),
            s200={
                "description": "文件",
                "content": {
                    media: {"schema": {"type": "string", "format": "binary"}}
                    for media in ("application/xml", "application/ofd", "application/pdf")
                },
            },
        ),
    }
}
STOCK: dict[str, Any] = {
    "openapi_extra": {
        **SECURITY,
        "responses": answers(
            refusals=(401,),
            s200=body(
                "号段",
                _list({**dict.fromkeys(("bill_type", "code", "first", "last", "next"), TEXT), "left": {"type": "integer"}}),
            ),
        ),
    }
}
CHARGE_ITEMS: dict[str, Any] = {
    "openapi_extra": {
        **SECURITY,
        "responses": answers(
            refusals=(401,),
            s200=body(
                "收费项目",
                _list({"item_code": TEXT, "name": TEXT, "measure": TEXT, "standard_min": _PRICE, "standard_max": _PRICE}),
            ),
        ),
    }
}


def _asked(**parameters: str) -> list[dict[str, Any]]:
    return [
        {"name": name.rstrip("_"), "in": "query", "required": name in ("from_", "to"), "schema": TEXT, "description": words}
        for name, words in parameters.items()
    ]


_SHEETS = {"type": "object", "properties": {"sheets": {"type": "integer"}}, "required": ["sheets"]}
_BOTH = {
    "type": "object", "properties": {"sheets": {"type": "integer"}, "amount": _YUAN}, "required": ["sheets", "amount"],
}  # fmt: skip
_FIGURES = {
    "requisitioned": _SHEETS, "allotted": _SHEETS, "issued": _BOTH, "red": _BOTH, "net": _BOTH, "converted": _SHEETS,
}  # fmt: skip
_AS_OF = {"as_of": {"type": "string", "format": "date-time"}, "snapshot": TEXT}
BILLS: dict[str, Any] = {
    "openapi_extra": {
        **SECURITY,
        "parameters": _asked(
            item_code="收费项目等于", item_prefix="收费项目编码以此开头", total="票面金额等于（红票为负）",
            total_min="票面金额不小于", total_max="票面金额不大于", line_amount="明细金额等于；与收费项目同时给出时，须是同一行",
            payer_name="交款人全名等于",
            business_number="业务流水号等于", bill_type="票据种类等于", kind="normal 或 red",
            status="issued、partly_reversed、reversed、converted、booked", unit_code="开票单位代码等于",
            region_code="行政区划及其下级，按开票当日", issued_from="开票时间起（含）", issued_to="开票时间止（不含）",
            sort="-issued_at（默认）、issued_at、-total、total", cursor="上一页的 next_cursor",
            limit="每页条数，1 到 200，默认 50",
        ),
        "responses": answers(
            refusals=(401, 422),
            s200=body(
                "符合全部条件的票据。count 和 total 是全部结果的精确条数和票面合计；lines_total 是所问明细行的合计",
                {
                    "type": "object",
                    "properties": {
                        "items": {"type": "array", "items": {"type": "object", "properties": _BILL_SCHEMA["properties"]}},
                        "next_cursor": {"type": ["string", "null"]}, "count": {"type": "integer"}, "total": _YUAN,
                        "lines_total": _YUAN, **_AS_OF,
                    },
                    "required": ["items", "next_cursor", "count", "total", "as_of"],
                },
            ),
        ),
    }
}  # fmt: skip
TOTALS: dict[str, Any] = {
    "openapi_extra": {
        **SECURITY,
        "parameters": _asked(
            from_="起（含），RFC 3339", to="止（不含），RFC 3339",
            by="unit、bill_type、item、region、day、hour、month、province、city、county、governing、industry、mode、operator",
            bill_type="票据种类", item_code="收费项目", unit_code="开票单位", region_code="行政区划及其下级，按每一天的归属",
        ),
        "responses": answers(
            refusals=(401, 422),
            s200=body(
                "issued 是正常票，red 是红票（金额为正），net 是两者之差。红票计入冲红当日",
                {
                    "type": "object",
                    "properties": {
                        "rows": {"type": "array", "items": {"type": "object", "properties": _FIGURES}},
                        "sum": {"type": "object", "properties": _FIGURES}, **_AS_OF,
                    },
                    "required": ["rows", "sum", "as_of"],
                },
            ),
        ),
    }
}  # fmt: skip
