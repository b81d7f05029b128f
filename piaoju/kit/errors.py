"""Every refusal of piaoju, by family.

PiaojuError           stable code · 中文 message with the remedy · fields · retryable
├─ NotFound           there is no such thing, or none that you may see
├─ Conflict           someone was first, or the same key came with other content
├─ NotPermitted       your role or certificate does not allow it
├─ Refused            a rule says no: which rule, and what to do
└─ Unavailable        try again later (retryable)

A room defines its own class beside the function that raises it; the edge renders by family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault at one place: a JSON pointer, a stable code, and what to do about it (中文)."""

    pointer: str
    code: str
    detail: str


class PiaojuError(Exception):
    """A refusal that tells a person what happened, why, and what to do."""

    code: ClassVar[str] = "error"
    label: ClassVar[str] = "未能完成"
    retryable: ClassVar[bool] = False
    is_recorded: bool = False  # whether the audit trail has it already

    def __init__(self, detail: str = "", *, errors: Sequence[FieldError] = (), code: str = "") -> None:
        super().__init__(detail or self.label)
        self.detail = detail or self.label
        self.errors = tuple(errors)
        self.code_value = code or self.code


class NotFound(PiaojuError):
    code = "not_found"
    label = "没有找到"


class Conflict(PiaojuError):
    code = "conflict"
    label = "与已有的内容冲突"


class NotPermitted(PiaojuError):
    code = "not_permitted"
    label = "没有权限"


class Refused(PiaojuError):
    code = "refused"
    label = "不符合规则"


class Unavailable(PiaojuError):
    code = "unavailable"
    label = "暂时不可用，请稍后再试"
    retryable = True

    def __init__(self, detail: str = "", *, retry_after_seconds: int = 1, code: str = "") -> None:
        super().__init__(detail, code=code)
        self.retry_after_seconds = retry_after_seconds
