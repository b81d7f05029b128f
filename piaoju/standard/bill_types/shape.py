"""What a bill type is: its name, its own fields, its limits, its rules. Data, and one pure function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from piaoju.kit.errors import FieldError
from piaoju.standard.wire import names

if TYPE_CHECKING:
    from piaoju.standard.bill import BillKey
    from piaoju.standard.profile import Profile
    from piaoju.standard.request_shape import BillRequest

FieldKind = Literal["text", "date", "amount", "integer"]
Rules = Callable[["BillRequest"], list[FieldError]]

# At the end of every template (golden vector, Annex A): the reversed bill, and the payment code.
_LAST = (names.REVERSES_CODE, names.REVERSES_NUMBER, names.PAYMENT_CODE)


@dataclass(frozen=True, slots=True)
class ExtensionField:
    """One field of a bill type's own: its element in MainExt, its name in JSON, its label on the face."""

    xml_name: str
    name: str
    label: str
    kind: FieldKind = "text"
    required: bool = False
    length_max: int = 100
    personal: bool = False  # a number that names the payer elsewhere: pages hide its middle


def no_rules(request: BillRequest) -> list[FieldError]:
    """Nothing beyond the rules that hold for every bill."""
    return []


@dataclass(frozen=True, slots=True)
class BillType:
    """票据种类: four digits, a name, the fields that its specimen prints."""

    code: str
    name: str
    category: str
    source: str
    extension: tuple[ExtensionField, ...] = ()
    specimen_version: str = "01"
    face_lines: int = 12
    allows_zero_total: bool = False
    rules: Rules = no_rules

    def bill_name(self, profile: Profile) -> str:
        """票据名称 in a province: 四川省非税收入统一票据（电子）."""
        return profile.region_name + self.name

    def extension_field(self, name: str) -> ExtensionField | None:
        """The field of that JSON name, or None."""
        return next((found for found in self.extension if found.name == name), None)

    def main_ext(
        self,
        extension: Mapping[str, str],
        *,
        payment_code: str = "",
        reverses: BillKey | None = None,
    ) -> tuple[tuple[str, str], ...]:
        """MainExt of a bill: every child that the template lists, in the standard's order, empty ones too."""
        texts = [(found.xml_name, _wire_text(found, extension)) for found in self.extension]
        code, number = (reverses.bill_code, f"{reverses.bill_number:010d}") if reverses else ("", "")
        texts += zip(_LAST, (code, number, payment_code), strict=True)
        return tuple(sorted(texts, key=_place)) if self.extension else tuple(texts)


def _wire_text(own: ExtensionField, extension: Mapping[str, str]) -> str:
    text = extension.get(own.name, "")
    return text.replace("-", "") if own.kind == "date" else text


def _place(pair: tuple[str, str]) -> int:
    return names.EXTENSION_ORDER[pair[0]]
