from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('seal', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='certificate',
            name='kind',
            field=models.CharField(choices=[('authority', '证书机构'), ('seal_maker', '制章人'), ('log', '存证日志'), ('supervision', '财政部门'), ('unit', '开票单位'), ('person', '个人')], max_length=12, verbose_name='持有人类别'),
        ),
    ]
