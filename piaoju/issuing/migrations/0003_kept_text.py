from django.db import migrations, models

from piaoju.kit import append_only


class Migration(migrations.Migration):
    dependencies = [("issuing", "0002_tables")]
    operations = [
        migrations.CreateModel(
            name="KeptText",
            fields=[
                ("mark", models.BinaryField(primary_key=True, serialize=False, verbose_name="标记")),
                ("text", models.BinaryField(verbose_name="文本")),
            ],
            options={"verbose_name": "常用文本"},
        ),
        migrations.RunSQL(append_only.triggers_sql("issuing_kepttext"), reverse_sql=migrations.RunSQL.noop),
    ]
