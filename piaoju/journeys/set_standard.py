"""收费项目与标准: the province's list; a changed standard counts from its day on, earlier bills were judged by the old one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Scope
from piaoju.journeys import scopes
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.kit.errors import FieldError
from piaoju.registry import actions as registry
from piaoju.registry import queries
from piaoju.registry.errors import AlreadyRegistered, ItemUnknown, Unfit
from piaoju.registry.types import ItemToRegister


def register_item(
    office: Office, actor: OperatorActor, *, code: str, name: str, measure: str, bill_types: Sequence[str],
    minimum_e4: int | None, maximum_e4: int | None, basis_document: str, valid_from: date,
) -> None:  # fmt: skip
    """A new charge item with its first standard. Raises Unfit, AlreadyRegistered."""
    today = local_date(office.clock())
    with acting(office, actor, Act.SET_STANDARD, scope=_province(today), subject=f"item:{code[:50]}"):
        found = _standard_faults(minimum_e4, maximum_e4, basis_document, valid_from, today)
        if not re.fullmatch(r"[0-9A-Za-z]{3,50}", code):
            found.append(FieldError("/code", "item_code_wrong", "项目编码用 3 到 50 位数字或字母。请照项目目录填写"))
        if not name.strip() or len(name) > 200 or len(measure) > 20:
            found.append(FieldError("/name", "item_name_missing", "要有项目名称（200 字以内），计量单位 20 字以内。请补上"))
        enabled = {kind for _, kind in queries.ground(queries.province_code(), today).bill_types}
        unknown = sorted(set(bill_types) - enabled)
        if unknown or not bill_types:
            detail = f"票据种类 {'、'.join(unknown) or '（空）'} 没有启用。请选已启用的种类"
            found.append(FieldError("/bill_types", "bill_type_not_enabled", detail))
        if found:
            raise Unfit(f"有 {len(found)} 处需要改正", errors=found)
        if queries.item_known(code):
            raise AlreadyRegistered(f"项目编码 {code} 已经登记过。请核对编码，或调整它的标准")
        item = ItemToRegister(
            code, name.strip(), measure.strip(), minimum_e4, maximum_e4, basis_document.strip(), tuple(bill_types), valid_from
        )
        registry.register_items([item])


def set_standard(
    office: Office, actor: OperatorActor, code: str, *, minimum_e4: int | None, maximum_e4: int | None,
    basis_document: str, on: date,
) -> None:  # fmt: skip
    """调整标准 from this day on. Raises ItemUnknown, Unfit, Overlapping."""
    today = local_date(office.clock())
    with acting(office, actor, Act.SET_STANDARD, scope=_province(today), subject=f"item:{code[:50]}", missing=ItemUnknown):
        if not queries.item_known(code):
            raise ItemUnknown
        found = _standard_faults(minimum_e4, maximum_e4, basis_document, on, today)
        if found:
            raise Unfit(f"有 {len(found)} 处需要改正", errors=found)
        registry.set_standard(code, minimum_e4, maximum_e4, basis_document.strip(), on)


def _province(on: date) -> Callable[[], Scope]:
    def scope() -> Scope:
        return scopes.of_region(queries.province_code(), on)

    return scope


def _standard_faults(
    minimum_e4: int | None, maximum_e4: int | None, basis_document: str, on: date, today: date
) -> list[FieldError]:
    found = []
    if minimum_e4 is not None and maximum_e4 is not None and minimum_e4 > maximum_e4:
        found.append(FieldError("/maximum", "standard_reversed", "标准上限低于下限。请对调"))
    if not basis_document.strip() or len(basis_document) > 200:
        found.append(FieldError("/basis_document", "basis_missing", "没有依据文件的收费不能登记。请填写文件名称和文号"))
    if on < today:
        found.append(FieldError("/on", "day_passed", f"标准只能从今天（{today}）或以后起算。请改日期"))
    return found
