"""What bills are found by, for less: every index costs each bill that is issued (docs/decisions/0022)."""

from __future__ import annotations

from django.db import migrations

SQL = """
DROP INDEX issuing_bill_at, issuing_bill_payer, issuing_bill_payer_part, issuing_bill_line_item, issuing_bill_line_unit;

-- A line knows its bill's region and total, so that what is asked of lines is counted and summed in the lines' index alone.
ALTER TABLE issuing_bill_line ADD COLUMN region_code text, ADD COLUMN total_fen bigint;
ALTER TABLE issuing_bill_line DISABLE TRIGGER USER;
UPDATE issuing_bill_line AS l SET region_code = b.region_code, total_fen = b.total_fen FROM issuing_bill AS b
WHERE b.unit_id = l.unit_id AND b.issued_at = l.issued_at AND b.bill_code = l.bill_code AND b.bill_number = l.bill_number;
ALTER TABLE issuing_bill_line ENABLE TRIGGER USER;
ALTER TABLE issuing_bill_line ALTER COLUMN region_code SET NOT NULL, ALTER COLUMN total_fen SET NOT NULL;
CREATE INDEX issuing_bill_line_item ON issuing_bill_line (item_code, amount_fen, issued_at, unit_id)
    INCLUDE (region_code, bill_code, bill_number, total_fen);

-- One instant is few bills: the rest of the order is sorted where it is read.
CREATE INDEX issuing_bill_at ON issuing_bill (issued_at);

-- The neighbouring pairs of a name's characters; names of a person's length at once, a query for a few letters costs more.
DROP FUNCTION issuing_bigrams(text);
CREATE FUNCTION issuing_pairs(name text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    CASE char_length(name)
        WHEN 2 THEN RETURN ARRAY[name];
        WHEN 3 THEN RETURN ARRAY[substr(name, 1, 2), substr(name, 2)];
        WHEN 4 THEN RETURN ARRAY[substr(name, 1, 2), substr(name, 2, 2), substr(name, 3)];
        ELSE RETURN (SELECT coalesce(array_agg(DISTINCT substr(name, place, 2)), ARRAY[]::text[])
                     FROM generate_series(1, char_length(name) - 1) AS place);
    END CASE;
END $$;
CREATE INDEX issuing_bill_payer_part ON issuing_bill USING gin (issuing_pairs(payer_name));
"""
UNDO = """
DROP INDEX issuing_bill_at, issuing_bill_payer_part, issuing_bill_line_item;
DROP FUNCTION issuing_pairs(text);
CREATE FUNCTION issuing_bigrams(name text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT coalesce(array_agg(DISTINCT substr(name, place, 2)), ARRAY[]::text[])
     FROM generate_series(1, char_length(name) - 1) AS place';
ALTER TABLE issuing_bill_line DROP COLUMN region_code, DROP COLUMN total_fen;
CREATE INDEX issuing_bill_at ON issuing_bill (issued_at, unit_id, bill_code, bill_number);
CREATE INDEX issuing_bill_payer ON issuing_bill (payer_name, issued_at);
CREATE INDEX issuing_bill_payer_part ON issuing_bill USING gin (issuing_bigrams(payer_name));
CREATE INDEX issuing_bill_line_item ON issuing_bill_line (item_code, amount_fen, issued_at);
CREATE INDEX issuing_bill_line_unit ON issuing_bill_line (unit_id, item_code, amount_fen, issued_at);
"""


class Migration(migrations.Migration):
    dependencies = [("issuing", "0009_prints_by_month")]
    operations = [migrations.RunSQL(SQL, UNDO)]
