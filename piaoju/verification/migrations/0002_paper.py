"""换开: what the public may know of the paper of a bill."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models

from piaoju.kit.append_only import triggers_sql


class Migration(migrations.Migration):
    dependencies: ClassVar = [("verification", "0001_initial")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="PublishedPaper",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "unit_id", "bill_code", "bill_number", "ordinal", blank=True, editable=False, primary_key=True,
                        serialize=False,
                    ),
                ),
                ("unit_id", models.BigIntegerField(verbose_name="开票单位")),
                ("bill_code", models.CharField(max_length=8, verbose_name="票据代码")),
                ("bill_number", models.BigIntegerField(verbose_name="票据号码")),
                ("ordinal", models.IntegerField(verbose_name="第几项")),
                ("at", models.DateTimeField(verbose_name="时间")),
                ("paper_code", models.CharField(max_length=12, verbose_name="纸票代码")),
                ("paper_number", models.BigIntegerField(verbose_name="纸票号码")),
                ("in_force", models.BooleanField(verbose_name="纸票有效")),
            ],
            options={"verbose_name": "可查验的纸票", "db_table": "verification_published_paper"},
        ),
        migrations.RunSQL(triggers_sql("verification_published_paper"), migrations.RunSQL.noop),
    ]
