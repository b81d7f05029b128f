"""证照: registering one unlocks issuing the same day, its end locks it (到期即锁定), and every refusal says why."""

from __future__ import annotations

from datetime import date

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys.about_unit import about_unit
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.kit.errors import FieldError
from piaoju.registry import actions as registry
from piaoju.registry import queries
from piaoju.registry.errors import Unfit
from piaoju.registry.types import LicenseToRegister


def register(office: Office, actor: OperatorActor, unit_code: str, license: LicenseToRegister) -> None:
    """登记或续期. The day `valid_to` is the first on which it does not hold. Raises UnitUnknown, Unfit, Overlapping."""
    today = local_date(office.clock())
    with about_unit(office, actor, Act.REGISTER_LICENSE, unit_code, license.kind[:16]) as place:
        found = []
        if license.kind not in queries.LICENSE_LABELS:
            found.append(FieldError("/kind", "license_kind_unknown", "没有这种证照。请从列表中选择"))
        if not license.number.strip() or len(license.number) > 100:
            found.append(FieldError("/number", "license_number_missing", "要有证照编号，最多 100 个字。请照证照填写"))
        if len(license.issuer) > 100:
            found.append(FieldError("/issuer", "text_too_long", "发证机关最多 100 个字。请缩短"))
        if license.valid_to is not None and license.valid_to <= max(license.valid_from, today):
            detail = "证照已经到期，或失效日期不在生效日期之后。请登记续期后的证照"
            found.append(FieldError("/valid_to", "license_expired", detail))
        if found:
            raise Unfit(f"有 {len(found)} 处需要改正", errors=found)
        registry.register_license(place.unit_id, license, office.clock(), actor.name)


def end(office: Office, actor: OperatorActor, unit_code: str, license_id: int, *, on: date, reason: str) -> None:
    """提前终止 (吊销、注销): issuing is locked from this day on. Raises UnitUnknown, Unfit."""
    today = local_date(office.clock())
    with about_unit(office, actor, Act.REGISTER_LICENSE, unit_code) as place:
        if on < today or not reason.strip():
            detail = f"要写明原因，日期是今天（{today}）或以后。请补上"
            raise Unfit(detail, errors=[FieldError("/reason", "reason_missing", detail)])
        if not registry.end_license(place.unit_id, license_id, on, reason.strip()[:200]):
            raise Unfit("没有这份有效的证照。请刷新页面查看")
