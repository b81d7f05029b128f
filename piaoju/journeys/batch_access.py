"""Who does something with a batch: a person, an API client of the unit, or a command of this installation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from piaoju.identity.rights import Act
from piaoju.identity.types import ClientActor, OperatorActor
from piaoju.issuing import queries as issuing
from piaoju.issuing.errors import BatchNotFound
from piaoju.issuing.types import BatchKept
from piaoju.journeys import refuse, scopes
from piaoju.journeys.acting import acting, reading
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.kit.errors import NotFound
from piaoju.registry.errors import UnitUnknown

Who = OperatorActor | ClientActor | str  # a str names a command: "command:batch"


def name_of(who: Who) -> str:
    """How records and facts name this actor."""
    return who if isinstance(who, str) else who.name


@contextmanager
def acting_for(
    office: Office, who: Who, unit_code: str | Callable[[], str], subject: str, missing: type[NotFound] = UnitUnknown
) -> Iterator[None]:
    """One act about a unit's batches: permitted, in one transaction, with its audit record. Raises `missing` for foreign ones."""

    def code() -> str:
        return unit_code() if callable(unit_code) else unit_code

    if isinstance(who, OperatorActor):
        on = local_date(office.clock())
        with acting(
            office, who, Act.ISSUE_BATCH, scope=lambda: scopes.of_unit(code(), on), subject=subject, missing=missing
        ):
            yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        if isinstance(who, ClientActor) and who.unit_code != code():
            raise missing
        yield
        refuse.record_act(
            cursor, office, actor=name_of(who), act=Act.ISSUE_BATCH.value, subject=subject, outcome="done", trace_id=""
        )


def batch_for(office: Office, who: Who, batch_id: int) -> BatchKept:
    """A batch that this actor may see. Raises BatchNotFound, for a foreign one too."""
    kept = issuing.batch(batch_id)
    if isinstance(who, ClientActor) and who.unit_code != kept.unit_code:
        raise BatchNotFound
    if isinstance(who, OperatorActor):
        scope = scopes.of_unit(kept.unit_code, local_date(office.clock()))
        reading(who, Act.ISSUE_BATCH, scope, missing=BatchNotFound)
    return kept
