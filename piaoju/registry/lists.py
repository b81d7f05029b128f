"""Long lists of the registry: each a source and a row. Re-exported by `queries`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import connection

from piaoju.kit.listing import Asked, Found, Source, find
from piaoju.registry.holding import holds_sql
from piaoju.registry.types import Sight

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit as it is today."""

    code: str
    name: str
    region_code: str
    region_name: str
    governing_name: str
    industry: str
    connection_mode: str
    state: str  # online, under_way, stuck, ended
    stage: str  # done, or the step it is in
    owner: str
    due_on: date
    overdue_days: int
    blocker: str
    wave: str
    license_until: date | None
    valid_from: date


@dataclass(frozen=True, slots=True)
class AuthorizationRow:
    id: int
    unit_code: str
    unit_name: str
    bill_type_code: str
    bill_name: str
    item_code: str
    item_name: str
    basis_document: str
    valid_from: date
    valid_to: date | None
    state: str  # in_force, to_come, ended


@dataclass(frozen=True, slots=True)
class EnablementRow:
    id: int
    code: str
    name: str
    basis_document: str
    region_code: str
    region_name: str
    industries: str
    valid_from: date
    valid_to: date | None
    state: str
    proposed_by: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class ProposalRow:
    id: int
    kind: str
    bill_type_code: str
    name: str
    basis_document: str
    region_name: str
    valid_from: date
    state: str
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    code: str
    name: str
    measure: str
    bill_types: str
    minimum_e4: int | None
    maximum_e4: int | None
    basis_document: str
    units: int


@dataclass(frozen=True, slots=True)
class RegionListRow:
    code: str
    name: str
    level: int
    local: bool
    parent_code: str
    parent_name: str
    finance_name: str
    units: int
    moved_on: date


@dataclass(frozen=True, slots=True)
class ImportRow:
    id: int
    file_name: str
    region_code: str
    region_name: str
    state: str
    rows: int
    registered: int
    changed: int
    unchanged: int
    refused: int
    uploaded_at: datetime
    uploaded_by: str


@dataclass(frozen=True, slots=True)
class SuspensionRow:
    id: int
    scope: str
    scope_code: str
    reason: str
    suspended_at: datetime
    suspended_by: str
    lifted_at: datetime | None
    state: str


def units_page(sight: Sight, asked: Asked, on: date, *, under_way: bool = False) -> Found[UnitRow]:
    """Units in sight; with `under_way` those that are not online yet."""
    scope, values = scope_of(sight)
    if under_way:
        scope = f"({scope}) AND s.id IS NOT NULL AND (u.valid_to IS NULL OR u.valid_to > DATE '{on}')"
    return _ask(_units(on), asked, UnitRow, scope, values)


def authorizations_page(sight: Sight, asked: Asked, on: date) -> Found[AuthorizationRow]:
    """What the units in sight may charge, might, or could once."""
    scope, values = scope_of(sight)
    source = Source(
        table=f"""registry_authorization a JOIN registry_unit u ON u.id = a.unit_id {_RECORD.format(on=on)}
            JOIN registry_billtype b ON b.code = a.bill_type_id JOIN registry_chargeitem i ON i.code = a.charge_item_id""",
        fields={
            "id": "a.id", "unit_code": "u.code", "unit_name": "r.name", "bill_type_code": "b.code", "bill_name": "b.name",
            "item_code": "i.code", "item_name": "i.name", "basis_document": "a.basis_document",
            "valid_from": "a.valid_from", "valid_to": "a.valid_to", "state": _state("a", on),
        },
        key=("id",),
        order={"valid_to": "coalesce(a.valid_to, DATE '9999-12-31')"},
    )  # fmt: skip
    return _ask(source, asked, AuthorizationRow, scope, values)


def enablements_page(asked: Asked, on: date) -> Found[EnablementRow]:
    """Every enablement of a bill type, also those that ended: rules that anyone may read."""
    source = Source(
        table="""registry_billtypeenablement e JOIN registry_billtype b ON b.code = e.bill_type_id
            JOIN registry_region g ON g.code = e.region_id LEFT JOIN registry_billtypeproposal p ON p.id = e.proposal_id""",
        fields={
            "id": "e.id", "code": "b.code", "name": "b.name", "basis_document": "e.basis_document",
            "region_code": "g.code", "region_name": "g.name", "industries": "array_to_string(e.industries, ' ')",
            "valid_from": "e.valid_from", "valid_to": "e.valid_to", "state": _state("e", on),
            "proposed_by": "coalesce(p.proposed_by, '')", "decided_by": "coalesce(p.decided_by, '')",
        },
        key=("id",),
        order={"valid_to": "coalesce(e.valid_to, DATE '9999-12-31')"},
    )  # fmt: skip
    return _ask(source, asked, EnablementRow, "true", [])


def proposals_page(sight: Sight, asked: Asked) -> Found[ProposalRow]:
    """Proposals about bill types in the regions in sight."""
    source = Source(
        table="registry_billtypeproposal p JOIN registry_region g ON g.code = p.region_id",
        fields={
            "id": "p.id", "kind": "p.kind", "bill_type_code": "p.bill_type_code", "name": "p.name",
            "basis_document": "p.basis_document", "region_name": "g.name", "valid_from": "p.valid_from",
            "state": "p.state", "proposed_at": "p.proposed_at", "proposed_by": "p.proposed_by",
            "decided_at": "p.decided_at", "decided_by": "p.decided_by",
        },
        key=("id",),
        order={"decided_at": "coalesce(p.decided_at, 'infinity')"},
    )  # fmt: skip
    scope = "true" if sight.everything else "p.region_id = ANY(%s)"
    return _ask(source, asked, ProposalRow, scope, [] if sight.everything else [list(sight.region_codes)])


def items_page(asked: Asked, on: date) -> Found[ItemRow]:
    """Charge items with the standard of a day: rules that anyone may read."""
    source = Source(
        table=f"registry_chargeitem i LEFT JOIN registry_chargestandard t ON t.charge_item_id = i.code AND {holds_sql('t', on)}",
        fields={
            "code": "i.code", "name": "i.name", "measure": "i.measure",
            "bill_types": """(SELECT coalesce(string_agg(m.billtype_id, ' ' ORDER BY m.billtype_id), '')
                FROM registry_chargeitem_bill_types m WHERE m.chargeitem_id = i.code)""",
            "minimum_e4": "t.minimum_e4", "maximum_e4": "t.maximum_e4",
            "basis_document": "coalesce(t.basis_document, '')",
            "units": f"""(SELECT count(DISTINCT a.unit_id) FROM registry_authorization a
                WHERE a.charge_item_id = i.code AND {holds_sql('a', on)})""",
        },
        key=("code",),
        order={"minimum_e4": "coalesce(t.minimum_e4, -1)", "maximum_e4": "coalesce(t.maximum_e4, -1)"},
    )  # fmt: skip
    return _ask(source, asked, ItemRow, "true", [])


def regions_page(sight: Sight, asked: Asked, on: date) -> Found[RegionListRow]:
    """Regions in sight, each under its parent of a day."""
    source = Source(
        table=f"""registry_region g LEFT JOIN registry_regionparent p ON p.region_id = g.code AND {holds_sql('p', on)}
            LEFT JOIN registry_region q ON q.code = p.parent_id
            LEFT JOIN registry_financedepartment f ON f.region_id = g.code""",
        fields={
            "code": "g.code", "name": "g.name", "level": "g.level", "local": "g.local",
            "parent_code": "coalesce(p.parent_id, '')", "parent_name": "coalesce(q.name, '')",
            "finance_name": "coalesce(f.name, '')",
            "units": f"(SELECT count(*) FROM registry_unitrecord r WHERE r.region_id = g.code AND {holds_sql('r', on)})",
            "moved_on": "coalesce(p.valid_from, g.valid_from)",
        },
        key=("code",),
    )  # fmt: skip
    scope = "true" if sight.everything else "g.code = ANY(%s)"
    return _ask(source, asked, RegionListRow, scope, [] if sight.everything else [list(sight.region_codes)])


def imports_page(sight: Sight, asked: Asked) -> Found[ImportRow]:
    """Files of units uploaded for the regions in sight."""
    source = Source(
        table="registry_unitimport m JOIN registry_region g ON g.code = m.region_id",
        fields={
            "id": "m.id", "file_name": "m.file_name", "region_code": "g.code", "region_name": "g.name",
            "state": "m.state", "rows": "m.rows", "registered": "m.registered", "changed": "m.changed",
            "unchanged": "m.unchanged", "refused": "m.refused", "uploaded_at": "m.uploaded_at",
            "uploaded_by": "m.uploaded_by",
        },
        key=("id",),
    )  # fmt: skip
    scope = "true" if sight.everything else "m.region_id = ANY(%s)"
    return _ask(source, asked, ImportRow, scope, [] if sight.everything else [list(sight.region_codes)])


def suspensions_page(sight: Sight, asked: Asked, on: date) -> Found[SuspensionRow]:
    """Stops, also those that were lifted: of everything, bill types and items, and of the regions and units in sight."""
    scope, values = scope_of(sight)
    source = Source(
        table="registry_suspension x",
        fields={
            "id": "x.id", "scope": "x.scope", "scope_code": "x.scope_code", "reason": "x.reason",
            "suspended_at": "x.suspended_at", "suspended_by": "x.suspended_by", "lifted_at": "x.lifted_at",
            "state": "CASE WHEN x.lifted_at IS NULL THEN 'in_force' ELSE 'ended' END",
        },
        key=("id",),
        order={"lifted_at": "coalesce(x.lifted_at, 'infinity')"},
    )  # fmt: skip
    if sight.everything:
        return _ask(source, asked, SuspensionRow, "true", [])
    mine = f"""x.scope IN ('all', 'bill_type', 'charge_item') OR (x.scope = 'region' AND x.scope_code = ANY(%s))
        OR (x.scope = 'unit' AND EXISTS (
            SELECT 1 FROM registry_unit u {_RECORD.format(on=on)} WHERE u.code = x.scope_code AND ({scope})))"""
    return _ask(source, asked, SuspensionRow, mine, [list(sight.region_codes), *values])


# What is said of a unit today; `on` is a day of the program's, never a person's text.
_RECORD = f"JOIN registry_unitrecord r ON r.unit_id = u.id AND {holds_sql('r', '{on}')}"


def _units(on: date) -> Source:
    state = f"""CASE WHEN u.valid_to <= DATE '{on}' THEN 'ended' WHEN s.state = 'stuck' THEN 'stuck'
        WHEN s.id IS NOT NULL THEN 'under_way' ELSE 'online' END"""
    return Source(
        table=f"""registry_unit u {_RECORD.format(on=on)} JOIN registry_region g ON g.code = r.region_id
            LEFT JOIN registry_governingdepartment d ON d.code = r.governing_department_id
            LEFT JOIN registry_onboarding w ON w.unit_id = u.id
            LEFT JOIN registry_onboardingstep s ON s.unit_id = u.id AND s.state IN ('open', 'stuck')""",
        fields={
            "code": "u.code", "name": "r.name", "region_code": "r.region_id", "region_name": "g.name",
            "governing_name": "coalesce(d.name, '')", "industry": "r.industry", "connection_mode": "r.connection_mode",
            "state": state, "stage": "coalesce(s.stage, 'done')", "owner": "coalesce(s.owner, '')",
            "due_on": "coalesce(s.due_on, w.due_on, u.valid_from)",
            "overdue_days": f"CASE WHEN s.due_on < DATE '{on}' THEN DATE '{on}' - s.due_on ELSE 0 END",
            "blocker": "coalesce(s.blocker, '')", "wave": "coalesce(w.wave, '')",
            "license_until": """(SELECT min(l.until) FROM (SELECT max(coalesce(valid_to, 'infinity'::date)) AS until
                FROM registry_license WHERE unit_id = u.id GROUP BY kind) l WHERE l.until < 'infinity'::date)""",
            "valid_from": "u.valid_from",
        },
        key=("code",),
        order={"license_until": "u.code"},
        under={"region_code": f"r.region_id IN ({_BELOW.format(on=on)})"},
    )  # fmt: skip


_BELOW = f"""WITH RECURSIVE down(code) AS (SELECT %s::text UNION SELECT p.region_id FROM registry_regionparent p
    JOIN down ON p.parent_id = down.code WHERE {holds_sql('p', '{on}')})
    SELECT code FROM down"""


def _state(alias: str, on: date) -> str:
    return (
        f"CASE WHEN {alias}.valid_to <= DATE '{on}' THEN 'ended' WHEN {alias}.valid_from > DATE '{on}' THEN 'to_come' "
        f"ELSE 'in_force' END"
    )


def unit_codes(sight: Sight, on: date) -> list[str]:
    """The codes of the units in sight."""
    scope, values = scope_of(sight)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT u.code FROM registry_unit u {_RECORD.format(on=on)} WHERE {scope}", values)
        return [code for (code,) in cursor.fetchall()]


def scope_of(sight: Sight) -> tuple[str, list[Any]]:
    """The predicate of what a person may see of units."""
    if sight.everything:
        return "true", []
    values = [list(sight.region_codes), list(sight.unit_codes), list(sight.governing_codes)]
    return "r.region_id = ANY(%s) OR u.code = ANY(%s) OR r.governing_department_id = ANY(%s)", values


def _ask(source: Source, asked: Asked, row: Callable[..., Row], scope: str, values: list[Any]) -> Found[Row]:
    with connection.cursor() as cursor:
        return find(cursor, source, asked, row, scope=scope, scope_values=values)
