"""经办一家单位的事: one act about one unit, placed once; a unit out of sight is a unit that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Scope
from piaoju.journeys import scopes
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.registry import queries
from piaoju.registry.errors import UnitUnknown
from piaoju.registry.types import UnitPlace


@contextmanager
def about_unit(office: Office, actor: OperatorActor, act: Act, unit_code: str, more: str = "") -> Iterator[UnitPlace]:
    """An act about this unit, as it stands today; `more` is said in the audit subject after its code.

    Raises UnitUnknown for a missing and for a foreign unit, and what `acting` raises.
    """
    today = local_date(office.clock())
    placed: list[UnitPlace] = []

    def scope() -> Scope:
        placed.append(queries.unit_place(unit_code, today))
        return scopes.of_place(placed[0])

    subject = f"unit:{unit_code[:18]}" + (f":{more}" if more else "")
    with acting(office, actor, act, scope=scope, subject=subject, missing=UnitUnknown):
        yield placed[0]
