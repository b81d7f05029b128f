"""票种核准: which items a unit may charge, on which bill types, on what basis, until when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import scopes
from piaoju.journeys.about_unit import about_unit
from piaoju.journeys.acting import reading
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.kit.errors import FieldError
from piaoju.registry import actions as registry
from piaoju.registry import queries
from piaoju.registry.errors import Unfit

_ITEMS_MAX = 500


def grant(
    office: Office, actor: OperatorActor, unit_code: str, bill_type_code: str, item_codes: Collection[str], *,
    basis_document: str, valid_from: date, valid_to: date | None,
) -> int:  # fmt: skip
    """核准 these items on this bill type; how many were new. Raises UnitUnknown, Unfit, Overlapping."""
    today = local_date(office.clock())
    with about_unit(
        office, actor, Act.GRANT_AUTHORIZATION, unit_code, bill_type_code[:4], bill_type_code
    ) as place:
        industry = queries.known_units([unit_code], today)[unit_code].record.industry
        ground = queries.ground(place.region_code, today)
        found = []
        kinds = ground.industries_of(bill_type_code, place.region_code)
        if kinds is None or (kinds and industry not in kinds):
            detail = f"票据种类 {bill_type_code} 没有在这个单位的区划和行业启用。请先启用票种，或改选"
            found.append(FieldError("/bill_type", "bill_type_not_enabled", detail))
        if not item_codes or len(item_codes) > _ITEMS_MAX:
            found.append(FieldError("/items", "codes_limit", f"请选 1 到 {_ITEMS_MAX} 个收费项目"))
        unfit = sorted(item for item in item_codes if bill_type_code not in ground.items.get(item, frozenset()))
        if unfit:
            detail = f"收费项目 {'、'.join(unfit[:5])} 没有登记，或不适用于票据种类 {bill_type_code}。请核对编码"
            found.append(FieldError("/items", "charge_item_unknown", detail))
        if not basis_document.strip() or len(basis_document) > 200:
            detail = "没有依据的收费不能核准。请填写收费依据文件的名称和文号，最多 200 个字"
            found.append(FieldError("/basis_document", "basis_missing", detail))
        found += _validity_faults(valid_from, valid_to, today)
        if found:
            raise Unfit(f"有 {len(found)} 处需要改正", errors=found)
        rows = [(place.unit_id, bill_type_code, item) for item in item_codes]
        return registry.grant(rows, valid_from, valid_to, basis_document.strip())


def end(office: Office, actor: OperatorActor, unit_code: str, ids: Collection[int], *, on: date) -> int:
    """终止核准 from this day on; how many. Raises UnitUnknown, Unfit for a day that has passed."""
    today = local_date(office.clock())
    with about_unit(office, actor, Act.GRANT_AUTHORIZATION, unit_code) as place:
        if on < today:
            detail = f"终止只能从今天（{today}）或以后起算。请改日期"
            raise Unfit(detail, errors=[FieldError("/on", "day_passed", detail)])
        for bill_type in queries.bill_types_authorized(place.unit_id, list(ids)[:_ITEMS_MAX]):
            reading(actor, Act.GRANT_AUTHORIZATION, replace(scopes.of_place(place), bill_type=bill_type))
        return registry.end_authorizations(place.unit_id, list(ids)[:_ITEMS_MAX], on)


def _validity_faults(valid_from: date, valid_to: date | None, today: date) -> list[FieldError]:
    if valid_from < today:
        detail = f"核准只能从今天（{today}）或以后起算。请改日期"
        return [FieldError("/valid_from", "day_passed", detail)]
    if valid_to is not None and valid_to <= valid_from:
        return [FieldError("/valid_to", "validity_reversed", "终止日期不在起算日期之后。请改日期，或留空")]
    return []
