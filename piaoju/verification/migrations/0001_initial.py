"""The projection the public reads, and the buckets that count its tries."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models

from piaoju.kit.append_only import FUNCTION_SQL, triggers_sql

TABLES = """
CREATE TABLE verification_published_bill (
    unit_id bigint NOT NULL,
    issued_at timestamptz NOT NULL,
    bill_code varchar(8) NOT NULL,
    bill_number bigint NOT NULL CHECK (bill_number >= 0),
    check_code varchar(20) NOT NULL,
    issue_date date NOT NULL,
    total_fen bigint NOT NULL,
    bill_name text NOT NULL,
    unit_name text NOT NULL,
    region_code varchar(12) NOT NULL,
    payer_masked text NOT NULL,
    kind varchar(6) NOT NULL CHECK (kind IN ('normal', 'red')),
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    demonstration boolean NOT NULL,
    reverses_code varchar(8),
    reverses_number bigint,
    reversal_reason text NOT NULL DEFAULT '',
    -- Code and number first: the public asks by them, and the key is then its only index.
    PRIMARY KEY (bill_code, bill_number, issued_at, unit_id),
    CHECK (
        kind = 'normal' AND total_fen >= 0 AND reverses_code IS NULL AND reverses_number IS NULL
        OR kind = 'red' AND total_fen < 0 AND reverses_code IS NOT NULL AND reverses_number IS NOT NULL
    )
) PARTITION BY RANGE (issued_at);

CREATE INDEX verification_published_bill_reverses
    ON verification_published_bill (reverses_code, reverses_number) WHERE reverses_code IS NOT NULL;

CREATE UNLOGGED TABLE verification_try_bucket (
    scope smallint NOT NULL,
    key bytea NOT NULL,
    opened_at timestamptz NOT NULL,
    tries integer NOT NULL,
    failures integer NOT NULL,
    PRIMARY KEY (scope, key, opened_at)
) WITH (fillfactor = 50);
CREATE INDEX verification_try_bucket_opened ON verification_try_bucket (opened_at);
"""
UNDO = """
DROP TABLE verification_try_bucket;
DROP TABLE verification_published_bill;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies: ClassVar = []
    operations: ClassVar = [
        migrations.RunSQL(
            TABLES + FUNCTION_SQL + triggers_sql("verification_published_bill"),
            UNDO,
            state_operations=[
                migrations.CreateModel(
                    name="PublishedBill",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "bill_code",
                                "bill_number",
                                "issued_at",
                                "unit_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("unit_id", models.BigIntegerField(verbose_name="开票单位")),
                        ("issued_at", models.DateTimeField(verbose_name="开票时间")),
                        ("bill_code", models.CharField(max_length=8, verbose_name="票据代码")),
                        ("bill_number", models.BigIntegerField(verbose_name="票据号码")),
                        ("check_code", models.CharField(max_length=20, verbose_name="校验码")),
                        ("issue_date", models.DateField(verbose_name="开票日期")),
                        ("total_fen", models.BigIntegerField(verbose_name="金额（分）")),
                        ("bill_name", models.TextField(verbose_name="票据名称")),
                        ("unit_name", models.TextField(verbose_name="开票单位名称")),
                        ("region_code", models.CharField(max_length=12, verbose_name="区划代码")),
                        ("payer_masked", models.TextField(verbose_name="交款人（已遮盖）")),
                        ("kind", models.CharField(max_length=6, verbose_name="正票或红票")),
                        ("digest", models.BinaryField(verbose_name="签名文件的 SM3")),
                        ("demonstration", models.BooleanField(verbose_name="样票")),
                        (
                            "reverses_code",
                            models.CharField(max_length=8, null=True, verbose_name="被冲红票据代码"),
                        ),
                        ("reverses_number", models.BigIntegerField(null=True, verbose_name="被冲红票据号码")),
                        ("reversal_reason", models.TextField(default="", verbose_name="冲红原因")),
                    ],
                    options={
                        "verbose_name": "可查验的票据",
                        "db_table": "verification_published_bill",
                    },
                ),
                migrations.CreateModel(
                    name="TryBucket",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "scope",
                                "key",
                                "opened_at",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("scope", models.SmallIntegerField(verbose_name="范围")),
                        ("key", models.BinaryField(verbose_name="键（带密钥的摘要）")),
                        ("opened_at", models.DateTimeField(verbose_name="窗口开始")),
                        ("tries", models.IntegerField(verbose_name="次数")),
                        ("failures", models.IntegerField(verbose_name="未查到次数")),
                    ],
                    options={"verbose_name": "查验次数", "db_table": "verification_try_bucket"},
                ),
            ],
        ),
    ]
