"""数据质量与开票锁: what is wrong in the registry, and why a unit cannot issue today. Registry and seals meet here."""

from __future__ import annotations

from dataclasses import dataclass

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys import scopes
from piaoju.journeys.errors import CertificateNameDiffers
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.kit.listing import Asked, Found
from piaoju.registry import queries, rules
from piaoju.seal import queries as seal
from piaoju.seal.errors import CertificateMissing


@dataclass(frozen=True, slots=True)
class RuleCount:
    """One rule and how many units it names."""

    rule: queries.QualityRule
    units: int


def summary(office: Office, actor: OperatorActor) -> list[RuleCount]:
    """Every rule with its count, over the units this person may see; those with findings first."""
    at = office.clock()
    sight = scopes.sight(actor, Act.READ_REGISTRY, local_date(at))
    counts = queries.quality_counts(sight, local_date(at), seal.certified_units(at))
    return sorted((RuleCount(rule, counts[rule.key]) for rule in queries.RULES), key=lambda one: one.units == 0)


def page(office: Office, actor: OperatorActor, key: str, asked: Asked) -> Found[queries.QualityRow]:
    """The units that a rule names, within sight. Raises RuleUnknown."""
    at = office.clock()
    sight = scopes.sight(actor, Act.READ_REGISTRY, local_date(at))
    return queries.quality_page(key, sight, asked, local_date(at), seal.certified_units(at))


def locked_units(office: Office, actor: OperatorActor) -> int:
    """How many units within sight cannot issue today because a license or a certificate has run out."""
    at = office.clock()
    sight = scopes.sight(actor, Act.READ_REGISTRY, local_date(at))
    keys = ("license_expired", "certificate_missing")
    return queries.units_at_fault(sight, local_date(at), seal.certified_units(at), keys)


def under_way(office: Office, actor: OperatorActor) -> int:
    """How many units within sight are on their way online."""
    today = local_date(office.clock())
    sight = scopes.sight(actor, Act.PASS_STEP, today)
    return queries.units_page(sight, Asked(limit=1), today, under_way=True).whole.count


def proposals_waiting(office: Office, actor: OperatorActor) -> int:
    """How many proposals of others this person may decide."""
    today = local_date(office.clock())
    return queries.proposals_open(scopes.sight(actor, Act.DECIDE_BILL_TYPE, today), actor.person_id)


def locks(office: Office, unit_code: str) -> list[str]:
    """Why this unit cannot issue today, each with what to do; empty when it can. The door sees to it that who asks may.

    Raises UnitUnknown.
    """
    at = office.clock()
    register = queries.unit_register(unit_code)
    found = [fault.detail for fault in rules.locks(register, local_date(at))]
    try:
        if seal.signing_identity(unit_code, at).holder_name != register.record_on(local_date(at)).name:
            found.append(CertificateNameDiffers.label)
    except CertificateMissing as missing:
        found.append(missing.detail)
    return found
