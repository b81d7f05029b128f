"""数据质量: what is wrong in the registry as it stands, rule by rule; each a list that names the units. Re-exported by `queries`.

Zero tolerance: a rule is an SQL text that names units of today and says why, so that nothing is sampled and nothing is guessed.
Sources: 《财政票据管理办法》 (依据, 领用证); 内财综〔2025〕768号 (证照到期即锁定); GB 32100 (统一社会信用代码).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from piaoju.kit.listing import Asked, Found, Source, find
from piaoju.registry import models, rules
from piaoju.registry.errors import RuleUnknown
from piaoju.registry.holding import holds_sql
from piaoju.registry.lists import scope_of
from piaoju.registry.types import Sight

ENDING_DAYS = 30


@dataclass(frozen=True, slots=True)
class QualityRule:
    """One rule. `sql` gives (unit_id, detail) of the units at fault; {on} and {soon} are days, {seen} the units looked at."""

    key: str
    label: str
    why: str
    remedy: str
    sql: str
    certified: bool = False  # takes the codes of the units that have a certificate in force


@dataclass(frozen=True, slots=True)
class QualityRow:
    """One unit at fault."""

    code: str
    name: str
    region_code: str
    region_name: str
    industry: str
    detail: str


_NOW_A, _NOW_E, _NOW_T, _NOW_L, _NOW_P = (holds_sql(alias, "{on}") for alias in ("a", "e", "t", "l", "p"))
_WEIGHTS = "ARRAY[1,3,9,27,19,26,16,17,20,29,25,13,8,24,10,30,28]"
_SIGNS = "'0123456789ABCDEFGHJKLMNPQRTUWXY'"
_REQUIRED = ", ".join(
    f"('{industry}', '{kind}')" for industry, kinds in rules.REQUIRED_LICENSES.items() for kind in kinds
)
_KINDS = " ".join(f"WHEN '{value}' THEN '{label}'" for value, label in models.LicenseKind.choices)
_KIND_LABELS = f"CASE l.kind {_KINDS} END"

# Each region with itself and every region above it today.
_ABOVE = f"""SELECT code, code FROM registry_region UNION SELECT above.code, p.parent_id
    FROM above JOIN registry_regionparent p ON p.region_id = above.region_id AND {_NOW_P}"""

RULES: tuple[QualityRule, ...] = (
    QualityRule(
        "unit_code_wrong", "信用代码校验位不对", "代码抄错，票面上的开票单位就错了", "对照登记证书核对，重新登记单位",
        f"""SELECT c.id, '校验位应为 ' || substr({_SIGNS}, (31 - c.weighted %% 31) %% 31 + 1, 1)
        FROM (SELECT u.id, u.code, (SELECT sum((strpos({_SIGNS}, substr(u.code, i, 1)) - 1) * ({_WEIGHTS})[i])
              FROM generate_series(1, 17) i)::int AS weighted FROM seen u) c
        WHERE substr(c.code, 18, 1) <> substr({_SIGNS}, (31 - c.weighted %% 31) %% 31 + 1, 1)""",
    ),
    QualityRule(
        "same_name", "单位重名", "同一区划里两个代码用同一个名称，多半是重复登记", "核对后停用多余的一个",
        """SELECT id, '同名 ' || n || ' 家' FROM (SELECT id, count(*) OVER (PARTITION BY region_code, name) AS n FROM seen) d
        WHERE n > 1""",
    ),
    QualityRule(
        "same_organization", "主体标识重复", "信用代码第 9 到 17 位是同一组织，换证后可能重复登记", "核对后停用旧代码的单位",
        """SELECT id, '与另 ' || n - 1 || ' 家同一组织' FROM (SELECT id, count(*) OVER (PARTITION BY substr(code, 9, 9)) AS n
        FROM seen) d WHERE n > 1""",
    ),
    QualityRule(
        "same_account", "收款账号重复", "几个单位用同一账号，票款分不清", "核对开户行和账号，变更单位档案",
        """SELECT id, '同一账号 ' || n || ' 家' FROM (SELECT id, account, count(*) OVER (PARTITION BY account) AS n FROM seen
        WHERE account <> '') d WHERE n > 1""",
    ),
    QualityRule(
        "account_missing", "没有收款账号", "票面和对账都要用", "变更单位档案，补登账号",
        "SELECT id, '账号为空' FROM seen WHERE account = ''",
    ),
    QualityRule(
        "governing_missing", "没有主管部门", "主管部门看不到它的汇总", "变更单位档案，补登主管部门",
        "SELECT id, '主管部门为空' FROM seen WHERE governing_code = ''",
    ),
    QualityRule(
        "license_expired", "证照已到期", "到期即锁定，今天不能开具", "登记续期后的证照，立即恢复",
        f"""SELECT l.unit_id, string_agg({_KIND_LABELS} || ' ' || l.ended - 1 || ' 到期', '；') FROM (
            SELECT unit_id, kind, max(valid_to) AS ended, bool_or({_NOW_L}) AS holds FROM registry_license l
            GROUP BY unit_id, kind) l
        WHERE NOT l.holds AND l.ended <= DATE '{{on}}' GROUP BY l.unit_id""",
    ),
    QualityRule(
        "license_ending", f"证照 {ENDING_DAYS} 天内到期", "到期当天自动停止开具", "提醒单位续期，登记新的证照",
        f"""SELECT l.unit_id, string_agg({_KIND_LABELS} || ' ' || l.ended - 1 || ' 到期', '；') FROM (
            SELECT unit_id, kind, max(coalesce(valid_to, DATE '9999-12-31')) AS ended FROM registry_license l
            GROUP BY unit_id, kind) l
        WHERE l.ended > DATE '{{on}}' AND l.ended <= DATE '{{soon}}' GROUP BY l.unit_id""",
    ),
    QualityRule(
        "license_missing", "缺少证照", "行业要求的证照没有登记", "登记证照的编号和有效期",
        f"""SELECT u.id, '缺少 ' || string_agg({_KIND_LABELS}, '、') FROM seen u
        JOIN (VALUES {_REQUIRED}) AS l(industry, kind) ON l.industry = u.industry
        WHERE NOT EXISTS (SELECT 1 FROM registry_license h WHERE h.unit_id = u.id AND h.kind = l.kind) GROUP BY u.id""",
    ),
    QualityRule(
        "certificate_missing", "数字证书过期或没有", "没有有效证书和印章的单位不能开具", "向证书机构申领或续期，登记印章",
        "SELECT u.id, '没有此刻有效的证书和印章' FROM seen u WHERE u.state = 'online' AND NOT u.code = ANY(%s)",
        certified=True,
    ),
    QualityRule(
        "basis_missing", "核准缺依据", "没有依据的收费不能核准", "补登依据文件，或终止核准",
        f"""SELECT a.unit_id, count(*) || ' 项核准没有依据' FROM registry_authorization a
        WHERE a.basis_document = '' AND {_NOW_A} GROUP BY a.unit_id""",
    ),
    QualityRule(
        "standard_missing", "收费项目没有标准依据", "核准的项目今天没有标准和依据", "登记项目的收费标准和依据",
        f"""SELECT a.unit_id, count(*) || ' 个项目没有标准依据' FROM registry_authorization a
        WHERE {_NOW_A} AND NOT EXISTS (SELECT 1 FROM registry_chargestandard t
            WHERE t.charge_item_id = a.charge_item_id AND t.basis_document <> '' AND {_NOW_T}) GROUP BY a.unit_id""",
    ),
    QualityRule(
        "bill_type_not_enabled", "核准了没有启用的票种", "票种停用或不适用于这个行业，核准是空的", "启用票种，或终止核准",
        f"""SELECT a.unit_id, string_agg(DISTINCT a.bill_type_id, '、') FROM (
            SELECT unit_id, bill_type_id, region_code, industry
            FROM registry_authorization a JOIN seen u ON u.id = a.unit_id WHERE {_NOW_A}) a
        WHERE NOT EXISTS (
            SELECT 1 FROM registry_billtypeenablement e JOIN above ON above.region_id = e.region_id
            WHERE above.code = a.region_code AND e.bill_type_id = a.bill_type_id
            AND (e.industries = '{{{{}}}}' OR a.industry = ANY(e.industries)) AND {_NOW_E}) GROUP BY a.unit_id""",
    ),
    QualityRule(
        "authorization_missing", "上线单位没有核准", "没有票种和项目，什么也开不了", "核准票种和项目",
        f"""SELECT u.id, '没有在用的核准' FROM seen u WHERE u.state = 'online'
        AND NOT EXISTS (SELECT 1 FROM registry_authorization a WHERE a.unit_id = u.id AND {_NOW_A})""",
    ),
    QualityRule(
        "region_ended", "区划已停用", "单位还挂在停用的区划下", "变更单位档案，改到现在的区划",
        """SELECT u.id, '区划 ' || u.region_code || ' 已停用' FROM seen u JOIN registry_region g ON g.code = u.region_code
        WHERE g.valid_to <= DATE '{on}'""",
    ),
    QualityRule(
        "step_overdue", "上线逾期", "步骤过了期限还没有办完", "催办责任人，或改期并写明原因",
        """SELECT s.unit_id, '逾期 ' || (DATE '{on}' - s.due_on) || ' 天' FROM registry_onboardingstep s
        WHERE s.state IN ('open', 'stuck') AND s.due_on < DATE '{on}'""",
    ),
)  # fmt: skip
_BY_KEY = {rule.key: rule for rule in RULES}


def quality_rule(key: str) -> QualityRule:
    """Raises RuleUnknown."""
    if key not in _BY_KEY:
        raise RuleUnknown
    return _BY_KEY[key]


def quality_counts(sight: Sight, on: date, certified: Collection[str]) -> dict[str, int]:
    """How many units in sight each rule names."""
    found = {}
    with connection.cursor() as cursor:
        # One statement a rule: all of them in one were planned a hundred times worse.
        for key, rule in _BY_KEY.items():
            text, values = _at_fault(rule, sight, on, certified)
            cursor.execute(f"SELECT count(*) FROM ({text}) AS f", values)
            found[key] = int(cursor.fetchone()[0])
    return found


def units_at_fault(sight: Sight, on: date, certified: Collection[str], keys: Collection[str]) -> int:
    """How many units in sight at least one of these rules names."""
    codes: set[str] = set()
    with connection.cursor() as cursor:
        for key in keys:
            text, values = _at_fault(_BY_KEY[key], sight, on, certified)
            cursor.execute(f"SELECT f.code FROM ({text}) AS f", values)
            codes |= {code for (code,) in cursor.fetchall()}
    return len(codes)


def quality_page(key: str, sight: Sight, asked: Asked, on: date, certified: Collection[str]) -> Found[QualityRow]:
    """The units in sight that a rule names. Raises RuleUnknown."""
    text, values = _at_fault(quality_rule(key), sight, on, certified)
    source = Source(
        table=f"({text}) AS f",
        fields={name: f"f.{name}" for name in ("code", "name", "region_code", "region_name", "industry", "detail")},
        key=("code",),
    )
    with connection.cursor() as cursor:
        return find(cursor, source, asked, QualityRow, scope="true", scope_values=values)


def _at_fault(rule: QualityRule, sight: Sight, on: date, certified: Collection[str]) -> tuple[str, list[Any]]:
    """Units in sight that a rule names, with what pages show of them. Duplicates are looked for among all units in sight."""
    seen, values = _seen(sight, on)
    text = f"""WITH RECURSIVE above(code, region_id) AS ({_ABOVE.format(on=on)}),
        seen AS MATERIALIZED ({seen}), named(unit_id, detail) AS ({_of_rule(rule, on)})
        SELECT u.code, u.name, u.region_code, g.name AS region_name, u.industry, n.detail
        FROM named n JOIN seen u ON u.id = n.unit_id JOIN registry_region g ON g.code = u.region_code"""
    return text, [*values, list(certified)] if rule.certified else values


def _of_rule(rule: QualityRule, on: date) -> str:
    return rule.sql.format(on=on, soon=on + timedelta(days=ENDING_DAYS))


def _seen(sight: Sight, on: date) -> tuple[str, list[Any]]:
    """The units of today in sight, with what the rules look at."""
    scope, values = scope_of(sight)
    text = f"""SELECT u.id, u.code, r.name, r.region_id AS region_code, r.industry, r.recipient_account AS account,
            coalesce(r.governing_department_id, '') AS governing_code,
            CASE WHEN EXISTS (SELECT 1 FROM registry_onboardingstep s WHERE s.unit_id = u.id AND s.state IN ('open', 'stuck'))
                THEN 'under_way' ELSE 'online' END AS state
        FROM registry_unit u JOIN registry_unitrecord r ON r.unit_id = u.id AND {holds_sql("r", on)}
        WHERE (u.valid_to IS NULL OR u.valid_to > DATE '{on}') AND ({scope})"""
    return text, values
