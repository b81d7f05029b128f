"""What bills are found by, as indexes: every search of the query layer has its own, so that history costs nothing."""

from __future__ import annotations

from django.db import migrations

SQL = """
-- A name's characters and neighbouring pairs: two characters of a Chinese name are enough to find it by.
CREATE FUNCTION issuing_bigrams(name text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    'SELECT coalesce(array_agg(DISTINCT substr(name, place, 2)), ARRAY[]::text[])
     FROM generate_series(1, char_length(name) - 1) AS place';
CREATE INDEX issuing_bill_at ON issuing_bill (issued_at, unit_id, bill_code, bill_number);
CREATE INDEX issuing_bill_region ON issuing_bill (region_code, issued_at);
CREATE INDEX issuing_bill_number_of ON issuing_bill (bill_code, bill_number);
CREATE INDEX issuing_bill_total ON issuing_bill (total_fen, issued_at);
CREATE INDEX issuing_bill_payer ON issuing_bill (payer_name, issued_at);
CREATE INDEX issuing_bill_payer_part ON issuing_bill USING gin (issuing_bigrams(payer_name));
CREATE INDEX issuing_bill_red ON issuing_bill (unit_id, reverses_code, reverses_number) INCLUDE (total_fen)
    WHERE reverses_code IS NOT NULL;
CREATE INDEX issuing_bill_line_item ON issuing_bill_line (item_code, amount_fen, issued_at);
CREATE INDEX issuing_bill_line_unit ON issuing_bill_line (unit_id, item_code, amount_fen, issued_at);
CREATE INDEX issuing_business_key_any ON issuing_business_key (business_number);
"""
UNDO = """
DROP INDEX issuing_bill_at, issuing_bill_region, issuing_bill_number_of, issuing_bill_total, issuing_bill_payer,
    issuing_bill_payer_part, issuing_bill_red, issuing_bill_line_item, issuing_bill_line_unit, issuing_business_key_any;
DROP FUNCTION issuing_bigrams(text);
"""


class Migration(migrations.Migration):
    dependencies = [("issuing", "0004_window")]
    operations = [migrations.RunSQL(SQL, UNDO)]
