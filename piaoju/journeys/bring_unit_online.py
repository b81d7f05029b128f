"""单位上线: 登记 → 资料 → 证书 → 号段 → 试开 → 上线. Each step is passed on evidence that the rooms give, never on a tick alone.

Sources: 财综〔2018〕62号 (上线的步骤); 《财政票据管理办法》 (领用证, 号段, 首次领用).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from piaoju.crypto.ses import Picture
from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor
from piaoju.journeys.about_unit import about_unit
from piaoju.journeys.errors import CertificateNameDiffers
from piaoju.journeys.office import Office
from piaoju.kit.clock import SHANGHAI, local_date
from piaoju.kit.errors import FieldError, Refused
from piaoju.ledger import queries as ledger
from piaoju.registry import actions as registry
from piaoju.registry import queries, rules
from piaoju.registry.errors import Unfit
from piaoju.registry.types import UnitPlace
from piaoju.seal import actions as seal_actions
from piaoju.seal import queries as seal
from piaoju.seal import signers
from piaoju.seal.errors import CertificateMissing
from piaoju.seal.types import Holder, SealKind
from piaoju.standard.face import seal_picture
from piaoju.stock import queries as stock

_PASSED_BY_FINANCE = ("documents", "online")
_TEXT_MAX = 250


class StepUnfinished(Refused):
    code = "step_unfinished"
    label = "这一步还没有办完。请先补齐缺少的，再点完成"


class CertificateElsewhere(Refused):
    code = "certificate_elsewhere"
    label = "正式环境的证书由省级财政证书机构签发。请单位向证书机构申领，再点「提交证书和印章」"


def complete(office: Office, actor: OperatorActor, unit_code: str, stage: str) -> None:
    """The step is done, if what it needs is there; the next one opens.

    Raises UnitUnknown, StepUnfinished with everything that is missing, StageNotOpen.
    """
    act = Act.PASS_STEP if stage in _PASSED_BY_FINANCE else Act.ADVANCE_STEP
    with about_unit(office, actor, act, unit_code, stage[:12]) as place:
        missing = evidence_missing(office, place, stage)
        if missing:
            what = "；".join(fault.detail.partition("。")[0] for fault in missing)
            raise StepUnfinished(f"{what}。请补齐后再点完成", errors=missing)
        registry.complete_step(place.unit_id, stage, office.clock(), actor.name, f"「{_label(stage)}」办完")


def block(office: Office, actor: OperatorActor, unit_code: str, stage: str, why: str) -> None:
    """卡住: says who stopped it and why. Raises UnitUnknown, Unfit, StageNotOpen."""
    with about_unit(office, actor, Act.ADVANCE_STEP, unit_code, stage[:12]) as place:
        registry.block_step(place.unit_id, stage, _reason(why), office.clock(), actor.name)


def unblock(office: Office, actor: OperatorActor, unit_code: str, stage: str) -> None:
    """The step goes on. Raises UnitUnknown, StageNotOpen."""
    with about_unit(office, actor, Act.ADVANCE_STEP, unit_code, stage[:12]) as place:
        registry.unblock_step(place.unit_id, stage, office.clock(), actor.name)


def postpone(office: Office, actor: OperatorActor, unit_code: str, stage: str, due_on: date, why: str) -> None:
    """改期, by the finance department. Raises UnitUnknown, Unfit, StageNotOpen."""
    with about_unit(office, actor, Act.PASS_STEP, unit_code, stage[:12]) as place:
        if due_on < local_date(office.clock()):
            detail = "新的期限已经过去。请选今天或以后的日期"
            raise Unfit(detail, errors=[FieldError("/due_on", "day_passed", detail)])
        registry.postpone_step(place.unit_id, stage, due_on, office.clock(), actor.name, _reason(why))


def remind(office: Office, actor: OperatorActor, unit_code: str, stage: str, what: str) -> None:
    """催办: one line in what happened on the way. Raises UnitUnknown, Unfit."""
    with about_unit(office, actor, Act.PASS_STEP, unit_code, stage[:12]) as place:
        registry.append_event(place.unit_id, stage, office.clock(), actor.name, f"催办：{_reason(what)}"[:300])


def certify(office: Office, actor: OperatorActor, unit_code: str) -> None:
    """签发演示证书与单位印章. Raises UnitUnknown; CertificateElsewhere outside a demonstration."""
    with about_unit(office, actor, Act.PASS_STEP, unit_code, "certificate") as place:
        if not office.demonstration:
            raise CertificateElsewhere
        keys = office.data_folder / "keys"
        seal_actions.found_demonstration_authority(
            keys, office.data_folder / "trust.pem", signers.passphrase_of(keys, os.environ, may_create=False),
            supervisors=[], units=[Holder(place.code, place.name)], picture_of=_picture_of(office), at=office.clock(),
        )  # fmt: skip
        registry.append_event(place.unit_id, "certificate", office.clock(), actor.name, "签发演示证书与单位印章")


def evidence_missing(office: Office, place: UnitPlace, stage: str) -> list[FieldError]:
    """What this step still needs, each with what to do; empty when it may be completed."""
    find = _EVIDENCE.get(stage)
    return find(office, place) if find else []


def _documents(office: Office, place: UnitPlace) -> list[FieldError]:
    today = local_date(office.clock())
    kept = queries.documents_of(place.unit_id, today)
    found = []
    for kind in rules.REQUIRED_LICENSES[kept.industry]:
        if kind not in kept.license_kinds:
            detail = f"缺少有效的{queries.LICENSE_LABELS[kind]}。请到「证照」登记编号和有效期"
            found.append(FieldError("/licenses", "license_missing", detail))
    if not kept.authorizations:
        found.append(FieldError("/authorizations", "authorization_missing", "没有核准任何票种和项目。请到「核准」登记"))
    if kept.without_basis:
        detail = f"有 {kept.without_basis} 项核准没有依据文件。请到「核准」补登依据"
        found.append(FieldError("/authorizations", "basis_missing", detail))
    if not kept.issuing_points:
        found.append(FieldError("/issuing_points", "issuing_point_missing", "没有开票点。请登记至少一个开票点"))
    return found


def _certificate(office: Office, place: UnitPlace) -> list[FieldError]:
    try:
        if seal.signing_identity(place.code, office.clock()).holder_name != place.name:
            return [FieldError("/certificate", "certificate_name_differs", CertificateNameDiffers.label)]
    except CertificateMissing:
        detail = "单位没有此刻有效的证书和印章。请向证书机构申领后点「提交证书和印章」；演示环境点「签发演示证书」"
        return [FieldError("/certificate", "certificate_missing", detail)]
    return []


def _numbers(office: Office, place: UnitPlace) -> list[FieldError]:
    if any(row.left for row in stock.stock_of(place.unit_id)):
        return []
    return [FieldError("/numbers", "numbers_missing", "单位没有可用号码。请先申领，由财政部门审核发放")]


def _trial(office: Office, place: UnitPlace) -> list[FieldError]:
    started = queries.way_online(place.code, local_date(office.clock())).started_on
    since = datetime.combine(started, time.min, SHANGHAI)
    issued = ledger.totals(since, office.clock() + timedelta(seconds=1), unit_ids=[place.unit_id]).sum.issued_sheets
    if issued:
        return []
    return [FieldError("/trial", "trial_missing", "还没有试开过票据。请开票员开具一张并查验")]


_EVIDENCE: dict[str, Callable[[Office, UnitPlace], list[FieldError]]] = {
    "documents": _documents,
    "certificate": _certificate,
    "numbers": _numbers,
    "trial": _trial,
}


def _picture_of(office: Office) -> Callable[[SealKind, str], Picture]:
    def draw(kind: SealKind, name: str) -> Picture:
        return Picture("ofd", seal_picture.unit_seal_picture(office.fonts, name, demonstration=True), 38, 38)

    return draw


def _reason(why: str) -> str:
    why = " ".join(why.split())
    if not why or len(why) > _TEXT_MAX:
        detail = f"要写明原因，最多 {_TEXT_MAX} 个字。请补上，如「公章图片背景不透明，请换 PNG 透明底」"
        raise Unfit(detail, errors=[FieldError("/why", "reason_missing", detail)])
    return why


def _label(stage: str) -> str:
    return queries.STAGE_LABELS.get(stage, stage)
