"""复核要求: from which total on bills of a unit's window wait for a 复核员. The unit's keeper decides."""

from __future__ import annotations

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.issuing import actions as issuing
from piaoju.issuing import queries
from piaoju.issuing.types import ReviewRule
from piaoju.journeys import window_desk
from piaoju.journeys.acting import acting, reading
from piaoju.journeys.office import Office
from piaoju.registry.errors import UnitUnknown


def rule_of(office: Office, actor: OperatorActor, unit_code: str) -> ReviewRule | None:
    """The rule in force, for whoever may set it. Raises ActNotPermitted, UnitUnknown."""
    reading(actor, Act.SET_REVIEW_RULE, window_desk.scope_of(office, unit_code), missing=UnitUnknown)
    return queries.review_rule(window_desk.register_of(unit_code).unit_id)


def set_rule(office: Office, actor: OperatorActor, unit_code: str, from_total_fen: int | None) -> None:
    """From the next bill on; none: no review. What waits already keeps waiting. Raises ActNotPermitted, UnitUnknown."""
    told = "none" if from_total_fen is None else str(from_total_fen)
    with acting(
        office, actor, Act.SET_REVIEW_RULE, scope=lambda: window_desk.scope_of(office, unit_code),
        subject=f"unit:{unit_code} from:{told}", missing=UnitUnknown,
    ):  # fmt: skip
        unit_id = window_desk.register_of(unit_code).unit_id
        issuing.set_review_rule(unit_id, from_total_fen, actor.name, office.clock())
