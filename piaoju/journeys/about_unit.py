"""经办一家单位的事: one act about one unit, placed once; a unit out of sight is a unit that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

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
def about_unit(
    office: Office, actor: OperatorActor, act: Act, unit_code: str, more: str = "", bill_type: str = ""
) -> Iterator[UnitPlace]:
    """An act about this unit, as it stands today, and one bill type or any; `more` is said in the audit subject after its code.

    Raises UnitUnknown for a missing and for a foreign unit, and what `acting` raises.
    """
    today = local_date(office.clock())
    placed: list[UnitPlace] = []

    def scope() -> Scope:
        placed.append(queries.unit_place(unit_code, today))
        return replace(scopes.of_place(placed[0]), bill_type=bill_type)

    subject = f"unit:{unit_code[:18]}" + (f":{more}" if more else "")
    with acting(office, actor, act, scope=scope, subject=subject, missing=UnitUnknown):
        yield placed[0]
