"""The ledger's tables, as SQL: Django cannot say PARTITION BY, and the promises are the point."""

from __future__ import annotations

from typing import ClassVar

import django.contrib.postgres.fields
from django.db import migrations, models

from piaoju.kit import append_only

FACT = """
CREATE FUNCTION ledger_adds_up(fens bigint[], total bigint) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS 'SELECT coalesce(sum(fen), 0) = total FROM unnest(fens) AS u(fen)';

CREATE TABLE ledger_fact (
    unit_id        bigint      NOT NULL,
    at             timestamptz NOT NULL,
    kind           smallint    NOT NULL CHECK (kind BETWEEN 1 AND 7),
    bill_code      text COLLATE "C" NOT NULL,
    bill_number    bigint      NOT NULL CHECK (bill_number >= 0),
    region_code    text COLLATE "C" NOT NULL,
    bill_type_code text COLLATE "C" NOT NULL,
    sheets         bigint      NOT NULL CHECK (sheets > 0),
    amount_fen     bigint      NOT NULL,
    item_codes     text[] COLLATE "C" NOT NULL,
    item_fens      bigint[]    NOT NULL,
    actor          text        NOT NULL,
    digest         bytea       NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (unit_id, at, kind, bill_code, bill_number),
    CONSTRAINT ledger_fact_codes CHECK ((bill_code || region_code || bill_type_code) !~ '[^0-9A-Za-z_-]'),
    CONSTRAINT ledger_fact_amount CHECK (CASE kind WHEN 3 THEN amount_fen >= 0 WHEN 4 THEN amount_fen < 0
                                         WHEN 5 THEN true ELSE amount_fen = 0 END),
    CONSTRAINT ledger_fact_one_sheet CHECK (kind NOT IN (3, 4, 5) OR sheets = 1),
    CONSTRAINT ledger_fact_items CHECK (cardinality(item_codes) = cardinality(item_fens)
                                        AND '' <> ALL (item_codes)),
    CONSTRAINT ledger_fact_adds_up CHECK (cardinality(item_fens) = 0 AND kind NOT IN (3, 4)
                                          OR ledger_adds_up(item_fens, amount_fen))
) PARTITION BY RANGE (at);
CREATE INDEX ledger_fact_region ON ledger_fact (region_code, at);
CREATE INDEX ledger_fact_at ON ledger_fact USING brin (at) WITH (pages_per_range = 16, autosummarize = on);
"""

TOTALS = """
CREATE TABLE ledger_delta (
    id             bigint GENERATED ALWAYS AS IDENTITY,
    unit_id        bigint      NOT NULL,
    hour           timestamptz NOT NULL,
    region_code    text COLLATE "C" NOT NULL,
    bill_type_code text COLLATE "C" NOT NULL,
    kind           smallint    NOT NULL,
    sheets         bigint      NOT NULL,
    amount_fen     bigint      NOT NULL,
    item_codes     text[] COLLATE "C" NOT NULL,
    item_fens      bigint[]    NOT NULL,
    PRIMARY KEY (id, unit_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE TABLE ledger_total (
    scope          smallint    NOT NULL CHECK (scope BETWEEN 1 AND 3),
    grain          smallint    NOT NULL CHECK (grain BETWEEN 1 AND 3),
    unit_id        bigint      NOT NULL,
    region_code    text COLLATE "C" NOT NULL,
    bucket         timestamptz NOT NULL,
    bill_type_code text COLLATE "C" NOT NULL,
    item_code      text COLLATE "C" NOT NULL,
    kind           smallint    NOT NULL,
    sheets         numeric(39) NOT NULL,
    amount_fen     numeric(39) NOT NULL,
    PRIMARY KEY (scope, grain, unit_id, region_code, bucket, bill_type_code, item_code, kind)
) WITH (fillfactor = 80);
CREATE INDEX ledger_total_bucket ON ledger_total (scope, grain, bucket);
CREATE INDEX ledger_total_item ON ledger_total (item_code, scope, grain, bucket)
    WHERE scope > 1 AND item_code <> '';
"""

LOG = """
CREATE TABLE ledger_pending_leaf (
    id        bigint GENERATED ALWAYS AS IDENTITY,
    unit_id   bigint      NOT NULL,
    at        timestamptz NOT NULL,
    source    text COLLATE "C" NOT NULL,
    source_id text COLLATE "C" NOT NULL,
    hash      bytea CHECK (length(hash) = 32),
    PRIMARY KEY (id, unit_id),
    CHECK ((source = 'fact') = (hash IS NULL))
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE TABLE ledger_leaf (
    position      bigint      PRIMARY KEY CHECK (position >= 0),
    unit_id       bigint      NOT NULL,
    at            timestamptz NOT NULL,
    source        text COLLATE "C" NOT NULL,
    source_id     text COLLATE "C" NOT NULL,
    hash          bytea       NOT NULL CHECK (length(hash) = 32),
    issued_sheets bigint      NOT NULL CHECK (issued_sheets >= 0),
    issued_fen    bigint      NOT NULL CHECK (issued_fen >= 0),
    red_sheets    bigint      NOT NULL CHECK (red_sheets >= 0),
    red_fen       bigint      NOT NULL CHECK (red_fen >= 0),
    UNIQUE (unit_id, at, source, source_id)
);
CREATE FUNCTION ledger_leaf_dense() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE first bigint; last bigint; added bigint;
BEGIN
    SELECT min(position), max(position), count(*) INTO first, last, added FROM fresh;
    IF added > 0 AND (last - first + 1 <> added OR first > 0 AND NOT EXISTS (
            SELECT 1 FROM ledger_leaf WHERE position = first - 1)) THEN
        RAISE EXCEPTION '日志的位置必须连续：% 至 % 有缺', first, last USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_leaf_dense AFTER INSERT ON ledger_leaf
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_leaf_dense();

CREATE TABLE ledger_checkpoint (
    size bigint      PRIMARY KEY CHECK (size >= 0),
    at   timestamptz NOT NULL,
    root bytea       NOT NULL CHECK (length(root) = 32),
    sums bytea       NOT NULL CHECK (length(sums) = 64),
    text text        NOT NULL
);
"""

GUARDS = append_only.FUNCTION_SQL + "".join(
    append_only.triggers_sql(table) for table in ("ledger_fact", "ledger_leaf", "ledger_checkpoint")
)

UNDO = """
DROP TABLE ledger_fact, ledger_delta, ledger_total, ledger_pending_leaf, ledger_leaf, ledger_checkpoint CASCADE;
DROP FUNCTION ledger_adds_up(bigint[], bigint);
DROP FUNCTION ledger_leaf_dense();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies: ClassVar[list[tuple[str, str]]] = []

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                (
                    "size",
                    models.BigIntegerField(primary_key=True, serialize=False, verbose_name="叶数"),
                ),
                ("at", models.DateTimeField(verbose_name="时刻")),
                ("root", models.BinaryField(verbose_name="根散列")),
                ("sums", models.BinaryField(verbose_name="合计")),
                ("text", models.TextField(verbose_name="签名文本")),
            ],
            options={
                "verbose_name": "日志检查点",
                "verbose_name_plural": "日志检查点",
                "db_table": "ledger_checkpoint",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Delta",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "id",
                        "unit_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("id", models.BigIntegerField(verbose_name="序号")),
                ("unit_id", models.BigIntegerField(verbose_name="开票单位")),
                ("hour", models.DateTimeField(verbose_name="小时")),
                ("region_code", models.TextField(verbose_name="行政区划")),
                ("bill_type_code", models.TextField(verbose_name="票据种类")),
                ("kind", models.SmallIntegerField(verbose_name="种类")),
                ("sheets", models.BigIntegerField(verbose_name="份数")),
                ("amount_fen", models.BigIntegerField(verbose_name="金额（分）")),
                (
                    "item_codes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        size=None,
                        verbose_name="收费项目",
                    ),
                ),
                (
                    "item_fens",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        size=None,
                        verbose_name="各项目金额（分）",
                    ),
                ),
            ],
            options={
                "verbose_name": "待并入的增量",
                "verbose_name_plural": "待并入的增量",
                "db_table": "ledger_delta",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Fact",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "unit_id",
                        "at",
                        "kind",
                        "bill_code",
                        "bill_number",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("unit_id", models.BigIntegerField(verbose_name="开票单位")),
                ("at", models.DateTimeField(verbose_name="时刻")),
                ("kind", models.SmallIntegerField(verbose_name="种类")),
                ("bill_code", models.TextField(verbose_name="票据代码")),
                ("bill_number", models.BigIntegerField(verbose_name="票据号码")),
                ("region_code", models.TextField(verbose_name="行政区划")),
                ("bill_type_code", models.TextField(verbose_name="票据种类")),
                ("sheets", models.BigIntegerField(verbose_name="份数")),
                ("amount_fen", models.BigIntegerField(verbose_name="金额（分）")),
                (
                    "item_codes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        size=None,
                        verbose_name="收费项目",
                    ),
                ),
                (
                    "item_fens",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        size=None,
                        verbose_name="各项目金额（分）",
                    ),
                ),
                ("actor", models.TextField(verbose_name="经办主体")),
                ("digest", models.BinaryField(verbose_name="摘要")),
            ],
            options={
                "verbose_name": "记账行",
                "verbose_name_plural": "记账行",
                "db_table": "ledger_fact",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Leaf",
            fields=[
                (
                    "position",
                    models.BigIntegerField(primary_key=True, serialize=False, verbose_name="位置"),
                ),
                ("unit_id", models.BigIntegerField(verbose_name="开票单位")),
                ("at", models.DateTimeField(verbose_name="时刻")),
                ("source", models.TextField(verbose_name="来源")),
                ("source_id", models.TextField(verbose_name="来源标识")),
                ("hash", models.BinaryField(verbose_name="叶散列")),
                ("issued_sheets", models.BigIntegerField(verbose_name="开具份数")),
                ("issued_fen", models.BigIntegerField(verbose_name="开具金额（分）")),
                ("red_sheets", models.BigIntegerField(verbose_name="冲红份数")),
                ("red_fen", models.BigIntegerField(verbose_name="冲红金额（分）")),
            ],
            options={
                "verbose_name": "日志的叶",
                "verbose_name_plural": "日志的叶",
                "db_table": "ledger_leaf",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="PendingLeaf",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "id",
                        "unit_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("id", models.BigIntegerField(verbose_name="序号")),
                ("unit_id", models.BigIntegerField(verbose_name="开票单位")),
                ("at", models.DateTimeField(verbose_name="时刻")),
                ("source", models.TextField(verbose_name="来源")),
                ("source_id", models.TextField(verbose_name="来源标识")),
                ("hash", models.BinaryField(null=True, verbose_name="叶散列")),
            ],
            options={
                "verbose_name": "待入日志的叶",
                "verbose_name_plural": "待入日志的叶",
                "db_table": "ledger_pending_leaf",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Total",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "scope",
                        "grain",
                        "unit_id",
                        "region_code",
                        "bucket",
                        "bill_type_code",
                        "item_code",
                        "kind",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("scope", models.SmallIntegerField(verbose_name="范围")),
                ("grain", models.SmallIntegerField(verbose_name="粒度")),
                ("unit_id", models.BigIntegerField(verbose_name="开票单位")),
                ("region_code", models.TextField(verbose_name="行政区划")),
                ("bucket", models.DateTimeField(verbose_name="时段起点")),
                ("bill_type_code", models.TextField(verbose_name="票据种类")),
                ("item_code", models.TextField(verbose_name="收费项目")),
                ("kind", models.SmallIntegerField(verbose_name="种类")),
                (
                    "sheets",
                    models.DecimalField(decimal_places=0, max_digits=39, verbose_name="份数"),
                ),
                (
                    "amount_fen",
                    models.DecimalField(decimal_places=0, max_digits=39, verbose_name="金额（分）"),
                ),
            ],
            options={
                "verbose_name": "统计汇总",
                "verbose_name_plural": "统计汇总",
                "db_table": "ledger_total",
                "managed": False,
            },
        ),
        migrations.RunSQL(FACT + TOTALS + LOG + GUARDS, UNDO),
    ]
