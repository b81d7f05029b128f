import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0002_people'),
    ]

    operations = [
        migrations.CreateModel(
            name='Challenge',
            fields=[
                ('digest', models.BinaryField(primary_key=True, serialize=False, verbose_name='摘要')),
                ('purpose', models.CharField(choices=[('second_factor', '第二因素'), ('ukey', 'UKEY 登录'), ('passkey', '通行密钥登录'), ('new_passkey', '登记通行密钥'), ('new_totp', '登记动态口令')], max_length=16, verbose_name='用途')),
                ('visit', models.BinaryField(verbose_name='访问摘要')),
                ('host', models.CharField(max_length=255, verbose_name='主机')),
                ('sealed', models.BinaryField(null=True, verbose_name='加密内容')),
                ('tries', models.SmallIntegerField(default=0, verbose_name='尝试次数')),
                ('expires_at', models.DateTimeField(db_index=True, verbose_name='到期时间')),
                ('operator', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL, verbose_name='操作员')),
            ],
            options={
                'verbose_name': '挑战',
            },
        ),
        migrations.CreateModel(
            name='Passkey',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('credential_id', models.BinaryField(unique=True, verbose_name='凭据标识')),
                ('credential', models.BinaryField(verbose_name='公钥凭据')),
                ('sign_count', models.BigIntegerField(default=0, verbose_name='签名计数')),
                ('label', models.CharField(max_length=60, verbose_name='名称')),
                ('added_at', models.DateTimeField(verbose_name='登记时间')),
                ('removed_at', models.DateTimeField(null=True, verbose_name='移除时间')),
                ('operator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='passkeys', to=settings.AUTH_USER_MODEL, verbose_name='操作员')),
            ],
            options={
                'verbose_name': '通行密钥',
            },
        ),
        migrations.CreateModel(
            name='PastPassword',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('password', models.CharField(max_length=128, verbose_name='口令摘要')),
                ('set_at', models.DateTimeField(verbose_name='设置时间')),
                ('operator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL, verbose_name='操作员')),
            ],
            options={
                'verbose_name': '旧口令',
            },
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('digest', models.BinaryField(primary_key=True, serialize=False, verbose_name='摘要')),
                ('operator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_codes', to=settings.AUTH_USER_MODEL, verbose_name='操作员')),
            ],
            options={
                'verbose_name': '恢复码',
            },
        ),
        migrations.CreateModel(
            name='SignInFailure',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('account', models.BinaryField(verbose_name='账号索引')),
                ('source', models.CharField(max_length=45, verbose_name='来源地址')),
                ('at', models.DateTimeField(verbose_name='时间')),
            ],
            options={
                'verbose_name': '登录失败',
                'indexes': [models.Index(fields=['account', 'at'], name='identity_failure_account'), models.Index(fields=['source', 'at'], name='identity_failure_source')],
            },
        ),
        migrations.CreateModel(
            name='Ukey',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('serial', models.CharField(max_length=40, verbose_name='证书序列号')),
                ('fingerprint', models.BinaryField(unique=True, verbose_name='证书指纹')),
                ('certificate', models.BinaryField(verbose_name='证书')),
                ('subject_name', models.CharField(max_length=200, verbose_name='证书持有人')),
                ('issuer_name', models.CharField(max_length=200, verbose_name='颁发机构')),
                ('valid_from', models.DateTimeField(verbose_name='生效时间')),
                ('valid_until', models.DateTimeField(verbose_name='失效时间')),
                ('bound_at', models.DateTimeField(verbose_name='绑定时间')),
                ('bound_by', models.CharField(max_length=100, verbose_name='绑定人')),
                ('revoked_at', models.DateTimeField(null=True, verbose_name='吊销时间')),
                ('revoked_by', models.CharField(blank=True, max_length=100, verbose_name='吊销人')),
                ('revoked_reason', models.CharField(blank=True, max_length=200, verbose_name='吊销原因')),
                ('operator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ukeys', to=settings.AUTH_USER_MODEL, verbose_name='操作员')),
            ],
            options={
                'verbose_name': 'UKEY 证书',
            },
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('digest', models.BinaryField(unique=True, verbose_name='令牌摘要')),
                ('method', models.CharField(choices=[('totp', '口令和动态口令'), ('recovery_code', '口令和恢复码'), ('passkey', '通行密钥'), ('ukey', 'UKEY 证书'), ('password', '口令（须先设第二因素）')], max_length=16, verbose_name='登录方式')),
                ('source', models.CharField(max_length=45, verbose_name='来源地址')),
                ('agent', models.CharField(blank=True, max_length=200, verbose_name='浏览器')),
                ('started_at', models.DateTimeField(verbose_name='登录时间')),
                ('seen_at', models.DateTimeField(verbose_name='最近活动')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='结束时间')),
                ('ended_reason', models.CharField(blank=True, max_length=60, verbose_name='结束原因')),
                ('operator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to=settings.AUTH_USER_MODEL, verbose_name='操作员')),
                ('ukey', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='identity.ukey', verbose_name='UKEY 证书')),
            ],
            options={
                'verbose_name': '会话',
                'indexes': [models.Index(fields=['operator', '-started_at'], name='identity_session_operator')],
            },
        ),
        migrations.RunSQL(
            """
            CREATE TRIGGER identity_rights_changed AFTER INSERT OR UPDATE ON identity_ukey
                FOR EACH ROW EXECUTE FUNCTION identity_rights_changed();
            CREATE TRIGGER identity_never_removed BEFORE DELETE OR TRUNCATE ON identity_ukey
                FOR EACH STATEMENT EXECUTE FUNCTION identity_never_removed();
            """,
            "DROP TRIGGER identity_rights_changed ON identity_ukey; DROP TRIGGER identity_never_removed ON identity_ukey;",
        ),
    ]
