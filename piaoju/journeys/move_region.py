"""行政区划: local extension codes, and a county that moves under another city. Figures of earlier days stay where they were."""

from __future__ import annotations

import re
from datetime import date

from piaoju.identity.rights import Act
from piaoju.identity.types import OperatorActor, Scope
from piaoju.journeys import scopes
from piaoju.journeys.acting import acting
from piaoju.journeys.office import Office
from piaoju.kit.clock import local_date
from piaoju.kit.errors import FieldError
from piaoju.registry import actions as registry
from piaoju.registry import queries
from piaoju.registry.errors import RegionUnknown, Unfit
from piaoju.registry.types import RegionToRegister


def register_local(
    office: Office, actor: OperatorActor, code: str, name: str, short_name: str, parent_code: str, basis_document: str
) -> None:
    """登记本地扩展代码 below a region, from today on. Raises Unfit, RegionUnknown, AlreadyRegistered."""
    today = local_date(office.clock())
    scope = scopes.asked(scopes.of_region, parent_code, today)
    with acting(office, actor, Act.MOVE_REGION, scope=scope, subject=f"region:{code[:9]}", missing=RegionUnknown):
        parent = queries.region(parent_code)
        found = []
        if not re.fullmatch(r"[0-9]{6}([0-9]{3})?", code):
            found.append(FieldError("/code", "region_code_wrong", "扩展代码是 6 位或 9 位数字。请改正"))
        if not name.strip() or len(name) > 60 or not 0 < len(short_name.strip()) <= 20:
            found.append(FieldError("/name", "region_name_missing", "要有名称（60 字以内）和简称（20 字以内）。请补上"))
        if parent.level >= 3:
            found.append(FieldError("/parent", "region_level", "区县之下不再设区划。请选市州或省作上级"))
        if not basis_document.strip() or len(basis_document) > 200:
            found.append(FieldError("/basis_document", "basis_missing", "没有依据文件。请填写设立文件的名称和文号"))
        if found:
            raise Unfit(f"有 {len(found)} 处需要改正", errors=found)
        region = RegionToRegister(
            code, name.strip(), short_name.strip(), min(parent.level + 1, 3), parent_code, today, local=True
        )
        registry.register_local_region(region, basis_document.strip())


def move(
    office: Office, actor: OperatorActor, region_code: str, parent_code: str, on: date, basis_document: str
) -> None:
    """划转 from this day on. It takes a person who stands above both. Raises Unfit, RegionUnknown, Overlapping."""
    today = local_date(office.clock())

    def scope() -> Scope:
        """What both have above them in common: whoever may act there stands above both."""
        here = queries.region_lineage(region_code, today)
        there = set(queries.region_lineage(parent_code, today))
        return Scope(region_codes=tuple(code for code in here[1:] if code in there))

    with acting(office, actor, Act.MOVE_REGION, scope=scope, subject=f"region:{region_code[:9]}", missing=RegionUnknown):
        found = []
        if queries.region(parent_code).level >= queries.region(region_code).level:
            found.append(FieldError("/parent", "region_level", "新的上级不在它之上。请选市州或省"))
        if parent_code in queries.region_lineage(region_code, max(on, today))[1:2]:
            found.append(FieldError("/parent", "region_already_there", "它已经在这个上级之下。请核对"))
        if on < today:
            found.append(FieldError("/on", "day_passed", f"划转只能从今天（{today}）或以后起算。请改日期"))
        if not basis_document.strip() or len(basis_document) > 200:
            found.append(FieldError("/basis_document", "basis_missing", "没有依据文件。请填写批准文件的名称和文号"))
        if found:
            raise Unfit(f"有 {len(found)} 处需要改正", errors=found)
        registry.move_region(region_code, parent_code, on, basis_document.strip())
