"""存为视图: a person names an address of a list, or drops a name. It concerns nobody else and leaves no record."""

from __future__ import annotations

from django.db import transaction

from piaoju.identity.types import OperatorActor
from piaoju.journeys.office import Office
from piaoju.reporting import actions as reporting


def save(office: Office, actor: OperatorActor, list_name: str, name: str, query: str) -> None:
    """The view is saved under this name. Raises ViewNameInvalid, ViewQueryTooLong, TooManyViews."""
    with transaction.atomic():
        reporting.save_view(actor.operator_id, list_name, name, query, office.clock())


def drop(actor: OperatorActor, number: int) -> bool:
    """The view is gone; False if this person has none of that number."""
    with transaction.atomic():
        return reporting.drop_view(actor.operator_id, number)
