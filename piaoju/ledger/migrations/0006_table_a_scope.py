"""A table of totals a scope, with items and without: rows of the province no longer lie among those of 39,000 units.

One index each, by bucket first. Units no longer by hour, items of units and regions by 旬 instead of days; regions in buckets up
to a year; items also without their bill type ('' stands for every type), for that is how they are mostly asked for.
"""

from __future__ import annotations

from django.db import migrations

_COLUMNS = """(
    scope          smallint    NOT NULL CHECK (scope BETWEEN 1 AND 3),
    grain          smallint    NOT NULL CHECK (grain BETWEEN 1 AND 6),
    unit_id        bigint      NOT NULL,
    region_code    text COLLATE "C" NOT NULL,
    bucket         timestamptz NOT NULL,
    bill_type_code text COLLATE "C" NOT NULL,
    item_code      text COLLATE "C" NOT NULL,
    kind           smallint    NOT NULL,
    sheets         numeric(39) NOT NULL,
    amount_fen     numeric(39) NOT NULL,
    CONSTRAINT {name} PRIMARY KEY ({key})
)"""
_KEY = "scope, grain, bucket, unit_id, region_code, bill_type_code, item_code, kind"
_OLD_KEY = "scope, grain, unit_id, region_code, bucket, bill_type_code, item_code, kind"
_ALL = "scope, grain, unit_id, region_code, bucket, bill_type_code, item_code, kind, sheets, amount_fen"

SQL = (
    f"""
ALTER TABLE ledger_fact ADD CONSTRAINT ledger_fact_bill_type CHECK (bill_type_code <> '');
ALTER TABLE ledger_total RENAME TO ledger_total_before;
ALTER TABLE ledger_total_before RENAME CONSTRAINT ledger_total_pkey TO ledger_total_before_pkey;
CREATE TABLE ledger_total {_COLUMNS.format(name="ledger_total_pkey", key=_KEY)} PARTITION BY LIST (scope);
"""
    + "".join(
        f"""
CREATE TABLE ledger_total_{name} PARTITION OF ledger_total FOR VALUES IN ({scope}) PARTITION BY LIST (item_code);
CREATE TABLE ledger_total_{name}_bill PARTITION OF ledger_total_{name} FOR VALUES IN ('') WITH (fillfactor = 80);
CREATE TABLE ledger_total_{name}_item PARTITION OF ledger_total_{name} DEFAULT WITH (fillfactor = 80);
"""
        for scope, name in ((1, "unit"), (2, "region"), (3, "all"))
    )
    + f"""
INSERT INTO ledger_total ({_ALL})
SELECT scope, of.grain, unit_id, region_code, ledger_bucket(of.grain, bucket), of.bill_type, item_code, kind, sum(sheets),
       sum(amount_fen)
FROM ledger_total_before AS before, LATERAL (
    SELECT k.grain::smallint AS grain, CASE WHEN k.typed THEN before.bill_type_code ELSE '' COLLATE "C" END AS bill_type FROM (VALUES
        (1, false, 2, 2, true), (1, false, 3, 3, true), (1, true, 4, 2, true), (1, true, 3, 3, true),
        (2, false, 1, 1, true), (2, false, 2, 2, true), (2, false, 3, 3, true), (2, false, 4, 2, true), (2, false, 5, 3, true),
        (2, false, 6, 3, true), (2, true, 4, 2, true), (2, true, 3, 3, true), (2, true, 5, 3, false), (2, true, 6, 3, false),
        (3, false, 1, 1, true), (3, false, 2, 2, true), (3, false, 3, 3, true), (3, false, 4, 2, true), (3, false, 5, 3, true),
        (3, false, 6, 3, true), (3, true, 2, 2, true), (3, true, 3, 3, true), (3, true, 1, 1, false), (3, true, 2, 2, false),
        (3, true, 3, 3, false), (3, true, 4, 2, false), (3, true, 5, 3, false), (3, true, 6, 3, false)
    ) AS k(scope, items, grain, made_of, typed)
    WHERE k.scope = before.scope AND k.items = (before.item_code <> '') AND k.made_of = before.grain) AS of
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 5, 3, 4;
DROP TABLE ledger_total_before;
"""
)
UNDO = f"""
ALTER TABLE ledger_fact DROP CONSTRAINT ledger_fact_bill_type;
DROP TABLE ledger_total;
CREATE TABLE ledger_total {_COLUMNS.format(name="ledger_total_pkey", key=_OLD_KEY)} WITH (fillfactor = 80);
CREATE INDEX ledger_total_bucket ON ledger_total (scope, grain, bucket);
CREATE INDEX ledger_total_item ON ledger_total (item_code, scope, grain, bucket) WHERE scope > 1 AND item_code <> '';
CREATE INDEX ledger_total_bills ON ledger_total (scope, grain, bucket, unit_id, region_code) WHERE item_code = '';
INSERT INTO ledger_total ({_ALL})
SELECT scope, grain, CASE scope WHEN 1 THEN unit_id ELSE 0 END, CASE scope WHEN 3 THEN '' ELSE region_code END,
       ledger_bucket(grain, date_trunc('hour', at, 'Asia/Shanghai')), bill_type_code, item.code, kind, sum(sheets), sum(item.fen)
FROM ledger_fact, LATERAL (SELECT '' COLLATE "C" AS code, amount_fen AS fen
        UNION ALL SELECT i.code, i.fen FROM unnest(item_codes, item_fens) AS i(code, fen)) AS item,
    generate_series(1, 3) AS s(scope), (VALUES (1::smallint), (2::smallint), (3::smallint), (4::smallint), (5::smallint), (6::smallint)) AS g(grain)
WHERE NOT EXISTS (SELECT 1 FROM ledger_delta)  -- whoever goes back has folded everything
    AND CASE WHEN item.code = '' THEN grain < 4 WHEN scope = 3 THEN true ELSE grain IN (2, 3) END
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_fewer_buckets")]
    operations = [migrations.RunSQL(SQL, UNDO)]
