"""What a form or a file of units is judged against, as of a day. Re-exported by `queries`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from piaoju.registry import models
from piaoju.registry.errors import ImportUnknown
from piaoju.registry.fitness import Ground
from piaoju.registry.holding import in_force
from piaoju.registry.lineage import lineage, parents_above, subtree
from piaoju.registry.types import ImportKept, KnownUnit, RecordToRegister, SealedPhone


def ground(region_code: str, on: date) -> Ground:
    """Everything within a region and below that decides whether a unit can be registered there."""
    below = subtree([region_code], on)
    regions = models.Region.objects.filter(in_force(on), code__in=below)
    codes = list(regions.values_list("code", flat=True))
    parents = parents_above([region_code, *codes])
    lineages = {code: lineage(code, parents, on) for code in codes}
    departments = set(models.FinanceDepartment.objects.values_list("region_id", flat=True))
    finance = {code: next((one for one in above if one in departments), "") for code, above in lineages.items()}
    around = {*codes, *lineage(region_code, parents, on)}
    governing = _governing(around, on)
    return Ground(
        on=on,
        finance_of_region=finance,
        lineages=lineages,
        governing_codes=frozenset(governing.values()),
        governing=governing,
        bill_types=_bill_types(around, on),
        items=_items(),
    )


def known_units(codes: Collection[str], on: date) -> dict[str, KnownUnit]:
    """The registered units among these codes."""
    units = {unit.id: unit for unit in models.Unit.objects.filter(code__in=codes)}
    grants: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
    rows = models.Authorization.objects.filter(in_force(on), unit_id__in=units)
    for unit_id, kind, item in rows.values_list("unit_id", "bill_type_id", "charge_item_id"):
        grants[unit_id].add((kind, item))
    licenses: defaultdict[int, set[str]] = defaultdict(set)
    for unit_id, number in models.License.objects.filter(unit_id__in=units).values_list("unit_id", "number"):
        licenses[unit_id].add(number)
    records = models.UnitRecord.objects.filter(unit_id__in=units, valid_from__lte=on).order_by("valid_from", "id")
    return {
        units[row.unit_id].code: KnownUnit(
            unit_id=row.unit_id,
            ended=units[row.unit_id].valid_to is not None,
            record=_said(row),
            phone_index=bytes(row.contact_phone_index or b""),
            grants=frozenset(grants[row.unit_id]),
            license_numbers=frozenset(licenses[row.unit_id]),
        )
        for row in records
    }


def import_kept(import_id: int) -> ImportKept:
    """An uploaded file. Raises ImportUnknown."""
    row = models.UnitImport.objects.filter(pk=import_id).first()
    if row is None:
        raise ImportUnknown
    return ImportKept(
        row.id, row.file_name, bytes(row.content_sealed), bytes(row.digest), row.region_id,
        row.state == models.ImportState.APPLIED, row.mode, row.rows, row.registered, row.changed, row.unchanged,
        row.refused, row.uploaded_at, row.uploaded_by, row.applied_at,
    )  # fmt: skip


def phone_kept(unit_id: int, on: date) -> SealedPhone | None:
    """The contact's telephone number of a unit, as it is kept; none for none."""
    row = models.UnitRecord.objects.filter(unit_id=unit_id, valid_from__lte=on).order_by("valid_from", "id").last()
    if row is None or row.contact_phone_sealed is None:
        return None
    return SealedPhone(bytes(row.contact_phone_sealed), bytes(row.contact_phone_index or b""), row.contact_phone_tail)


def _said(row: models.UnitRecord) -> RecordToRegister:
    return RecordToRegister(
        name=row.name, region_code=row.region_id, finance_region_code=row.finance_department_id,
        governing_code=row.governing_department_id or "", industry=row.industry, connection_mode=row.connection_mode,
        recipient_name=row.recipient_name, recipient_account=row.recipient_account, recipient_bank=row.recipient_bank,
        contact_name=row.contact_name,
    )  # fmt: skip


def _governing(regions: Collection[str], on: date) -> dict[tuple[str, str], str]:
    rows = models.GoverningDepartment.objects.filter(in_force(on), region_id__in=regions)
    return {(region, name): code for region, name, code in rows.values_list("region_id", "name", "code")}


def _bill_types(regions: Collection[str], on: date) -> dict[tuple[str, str], frozenset[str]]:
    """What is enabled in each of these regions itself; for all industries, if one enablement is."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for row in models.BillTypeEnablement.objects.filter(in_force(on), region_id__in=regions):
        key = (row.region_id, row.bill_type_id)
        before = found.get(key)
        everyone = not row.industries or before == frozenset()
        found[key] = frozenset() if everyone else (before or frozenset()) | set(row.industries)
    return found


def _items() -> dict[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for item, kind in models.ChargeItem.objects.filter(bill_types__isnull=False).values_list("code", "bill_types"):
        found[item].add(kind)
    return {item: frozenset(kinds) for item, kinds in found.items()}
