"""Totals of a province's items in buckets up to a year, so that any period is a few of them; a region's items no longer by hour."""

from __future__ import annotations

from django.db import migrations

SQL = """
ALTER TABLE ledger_total DROP CONSTRAINT ledger_total_grain_check;
ALTER TABLE ledger_total ADD CONSTRAINT ledger_total_grain_check CHECK (grain BETWEEN 1 AND 6);

-- The beginning of the bucket that an hour lies in; 4 is 旬: from the 1st, 11th and 21st.
CREATE FUNCTION ledger_bucket(grain smallint, hour timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE AS
    $$SELECT CASE grain WHEN 4 THEN date_trunc('month', hour, 'Asia/Shanghai')
            + least((extract(day FROM hour AT TIME ZONE 'Asia/Shanghai')::int - 1) / 10, 2) * interval '10 days'
        ELSE date_trunc((ARRAY['hour', 'day', 'month', '', 'quarter', 'year'])[grain], hour, 'Asia/Shanghai') END$$;

DELETE FROM ledger_total WHERE scope = 2 AND grain = 1 AND item_code <> '';
INSERT INTO ledger_total (scope, grain, unit_id, region_code, bucket, bill_type_code, item_code, kind, sheets, amount_fen)
SELECT 3, longer, 0, '', ledger_bucket(longer, bucket), bill_type_code, item_code, kind, sum(sheets), sum(amount_fen)
FROM ledger_total JOIN (VALUES (4::smallint, 2), (5::smallint, 3), (6::smallint, 3)) AS of(longer, made_of) ON grain = made_of
WHERE scope = 3 AND item_code <> '' GROUP BY 2, 5, 6, 7, 8;
"""
UNDO = """
DELETE FROM ledger_total WHERE grain > 3;
INSERT INTO ledger_total (scope, grain, unit_id, region_code, bucket, bill_type_code, item_code, kind, sheets, amount_fen)
SELECT 2, 1, 0, region_code, date_trunc('hour', at, 'Asia/Shanghai'), bill_type_code, item.code, kind, sum(sheets), sum(item.fen)
FROM ledger_fact AS f, unnest(item_codes, item_fens) AS item(code, fen)
WHERE NOT EXISTS (SELECT 1 FROM ledger_delta)  -- whoever goes back has folded everything
GROUP BY 4, 5, 6, 7, 8;
ALTER TABLE ledger_total DROP CONSTRAINT ledger_total_grain_check;
ALTER TABLE ledger_total ADD CONSTRAINT ledger_total_grain_check CHECK (grain BETWEEN 1 AND 3);
DROP FUNCTION ledger_bucket(smallint, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_bills_of_a_bucket_and_unit")]
    operations = [migrations.RunSQL(SQL, UNDO)]
