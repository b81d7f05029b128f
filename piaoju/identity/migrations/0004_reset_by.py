from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0003_credentials'),
    ]

    operations = [
        migrations.AddField(
            model_name='operator',
            name='factor_reset_person_id',
            field=models.BigIntegerField(null=True, verbose_name='第二因素重置人员'),
        ),
        migrations.AddField(
            model_name='operator',
            name='password_reset_person_id',
            field=models.BigIntegerField(null=True, verbose_name='口令重置人员'),
        ),
        # A database's word: nobody resets both factors of another's account.
        migrations.RunSQL(
            "ALTER TABLE identity_operator ADD CONSTRAINT operator_reset_by_two "
            "CHECK (password_reset_person_id <> factor_reset_person_id)",
            "ALTER TABLE identity_operator DROP CONSTRAINT operator_reset_by_two",
        ),
    ]
