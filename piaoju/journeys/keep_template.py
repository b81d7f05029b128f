"""开票模板: lines that are often issued together, kept for an issuing point. Nothing of a payer is in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing import actions as issuing
from piaoju.issuing.errors import TemplateEmpty
from piaoju.journeys import window_desk
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.journeys.window_desk import Sheet
from piaoju.registry.errors import UnitUnknown

NAME_CHARACTERS_MAX = 40
LINES_MAX = 100
_LINE_FIELDS = ("item_code", "quantity", "standard", "amount")


def keep(office: Office, actor: OperatorActor, sheet: Sheet, name: str) -> int:
    """The sheet's lines under a name, written over if there is one; its id. Raises TemplateEmpty, TemplatesTooMany."""
    with _about(office, actor, sheet.unit_code, f"keep {sheet.point_code[:50]}"):
        content = _content(sheet.body)
        name = name.strip()[:NAME_CHARACTERS_MAX]
        if not name or not name.isprintable() or not content["lines"]:
            raise TemplateEmpty
        return issuing.keep_template(
            window_desk.register_of(sheet.unit_code).unit_id, sheet.point_code[:50], name, by=actor.name, at=office.clock(),
            bill_type_code=sheet.bill_type_code, content=json.dumps(content, ensure_ascii=False),
        )  # fmt: skip


def drop(office: Office, actor: OperatorActor, unit_code: str, template_id: int) -> None:
    """Raises TemplateUnknown, ActNotPermitted, UnitUnknown."""
    with _about(office, actor, unit_code, f"drop {template_id}"):
        issuing.drop_template(window_desk.register_of(unit_code).unit_id, template_id)


def _about(office: Office, actor: OperatorActor, unit_code: str, what: str) -> Any:
    return acting(
        office, actor, Act.KEEP_TEMPLATE, scope=lambda: window_desk.scope_of(office, unit_code), missing=UnitUnknown,
        subject=f"unit:{unit_code} template {what}",
    )  # fmt: skip


def _content(body: Mapping[str, Any]) -> dict[str, Any]:
    lines = body.get("lines")
    kept = [
        {name: text for name in _LINE_FIELDS if (text := window_desk.text_of(line, name)[:60])}
        for line in (lines if isinstance(lines, list) else [])[:LINES_MAX]
        if window_desk.text_of(line, "item_code")
    ]
    return {"bill_type": window_desk.text_of(body, "bill_type"), "pay_mode": window_desk.text_of(body, "pay_mode"), "lines": kept}
