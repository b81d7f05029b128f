"""Drafts, templates, the review rule; and the outbox, partitioned by month."""

from django.db import migrations, models
from django.db.models import F, Q

DELIVERIES = """
CREATE TABLE issuing_delivery (
    unit_id bigint NOT NULL,
    asked_at timestamptz NOT NULL,
    bill_code text NOT NULL CHECK (bill_code ~ '^[0-9]{8}$'),
    bill_number bigint NOT NULL CHECK (bill_number BETWEEN 1 AND 9999999999),
    channel text NOT NULL CHECK (channel IN ('mail', 'sms')),
    issued_at timestamptz NOT NULL,
    destination_sealed bytea NOT NULL,
    destination_masked text NOT NULL,
    asked_by text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'given_up')),
    attempts smallint NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL,
    sent_at timestamptz,
    fault text NOT NULL DEFAULT '',
    PRIMARY KEY (unit_id, asked_at, bill_code, bill_number, channel),
    CONSTRAINT sent_when_sent CHECK ((state = 'sent') = (sent_at IS NOT NULL))
) PARTITION BY RANGE (asked_at);
CREATE INDEX issuing_delivery_due ON issuing_delivery (next_at) WHERE state = 'waiting';
CREATE INDEX issuing_delivery_of_bill ON issuing_delivery (unit_id, bill_code, bill_number);
"""


class Migration(migrations.Migration):
    dependencies = [("issuing", "0003_kept_text")]
    operations = [
        migrations.RunSQL(DELIVERIES, reverse_sql=migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("unit_id", models.BigIntegerField(verbose_name="开票单位")),
                ("business_number", models.CharField(max_length=50, verbose_name="业务流水号")),
                ("operator_id", models.BigIntegerField(verbose_name="操作员编号")),
                ("person_id", models.BigIntegerField(verbose_name="人员编号")),
                ("actor", models.CharField(max_length=100, verbose_name="经办主体")),
                ("handler", models.CharField(max_length=60, verbose_name="开票人")),
                ("point_code", models.CharField(blank=True, max_length=50, verbose_name="开票点编码")),
                ("bill_type_code", models.CharField(blank=True, max_length=4, verbose_name="票据种类")),
                ("payer_name", models.CharField(blank=True, max_length=200, verbose_name="交款人")),
                ("total_fen", models.BigIntegerField(null=True, verbose_name="合计(分)")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "草稿"), ("submitted", "待复核"), ("returned", "已退回")],
                        default="open", max_length=9, verbose_name="状态",
                    ),
                ),
                ("sealed", models.BinaryField(verbose_name="内容(密文)")),
                ("kept_at", models.DateTimeField(verbose_name="保存时间")),
                ("submitted_at", models.DateTimeField(null=True, verbose_name="提交时间")),
                ("returned_by", models.CharField(blank=True, max_length=60, verbose_name="退回人")),
                ("returned_by_person_id", models.BigIntegerField(null=True, verbose_name="退回人编号")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="退回原因")),
            ],
            options={
                "verbose_name": "草稿",
                "indexes": [
                    models.Index(fields=["operator_id", "kept_at"], name="draft_of_operator"),
                    models.Index(fields=["unit_id", "state"], name="draft_of_unit"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("unit_id", "business_number"), name="one_draft_a_business_number"),
                    models.CheckConstraint(
                        condition=Q(("state__in", ["open", "submitted", "returned"])), name="draft_state_known"
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            Q(("state", "submitted"), _negated=True),
                            Q(("submitted_at__isnull", False), ("total_fen__isnull", False)),
                            _connector="OR",
                        ),
                        name="submitted_draft_is_complete",
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            ("returned_by_person_id__isnull", True),
                            Q(("returned_by_person_id", F("person_id")), _negated=True),
                            _connector="OR",
                        ),
                        name="draft_reviewed_by_another",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BillTemplate",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("unit_id", models.BigIntegerField(verbose_name="开票单位")),
                ("point_code", models.CharField(blank=True, max_length=50, verbose_name="开票点编码")),
                ("name", models.CharField(max_length=40, verbose_name="模板名称")),
                ("bill_type_code", models.CharField(max_length=4, verbose_name="票据种类")),
                ("content", models.TextField(verbose_name="内容")),
                ("kept_by", models.CharField(max_length=100, verbose_name="经办主体")),
                ("kept_at", models.DateTimeField(verbose_name="保存时间")),
            ],
            options={
                "verbose_name": "开票模板",
                "constraints": [
                    models.UniqueConstraint(fields=("unit_id", "point_code", "name"), name="one_template_a_name")
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewRule",
            fields=[
                ("unit_id", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="开票单位")),
                ("from_total_fen", models.BigIntegerField(verbose_name="起始金额(分)")),
                ("set_by", models.CharField(max_length=100, verbose_name="经办主体")),
                ("set_at", models.DateTimeField(verbose_name="设置时间")),
            ],
            options={
                "verbose_name": "复核要求",
                "constraints": [
                    models.CheckConstraint(condition=Q(("from_total_fen__gte", 0)), name="review_from_zero_on")
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[],
            options={"verbose_name": "推送", "db_table": "issuing_delivery", "managed": False},
        ),
    ]
