"""Bills of a province by the million, written month by month in the real tables, set by set, inside the database.

39,000 units of very different size (the largest has some 6 % of all bills) in the real counties; each unit charges from a small
menu of its own, at standard prices times a quantity, as units do; one bill in a hundred is reversed. Chance comes from a seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

from piaoju.kit import partitions

UNITS, ITEMS = 39_000, 3_192
TABLES = ("issuing_bill", "issuing_bill_line", "ledger_fact")

_PLACES = """
INSERT INTO registry_governingdepartment (code, name, region_id, valid_from)
SELECT 'BENCH' || lpad(n::text, 3, '0'), '演示主管部门' || n, '510000', date '2019-01-01' FROM generate_series(0, 59) AS n;
INSERT INTO registry_unit (code, valid_from)
SELECT 'B' || lpad(n::text, 17, '0'), date '2019-01-01' FROM generate_series(1, %(units)s) AS n;
INSERT INTO registry_unitrecord (unit_id, name, region_id, finance_department_id, governing_department_id, industry,
    connection_mode, recipient_name, recipient_account, recipient_bank, contact_name, contact_phone_tail, valid_from,
    recorded_at, recorded_by)
SELECT u.id, '演示' || (ARRAY['学校', '医院', '协会', '局'])[n %% 4 + 1] || n, r.codes[n %% cardinality(r.codes) + 1],
    (SELECT min(region_id) FROM registry_financedepartment), 'BENCH' || lpad((n %% 60)::text, 3, '0'),
    (ARRAY['education', 'medical', 'association', 'other'])[n %% 4 + 1], 'online',
    '', '', '', '', '', date '2019-01-01', now(), 'bench'
FROM generate_series(1, %(units)s) AS n JOIN registry_unit AS u ON u.code = 'B' || lpad(n::text, 17, '0'),
    (SELECT array_agg(code ORDER BY code) AS codes FROM registry_region WHERE level = 3) AS r;
INSERT INTO registry_chargeitem (code, name, measure)
SELECT '77' || lpad(n::text, 7, '0'), '演示收费' || n, '次' FROM generate_series(0, %(items)s - 1) AS n;
CREATE TABLE bench_unit AS
SELECT (row_number() OVER (ORDER BY md5(u.code)))::int AS rank, u.id, r.region_id AS region_code, r.industry
FROM registry_unit AS u JOIN registry_unitrecord AS r ON r.unit_id = u.id WHERE r.recorded_by = 'bench';
ALTER TABLE bench_unit ADD PRIMARY KEY (rank);
ANALYZE bench_unit;
"""

# A month's bills, their lines, the red bills of some, in temporary tables.
_MONTH = """
SELECT setseed(%(seed)s);
CREATE TEMPORARY TABLE drawn AS
SELECT n, least(floor(power(%(units)s::float8, random())), %(units)s)::int AS rank,
    timestamptz '%(first)s 08:00+08' + floor(random() * (date '%(next)s' - date '%(first)s')) * interval '1 day'
        + random() * interval '9 hours 50 minutes' AS issued_at,
    random() AS kind, random() AS many,
    substr('王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗', 1 + floor(random() * 20)::int, 1)
        || substr('小志建国文春秋玉海明丽晓永红金美俊雪子梓', 1 + floor(random() * 20)::int, 1)
        || substr('明芳伟强军霞磊洋梅静杰涛超勇艳娟燕平刚辉华', 1 + floor(random() * 20)::int, 1) AS payer_name
FROM generate_series(1, %(bills)s) AS n;
CREATE TEMPORARY TABLE made AS
SELECT d.n, u.rank, u.id AS unit_id, u.region_code, u.industry, d.issued_at, d.payer_name, d.many,
    CASE u.industry WHEN 'medical' THEN CASE WHEN d.kind < 0.8 THEN '0601' ELSE '0602' END WHEN 'education' THEN '0206'
        WHEN 'association' THEN '0401' ELSE '0101' END AS bill_type
FROM drawn AS d JOIN bench_unit AS u USING (rank);
ALTER TABLE made ADD COLUMN bill_number bigint;
UPDATE made SET bill_number = placed.number FROM (
    SELECT n, %(month)s * 20000000::bigint + row_number() OVER (PARTITION BY bill_type ORDER BY issued_at) AS number
    FROM made) AS placed WHERE placed.n = made.n;
CREATE TEMPORARY TABLE made_line AS
SELECT m.n, l AS line_number,
    '77' || lpad(((m.rank * 7919 + floor(power(random(), 2) * CASE m.industry WHEN 'medical' THEN 60 ELSE 12 END)::int)
        %% %(items)s)::text, 7, '0') AS item_code, (1 + floor(power(random(), 3) * 5))::bigint AS quantity
FROM made AS m, LATERAL generate_series(1, 1 + floor(m.many * CASE m.industry WHEN 'medical' THEN 6 ELSE 2 END)::int) AS l;
ALTER TABLE made_line ADD COLUMN amount_fen bigint;
UPDATE made_line SET amount_fen = quantity * (abs(hashtext(item_code)) %% 400 + 1) * 50;
CREATE TEMPORARY TABLE made_total AS SELECT n, sum(amount_fen)::bigint AS total_fen FROM made_line GROUP BY n;
CREATE TEMPORARY TABLE every AS
SELECT m.n, 1 AS sign, m.unit_id, m.issued_at, '51' || m.bill_type || '%(year)s' AS bill_code, m.bill_number, m.bill_type,
    m.region_code, m.payer_name, t.total_fen, NULL::text AS reverses_code, NULL::bigint AS reverses_number
FROM made AS m JOIN made_total AS t USING (n);
INSERT INTO every
SELECT n, -1, unit_id, issued_at + interval '7 minutes', bill_code, bill_number + 10000000, bill_type, region_code, payer_name,
    -total_fen, bill_code, bill_number FROM every WHERE n %% 100 = 0;
"""
_ROWS = {
    "issuing_bill": """
INSERT INTO {part} (unit_id, issued_at, bill_code, bill_number, bill_type_code, region_code, check_code, business_number,
    payer_type, payer_name, total_fen, pay_mode, payment_code, handler, checker, reverses_code, reverses_number, actor, digest)
SELECT unit_id, issued_at, bill_code, bill_number, bill_type, region_code, 'abc123', 'N' || bill_code || bill_number, 1,
    payer_name, total_fen, '', '', '甲', '乙', reverses_code, reverses_number, 'client:bench', sha256(payer_name::bytea)
FROM every ORDER BY issued_at;
""",
    "issuing_bill_line": """
INSERT INTO {part} (unit_id, issued_at, bill_code, bill_number, line_number, item_code, quantity_e4, standard_e4, amount_fen,
    region_code, total_fen)
SELECT e.unit_id, e.issued_at, e.bill_code, e.bill_number, l.line_number, l.item_code, l.quantity * 10000 * e.sign,
    l.amount_fen / l.quantity * 100, l.amount_fen * e.sign, e.region_code, e.total_fen
FROM every AS e JOIN made_line AS l USING (n) ORDER BY e.issued_at;
""",
    "ledger_fact": """
INSERT INTO {part} (unit_id, at, kind, bill_code, bill_number, region_code, bill_type_code, sheets, amount_fen, item_codes,
    item_fens, actor, digest)
SELECT e.unit_id, e.issued_at, CASE e.sign WHEN 1 THEN 3 ELSE 4 END, e.bill_code, e.bill_number, e.region_code, e.bill_type, 1,
    e.total_fen, i.codes, CASE e.sign WHEN 1 THEN i.fens ELSE ARRAY(SELECT -f FROM unnest(i.fens) AS f) END, 'client:bench',
    sha256(e.payer_name::bytea)
FROM every AS e JOIN (
    SELECT n, array_agg(item_code ORDER BY item_code) AS codes, array_agg(fen ORDER BY item_code) AS fens
    FROM (SELECT n, item_code, sum(amount_fen)::bigint AS fen FROM made_line GROUP BY n, item_code) AS one
    GROUP BY n) AS i USING (n)
ORDER BY e.issued_at;
""",
}
_SEQUELS = """
ALTER TABLE issuing_sequel DISABLE TRIGGER USER;
INSERT INTO issuing_sequel (unit_id, bill_code, bill_number, ordinal, issued_at, kind, at, reversed_fen, left_fen, on_paper,
    line_numbers, line_fens, line_quantities_e4, red_code, red_number, reason, actor)
SELECT unit_id, bill_code, bill_number, 1, issued_at, 'reversed', issued_at + interval '7 minutes', total_fen, 0, false,
    '{}', '{}', '{}', bill_code, bill_number + 10000000, '退费', 'client:bench' FROM every WHERE n % 100 = 0 AND sign = 1;
ALTER TABLE issuing_sequel ENABLE TRIGGER USER;
"""
_DELTAS = """
INSERT INTO ledger_delta (unit_id, hour, region_code, bill_type_code, kind, sheets, amount_fen, item_codes, item_fens)
SELECT unit_id, date_trunc('hour', at, 'Asia/Shanghai'), region_code, bill_type_code, kind, sheets, amount_fen, item_codes,
    item_fens FROM {part};
"""
_DROP = "DROP TABLE drawn, made, made_line, made_total, every;"


class Connection(Protocol):
    """A psycopg connection that commits each statement."""

    def execute(self, query: Any, params: Any = None, /) -> Any: ...


def found_places(connection: Connection) -> None:
    """The units and the items they charge, unless they are there."""
    if connection.execute("SELECT to_regclass('bench_unit')").fetchone()[0]:
        return
    for statement in _statements(_PLACES, {"units": UNITS, "items": ITEMS}):
        connection.execute(statement)


def is_made(connection: Connection, first: date) -> bool:
    """Whether this month was generated, by this run or one before it: its marks come last."""
    found = connection.execute("SELECT obj_description(to_regclass(%s))", (partitions.partition_name("ledger_fact", first),))
    return bool(found.fetchone()[0])


def note_made(connection: Connection, first: date) -> None:
    """The month is complete, totals included."""
    connection.execute(f"COMMENT ON TABLE {partitions.partition_name('ledger_fact', first)} IS 'generated'")


def month(connection: Connection, first: date, place: int, bills: int) -> None:
    """One month's bills, lines, facts and reversals; the totals are left to be folded. The month must have no partition yet."""
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    values = {
        "seed": f"{(place % 97) / 100:.2f}", "units": UNITS, "items": ITEMS, "first": first.isoformat(),
        "next": following.isoformat(), "bills": bills, "month": place + 1, "year": f"{first.year % 100:02d}",
    }  # fmt: skip
    for statement in _statements(_MONTH, values):
        connection.execute(statement)
    for table in TABLES:
        part = partitions.partition_name(table, first)
        connection.execute(f"CREATE TABLE {part} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        connection.execute(_ROWS[table].format(part=part))
        connection.execute(
            f"ALTER TABLE {table} ATTACH PARTITION {part} "
            f"FOR VALUES FROM ('{first} 00:00:00+08') TO ('{following} 00:00:00+08')"
        )
        connection.execute(f"VACUUM ANALYZE {part}")
    for statement in _SEQUELS.strip().split(";\n"):
        connection.execute(statement)
    connection.execute(_DELTAS.format(part=partitions.partition_name("ledger_fact", first)))
    connection.execute(_DROP)


def _statements(text: str, values: dict[str, Any]) -> Sequence[str]:
    return [statement for statement in (text % values).split(";\n") if statement.strip()]
