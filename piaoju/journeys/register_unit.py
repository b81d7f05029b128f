"""登记与变更单位: one unit, by hand. What is said of it changes from a day on, never backwards; nothing is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from piaoju.crypto import envelope
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import scopes
from piaoju.journeys.about_unit import about_unit
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.kit.errors import FieldError
from piaoju.registry import actions as registry
from piaoju.registry import queries, rules
from piaoju.registry.errors import AlreadyRegistered, RegionUnknown, Unfit
from piaoju.registry.types import LicenseToRegister, SealedPhone

UnitForm = rules.UnitForm


def register(
    office: Office, actor: OperatorActor, form: rules.UnitForm, *, wave: str = "", due_on: date | None = None
) -> int:
    """A new unit on its way online; its id. Raises Unfit with every fault, AlreadyRegistered, RegionUnknown."""
    today, at = local_date(office.clock()), office.clock()
    scope = scopes.asked(scopes.of_region, form.region_code, today)
    with acting(office, actor, Act.REGISTER_UNIT, scope=scope, subject=f"unit:{form.code[:18]}", missing=RegionUnknown):
        fit = _fit(form, today)
        if queries.known_units([form.code], today):
            raise AlreadyRegistered(f"统一社会信用代码 {form.code} 已经登记过。请核对代码，或直接修改那个单位")
        (fit,) = with_governing([fit], today)
        phone = private_phone(office, form.code, fit.record.contact_phone)
        unit_id = registry.register_units_unfinished([(fit.code, fit.record, phone)], today, at, actor.name)[fit.code]
        registry.grant([(unit_id, kind, item) for kind, item in fit.grants], today, None, fit.basis_document)
        if fit.license_number:
            until = fit.license_until + timedelta(days=1) if fit.license_until else None
            registry.register_license(
                unit_id, LicenseToRegister("requisition", fit.license_number, "", today, until), at, actor.name
            )
        registry.register_issuing_points([unit_id], *registry.MAIN_POINT, today)
        registry.begin_onboarding(
            [unit_id], wave=wave[:60], import_id=None, started_on=today,
            due_on=due_on or today + timedelta(days=rules.DAYS_TO_COME_ONLINE), at=at, by=actor.name,
        )  # fmt: skip
    return unit_id


def change(office: Office, actor: OperatorActor, form: rules.UnitForm, *, on: date) -> None:
    """From this day on this is said of the unit. An empty phone leaves the one that is kept.

    Raises UnitUnknown, Unfit (also for a day that has passed), Overlapping. A unit that moves to a region out of the actor's
    sight is not moved: that takes whoever stands above both.
    """
    today, at = local_date(office.clock()), office.clock()
    with about_unit(office, actor, Act.REGISTER_UNIT, form.code) as place:
        fit = _fit(form, today)
        if on < today:
            detail = f"变更只能从今天（{today}）或以后起算，不能改以前说过的。请改日期"
            raise Unfit(detail, errors=[FieldError("/on", "day_passed", detail)])
        reach = scopes.sight(actor, Act.REGISTER_UNIT, today)
        if not reach.sees_region(fit.record.region_code):
            detail = f"行政区划 {fit.record.region_code} 不在你的管辖范围内。请上级财政部门划转"
            raise Unfit(detail, errors=[FieldError("/region_code", "region_not_yours", detail)])
        (fit,) = with_governing([fit], today)
        phone = private_phone(office, form.code, fit.record.contact_phone) or queries.phone_kept(place.unit_id, today)
        registry.change_records([(place.unit_id, fit.record, phone)], on, at, actor.name)


def end(office: Office, actor: OperatorActor, unit_code: str, *, on: date) -> None:
    """停用单位 from this day on. Raises UnitUnknown, Unfit for a day that has passed."""
    today = local_date(office.clock())
    with about_unit(office, actor, Act.REGISTER_UNIT, unit_code) as place:
        if on < today:
            detail = f"停用只能从今天（{today}）或以后起算。请改日期"
            raise Unfit(detail, errors=[FieldError("/on", "day_passed", detail)])
        registry.end_unit(place.unit_id, on)


def register_point(office: Office, actor: OperatorActor, unit_code: str, code: str, name: str) -> None:
    """登记开票点 from today on. Raises UnitUnknown, Unfit, Overlapping."""
    today = local_date(office.clock())
    with about_unit(office, actor, Act.REGISTER_POINT, unit_code) as place:
        if not (code.isascii() and code.isalnum() and len(code) <= 50):
            detail = "开票点编码用 50 位以内的数字和字母。请改正"
            raise Unfit(detail, errors=[FieldError("/code", "point_code_wrong", detail)])
        if not name.strip() or len(name) > 100:
            detail = "开票点要有名称，最多 100 个字。请补上，如「门诊收费窗口」"
            raise Unfit(detail, errors=[FieldError("/name", "point_name_missing", detail)])
        registry.register_issuing_point(place.unit_id, code, name.strip(), today)


def end_point(office: Office, actor: OperatorActor, unit_code: str, code: str) -> None:
    """停用开票点 from today on. Raises UnitUnknown, Unfit."""
    today = local_date(office.clock())
    with about_unit(office, actor, Act.REGISTER_POINT, unit_code) as place:
        if not registry.end_issuing_point(place.unit_id, code, today):
            raise Unfit(f"没有正在使用的开票点 {code}。请刷新页面查看")


def with_governing(fits: Sequence[rules.FitUnit], today: date) -> list[rules.FitUnit]:
    """Governing departments that are named for the first time are registered, each once."""
    new = {
        (fit.governing_name, fit.record.region_code): rules.governing_code(fit.record.region_code, fit.governing_name)
        for fit in fits
        if fit.governing_name
    }
    rows = sorted((code, name, region) for (name, region), code in new.items())
    registry.register_governing_departments(rows, today)
    return [
        replace(
            fit, governing_name="",
            record=replace(fit.record, governing_code=new[(fit.governing_name, fit.record.region_code)]),
        )
        if fit.governing_name
        else fit
        for fit in fits
    ]  # fmt: skip


def private_phone(office: Office, unit_code: str, phone: str) -> SealedPhone | None:
    """A telephone number as it is kept; none for none."""
    if not phone:
        return None
    sealed = envelope.seal(office.data_key, phone.encode(), f"unit:{unit_code}:phone".encode(), office.random_bytes(12))
    return SealedPhone(sealed, envelope.blind_index(office.index_key, phone), phone[-4:])


def _fit(form: rules.UnitForm, today: date) -> rules.FitUnit:
    fit = rules.fit(form, queries.ground(form.region_code, today))
    if isinstance(fit, list):
        raise Unfit(f"有 {len(fit)} 处需要改正", errors=fit)
    return fit
