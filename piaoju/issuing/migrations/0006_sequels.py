"""What happens to a bill after it was issued: reversals, paper, prints; append-only, and never more than the bill holds."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

from piaoju.kit import append_only

# Hashed by unit and without months, like the keys: the place in a bill's story is what two people at once compete for.
TABLES = """
CREATE TABLE issuing_sequel (
    unit_id bigint NOT NULL,
    bill_code text NOT NULL,
    bill_number bigint NOT NULL,
    ordinal integer NOT NULL CHECK (ordinal > 0),
    issued_at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('reversed', 'converted', 'paper_voided')),
    at timestamptz NOT NULL,
    reversed_fen bigint NOT NULL CHECK (reversed_fen >= 0),
    left_fen bigint NOT NULL CHECK (left_fen >= 0),
    on_paper boolean NOT NULL,
    line_numbers integer[] NOT NULL,
    line_fens bigint[] NOT NULL,
    line_quantities_e4 bigint[] NOT NULL,
    red_code text,
    red_number bigint,
    paper_code text,
    paper_number bigint,
    reason text NOT NULL,
    actor text NOT NULL,
    CONSTRAINT sequel_once PRIMARY KEY (unit_id, bill_code, bill_number, ordinal),
    CONSTRAINT sequel_says_what CHECK (CASE kind
        WHEN 'reversed' THEN reversed_fen > 0 AND red_code IS NOT NULL AND red_number IS NOT NULL AND paper_code IS NULL
        ELSE reversed_fen = 0 AND cardinality(line_numbers) = 0 AND red_code IS NULL
            AND paper_code IS NOT NULL AND paper_number IS NOT NULL END),
    CONSTRAINT sequel_lines CHECK (cardinality(line_numbers) = cardinality(line_fens)
        AND cardinality(line_numbers) = cardinality(line_quantities_e4))
) PARTITION BY HASH (unit_id);
CREATE INDEX issuing_sequel_red ON issuing_sequel (unit_id, red_code, red_number) WHERE red_code IS NOT NULL;

CREATE TABLE issuing_paper_bill (
    unit_id bigint NOT NULL,
    paper_code text NOT NULL,
    paper_number bigint NOT NULL,
    bill_code text NOT NULL,
    bill_number bigint NOT NULL,
    ordinal integer NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT paper_number_once PRIMARY KEY (unit_id, paper_code, paper_number),
    CONSTRAINT paper_bill_of_a_sequel FOREIGN KEY (unit_id, bill_code, bill_number, ordinal)
        REFERENCES issuing_sequel (unit_id, bill_code, bill_number, ordinal)
) PARTITION BY HASH (unit_id);

CREATE TABLE issuing_print (
    unit_id bigint NOT NULL,
    bill_code text NOT NULL,
    bill_number bigint NOT NULL,
    ordinal integer NOT NULL CHECK (ordinal > 0),
    at timestamptz NOT NULL,
    form text NOT NULL,
    actor text NOT NULL,
    CONSTRAINT print_once PRIMARY KEY (unit_id, bill_code, bill_number, ordinal)
) PARTITION BY HASH (unit_id);

DO $$
BEGIN
    FOR n IN 0..7 LOOP
        EXECUTE format('CREATE TABLE issuing_sequel_%s PARTITION OF issuing_sequel
            FOR VALUES WITH (MODULUS 8, REMAINDER %s)', n, n);
        EXECUTE format('CREATE TABLE issuing_paper_bill_%s PARTITION OF issuing_paper_bill
            FOR VALUES WITH (MODULUS 8, REMAINDER %s)', n, n);
        EXECUTE format('CREATE TABLE issuing_print_%s PARTITION OF issuing_print
            FOR VALUES WITH (MODULUS 8, REMAINDER %s)', n, n);
    END LOOP;
END $$;
"""

# Whoever wrote it: the story has no gap, and what was reversed is never more than the bill, or one of its lines, holds.
FOLLOWS = """
CREATE FUNCTION issuing_sequel_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    total bigint; left_before bigint; paper_before boolean; over integer;
BEGIN
    SELECT total_fen INTO total FROM issuing_bill
    WHERE unit_id = NEW.unit_id AND issued_at = NEW.issued_at AND bill_code = NEW.bill_code
      AND bill_number = NEW.bill_number AND reverses_code IS NULL;
    IF total IS NULL THEN
        RAISE EXCEPTION '没有这张正常票' USING ERRCODE = 'check_violation';
    END IF;
    left_before := total;
    paper_before := false;
    IF NEW.ordinal > 1 THEN
        SELECT left_fen, on_paper INTO left_before, paper_before FROM issuing_sequel
        WHERE unit_id = NEW.unit_id AND bill_code = NEW.bill_code AND bill_number = NEW.bill_number
          AND ordinal = NEW.ordinal - 1;
        IF left_before IS NULL THEN
            RAISE EXCEPTION '后续事项的序号有缺' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF NEW.left_fen <> left_before - NEW.reversed_fen
       OR NEW.on_paper <> (CASE NEW.kind WHEN 'converted' THEN true WHEN 'paper_voided' THEN false ELSE paper_before END)
       OR NEW.kind IN ('reversed', 'converted') AND paper_before
       OR NEW.kind = 'converted' AND left_before < total
       OR NEW.kind = 'paper_voided' AND NOT paper_before THEN
        RAISE EXCEPTION '后续事项与票据现在的状态不符' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind <> 'reversed' THEN
        RETURN NULL;
    END IF;
    SELECT count(*) INTO over
    FROM (SELECT n, sum(fen) AS fen, min(fen) AS least FROM unnest(NEW.line_numbers, NEW.line_fens) AS l(n, fen) GROUP BY n) AS l
    LEFT JOIN issuing_bill_line AS b ON b.unit_id = NEW.unit_id AND b.issued_at = NEW.issued_at
        AND b.bill_code = NEW.bill_code AND b.bill_number = NEW.bill_number AND b.line_number = l.n
    WHERE l.least < 0 OR l.fen + (
        SELECT coalesce(sum(e.fen), 0) FROM issuing_sequel AS s, unnest(s.line_numbers, s.line_fens) AS e(n, fen)
        WHERE s.unit_id = NEW.unit_id AND s.bill_code = NEW.bill_code AND s.bill_number = NEW.bill_number
          AND s.ordinal < NEW.ordinal AND e.n = l.n) > coalesce(b.amount_fen, -1);
    IF over > 0 OR NEW.reversed_fen <> (SELECT sum(fen) FROM unnest(NEW.line_fens) AS l(fen)) THEN
        RAISE EXCEPTION '冲红金额超过明细余额' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM issuing_bill WHERE unit_id = NEW.unit_id AND issued_at = NEW.at AND bill_code = NEW.red_code
                   AND bill_number = NEW.red_number AND reverses_code = NEW.bill_code
                   AND reverses_number = NEW.bill_number AND total_fen = -NEW.reversed_fen) THEN
        RAISE EXCEPTION '没有这张红票' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER issuing_sequel_follows AFTER INSERT ON issuing_sequel
    FOR EACH ROW EXECUTE FUNCTION issuing_sequel_follows();
"""

NAMES = ("sequel", "paper_bill", "print")
APPEND_ONLY = "".join(append_only.triggers_sql(f"issuing_{name}") for name in NAMES)
APPEND_ONLY += "".join(append_only.truncate_trigger_sql(f"issuing_{name}_{n}") for name in NAMES for n in range(8))


class Migration(migrations.Migration):
    dependencies: ClassVar = [("issuing", "0005_search")]
    operations: ClassVar = [
        migrations.RunSQL(TABLES + FOLLOWS + APPEND_ONLY, reverse_sql=migrations.RunSQL.noop),
    ]
