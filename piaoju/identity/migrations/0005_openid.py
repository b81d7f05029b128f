import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0004_reset_by'),
    ]

    operations = [
        migrations.CreateModel(
            name='RelyingParty',
            fields=[
                ('client_id', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='系统标识')),
                ('name', models.CharField(max_length=100, verbose_name='系统名称')),
                ('secret_digest', models.BinaryField(verbose_name='密钥摘要')),
                ('addresses', models.JSONField(default=list, verbose_name='回调地址')),
                ('registered_at', models.DateTimeField(verbose_name='登记时间')),
                ('registered_by', models.CharField(max_length=100, verbose_name='登记人')),
                ('revoked_at', models.DateTimeField(null=True, verbose_name='注销时间')),
            ],
            options={
                'verbose_name': '依赖方系统',
            },
        ),
        migrations.CreateModel(
            name='OpenidGrant',
            fields=[
                ('code_digest', models.BinaryField(primary_key=True, serialize=False, verbose_name='授权码摘要')),
                ('address', models.CharField(max_length=500, verbose_name='回调地址')),
                ('nonce', models.CharField(blank=True, max_length=200, verbose_name='随机数')),
                ('challenge', models.CharField(max_length=43, verbose_name='验证挑战')),
                ('granted_at', models.DateTimeField(db_index=True, verbose_name='授权时间')),
                ('used_at', models.DateTimeField(null=True, verbose_name='兑换时间')),
                ('token_digest', models.BinaryField(null=True, unique=True, verbose_name='令牌摘要')),
                ('token_until', models.DateTimeField(null=True, verbose_name='令牌到期')),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='identity.session', verbose_name='会话')),
                ('relying_party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='identity.relyingparty', verbose_name='依赖方系统')),
            ],
            options={
                'verbose_name': '授权',
            },
        ),
    ]
