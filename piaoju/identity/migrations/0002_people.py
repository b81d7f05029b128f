import django.contrib.postgres.constraints
import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0001_initial'),
    ]

    operations = [
        BtreeGistExtension(),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60, verbose_name='姓名')),
                ('id_number_sealed', models.BinaryField(null=True, verbose_name='身份证件号码')),
                ('id_number_index', models.BinaryField(null=True, unique=True, verbose_name='证件号码索引')),
                ('phone_sealed', models.BinaryField(null=True, verbose_name='手机号码')),
                ('registered_at', models.DateTimeField(verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '人员',
            },
        ),
        migrations.AddField(
            model_name='operator',
            name='enrolled_at',
            field=models.DateTimeField(null=True, verbose_name='登记时间'),
        ),
        migrations.AddField(
            model_name='operator',
            name='enrolled_by',
            field=models.CharField(default='migration', max_length=100, verbose_name='登记人'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='operator',
            name='must_change_password',
            field=models.BooleanField(default=False, verbose_name='须改口令'),
        ),
        migrations.AddField(
            model_name='operator',
            name='password_changed_at',
            field=models.DateTimeField(null=True, verbose_name='口令设置时间'),
        ),
        migrations.AddField(
            model_name='operator',
            name='revision',
            field=models.BigIntegerField(default=1, verbose_name='修订号'),
        ),
        migrations.AddField(
            model_name='operator',
            name='suspended_at',
            field=models.DateTimeField(null=True, verbose_name='停用时间'),
        ),
        migrations.AddField(
            model_name='operator',
            name='suspended_reason',
            field=models.CharField(blank=True, max_length=200, verbose_name='停用原因'),
        ),
        migrations.AddField(
            model_name='operator',
            name='totp_last_step',
            field=models.BigIntegerField(default=0, verbose_name='已用动态口令时段'),
        ),
        migrations.AlterField(
            model_name='operator',
            name='id',
            field=models.BigAutoField(primary_key=True, serialize=False),
        ),
        migrations.AddField(
            model_name='operator',
            name='person',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='operators', to='identity.person', verbose_name='人员'),
        ),
        migrations.CreateModel(
            name='Appointment',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('supervisor', '票据监管员'), ('unit_keeper', '单位票据管理员'), ('handler', '开票员'), ('checker', '复核员'), ('finance', '财务'), ('governing', '主管部门'), ('auditor', '审计'), ('system_administrator', '系统管理员'), ('security_administrator', '安全管理员'), ('audit_administrator', '审计管理员'), ('maintainer', '运维')], max_length=24, verbose_name='角色')),
                ('branch', models.SmallIntegerField(verbose_name='岗位类别')),
                ('region_code', models.CharField(blank=True, max_length=9, verbose_name='行政区划')),
                ('unit_code', models.CharField(blank=True, db_index=True, max_length=18, verbose_name='单位代码')),
                ('bill_types', models.JSONField(default=list, verbose_name='票据种类')),
                ('valid_from', models.DateTimeField(verbose_name='任职起')),
                ('valid_until', models.DateTimeField(null=True, verbose_name='任职止')),
                ('two_person', models.BooleanField(verbose_name='须两人办理')),
                ('requested_at', models.DateTimeField(verbose_name='提请时间')),
                ('requested_by', models.CharField(max_length=100, verbose_name='提请人')),
                ('requested_person_id', models.BigIntegerField(null=True, verbose_name='提请人员')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='审批时间')),
                ('decided_by', models.CharField(blank=True, max_length=100, verbose_name='审批人')),
                ('decided_person_id', models.BigIntegerField(null=True, verbose_name='审批人员')),
                ('approved', models.BooleanField(default=False, verbose_name='批准')),
                ('ended_by', models.CharField(blank=True, max_length=100, verbose_name='终止人')),
                ('ended_reason', models.CharField(blank=True, max_length=200, verbose_name='终止原因')),
                ('operator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to=settings.AUTH_USER_MODEL, verbose_name='操作员')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='identity.person', verbose_name='人员')),
            ],
            options={
                'verbose_name': '任职',
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_until', None), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='appointment_ends_after_it_begins'), models.CheckConstraint(condition=models.Q(('two_person', False), ('approved', False), models.Q(('decided_person_id', None), ('requested_person_id', None)), models.Q(('decided_person_id__isnull', False), ('requested_person_id__isnull', False), models.Q(('requested_person_id', models.F('decided_person_id')), _negated=True)), _connector='OR'), name='appointment_takes_two_persons'), models.CheckConstraint(condition=models.Q(models.Q(('approved', True), ('decided_person_id', models.F('person_id')), _negated=True), ('decided_person_id', None), _connector='OR'), name='nobody_approves_their_own_appointment'), models.CheckConstraint(condition=models.Q(('approved', False), ('decided_at__isnull', False), _connector='OR'), name='appointment_was_decided'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('approved', True)), expressions=[(models.F('person'), '='), (models.F('branch'), '<>'), (models.Func('valid_from', 'valid_until', function='tstzrange'), '&&')], name='one_branch_a_person')],
            },
        ),
        migrations.RunSQL(
            """
            -- What was an account with a name and a role becomes a person, an account and an appointment.
            ALTER TABLE identity_person ADD COLUMN came_from bigint;
            INSERT INTO identity_person (name, registered_at, came_from) SELECT person_name, now(), id FROM identity_operator;
            UPDATE identity_operator AS o SET person_id = p.id, enrolled_at = p.registered_at,
                   password_changed_at = p.registered_at, suspended_at = CASE WHEN NOT o.is_active THEN p.registered_at END
            FROM identity_person AS p WHERE p.came_from = o.id;
            INSERT INTO identity_appointment (operator_id, person_id, role, branch, region_code, unit_code, bill_types,
                   valid_from, two_person, requested_at, requested_by, decided_at, decided_by, approved, ended_by, ended_reason)
            SELECT id, person_id, role, CASE role WHEN 'auditor' THEN 4 ELSE 1 END,
                   CASE unit_code WHEN '' THEN region_code ELSE '' END, unit_code, '[]', enrolled_at,
                   role IN ('supervisor', 'auditor'), enrolled_at, 'migration', enrolled_at, 'migration', true, '', ''
            FROM identity_operator;
            ALTER TABLE identity_person DROP COLUMN came_from;
            SET CONSTRAINTS ALL IMMEDIATE;
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AlterField("operator", "enrolled_at", models.DateTimeField(verbose_name='登记时间')),
        migrations.AlterField("operator", "password_changed_at", models.DateTimeField(verbose_name='口令设置时间')),
        migrations.AlterField(
            "operator", "person",
            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='operators', to='identity.person', verbose_name='人员'),
        ),
        migrations.RemoveField(
            model_name='operator',
            name='is_active',
        ),
        migrations.RemoveField(
            model_name='operator',
            name='person_name',
        ),
        migrations.RemoveField(
            model_name='operator',
            name='region_code',
        ),
        migrations.RemoveField(
            model_name='operator',
            name='role',
        ),
        migrations.RemoveField(
            model_name='operator',
            name='unit_code',
        ),
        migrations.RunSQL(
            """
            -- Whatever an operator's rights hang on moves the revision: a remembered actor is refused at its next act.
            CREATE FUNCTION identity_rights_changed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                UPDATE identity_operator SET revision = revision + 1 WHERE id = NEW.operator_id;
                RETURN NULL;
            END $$;
            CREATE TRIGGER identity_rights_changed AFTER INSERT OR UPDATE ON identity_appointment
                FOR EACH ROW EXECUTE FUNCTION identity_rights_changed();
            CREATE FUNCTION identity_operator_changed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                NEW.revision = OLD.revision + 1;
                RETURN NEW;
            END $$;
            CREATE TRIGGER identity_operator_changed BEFORE UPDATE OF suspended_at ON identity_operator
                FOR EACH ROW WHEN (OLD.suspended_at IS DISTINCT FROM NEW.suspended_at)
                EXECUTE FUNCTION identity_operator_changed();
            CREATE FUNCTION identity_never_removed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION '表 % 不删：请停用或终止', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
            END $$;
            CREATE TRIGGER identity_never_removed BEFORE DELETE OR TRUNCATE ON identity_appointment
                FOR EACH STATEMENT EXECUTE FUNCTION identity_never_removed();
            CREATE TRIGGER identity_never_removed BEFORE DELETE OR TRUNCATE ON identity_operator
                FOR EACH STATEMENT EXECUTE FUNCTION identity_never_removed();
            CREATE TRIGGER identity_never_removed BEFORE DELETE OR TRUNCATE ON identity_person
                FOR EACH STATEMENT EXECUTE FUNCTION identity_never_removed();
            """,
            "DROP FUNCTION identity_rights_changed() CASCADE; DROP FUNCTION identity_operator_changed() CASCADE;"
            "DROP FUNCTION identity_never_removed() CASCADE;",
        ),
    ]
