"""The columns that 0003 copied are gone."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("registry", "0003_from_the_first_version")]

    operations = [
        migrations.RemoveConstraint(
            model_name='billtype',
            name='bill_type_has_a_basis',
        ),
        migrations.RemoveField(
            model_name='billtype',
            name='basis_document',
        ),
        migrations.RemoveField(
            model_name='billtype',
            name='valid_from',
        ),
        migrations.RemoveField(
            model_name='billtype',
            name='valid_to',
        ),
        migrations.RemoveField(
            model_name='region',
            name='parent',
        ),
        migrations.RemoveField(
            model_name='unit',
            name='finance_department',
        ),
        migrations.RemoveField(
            model_name='unit',
            name='industry',
        ),
        migrations.RemoveField(
            model_name='unit',
            name='name',
        ),
        migrations.RemoveField(
            model_name='unit',
            name='recipient_account',
        ),
        migrations.RemoveField(
            model_name='unit',
            name='recipient_bank',
        ),
        migrations.RemoveField(
            model_name='unit',
            name='recipient_name',
        ),
        migrations.RemoveField(
            model_name='unit',
            name='region',
        ),
    ]
