"""单位批量登记: a county's units from one file. Check writes no unit; apply registers what is fit, or all or nothing.

The same unit code is the same unit: a corrected file uploaded again registers what was missing and leaves the rest. The
file is kept encrypted (it holds telephone numbers) and comes back as it was, with what is wrong and how to put it right.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from piaoju.crypto import envelope, sm3
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Scope
from piaoju.journeys import scopes, unit_file
from piaoju.journeys.acting import acting, reading
from piaoju.journeys.office import Office
from piaoju.journeys.register_unit import private_phone, with_governing
from piaoju.kit import spreadsheet
from piaoju.kit.clock import local_date
from piaoju.kit.errors import FieldError, Refused
from piaoju.registry import actions as registry
from piaoju.registry import queries, rules
from piaoju.registry.errors import ImportApplied, ImportUnknown, RegionUnknown
from piaoju.registry.types import ImportKept, KnownUnit, LicenseToRegister, RecordToRegister, SealedPhone

template = unit_file.template


class ImportHasFaults(Refused):
    code = "import_has_faults"
    label = "文件里有需要改正的行，按「全部成功才登记」一行也没有登记。请下载带批注的文件改正，或选「跳过错误行」"


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What becomes of one row: registered, changed, unchanged or refused; with its faults."""

    number: int
    code: str
    name: str
    outcome: str
    faults: tuple[FieldError, ...] = ()
    fit: rules.FitUnit | None = None

    @property
    def remark(self) -> tuple[str, str]:
        """错误 and 改正办法, as they are written into the person's own file."""
        parts = [fault.detail.partition("。") for fault in self.faults]
        return "；".join(what for what, _, _ in parts), "；".join(remedy for _, _, remedy in parts)


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen, or what happened, with a file."""

    kept: ImportKept
    rows: tuple[RowOutcome, ...]
    unknown_columns: tuple[str, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        return counts_of(self.rows)


def check(office: Office, actor: OperatorActor, file_name: str, content: bytes, region_code: str) -> int:
    """Keep a file and judge its rows; registers nothing. The id of what was kept. Raises what `spreadsheet.read` raises."""
    today = local_date(office.clock())
    scope = scopes.asked(scopes.of_region, region_code, today)
    with acting(
        office, actor, Act.IMPORT_UNITS, scope=scope, subject=f"region:{region_code[:9]}", missing=RegionUnknown
    ):
        table = unit_file.read(file_name, content)
        rows = _judge(office, table, region_code, today)
        digest = sm3.digest(content)
        return registry.keep_import(
            file_name=file_name, digest=digest, region_code=region_code, at=office.clock(), by=actor.name,
            content_sealed=envelope.seal(office.data_key, content, _context(digest), office.random_bytes(12)),
            counts={"rows": len(rows), **counts_of(rows)},
        )  # fmt: skip


def preview(office: Office, actor: OperatorActor, import_id: int) -> Preview:
    """The file judged against the registry of this moment. Raises ImportUnknown."""
    today = local_date(office.clock())
    kept = _kept(actor, import_id, today)
    table = unit_file.read(kept.file_name, _content(office, kept))
    return Preview(kept, tuple(_judge(office, table, kept.region_code, today)), table.unknown)


def apply(
    office: Office, actor: OperatorActor, import_id: int, *, skip_errors: bool, wave: str = "", due_on: date | None = None
) -> Mapping[str, int]:
    """Register what the file says, in one transaction; how many of each outcome.

    Raises ImportUnknown, ImportApplied, and ImportHasFaults where all or nothing was asked and a row is refused.
    """
    today = local_date(office.clock())

    def scope() -> Scope:
        return scopes.of_region(queries.import_kept(import_id).region_code, today)

    with acting(
        office, actor, Act.IMPORT_UNITS, scope=scope, subject=f"unit_import:{import_id}", missing=ImportUnknown
    ) as cursor:
        registry.wait_for_other_imports(cursor)
        kept = queries.import_kept(import_id)
        table = unit_file.read(kept.file_name, _content(office, kept))
        rows = _judge(office, table, kept.region_code, today)
        counted = counts_of(rows)
        if counted["refused"] and not skip_errors:
            raise ImportHasFaults
        # Marked first: a second call waits for this one, and then finds it applied.
        if not registry.mark_import_applied(
            import_id, "skip_errors" if skip_errors else "all_or_nothing", counted, office.clock()
        ):
            raise ImportApplied
        _register(office, actor, rows, kept, wave, due_on or today + timedelta(days=rules.DAYS_TO_COME_ONLINE), today)
    return counted


def annotated(office: Office, actor: OperatorActor, import_id: int) -> tuple[str, bytes]:
    """(name, content) of the person's own file with 错误 and 改正办法. Raises ImportUnknown."""
    today = local_date(office.clock())
    kept = _kept(actor, import_id, today)
    content = _content(office, kept)
    table = unit_file.read(kept.file_name, content)
    remarks = {row.number: row.remark for row in _judge(office, table, kept.region_code, today) if row.faults}
    stem, _, ending = kept.file_name.rpartition(".")
    return f"{stem or kept.file_name}-批注.{ending or 'csv'}", spreadsheet.annotate(content, table, remarks)


def counts_of(rows: Sequence[RowOutcome]) -> dict[str, int]:
    """How many rows of each outcome."""
    counted = Counter(row.outcome for row in rows)
    return {outcome: counted[outcome] for outcome in ("registered", "changed", "unchanged", "refused")}


def _judge(office: Office, table: spreadsheet.Table, region_code: str, today: date) -> list[RowOutcome]:
    """Every row's outcome, of the registry as it is now; a fault of one row never hides another's."""
    ground = queries.ground(region_code, today)
    forms = [(row.number, *unit_file.form_of(row)) for row in table.rows]
    known = queries.known_units({form.code for _, form, _ in forms}, today)
    first: dict[str, int] = {}
    found = []
    for number, form, faults in forms:
        fit = rules.fit(form, ground)
        # What a cell says is not judged where the cell itself could not be read.
        unread = {fault.pointer for fault in faults}
        faults += [fault for fault in (fit if isinstance(fit, list) else []) if fault.pointer not in unread]
        if form.code and form.code in first:
            detail = f"统一社会信用代码与第 {first[form.code]} 行相同。请删去重复的一行，或改正代码"
            faults.append(FieldError("/code", "unit_twice_in_file", detail))
        first.setdefault(form.code, number)
        standing = known.get(form.code)
        if standing is not None:
            faults += _standing_faults(standing, ground)
        if faults or isinstance(fit, list):
            found.append(RowOutcome(number, form.code, form.name, "refused", tuple(faults)))
        else:
            fit = replace(fit, record=_completed(fit.record, form, standing))
            found.append(RowOutcome(number, form.code, form.name, _outcome(office, fit, standing), (), fit))
    return found


def _standing_faults(standing: KnownUnit, ground: rules.Ground) -> list[FieldError]:
    if standing.record.region_code not in ground.finance_of_region:
        detail = "这个统一社会信用代码已由别的区划登记。请核对代码；单位确已迁入的，请上级财政部门划转"
        return [FieldError("/code", "unit_registered_elsewhere", detail)]
    if standing.ended:
        detail = "这个单位已经停用。请核对代码；要恢复使用，请财政部门先恢复登记"
        return [FieldError("/code", "unit_ended", detail)]
    return []


def _completed(record: RecordToRegister, form: rules.UnitForm, standing: KnownUnit | None) -> RecordToRegister:
    """An empty cell says nothing about a unit that is registered: what was said before stays."""
    if standing is None:
        return record
    before = standing.record
    return replace(
        record,
        governing_code=record.governing_code or ("" if form.governing else before.governing_code),
        industry=record.industry if form.industry else before.industry,
        connection_mode=record.connection_mode if form.connection_mode else before.connection_mode,
        recipient_name=form.recipient_name or before.recipient_name,
        recipient_account=form.recipient_account or before.recipient_account,
        recipient_bank=form.recipient_bank or before.recipient_bank,
        contact_name=form.contact_name or before.contact_name,
    )


def _outcome(office: Office, fit: rules.FitUnit, standing: KnownUnit | None) -> str:
    if standing is None:
        return "registered"
    changed = _record_changes(office, fit, standing)
    licensed = not fit.license_number or fit.license_number in standing.license_numbers
    return "changed" if changed or not licensed or set(fit.grants) - standing.grants else "unchanged"


def _record_changes(office: Office, fit: rules.FitUnit, standing: KnownUnit) -> bool:
    phone = fit.record.contact_phone
    same_phone = not phone or envelope.blind_index(office.index_key, phone) == standing.phone_index
    return bool(fit.governing_name) or not same_phone or replace(fit.record, contact_phone="") != standing.record


def _register(
    office: Office, actor: OperatorActor, rows: Sequence[RowOutcome], kept: ImportKept, wave: str, due_on: date, today: date
) -> None:
    at = office.clock()
    fits = [row.fit for row in rows if row.fit is not None and row.outcome in ("registered", "changed")]
    fits = with_governing(fits, today)
    known = queries.known_units({fit.code for fit in fits}, today)
    fresh = [fit for fit in fits if fit.code not in known]
    changed = [fit for fit in fits if fit.code in known and _record_changes(office, fit, known[fit.code])]
    ids = {code: unit.unit_id for code, unit in known.items()}
    ids |= registry.register_units_unfinished(
        [(fit.code, fit.record, _phone(office, fit)) for fit in fresh], today, at, actor.name
    )
    registry.change_records(
        [(ids[fit.code], fit.record, _phone(office, fit)) for fit in changed], today, at, actor.name
    )
    by_basis: defaultdict[str, list[tuple[int, str, str]]] = defaultdict(list)
    licenses = []
    for fit in fits:
        standing = known.get(fit.code)
        new = [(ids[fit.code], *one) for one in fit.grants if not standing or one not in standing.grants]
        by_basis[fit.basis_document] += new
        if fit.license_number and not (standing and fit.license_number in standing.license_numbers):
            until = fit.license_until + timedelta(days=1) if fit.license_until else None
            licenses.append((ids[fit.code], LicenseToRegister("requisition", fit.license_number, "", today, until)))
    for basis, rows_granted in by_basis.items():
        registry.grant(rows_granted, today, None, basis)
    registry.register_licenses(licenses, at, actor.name)
    registry.register_issuing_points([ids[fit.code] for fit in fresh], *registry.MAIN_POINT, today)
    registry.begin_onboarding(
        [ids[fit.code] for fit in fresh], wave=wave[:60], import_id=kept.id, started_on=today, due_on=due_on, at=at, by=actor.name
    )


def _phone(office: Office, fit: rules.FitUnit) -> SealedPhone | None:
    return private_phone(office, fit.code, fit.record.contact_phone)


def _kept(actor: OperatorActor, import_id: int, today: date) -> ImportKept:
    kept = queries.import_kept(import_id)
    reading(actor, Act.IMPORT_UNITS, scopes.of_region(kept.region_code, today), missing=ImportUnknown)
    return kept


def _content(office: Office, kept: ImportKept) -> bytes:
    return envelope.open(office.data_key, kept.content_sealed, _context(kept.digest))


def _context(digest: bytes) -> bytes:
    return b"unit_import:" + digest.hex().encode()
