"""Who may issue what: pure decisions over the registry and a request."""

from __future__ import annotations

from datetime import date, timedelta

from piaoju.crypto import sm3
from piaoju.kit.errors import FieldError
from piaoju.registry.fitness import INDUSTRIES, MODES, FitUnit, Ground, UnitForm, fit, split
from piaoju.registry.types import GrantedItem, LicensesOfKind, RegisterDay, StageNow, StepPlan, SuspensionInForce, UnitRegister
from piaoju.standard import money
from piaoju.standard.bill_request import BillRequest, LineRequest

__all__ = [
    "DAYS_TO_COME_ONLINE", "INDUSTRIES", "MODES", "REQUIRED_LICENSES", "STEPS", "FitUnit", "Ground", "UnitForm", "day_of",
    "fit", "following", "governing_code", "locks", "planned_steps", "problems", "split", "suspension", "suspension_detail",
]  # fmt: skip

# 登记 → 资料 → 证书 → 号段 → 试开 → 上线; the share of the time by whose end each should be done.
STEPS = (
    StepPlan("registered", "finance", 0),
    StepPlan("documents", "unit_keeper", 20),
    StepPlan("certificate", "authority", 50),
    StepPlan("numbers", "unit_keeper", 70),
    StepPlan("trial", "handler", 90),
    StepPlan("online", "finance", 100),
)
DAYS_TO_COME_ONLINE = 21
# Which licenses a unit must have on record before its documents are complete: 财政部令第70号 (领用证); the rest by trade.
REQUIRED_LICENSES = {
    "medical": ("requisition", "legal_person", "medical_practice"),
    "education": ("requisition", "legal_person"),
    "association": ("requisition", "society"),
    "other": ("requisition", "legal_person"),
}

_DAYS_KEPT = 4

_SCOPE_LABELS = {
    "all": "全部开票",
    "region": "所在行政区划",
    "unit": "本单位",
    "bill_type": "该票据种类",
    "charge_item": "该收费项目",
}


def suspension(
    request: BillRequest, register: UnitRegister, on: date, *, is_reversal: bool = False
) -> SuspensionInForce | None:
    """The first suspension that covers this request on this day, or none.

    A stopped bill type or item is a reason to take bills back, not an obstacle; a stopped unit does nothing at all.
    """
    if not register.suspensions:
        return None
    touched = {
        "all": {""},
        "region": set(register.record_on(on).region_codes),
        "unit": {register.code},
        "bill_type": set() if is_reversal else {request.bill_type_code},
        "charge_item": set() if is_reversal else {line.item_code for line in request.lines},
    }
    return next((s for s in register.suspensions if s.scope_code in touched[s.scope]), None)


def suspension_detail(found: SuspensionInForce) -> str:
    label = _SCOPE_LABELS[found.scope]
    return f"{label}已停开：{found.reason}。恢复前不能开具，请联系作出停开决定的财政部门"


def planned_steps(started_on: date, due_on: date) -> list[tuple[str, str, date]]:
    """(stage, owner, deadline) of the six steps between two days."""
    days = max(0, (due_on - started_on).days)
    return [(step.stage, step.owner, started_on + timedelta(days=days * step.share // 100)) for step in STEPS]


def following(stage: str) -> str:
    """The stage after this one; empty after the last."""
    stages = [step.stage for step in STEPS]
    return next(iter(stages[stages.index(stage) + 1 :]), "")


def governing_code(region_code: str, name: str) -> str:
    """A code for a governing department that brought none: its region's and a digest of its name, always the same."""
    return f"{region_code}-{sm3.digest(name.encode()).hex()[:8].upper()}"


def problems(request: BillRequest, register: UnitRegister, on: date) -> list[FieldError]:
    """Every way in which this unit may not issue this request today; empty when it may."""
    day = day_of(register, on)
    if day.locked:
        return list(day.locked)
    enabled = register.bill_types.get(request.bill_type_code)
    if enabled is None:
        return [
            FieldError(
                "/bill_type", "bill_type_not_granted",
                f"本单位没有票据种类 {request.bill_type_code} 的核准。请改用已核准的种类，或向财政部门申请核准",
            )
        ]
    if enabled.code not in day.bill_types:
        return [
            FieldError(
                "/bill_type", "bill_type_stopped",
                f"票据种类「{enabled.name}」今天没有在本单位的区划和行业启用，或已停用。请改用在用的种类，或联系财政部门",
            )
        ]
    found: list[FieldError] = []
    for index, line in enumerate(request.lines):
        charge = day.charges.get((request.bill_type_code, line.item_code))
        if charge is None:
            found.append(_not_granted(index, line))
        elif (standard := charge[1]) is not None:
            found += _price_problems(index, line, charge[0], standard.minimum_e4, standard.maximum_e4)
    return found


def day_of(register: UnitRegister, on: date) -> RegisterDay:
    """What the register comes to on a day."""
    return register.days.get(on) or _work_out(register, on)


def _work_out(register: UnitRegister, on: date) -> RegisterDay:
    """The register's day, kept with it. A register lives for a revision; it sees few days, and keeps the last ones only."""
    record = register.record_on(on)
    locked = _not_in_force(register, on) or _not_online(register.stage) or _licenses_run_out(register.licenses, on)
    day = RegisterDay(
        tuple(locked),
        frozenset(code for code, enabled in register.bill_types.items() if enabled.enabled(record, on)),
        {
            place: (item, item.standard(on))
            for place, item in register.items.items()
            if any(granted.holds(on) for granted in item.granted)
        },
    )
    if len(register.days) >= _DAYS_KEPT:
        register.days.clear()
    register.days[on] = day
    return day


def locks(register: UnitRegister, on: date) -> list[FieldError]:
    """Everything that keeps this unit from issuing anything at all today, whatever the request."""
    here = {("all", ""), ("unit", register.code), *(("region", code) for code in register.record_on(on).region_codes)}
    return [
        *_not_in_force(register, on),
        *_not_online(register.stage),
        *_licenses_run_out(register.licenses, on),
        *(
            FieldError("", "issuing_suspended", suspension_detail(stopped))
            for stopped in register.suspensions
            if (stopped.scope, stopped.scope_code) in here
        ),
    ]


def _not_in_force(register: UnitRegister, on: date) -> list[FieldError]:
    if register.validity.holds(on):
        return []
    detail = f"单位「{register.record_on(on).name}」今天不在启用期内。请财政部门核对单位的启用和停用日期"
    return [FieldError("", "unit_not_in_force", detail)]


def _not_online(stage: StageNow | None) -> list[FieldError]:
    """财综〔2018〕62号: a unit issues after its numbers were allotted; the trial bill is the first."""
    if stage is None or stage.may_issue:
        return []
    why = f"，卡住：{stage.blocker}" if stage.blocker else ""
    detail = f"本单位还在上线的「{stage.label}」这一步{why}。试开以前不能开具，请到「单位上线」办完这一步"
    return [FieldError("", "unit_not_online", detail)]


def _licenses_run_out(licenses: tuple[LicensesOfKind, ...], on: date) -> list[FieldError]:
    """内财综〔2025〕768号: a license that has run out locks issuing (到期即锁定); a new one unlocks it the same day."""
    found = []
    for kind in licenses:
        if any(validity.holds(on) for validity in kind.validities):
            continue
        ends = [v.valid_to for v in kind.validities if v.valid_to is not None and v.valid_to <= on]
        when = f"{max(ends) - timedelta(days=1)} 到期" if ends else f"{min(v.valid_from for v in kind.validities)} 才生效"
        detail = f"{kind.label}（{kind.number}）{when}，今天不能开具。到「证照」登记续期后的证照，立即恢复"
        found.append(FieldError("", "license_expired", detail))
    return found


def _not_granted(index: int, line: LineRequest) -> FieldError:
    return FieldError(
        f"/lines/{index}/item_code", "item_not_granted",
        f"项目 {line.item_code} 没有核准本单位在此种票据上收取。请核对编码，或向财政部门申请核准",
    )  # fmt: skip


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
