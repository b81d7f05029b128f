"""What a person sees of the unit's batches: the list, one batch with its rows to put right, the template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing import queries as batches
from piaoju.issuing.types import BatchKept, BatchProgress
from piaoju.journeys import batch_columns, issue_batch, scopes
from piaoju.journeys.acting import reading
from piaoju.journeys.batch_access import batch_for
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.kit.listing import Asked, Found
from piaoju.registry import queries as registry
from piaoju.registry.errors import UnitUnknown
from piaoju.stock import queries as stock


@dataclass(frozen=True, slots=True)
class BatchSeen:
    """A batch of this moment, and what there is to decide about it."""

    kept: BatchKept
    progress: BatchProgress
    fault_counts: Sequence[tuple[str, int]]
    is_for_another: bool  # the unit wants it reviewed, and this person may not be the second
    numbers_left: int  # of the bill types that the file asks for; a unit on demand draws more by itself

    @property
    def seconds_left(self) -> int | None:
        """At the rate of the last seconds; none while there is none."""
        left = self.progress.to_issue - self.progress.done
        return round(left / self.progress.per_second) if self.progress.per_second else None


def units_of(office: Office, actor: OperatorActor) -> list[str]:
    """The units this person may issue batches for."""
    sight = scopes.sight(actor, Act.ISSUE_BATCH, local_date(office.clock()))
    return sorted(sight.unit_codes)


def listed(office: Office, actor: OperatorActor, asked: Asked) -> Found[batches.BatchListRow]:
    """The batches of this person's units."""
    return batches.batches_page(units_of(office, actor), asked)


def under_way(office: Office, actor: OperatorActor) -> int:
    """How many batches go on or wait for a word."""
    return batches.batches_under_way(units_of(office, actor))


def seen(office: Office, actor: OperatorActor, batch_id: int) -> BatchSeen:
    """One batch. Raises BatchNotFound, for a foreign one too."""
    kept = batch_for(office, actor, batch_id)
    types = {name.removeprefix("type_") for name in kept.counts if name.startswith("type_")}
    left = sum(row.left for row in stock.stock_of(kept.unit_id) if row.bill_type_code in types)
    another = issue_batch.must_be_reviewed(kept) and not issue_batch.may_review(office, actor, kept)
    return BatchSeen(kept, batches.batch_progress(batch_id), batches.fault_counts(kept), another, left)


def template(office: Office, actor: OperatorActor, unit_code: str) -> bytes:
    """An empty workbook for this unit, its bill types and items to choose from. Raises UnitUnknown, for a foreign one too."""
    on = local_date(office.clock())
    reading(actor, Act.ISSUE_BATCH, scopes.of_unit(unit_code, on), missing=UnitUnknown)
    register = registry.unit_register(unit_code)
    codes = [f"{code} {enabled.name}" for code, enabled in sorted(register.bill_types.items())]
    items = [f"{code} {item.name}" for (_, code), item in sorted(register.items.items())]
    return batch_columns.template(codes, list(dict.fromkeys(items)))
