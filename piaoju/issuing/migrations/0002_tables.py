"""The tables that grow: partitioned by month, keyed by unit, append-only; ready to be distributed by unit."""

from __future__ import annotations

from django.db import migrations

from piaoju.kit import append_only

TABLES = """
CREATE TABLE issuing_bill (
    unit_id bigint NOT NULL,
    issued_at timestamptz NOT NULL,
    bill_code text NOT NULL CHECK (bill_code ~ '^[0-9]{8}$'),
    bill_number bigint NOT NULL CHECK (bill_number BETWEEN 1 AND 9999999999),
    bill_type_code text NOT NULL,
    region_code text NOT NULL,
    check_code text NOT NULL,
    business_number text NOT NULL,
    payer_type smallint NOT NULL,
    payer_name text NOT NULL,
    payer_code_index bytea,
    private_sealed bytea,
    total_fen bigint NOT NULL,
    pay_mode text NOT NULL,
    payment_code text NOT NULL,
    handler text NOT NULL,
    checker text NOT NULL,
    reverses_code text,
    reverses_number bigint,
    actor text NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (unit_id, issued_at, bill_code, bill_number),
    CONSTRAINT red_is_negative CHECK (
        reverses_code IS NULL AND reverses_number IS NULL AND total_fen >= 0
        OR reverses_code IS NOT NULL AND reverses_number IS NOT NULL AND total_fen < 0)
) PARTITION BY RANGE (issued_at);

CREATE TABLE issuing_bill_line (
    unit_id bigint NOT NULL,
    issued_at timestamptz NOT NULL,
    bill_code text NOT NULL,
    bill_number bigint NOT NULL,
    line_number smallint NOT NULL CHECK (line_number > 0),
    item_code text NOT NULL,
    quantity_e4 bigint NOT NULL,
    standard_e4 bigint,
    amount_fen bigint NOT NULL,
    PRIMARY KEY (unit_id, issued_at, bill_code, bill_number, line_number)
) PARTITION BY RANGE (issued_at);

CREATE TABLE issuing_bill_document (
    unit_id bigint NOT NULL,
    issued_at timestamptz NOT NULL,
    bill_code text NOT NULL,
    bill_number bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (unit_id, issued_at, bill_code, bill_number)
) PARTITION BY RANGE (issued_at);
-- Already compressed and encrypted: do not let the server try again.
ALTER TABLE issuing_bill_document ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE issuing_bill_layout (
    unit_id bigint NOT NULL,
    issued_at timestamptz NOT NULL,
    bill_code text NOT NULL,
    bill_number bigint NOT NULL,
    sealed_at timestamptz NOT NULL,
    font_digest bytea NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (unit_id, issued_at, bill_code, bill_number)
) PARTITION BY RANGE (issued_at);
ALTER TABLE issuing_bill_layout ALTER COLUMN body SET STORAGE EXTERNAL;

-- Two tables without months make uniqueness permanent: a business number, and a number, mean one bill for ever.
CREATE TABLE issuing_business_key (
    unit_id bigint NOT NULL,
    business_number text NOT NULL,
    request_digest bytea NOT NULL,
    issued_at timestamptz NOT NULL,
    bill_code text NOT NULL,
    bill_number bigint NOT NULL,
    CONSTRAINT business_number_once PRIMARY KEY (unit_id, business_number)
) PARTITION BY HASH (unit_id);

CREATE TABLE issuing_bill_number (
    unit_id bigint NOT NULL,
    bill_code text NOT NULL,
    bill_number bigint NOT NULL,
    issued_at timestamptz NOT NULL,
    CONSTRAINT bill_number_once PRIMARY KEY (unit_id, bill_code, bill_number)
) PARTITION BY HASH (unit_id);

DO $$
BEGIN
    FOR n IN 0..7 LOOP
        EXECUTE format('CREATE TABLE issuing_business_key_%s PARTITION OF issuing_business_key
            FOR VALUES WITH (MODULUS 8, REMAINDER %s)', n, n);
        EXECUTE format('CREATE TABLE issuing_bill_number_%s PARTITION OF issuing_bill_number
            FOR VALUES WITH (MODULUS 8, REMAINDER %s)', n, n);
    END LOOP;
END $$;
"""


APPEND_ONLY = append_only.FUNCTION_SQL + "".join(
    append_only.triggers_sql(f"issuing_{name}")
    for name in ("bill", "bill_line", "bill_document", "bill_layout", "business_key", "bill_number")
)
# Row triggers reach partitions by themselves; against TRUNCATE each needs its own (month partitions get theirs when made).
APPEND_ONLY += "".join(
    append_only.truncate_trigger_sql(f"issuing_{name}_{n}") for name in ("business_key", "bill_number") for n in range(8)
)


class Migration(migrations.Migration):
    dependencies = [("issuing", "0001_initial")]
    operations = [
        migrations.RunSQL(TABLES, reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL(APPEND_ONLY, reverse_sql=migrations.RunSQL.noop),
    ]
