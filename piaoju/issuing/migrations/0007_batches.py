"""Batches: a file of bills, its chunks, and the grown table of its rows."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

ROWS = """
CREATE TABLE issuing_batch_row (
    unit_id bigint NOT NULL,
    uploaded_at timestamptz NOT NULL,
    batch_id bigint NOT NULL,
    place integer NOT NULL CHECK (place > 0),
    chunk integer,
    state text NOT NULL CHECK (state IN ('fit', 'refused', 'unchanged', 'issued')),
    row_numbers integer[] NOT NULL,
    business_number text NOT NULL,
    amount_fen bigint NOT NULL,
    faults jsonb,
    request_digest bytea,
    body bytea,
    PRIMARY KEY (unit_id, uploaded_at, batch_id, place),
    CONSTRAINT fit_has_all CHECK (state <> 'fit' OR chunk IS NOT NULL AND request_digest IS NOT NULL AND body IS NOT NULL)
) PARTITION BY RANGE (uploaded_at);
ALTER TABLE issuing_batch_row ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX issuing_batch_row_chunk ON issuing_batch_row (batch_id, chunk) WHERE chunk IS NOT NULL;
"""

FORWARD = """
CREATE FUNCTION issuing_chunk_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.issued < OLD.issued OR NEW.unchanged < OLD.unchanged OR NEW.refused < OLD.refused OR OLD.done_at IS NOT NULL THEN
        RAISE EXCEPTION 'the progress of a batch never goes back' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER issuing_chunk_forward BEFORE UPDATE ON issuing_batchchunk
    FOR EACH ROW EXECUTE FUNCTION issuing_chunk_forward();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('issuing', '0006_sequels'),
    ]

    operations = [
        migrations.CreateModel(
            name='BatchRow',
            fields=[
                ('pk', models.CompositePrimaryKey('unit_id', 'uploaded_at', 'batch_id', 'place', blank=True, editable=False, primary_key=True, serialize=False)),
                ('unit_id', models.BigIntegerField(verbose_name='开票单位')),
                ('uploaded_at', models.DateTimeField(verbose_name='上传时间')),
                ('batch_id', models.BigIntegerField(verbose_name='批次')),
                ('place', models.IntegerField(verbose_name='次序')),
                ('chunk', models.IntegerField(null=True, verbose_name='分段')),
                ('state', models.CharField(max_length=10, verbose_name='结果')),
                ('row_numbers', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None, verbose_name='行号')),
                ('business_number', models.CharField(max_length=50, verbose_name='业务流水号')),
                ('amount_fen', models.BigIntegerField(verbose_name='金额(分)')),
                ('faults', models.JSONField(null=True, verbose_name='错误')),
                ('request_digest', models.BinaryField(null=True, verbose_name='请求摘要')),
                ('body', models.BinaryField(null=True, verbose_name='请求(密文)')),
            ],
            options={
                'verbose_name': '批次行',
                'db_table': 'issuing_batch_row',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('unit_id', models.BigIntegerField(verbose_name='开票单位')),
                ('unit_code', models.CharField(max_length=18, verbose_name='统一社会信用代码')),
                ('file_name', models.CharField(max_length=200, verbose_name='文件名')),
                ('digest', models.BinaryField(verbose_name='摘要')),
                ('content_sealed', models.BinaryField(verbose_name='文件(密文)')),
                ('uploaded_at', models.DateTimeField(verbose_name='上传时间')),
                ('actor', models.CharField(max_length=100, verbose_name='经办主体')),
                ('client_id', models.CharField(blank=True, max_length=64, verbose_name='接口客户端')),
                ('mode', models.CharField(choices=[('check_only', '只检查'), ('all_or_nothing', '全部无误才开具'), ('skip_errors', '跳过错误行')], default='check_only', max_length=20, verbose_name='做法')),
                ('state', models.CharField(choices=[('queued', '等待检查'), ('checking', '检查中'), ('checked', '已检查'), ('issuing', '开具中'), ('paused', '已暂停'), ('stopped', '已停止'), ('done', '已完成'), ('failed', '未能开具')], default='queued', max_length=10, verbose_name='状态')),
                ('detail', models.CharField(blank=True, max_length=500, verbose_name='说明')),
                ('rows_read', models.IntegerField(default=0, verbose_name='已检查行数')),
                ('rows', models.IntegerField(default=0, verbose_name='行数')),
                ('bills', models.IntegerField(default=0, verbose_name='票据张数')),
                ('counts', models.JSONField(default=dict, verbose_name='检查结果')),
                ('checked_at', models.DateTimeField(null=True, verbose_name='检查完成时间')),
                ('started_at', models.DateTimeField(null=True, verbose_name='开始开具时间')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='结束时间')),
            ],
            options={
                'verbose_name': '批次',
                'indexes': [models.Index(fields=['unit_id', '-id'], name='batches_of_unit')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'checking', 'checked', 'issuing', 'paused', 'stopped', 'done', 'failed'])), name='batch_state_known'), models.CheckConstraint(condition=models.Q(('mode__in', ['check_only', 'all_or_nothing', 'skip_errors'])), name='batch_mode_known')],
            },
        ),
        migrations.CreateModel(
            name='BatchChunk',
            fields=[
                ('pk', models.CompositePrimaryKey('batch', 'number', blank=True, editable=False, primary_key=True, serialize=False)),
                ('number', models.IntegerField(verbose_name='序号')),
                ('bills', models.IntegerField(verbose_name='票据张数')),
                ('issued', models.IntegerField(default=0, verbose_name='已开具')),
                ('unchanged', models.IntegerField(default=0, verbose_name='以前已开具')),
                ('refused', models.IntegerField(default=0, verbose_name='未开具')),
                ('done_at', models.DateTimeField(null=True, verbose_name='完成时间')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='chunks', to='issuing.batch', verbose_name='批次')),
            ],
            options={
                'verbose_name': '分段',
                'constraints': [models.CheckConstraint(condition=models.Q(('bills__gte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('issued'), '+', models.F('unchanged')), '+', models.F('refused')))), name='chunk_within_its_bills')],
            },
        ),
        migrations.RunSQL(ROWS, reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL(FORWARD, reverse_sql=migrations.RunSQL.noop),
    ]
