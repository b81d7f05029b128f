"""Who may issue what: pure decisions over the registry and a request."""

from __future__ import annotations

from datetime import date

from piaoju.kit.errors import FieldError
from piaoju.registry.types import GrantedItem, SuspensionInForce, UnitRegister
from piaoju.standard import money
from piaoju.standard.bill_request import BillRequest, LineRequest

_SCOPE_LABELS = {
    "all": "全部开票",
    "region": "所在行政区划",
    "unit": "本单位",
    "bill_type": "该票据种类",
    "charge_item": "该收费项目",
}


def suspension(request: BillRequest, register: UnitRegister) -> SuspensionInForce | None:
    """The first suspension that covers this request, or none."""
    touched = {
        "all": {""},
        "region": set(register.region_codes),
        "unit": {register.code},
        "bill_type": {request.bill_type_code},
        "charge_item": {line.item_code for line in request.lines},
    }
    return next((s for s in register.suspensions if s.scope_code in touched[s.scope]), None)


def suspension_detail(found: SuspensionInForce) -> str:
    label = _SCOPE_LABELS[found.scope]
    return f"{label}已停开：{found.reason}。恢复前不能开具，请联系作出停开决定的财政部门"


def problems(request: BillRequest, register: UnitRegister, on: date) -> list[FieldError]:
    """Every way in which this unit may not issue this request today; empty when it may."""
    if not register.validity.holds(on):
        detail = f"单位「{register.name}」今天不在启用期内。请财政部门核对单位的启用和停用日期"
        return [FieldError("", "unit_not_in_force", detail)]
    enabled = register.bill_types.get(request.bill_type_code)
    if enabled is None:
        return [
            FieldError(
                "/bill_type", "bill_type_not_granted",
                f"本单位没有票据种类 {request.bill_type_code} 的核准。请改用已核准的种类，或向财政部门申请核准",
            )
        ]
    if not enabled.validity.holds(on):
        return [
            FieldError(
                "/bill_type", "bill_type_stopped",
                f"票据种类「{enabled.name}」已停用。请改用在用的种类，或联系财政部门",
            )
        ]
    found: list[FieldError] = []
    for index, line in enumerate(request.lines):
        found += _line_problems(index, line, register.items.get((request.bill_type_code, line.item_code)), on)
    return found


def _line_problems(index: int, line: LineRequest, item: GrantedItem | None, on: date) -> list[FieldError]:
    if item is None or not any(granted.holds(on) for granted in item.granted):
        return [
            FieldError(
                f"/lines/{index}/item_code", "item_not_granted",
                f"项目 {line.item_code} 没有核准本单位在此种票据上收取。请核对编码，或向财政部门申请核准",
            )
        ]
    standard = item.standard(on)
    if standard is None:
        return []
    return _price_problems(index, line, item, standard.minimum_e4, standard.maximum_e4)


def _price_problems(
    index: int, line: LineRequest, item: GrantedItem, minimum_e4: int | None, maximum_e4: int | None
) -> list[FieldError]:
    """A price within the standard: the price itself if given, else the amount against quantity × standard."""
    if line.standard_e4 is not None:
        over = maximum_e4 is not None and line.standard_e4 > maximum_e4
        under = minimum_e4 is not None and line.standard_e4 < minimum_e4
        pointer = f"/lines/{index}/standard"
    else:
        over = maximum_e4 is not None and line.amount_fen > money.multiply(line.quantity_e4, maximum_e4)
        under = minimum_e4 is not None and line.amount_fen < money.multiply(line.quantity_e4, minimum_e4)
        pointer = f"/lines/{index}/amount"
    if over and maximum_e4 is not None:
        top = money.format_price(maximum_e4)
        return [FieldError(pointer, "price_over_standard", f"「{item.name}」的收费标准最高 {top} 元，这里超过了。请按标准改价")]
    if under and minimum_e4 is not None:
        bottom = money.format_price(minimum_e4)
        detail = f"「{item.name}」的收费标准最低 {bottom} 元，这里低于它。请按标准改价"
        return [FieldError(pointer, "price_under_standard", detail)]
    return []
