"""Verbs that write the registry, inside someone's transaction. Nothing is deleted: things end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import F

from piaoju.registry import models
from piaoju.registry.errors import AlreadyRegistered, Overlapping, UnitUnknown
from piaoju.registry.founding import (
    MAIN_POINT,
    enable_bill_type,
    register_finance_departments,
    register_items,
    register_regions,
    register_units,
)
from piaoju.registry.holding import end_rows, explained
from piaoju.registry.proposing import approve_proposal, decline_proposal, keep_proposal, withdraw_proposal
from piaoju.registry.stepping import (
    append_event,
    begin_onboarding,
    block_step,
    complete_step,
    postpone_step,
    unblock_step,
)
from piaoju.registry.types import LicenseToRegister, RecordToRegister, RegionToRegister, SealedPhone

__all__ = [
    "MAIN_POINT", "append_event", "approve_proposal", "begin_onboarding", "block_step", "change_records",
    "complete_step", "decline_proposal", "enable_bill_type", "end_authorizations", "end_issuing_point",
    "end_license", "end_unit", "grant", "keep_import", "keep_proposal", "lift_suspension", "mark_import_applied",
    "move_region", "postpone_step", "register_finance_departments", "register_governing_departments",
    "register_issuing_point", "register_issuing_points", "register_items", "register_license", "register_licenses",
    "register_local_region", "register_regions", "register_units", "register_units_unfinished", "set_standard",
    "suspend", "unblock_step", "wait_for_other_imports", "withdraw_proposal",
]  # fmt: skip


def suspend(scope: str, scope_code: str, reason: str, at: datetime, by: str) -> None:
    """停开: refuse issuing in a scope from the next commit on, until lifted."""
    models.Suspension.objects.create(
        scope=scope, scope_code=scope_code, reason=reason, suspended_at=at, suspended_by=by
    )


def lift_suspension(scope: str, scope_code: str, at: datetime) -> int:
    """恢复: lift every suspension of exactly this scope; how many there were."""
    return models.Suspension.objects.filter(scope=scope, scope_code=scope_code, lifted_at=None).update(lifted_at=at)


# --- places


def register_local_region(region: RegionToRegister, basis_document: str) -> None:
    """登记本地扩展代码: a region that GB/T 2260 does not know (开发区、高新区). Raises AlreadyRegistered."""
    _, new = models.Region.objects.get_or_create(
        code=region.code,
        defaults={
            "name": region.name, "short_name": region.short_name, "level": region.level, "local": True,
            "valid_from": region.valid_from,
        },
    )  # fmt: skip
    if not new:
        raise AlreadyRegistered(f"行政区划代码 {region.code} 已经登记过。请换一个扩展代码，或直接使用它")
    if region.parent_code:
        models.RegionParent.objects.create(
            region_id=region.code, parent_id=region.parent_code, basis_document=basis_document, valid_from=region.valid_from
        )


def move_region(region_code: str, parent_code: str, on: date, basis_document: str) -> None:
    """划转: from this day on the region stands under another one; figures of earlier days stay where they were.

    Raises Overlapping where a later move is registered already.
    """
    rows = models.RegionParent.objects.filter(region_id=region_code)
    if rows.filter(valid_from__gte=on).exists():
        raise Overlapping(f"区划 {region_code} 在 {on} 或以后已登记过一次划转。请先核对，再改日期")
    rows.filter(valid_to=None).update(valid_to=on)
    with explained(Overlapping(), "one_parent_at_a_time"):
        models.RegionParent.objects.create(
            region_id=region_code, parent_id=parent_code, basis_document=basis_document, valid_from=on
        )


def register_governing_departments(rows: Sequence[tuple[str, str, str]], on: date) -> None:
    """主管部门 as (code, name, region code): each is there afterwards."""
    models.GoverningDepartment.objects.bulk_create(
        [models.GoverningDepartment(code=code, name=name, region_id=region, valid_from=on) for code, name, region in rows],
        ignore_conflicts=True,
    )


# --- units


def register_units_unfinished(
    rows: Sequence[tuple[str, RecordToRegister, SealedPhone | None]], on: date, at: datetime, by: str
) -> dict[str, int]:
    """登记单位: units that are not online yet, from this day on; the ids by code. Raises AlreadyRegistered."""
    codes = [code for code, _, _ in rows]
    if models.Unit.objects.filter(code__in=codes).exists():
        raise AlreadyRegistered
    with explained(AlreadyRegistered("有单位刚刚由别人登记了。请重新检查，再登记其余的"), "registry_unit_code"):
        units = models.Unit.objects.bulk_create([models.Unit(code=code, valid_from=on) for code in codes])
    ids = {unit.code: unit.id for unit in units}
    models.UnitRecord.objects.bulk_create(_record(ids[code], record, phone, on, at, by) for code, record, phone in rows)
    return ids


def change_records(
    rows: Sequence[tuple[int, RecordToRegister, SealedPhone | None]], on: date, at: datetime, by: str
) -> None:
    """变更档案: from this day on this is said of the units; before it, what was said before. Raises Overlapping."""
    ids = [unit_id for unit_id, _, _ in rows]
    standing = models.UnitRecord.objects.filter(unit_id__in=ids)
    if standing.filter(valid_from__gt=on).exists():
        raise Overlapping(f"单位在 {on} 以后已登记过一次变更。请先核对，再改日期")
    standing.filter(valid_to=None).update(valid_to=on)
    with explained(Overlapping("单位档案刚刚由别人变更了。请刷新页面，核对后再登记"), "one_record_at_a_time"):
        models.UnitRecord.objects.bulk_create(_record(unit_id, record, phone, on, at, by) for unit_id, record, phone in rows)


def end_unit(unit_id: int, on: date) -> None:
    """停用单位: from this day on it issues nothing; what it issued stays."""
    if not models.Unit.objects.filter(pk=unit_id, valid_to=None).update(valid_to=on):
        raise UnitUnknown("这个单位没有登记，或已经停用。请刷新页面查看")


def register_issuing_point(unit_id: int, code: str, name: str, on: date) -> None:
    """登记开票点. Raises Overlapping where the unit has one of this code."""
    if models.IssuingPoint.objects.filter(unit_id=unit_id, code=code, valid_to=None).exists():
        raise Overlapping(f"开票点 {code} 正在使用。请换一个编码，或先停用它")
    with explained(Overlapping(), "one_issuing_point_at_a_time"):
        models.IssuingPoint.objects.create(unit_id=unit_id, code=code, name=name, valid_from=on)


def register_issuing_points(unit_ids: Sequence[int], code: str, name: str, on: date) -> None:
    """The same 开票点 for each of these units, which have none of this code yet."""
    models.IssuingPoint.objects.bulk_create(
        models.IssuingPoint(unit_id=unit_id, code=code, name=name, valid_from=on) for unit_id in unit_ids
    )


def end_issuing_point(unit_id: int, code: str, on: date) -> int:
    """停用开票点: how many there were."""
    return models.IssuingPoint.objects.filter(unit_id=unit_id, code=code, valid_to=None).update(valid_to=on)


def register_license(unit_id: int, row: LicenseToRegister, at: datetime, by: str) -> None:
    """登记证照. A renewal may begin before the old one ends: it then takes over from that day. Raises Overlapping."""
    register_licenses([(unit_id, row)], at, by)


def register_licenses(rows: Sequence[tuple[int, LicenseToRegister]], at: datetime, by: str) -> None:
    """The same for (unit id, license) of many units, in a few statements for each kind and first day. Raises Overlapping."""
    same_day: defaultdict[tuple[str, date], list[int]] = defaultdict(list)
    for unit_id, row in rows:
        same_day[(row.kind, row.valid_from)].append(unit_id)
    for (kind, since), unit_ids in same_day.items():
        same = models.License.objects.filter(unit_id__in=unit_ids, kind=kind)
        if same.filter(valid_from__gte=since).exclude(valid_to=F("valid_from")).exists():
            raise Overlapping(f"同一种证照已有从 {since} 或更晚生效的登记。请核对日期，或先提前终止那一份")
        same.filter(valid_from__lt=since).exclude(valid_to__lte=since).update(valid_to=since, end_reason="换证")
    with explained(Overlapping(), "one_license_at_a_time"):
        models.License.objects.bulk_create(
            models.License(
                unit_id=unit_id, kind=row.kind, number=row.number, issuer=row.issuer, valid_from=row.valid_from,
                valid_to=row.valid_to, recorded_at=at, recorded_by=by,
            )
            for unit_id, row in rows
        )  # fmt: skip


def end_license(unit_id: int, license_id: int, on: date, reason: str) -> int:
    """提前终止 (吊销): the license holds no more from this day on."""
    return end_rows(models.License.objects.filter(pk=license_id, unit_id=unit_id), on, end_reason=reason)


# --- what may be charged


def grant(
    rows: Sequence[tuple[int, str, str]], valid_from: date, valid_to: date | None, basis_document: str
) -> int:
    """核准 (unit id, bill type, item): each is in force afterwards; how many were new. Raises Overlapping."""
    ids = {unit_id for unit_id, _, _ in rows}
    standing = {
        (row.unit_id, row.bill_type_id, row.charge_item_id)
        for row in models.Authorization.objects.filter(unit_id__in=ids, valid_to=None, valid_from__lte=valid_from)
    }
    wanted = [row for row in dict.fromkeys(rows) if row not in standing]
    with explained(Overlapping(), "one_authorization_at_a_time"):
        models.Authorization.objects.bulk_create(
            models.Authorization(
                unit_id=unit_id, bill_type_id=bill_type, charge_item_id=item, valid_from=valid_from, valid_to=valid_to,
                basis_document=basis_document,
            )
            for unit_id, bill_type, item in wanted
        )  # fmt: skip
    return len(wanted)


def end_authorizations(unit_id: int, ids: Collection[int], on: date) -> int:
    """终止核准 from this day on; how many were in force."""
    return end_rows(models.Authorization.objects.filter(unit_id=unit_id, pk__in=ids), on)


def set_standard(item_code: str, minimum_e4: int | None, maximum_e4: int | None, basis: str, on: date) -> None:
    """调整收费标准 from this day on; bills of earlier days were judged by the old one. Raises Overlapping."""
    rows = models.ChargeStandard.objects.filter(charge_item_id=item_code)
    if rows.filter(valid_from__gte=on).exists():
        raise Overlapping(f"项目 {item_code} 在 {on} 或以后已有标准。请先核对，再改日期")
    rows.filter(valid_to=None).update(valid_to=on)
    with explained(Overlapping(), "one_standard_at_a_time"):
        models.ChargeStandard.objects.create(
            charge_item_id=item_code, minimum_e4=minimum_e4, maximum_e4=maximum_e4, basis_document=basis, valid_from=on
        )


# --- files of units


def keep_import(
    *, file_name: str, content_sealed: bytes, digest: bytes, region_code: str, counts: dict[str, int], at: datetime, by: str
) -> int:
    """Keep an uploaded file and what checking it found; its id."""
    return models.UnitImport.objects.create(
        file_name=file_name[:200], content_sealed=content_sealed, digest=digest, region_id=region_code, uploaded_at=at,
        uploaded_by=by, **counts,
    ).id  # fmt: skip


def wait_for_other_imports(cursor: Any) -> None:
    """One file at a time is judged and registered, so that what is counted is what was done; until the commit."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('piaoju unit import', 0))")


def mark_import_applied(import_id: int, mode: str, counts: dict[str, int], at: datetime) -> bool:
    """What was registered from the file; false if it was applied before."""
    rows = models.UnitImport.objects.filter(pk=import_id, state=models.ImportState.CHECKED)
    return bool(rows.update(state=models.ImportState.APPLIED, mode=mode, applied_at=at, **counts))


def _record(
    unit_id: int, record: RecordToRegister, phone: SealedPhone | None, on: date, at: datetime, by: str
) -> models.UnitRecord:
    return models.UnitRecord(
        unit_id=unit_id, name=record.name, region_id=record.region_code,
        finance_department_id=record.finance_region_code, governing_department_id=record.governing_code or None,
        industry=record.industry, connection_mode=record.connection_mode, recipient_name=record.recipient_name,
        recipient_account=record.recipient_account, recipient_bank=record.recipient_bank,
        contact_name=record.contact_name, contact_phone_sealed=phone.sealed if phone else None,
        contact_phone_index=phone.index if phone else None, contact_phone_tail=phone.tail if phone else "",
        recorded_at=at, recorded_by=by, valid_from=on,
    )  # fmt: skip
