"""查看人员: the people, appointments, UKEYs, sessions and records that one may see. Foreign is the same answer as missing."""

from __future__ import annotations

from piaoju.identity import queries as lists
from piaoju.identity import rights
from piaoju.identity.errors import ActNotPermitted, OperatorUnknown
from piaoju.identity.queries import AppointmentRow, AuditRow, OperatorRow, SessionRow, UkeyRow, Within
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import scopes
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.kit.listing import Asked, Condition, Found
from piaoju.registry import queries as registry
from piaoju.registry.types import Sight


def operators(office: Office, actor: OperatorActor, asked: Asked) -> Found[OperatorRow]:
    """Accounts in sight."""
    return lists.operators_page(_within(office, actor, Act.READ_OPERATORS), asked)


def operator(office: Office, actor: OperatorActor, username: str) -> OperatorRow:
    """One account in sight. Raises OperatorUnknown, also for one that is not in sight."""
    found = operators(office, actor, Asked((Condition("username", "eq", (username,)),), limit=1)).rows
    if not found:
        raise OperatorUnknown
    return found[0]


def appointments(office: Office, actor: OperatorActor, asked: Asked) -> Found[AppointmentRow]:
    """Appointments in sight."""
    return lists.appointments_page(_within(office, actor, Act.READ_OPERATORS), asked)


def waiting(office: Office, actor: OperatorActor) -> int:
    """How many appointments wait for an approval that this person may give."""
    asked = Asked((Condition("state", "eq", ("waiting",)),), limit=1)
    return lists.appointments_page(_within(office, actor, Act.APPROVE_APPOINTMENT), asked).whole.count


def ukeys(office: Office, actor: OperatorActor, asked: Asked) -> Found[UkeyRow]:
    """UKEYs of people in sight."""
    return lists.ukeys_page(_within(office, actor, Act.READ_OPERATORS), asked)


def sessions(office: Office, actor: OperatorActor, asked: Asked) -> Found[SessionRow]:
    """Open sessions of people in sight."""
    within = _within(office, actor, Act.END_SESSIONS)
    return lists.sessions_page(within, asked, office.sign_in_policy, office.clock())


def audit(office: Office, actor: OperatorActor, asked: Asked) -> Found[AuditRow]:
    """Acts and refusals in sight, for auditors."""
    return lists.audit_page(_within(office, actor, Act.READ_AUDIT), asked)


def _within(office: Office, actor: OperatorActor, act: Act) -> Within:
    """Where this person may do this. Raises ActNotPermitted where nowhere. Whoever sees the province sees everything."""
    if not rights.may_anywhere(actor, act):
        raise ActNotPermitted
    today = local_date(office.clock())
    sight = scopes.sight(actor, act, today)
    if sight.everything or registry.province_code() in sight.region_codes:
        return Within(everything=True)
    units = sight.unit_codes | sight.governing_codes
    if sight.region_codes:
        units |= set(registry.unit_codes(Sight(region_codes=sight.region_codes), today))
    return Within(False, sight.region_codes, units)
