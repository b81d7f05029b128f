"""What the first version kept in one row is told in time: a unit's record, a region's parent, a bill type's enablement."""

from django.db import migrations

COPY = """
INSERT INTO registry_regionparent (region_id, parent_id, basis_document, valid_from)
    SELECT code, parent_id, '', valid_from FROM registry_region WHERE parent_id IS NOT NULL;
INSERT INTO registry_unitrecord (unit_id, name, region_id, finance_department_id, industry, connection_mode, recipient_name,
        recipient_account, recipient_bank, contact_name, contact_phone_tail, recorded_at, recorded_by, valid_from, valid_to)
    SELECT id, name, region_id, finance_department_id, industry, 'online', recipient_name, recipient_account,
        recipient_bank, '', '', now(), 'migration', valid_from, valid_to FROM registry_unit;
INSERT INTO registry_billtypeenablement (bill_type_id, basis_document, region_id, industries, valid_from, valid_to)
    SELECT b.code, b.basis_document, r.code, '{}', b.valid_from, b.valid_to
    FROM registry_billtype b JOIN registry_region r ON r.level = 1;
INSERT INTO registry_onboarding (unit_id, wave, started_on, due_on) SELECT id, '', valid_from, valid_from FROM registry_unit;
INSERT INTO registry_onboardingstep (unit_id, stage, state, owner, due_on, blocker, blocked_by, done_at, done_by)
    SELECT id, stage, 'done', owner, valid_from, '', '', now(), 'migration' FROM registry_unit,
    (VALUES ('registered', 'finance'), ('documents', 'unit_keeper'), ('certificate', 'authority'),
            ('numbers', 'unit_keeper'), ('trial', 'handler'), ('online', 'finance')) AS s(stage, owner);
"""


class Migration(migrations.Migration):

    dependencies = [("registry", "0002_back_office")]

    operations = [migrations.RunSQL(COPY, reverse_sql=migrations.RunSQL.noop)]
