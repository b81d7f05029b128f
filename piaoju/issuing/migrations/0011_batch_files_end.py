"""Uploaded files have an end; which are still there is found without looking at the others."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('issuing', '0010_thinner_search'),
    ]

    operations = [
        migrations.AddField(
            model_name='batch',
            name='file_swept_at',
            field=models.DateTimeField(null=True, verbose_name='文件清除时间'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(condition=models.Q(('file_swept_at__isnull', True)), fields=['uploaded_at'], name='batches_with_files'),
        ),
    ]
