"""Fields of a form: each a label, a hint, a limit, and words for what is wrong with what was typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from piaoju.manage import typed
from piaoju.manage.drafts import SECRET_PREFIX

TEXT_CHARACTERS_MAX = 200
AREA_CHARACTERS_MAX = 2_000
CHOSEN_MAX = 1_000
_MUST = "没有填写。请填写{label}"


class Form(forms.Form):
    """A form of the back office. Raises ValueError, at import, for a secret whose name would let it be kept."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, field in cls.declared_fields.items():
            if (getattr(field, "kind", "") == "secret") != name.startswith(SECRET_PREFIX):
                raise ValueError(f"{cls.__name__}.{name}: secrets, and only they, are named {SECRET_PREFIX}…")


def text(
    label: str, *, hint: str = "", longest: int = TEXT_CHARACTERS_MAX, must: bool = True, keyboard: str = "text"
) -> forms.Field:
    """One line of words."""
    return _dressed(_Line(max_length=longest, required=must), "text", label, hint, keyboard, longest)


def code(label: str, *, hint: str = "", longest: int = 60, must: bool = True) -> forms.Field:
    """A code: spaces inside are dropped, letters stay as they are."""
    return _dressed(_Code(max_length=longest, required=must), "code", label, hint, "text", longest)


def area(label: str, *, hint: str = "", longest: int = AREA_CHARACTERS_MAX, must: bool = True) -> forms.Field:
    """Several lines of words."""
    return _dressed(_Area(max_length=longest, required=must), "area", label, hint, "text", longest)


def secret(label: str, *, hint: str = "", longest: int = 200, must: bool = True, kind_of: str = "new-password") -> forms.Field:
    """A password or one-time code: never written back into the page, never kept in a draft."""
    field = forms.CharField(max_length=longest, required=must, strip=False)
    return _dressed(field, "secret", label, hint, "text", longest, kind_of)


def choice(label: str, options: Iterable[tuple[Any, str]], *, hint: str = "", must: bool = True) -> forms.Field:
    """One of a few."""
    offered = [(str(value), str(word)) for value, word in options]
    field = forms.ChoiceField(choices=[("", "请选择"), *offered], required=must)
    field.error_messages["invalid_choice"] = "没有这个选项。请从列表中选择"
    return _dressed(field, "choice", label, hint)


def choices(
    label: str, options: Iterable[tuple[Any, str]], *, hint: str = "", must: bool = True, fens: Mapping[Any, int] | None = None
) -> forms.Field:
    """Any of some, as ticks; with an amount each, the page adds up those ticked."""
    field = forms.MultipleChoiceField(choices=[(str(value), str(word)) for value, word in options], required=must)
    field.error_messages |= {"invalid_choice": "没有这个选项。请从列表中选择", "invalid_list": "请从列表中选择"}
    field.fens = {str(value): fen for value, fen in (fens or {}).items()}  # type: ignore[attr-defined]
    return _dressed(field, "choices", label, hint)


def tick(label: str, *, hint: str = "", must: bool = False) -> forms.Field:
    """Yes or no; `must`: only yes goes on."""
    return _dressed(forms.BooleanField(required=must), "tick", label, hint)


def day(label: str, *, hint: str = "如 2026-11-22", must: bool = True) -> forms.Field:
    """A day."""
    return _dressed(_Day(required=must), "day", label, hint, "numeric", 20)


def yuan(label: str, *, hint: str = "如 12.30", must: bool = True) -> forms.Field:
    """An amount typed in yuan; its value is in fen."""
    return _dressed(_Yuan(required=must), "yuan", f"{label}（元）", hint, "decimal", 30)


def number(label: str, *, hint: str = "", least: int = 0, most: int = 10**12, must: bool = True) -> forms.Field:
    """A whole number between two limits, both included."""
    return _dressed(_Number(least, most, required=must), "number", label, hint, "numeric", 24)


def file(label: str, *, hint: str = "", largest_bytes: int, must: bool = True) -> forms.Field:
    """One file of limited size; its value is the uploaded file."""
    return _dressed(_File(largest_bytes, required=must), "file", label, hint)


def _dressed(
    field: forms.Field, kind: str, label: str, hint: str, keyboard: str = "text", longest: int = 0, autocomplete: str = "off"
) -> forms.Field:
    field.label = label
    field.help_text = hint
    field.error_messages["required"] = _MUST.format(label=label.removesuffix("（元）"))
    field.error_messages["max_length"] = f"太长：最多 {longest} 个字。请缩短"
    for name, value in (("kind", kind), ("keyboard", keyboard), ("longest", longest), ("autocomplete", autocomplete)):
        setattr(field, name, value)
    return field


class _Line(forms.CharField):
    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and not value.isprintable():
            raise ValidationError("含有看不见的字符。请重新输入，不要从表格中连换行一起粘贴")


class _Code(_Line):
    def to_python(self, value: Any) -> str:
        return "".join((super().to_python(value) or "").split())


class _Area(forms.CharField):
    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and not all(c.isprintable() or c in "\r\n\t" for c in value):
            raise ValidationError("含有看不见的字符。请重新输入")


class _Read(forms.CharField):
    """A field whose text is read as a value; an empty one is None."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return self.value_of(text)
        except typed.Unreadable as fault:
            raise ValidationError(str(fault)) from None

    def value_of(self, text: str) -> Any:
        raise NotImplementedError


class _Day(_Read):
    def value_of(self, text: str) -> Any:
        return typed.day(text)


class _Yuan(_Read):
    def value_of(self, text: str) -> Any:
        return typed.fen(text)


class _Number(_Read):
    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def value_of(self, text: str) -> Any:
        value = typed.whole_number(text)
        if not self.least <= value <= self.most:
            raise typed.Unreadable(f"应在 {self.least:,} 到 {self.most:,} 之间")
        return value


class _File(forms.FileField):
    def __init__(self, largest_bytes: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.largest_bytes = largest_bytes
        self.error_messages["required"] = "没有选择文件。请选择一个文件"
        self.error_messages["empty"] = "文件是空的。请选择有内容的文件"

    def clean(self, data: Any, initial: Any = None) -> Any:
        uploaded = super().clean(data, initial)
        if uploaded and uploaded.size > self.largest_bytes:
            raise ValidationError(f"文件超过 {self.largest_bytes // 2**20} MB。请分成几个文件")
        return uploaded
