"""Prints grow with bills: they lie in months like them, in the month of their bill, so that a bill's prints lie together."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

from piaoju.kit import append_only

SQL = """
ALTER TABLE issuing_print RENAME TO issuing_print_by_unit;
ALTER TABLE issuing_print_by_unit RENAME CONSTRAINT print_once TO print_once_by_unit;

CREATE TABLE issuing_print (
    unit_id bigint NOT NULL,
    issued_at timestamptz NOT NULL,
    bill_code text NOT NULL,
    bill_number bigint NOT NULL,
    ordinal integer NOT NULL CHECK (ordinal > 0),
    at timestamptz NOT NULL,
    form text NOT NULL,
    actor text NOT NULL,
    CONSTRAINT print_once PRIMARY KEY (unit_id, issued_at, bill_code, bill_number, ordinal)
) PARTITION BY RANGE (issued_at);

-- A month for every month of bills there is; later ones are prepared with the others.
DO $$
DECLARE month record;
BEGIN
    FOR month IN SELECT replace(relname, 'issuing_bill_', 'issuing_print_') AS part, pg_get_expr(relpartbound, oid) AS bounds
                 FROM pg_class JOIN pg_inherits ON inhrelid = oid WHERE inhparent = 'issuing_bill'::regclass LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF issuing_print %s', month.part, month.bounds);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION piaoju_append_only()',
                       month.part || '_no_truncate', month.part);
    END LOOP;
END $$;

INSERT INTO issuing_print (unit_id, issued_at, bill_code, bill_number, ordinal, at, form, actor)
SELECT unit_id, n.issued_at, bill_code, bill_number, p.ordinal, p.at, p.form, p.actor
FROM issuing_print_by_unit AS p JOIN issuing_bill_number AS n USING (unit_id, bill_code, bill_number);
DROP TABLE issuing_print_by_unit;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("issuing", "0008_reversal_applications")]
    operations: ClassVar = [
        migrations.RunSQL(SQL + append_only.triggers_sql("issuing_print"), reverse_sql=migrations.RunSQL.noop),
    ]
